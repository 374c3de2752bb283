//! The app's own store over IndexedDB, compiled from the app's sources, held against the statements.

// What is here is what the app has; not all of it is used.
#[allow(dead_code)]
#[path = "../../../app/src/platform"]
mod platform {
    pub mod idb;
    mod page;
    mod request;
    mod reserve;
    mod storage;
    mod timer;
}

use crate::{Failing, Place, check};
use device::ports::{Local, Store, StoreError, Table, Write, WriteSet};
use js_sys::Array;
use platform::idb::{IdbStore, OWN, delete};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Of the test's page: the n-th write from now on fails; 0 for none any more.
    #[wasm_bindgen(js_namespace = faults, js_name = fail)]
    fn fail_at(write: u32, how: &str, ends: bool);
    /// Of the test's page: closes every connection that was opened.
    #[wasm_bindgen(js_namespace = faults, js_name = loseConnections)]
    fn lose_connections();
    /// Of the test's page: so many commits were called saved.
    #[wasm_bindgen(js_namespace = faults)]
    fn saved(count: u32);
}

struct Browser;

async fn opened(locked: bool) -> Result<Rc<dyn Store>, StoreError> {
    let store = IdbStore::open(OWN, Rc::new(Cell::new(locked)), Rc::new(|| {})).await?;
    Ok(Rc::new(store))
}

impl Place for Browser {
    fn open(&self) -> Local<'_, Result<Rc<dyn Store>, StoreError>> {
        Box::pin(opened(false))
    }

    fn clear(&self) -> Local<'_, ()> {
        // Connections that are open let go of the database when they hear of it.
        Box::pin(async { drop(delete(OWN).await) })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn open_second(&self) -> Option<Local<'_, Result<Rc<dyn Store>, StoreError>>> {
        Some(Box::pin(opened(true)))
    }

    fn fail(&self, write: usize, how: Failing, ends: bool) -> bool {
        let how = match how {
            Failing::Full => "QuotaExceededError",
            Failing::Cut => "",
            Failing::Refused => "DataError",
        };
        fail_at(write as u32, how, ends);
        true
    }

    fn lose_connection(&self) -> bool {
        lose_connections();
        true
    }
}

/// Every statement, with the reason why it does not hold or nothing.
#[wasm_bindgen]
pub async fn statements() -> Array {
    let outcome = check(&Browser).await;
    let pair = |(name, held): (&str, crate::Held)| {
        Array::of2(&name.into(), &held.err().unwrap_or_default().into())
    };
    outcome.into_iter().map(pair).collect()
}

/// Commits one row after another until the page ends.
#[wasm_bindgen]
pub async fn storm(first: u32) {
    let Ok(store) = opened(false).await else { return };
    for number in first.. {
        let row = |table| Write::Put(table, format!("{number:08x}"), vec![number as u8; 500]);
        let set = WriteSet(vec![row(Table::Journal), row(Table::List)]);
        if store.commit(set).await.is_err() {
            return;
        }
        saved(number + 1);
    }
}

/// How many rows the storm has left; `None` when they are not the first so many of both tables.
#[wasm_bindgen]
pub async fn storm_left() -> Option<u32> {
    let store = opened(false).await.ok()?;
    let journal = store.scan(Table::Journal, "").await.ok()?;
    let list = store.scan(Table::List, "").await.ok()?;
    let whole = journal.iter().enumerate().all(|(number, (key, row))| {
        *key == format!("{number:08x}") && *row == vec![number as u8; 500]
    });
    (journal == list && whole).then_some(journal.len() as u32)
}
