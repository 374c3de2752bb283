//! The device's store over IndexedDB: one object store per table, keys text, values bytes.
//!
//! Every commit is one transaction with strict durability; it counts as done only when the
//! transaction has completed. A transaction that ends otherwise has not happened.

use super::request::{completed, text_of, value_of};
use super::{reserve, timer};
use device::ports::{Local, Rows, Store, StoreError, Table, Write, WriteSet};
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    DomException, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbTransaction,
};

/// The database of the phone's records.
pub const OWN: &str = "kardakar";
/// The database of practice.
pub const PRACTICE: &str = "kardakar-practice";
/// The layout of the rows is the version of the database: an older build does not open it. [`upgrade`] makes
/// the tables that are missing; the device itself brings the rows up.
const VERSION: u32 = device::layout::LAYOUT;

/// What may be written from the reserve at once, bytes.
const FROM_RESERVE: usize = 128 << 10;
/// How often it is tried to write from it.
const RESERVE_TRIES: usize = 20;

#[wasm_bindgen]
extern "C" {
    /// A database whose transactions take options, which `web-sys` keeps behind an unstable flag.
    #[derive(Clone)]
    #[wasm_bindgen(extends = IdbDatabase)]
    type Database;
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn begin(
        this: &Database,
        stores: &Array,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;

    /// A transaction that may be told that nothing more follows.
    #[wasm_bindgen(extends = IdbTransaction)]
    type Transaction;
    #[wasm_bindgen(method, catch, js_name = commit)]
    fn no_more(this: &Transaction) -> Result<(), JsValue>;
}

/// The store.
pub struct IdbStore {
    name: &'static str,
    database: Rc<RefCell<Option<Database>>>,
    locked: Rc<Cell<bool>>,
    waits: Rc<dyn Fn()>,
}

impl IdbStore {
    /// Opens the database. While `locked` is set, another window writes and this one must not. `waits` is told
    /// when a window with an older build does not let go of it; the opening goes on when that is closed.
    pub async fn open(
        name: &'static str,
        locked: Rc<Cell<bool>>,
        waits: Rc<dyn Fn()>,
    ) -> Result<Self, StoreError> {
        let store = Self { name, database: Rc::default(), locked, waits };
        store.database().await?;
        Ok(store)
    }

    async fn database(&self) -> Result<Database, StoreError> {
        let open = self.database.borrow().clone();
        if let Some(database) = open {
            return Ok(database);
        }
        let connected = connect(self.name, &self.database, self.waits.clone()).await;
        let database = connected.map_err(|error| explain(&error))?;
        *self.database.borrow_mut() = Some(database.clone());
        Ok(database)
    }

    fn forget(&self) {
        if let Some(database) = self.database.borrow_mut().take() {
            database.close();
        }
    }

    async fn try_scan(&self, table: Table, prefix: &str) -> Result<Rows, StoreError> {
        let database = self.database().await?;
        scan(&database, table, prefix).await.map_err(|error| explain(&error))
    }

    async fn try_commit(&self, writes: &WriteSet) -> Result<(), StoreError> {
        if self.locked.get() {
            return Err(StoreError::Locked);
        }
        let database = self.database().await?;
        commit(&database, writes).await.map_err(|error| explain(&error))
    }

    /// The browser notices what was given free a moment later.
    async fn commit_from_reserve(&self, writes: &WriteSet) -> Result<(), StoreError> {
        for _ in 0..RESERVE_TRIES {
            match self.try_commit(writes).await {
                Err(StoreError::Full) => timer::sleep(100).await,
                other => return other,
            }
        }
        Err(StoreError::Full)
    }
}

/// Answers are written from the reserve, photos are not.
fn is_small(writes: &WriteSet) -> bool {
    let size = |write: &Write| match write {
        Write::Put(_, _, value) => value.len(),
        Write::Delete(..) => 0,
    };
    writes.0.iter().map(size).sum::<usize>() <= FROM_RESERVE
}

impl Store for IdbStore {
    fn scan<'a>(&'a self, table: Table, prefix: &'a str) -> Local<'a, Result<Rows, StoreError>> {
        Box::pin(async move {
            match self.try_scan(table, prefix).await {
                Err(StoreError::Closed) => {
                    self.forget();
                    self.try_scan(table, prefix).await
                }
                other => other,
            }
        })
    }

    fn commit(&self, writes: WriteSet) -> Local<'_, Result<(), StoreError>> {
        Box::pin(async move {
            match self.try_commit(&writes).await {
                // A transaction that did not complete has not happened: the same writes may follow.
                Err(StoreError::Closed) => {
                    self.forget();
                    self.try_commit(&writes).await
                }
                Err(StoreError::Full) if is_small(&writes) && reserve::give_free().await => {
                    self.commit_from_reserve(&writes).await
                }
                other => other,
            }
        })
    }

    fn witness(&self) -> Option<String> {
        super::page::setting(&witness_of(self.name)).filter(|words| !words.is_empty())
    }

    fn set_witness(&self, words: &str) {
        super::page::remember(&witness_of(self.name), words);
    }
}

/// Where a database's witness is kept: outside IndexedDB, so that one outlives the other.
fn witness_of(name: &str) -> String {
    let mut key = String::from("witness.");
    key.push_str(name);
    key
}

/// Deletes everything that this phone holds.
pub async fn delete_all() -> Result<(), StoreError> {
    delete(PRACTICE).await?;
    delete(OWN).await
}

/// Deletes a database; one that is not there counts as deleted.
pub async fn delete(name: &str) -> Result<(), StoreError> {
    let run = async {
        let factory = factory()?;
        completed_open(&factory.delete_database(name)?).await.map(drop)
    };
    super::page::remember(&witness_of(name), "");
    run.await.map_err(|error: JsValue| explain(&error))
}

fn factory() -> Result<web_sys::IdbFactory, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.indexed_db()?.ok_or_else(|| JsValue::from_str("IndexedDB is missing"))
}

async fn completed_open(request: &IdbOpenDbRequest) -> Result<JsValue, JsValue> {
    value_of(request).await
}

async fn connect(
    name: &str,
    shared: &Rc<RefCell<Option<Database>>>,
    waits: Rc<dyn Fn()>,
) -> Result<Database, JsValue> {
    let request = factory()?.open_with_u32(name, VERSION)?;
    let upgraded = request.clone();
    let on_upgrade = Closure::<dyn FnMut()>::new(move || {
        if let Ok(database) = upgraded.result() {
            upgrade(&database.unchecked_into());
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let on_blocked = Closure::<dyn Fn()>::new(move || waits());
    request.set_onblocked(Some(on_blocked.as_ref().unchecked_ref()));
    let database: Database = completed_open(&request).await?.unchecked_into();
    // The browser closes the connection under pressure; a newer build asks for it. Both times the
    // next use connects again, and finds out there whether it still may.
    let lost = shared.clone();
    let on_lost = Closure::<dyn Fn()>::new(move || {
        if let Some(database) = lost.borrow_mut().take() {
            database.close();
        }
    })
    .into_js_value();
    database.set_onversionchange(Some(on_lost.unchecked_ref()));
    database.set_onclose(Some(on_lost.unchecked_ref()));
    Ok(database)
}

fn upgrade(database: &IdbDatabase) {
    let existing = database.object_store_names();
    for table in Table::ALL {
        if !existing.contains(table.name()) {
            // A failure here fails the opening, which reports it.
            let _ = database.create_object_store(table.name());
        }
    }
}

fn begin(database: &Database, tables: &Array, mode: &str) -> Result<IdbTransaction, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &"strict".into())?;
    database.begin(tables, mode, &options)
}

async fn scan(database: &Database, table: Table, prefix: &str) -> Result<Rows, JsValue> {
    let transaction = begin(database, &Array::of1(&table.name().into()), "readonly")?;
    let store = transaction.object_store(table.name())?;
    let (keys, values) = if prefix.is_empty() {
        (store.get_all_keys()?, store.get_all()?)
    } else {
        let end = format!("{prefix}\u{ffff}");
        let range = IdbKeyRange::bound(&prefix.into(), &end.into())?;
        (store.get_all_keys_with_key(&range)?, store.get_all_with_key(&range)?)
    };
    let keys: Array = value_of(&keys).await?.unchecked_into();
    let values: Array = value_of(&values).await?.unchecked_into();
    let row =
        |(key, value): (JsValue, JsValue)| Some((text_of(&key)?, Uint8Array::new(&value).to_vec()));
    Ok(keys.iter().zip(values.iter()).filter_map(row).collect())
}

async fn commit(database: &Database, writes: &WriteSet) -> Result<(), JsValue> {
    let mut tables: Vec<Table> = writes
        .0
        .iter()
        .map(|write| match write {
            Write::Put(table, ..) | Write::Delete(table, _) => *table,
        })
        .collect();
    form::order::sort(&mut tables);
    tables.dedup();
    if tables.is_empty() {
        return Ok(());
    }
    let names: Array = tables.iter().map(|table| JsValue::from_str(table.name())).collect();
    let transaction = begin(database, &names, "readwrite")?;
    let done = completed(&transaction);
    if let Err(error) = queue(&transaction, writes) {
        // Left alone, the browser would commit what was queued so far.
        let _ = transaction.abort();
        let _ = done.await;
        return Err(error);
    }
    // Only hastens what the browser does by itself.
    let _ = transaction.unchecked_ref::<Transaction>().no_more();
    done.await
}

fn queue(transaction: &IdbTransaction, writes: &WriteSet) -> Result<(), JsValue> {
    let store = |table: &Table| -> Result<IdbObjectStore, JsValue> {
        transaction.object_store(table.name())
    };
    for write in &writes.0 {
        match write {
            Write::Put(table, key, value) => {
                let value = Uint8Array::from(value.as_slice());
                store(table)?.put_with_key(&value, &key.as_str().into())?;
            }
            Write::Delete(table, key) => {
                store(table)?.delete(&key.as_str().into())?;
            }
        }
    }
    Ok(())
}

/// The error in the terms of the store's contract.
fn explain(error: &JsValue) -> StoreError {
    let Some(exception) = error.dyn_ref::<DomException>() else {
        return StoreError::Other(text_of(error).unwrap_or_else(|| "no reason given".into()));
    };
    match exception.name().as_str() {
        "QuotaExceededError" => StoreError::Full,
        "InvalidStateError" | "UnknownError" | "AbortError" => StoreError::Closed,
        "VersionError" => StoreError::TooNew,
        name => StoreError::Other(format!("{name}: {}", exception.message())),
    }
}
