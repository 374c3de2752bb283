//! The invented municipality of `--demo`.

use crate::error::ApiResult;
use crate::state::AppState;
use crate::store::TenantId;
use serde_json::{Value, json};

/// The short name of the demonstration's municipality.
pub const SLUG: &str = "gardabani";

/// Its name.
pub fn name() -> Value {
    json!({ "ka": "გარდაბნის მუნიციპალიტეტი", "en": "Gardabani Municipality" })
}

/// Fills it.
pub async fn fill(_state: &AppState, _tenant: TenantId, _households: usize) -> ApiResult<()> {
    Ok(())
}

/// Prints how to get in.
pub async fn announce(_state: &AppState, _tenant: TenantId) -> ApiResult<()> {
    Ok(())
}
