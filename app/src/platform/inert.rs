//! A store that holds nothing and a network that answers nothing: what the office's pages give to the
//! device core, which they do not use.

use device::ports::{Local, Reply, Rows, Store, StoreError, Table, Transport, WriteSet};

/// Holds nothing.
pub struct Inert;

impl Store for Inert {
    fn scan<'a>(&'a self, _: Table, _: &'a str) -> Local<'a, Result<Rows, StoreError>> {
        Box::pin(async { Ok(Rows::new()) })
    }

    fn commit(&self, _: WriteSet) -> Local<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Transport for Inert {
    fn post<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: Vec<u8>) -> Local<'a, Option<Reply>> {
        Box::pin(async { None })
    }
}
