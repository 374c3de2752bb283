//! What a store for practice begins with.

use crate::keys;
use crate::ports::{Store, StoreError, Table, Write, WriteSet};

/// Copies forms, names and identity from one store to another, as they are stored. Records stay behind.
pub async fn copy_forms(from: &dyn Store, to: &dyn Store) -> Result<(), StoreError> {
    let mut writes = Vec::new();
    for (key, row) in from.scan(Table::Meta, "").await? {
        if key == keys::IDENTITY || key == keys::DIRECTORY {
            writes.push(Write::Put(Table::Meta, key, row));
        }
    }
    for (key, row) in from.scan(Table::Form, "").await? {
        writes.push(Write::Put(Table::Form, key, row));
    }
    to.commit(WriteSet(writes)).await
}
