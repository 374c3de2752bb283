//! The codec of stored rows ([`stored::row`]) in the terms of the store.

use crate::ports::{StoreError, Table};
use stored::row;

/// Wraps a payload for storage.
pub fn seal(table: Table, key: &str, payload: &[u8]) -> Vec<u8> {
    row::seal(table.name(), key, payload)
}

/// Unwraps a stored row. Whether the database as a whole is a newer build's is asked before
/// ([`crate::layout`]): a row that claims so in one that is not is damaged.
pub fn open<'a>(table: Table, key: &str, row: &'a [u8]) -> Result<&'a [u8], StoreError> {
    row::open(table.name(), key, row)
        .map_err(|_| StoreError::Damaged(format!("{}/{key}", table.name())))
}

/// Whether a row claims to be of a newer codec.
pub(crate) fn is_newer(row: &[u8]) -> bool {
    row::is_newer(row)
}
