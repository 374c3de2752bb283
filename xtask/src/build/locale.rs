//! Interface texts.
use super::Asset;
use anyhow::Result;
pub fn write_keys() -> Result<()> {
    Ok(())
}
pub fn assets() -> Result<Vec<Asset>> {
    Ok(Vec::new())
}
