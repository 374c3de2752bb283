//! The codec of stored rows ([`stored::row`]) in the terms of the store.

use crate::ports::{StoreError, Table};
use stored::row::{self, Unsound};

/// Wraps a payload for storage.
pub fn seal(table: Table, key: &str, payload: &[u8]) -> Vec<u8> {
    row::seal(table.name(), key, payload)
}

/// Unwraps a stored row.
pub fn open<'a>(table: Table, key: &str, row: &'a [u8]) -> Result<&'a [u8], StoreError> {
    row::open(table.name(), key, row).map_err(|unsound| match unsound {
        Unsound::TooNew => StoreError::TooNew,
        Unsound::Damaged => StoreError::Damaged(format!("{}/{key}", table.name())),
    })
}
