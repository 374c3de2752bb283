//! A store in memory that can fail at any call: the reference for the real ones, and the device's
//! store in the simulation. Cloning shares the rows, so a clone is the device after a restart.

use crate::ports::{Local, Rows, Store, StoreError, Table, Write, WriteSet};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;
use std::rc::Rc;

/// Rows by table and key.
type AllRows = BTreeMap<(Table, String), Vec<u8>>;

/// The store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    rows: Rc<RefCell<AllRows>>,
    calls: Rc<Cell<u64>>,
    fail_at: Rc<Cell<Option<(u64, StoreErrorKind)>>>,
    witness: Rc<RefCell<Option<String>>>,
    failed: Rc<RefCell<BTreeMap<StoreErrorKind, u64>>>,
}

/// How a call shall fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreErrorKind {
    /// As if the device were full.
    Full,
    /// As if the browser had closed the connection.
    Closed,
    /// The device dies before the call does anything: the call never returns.
    DiesBefore,
    /// The device dies after the call has done everything: the call never returns.
    DiesAfter,
}

impl StoreErrorKind {
    /// Every way in which a call can fail.
    pub const ALL: [Self; 4] = [Self::Full, Self::Closed, Self::DiesBefore, Self::DiesAfter];
}

impl MemoryStore {
    /// Lets the n-th call from now (the next one is 1) fail once.
    pub fn fail_call(&self, n: u64, kind: StoreErrorKind) {
        self.fail_at.set(Some((self.calls.get() + n, kind)));
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// How many calls failed, by kind.
    pub fn failed(&self) -> BTreeMap<StoreErrorKind, u64> {
        self.failed.borrow().clone()
    }

    /// A store of its own with the same rows: a copied profile.
    pub fn copy(&self) -> Self {
        let rows = Rc::new(RefCell::new(self.rows.borrow().clone()));
        Self { rows, witness: Rc::new(self.witness.as_ref().clone()), ..Self::default() }
    }

    /// Replaces the rows by those of another store, and leaves the witness: the database was put back.
    pub fn put_back(&self, earlier: &Self) {
        *self.rows.borrow_mut() = earlier.rows.borrow().clone();
    }

    /// Without a witness, as builds were that kept none.
    pub fn forget_witness(&self) {
        *self.witness.borrow_mut() = None;
    }

    /// Alters a stored row behind the device's back; `None` removes it.
    pub fn tamper(&self, table: Table, key: &str, row: Option<Vec<u8>>) {
        let place = (table, key.to_owned());
        match row {
            Some(row) => self.rows.borrow_mut().insert(place, row),
            None => self.rows.borrow_mut().remove(&place),
        };
    }

    /// All rows of a table.
    pub fn rows(&self, table: Table) -> Rows {
        let all = self.rows.borrow();
        all.iter()
            .filter(|((of, _), _)| *of == table)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Flips a bit of a stored row.
    pub fn damage(&self, table: Table, key: &str) {
        if let Some(row) = self.rows.borrow_mut().get_mut(&(table, key.to_owned()))
            && let Some(last) = row.last_mut()
        {
            *last ^= 1;
        }
    }

    fn call(&self) -> Option<StoreErrorKind> {
        self.calls.set(self.calls.get() + 1);
        match self.fail_at.get() {
            Some((at, kind)) if at == self.calls.get() => {
                self.fail_at.set(None);
                *self.failed.borrow_mut().entry(kind).or_default() += 1;
                Some(kind)
            }
            _ => None,
        }
    }

    fn write(&self, writes: WriteSet) {
        let mut rows = self.rows.borrow_mut();
        for write in writes.0 {
            match write {
                Write::Put(table, key, value) => {
                    rows.insert((table, key), value);
                }
                Write::Delete(table, key) => {
                    rows.remove(&(table, key));
                }
            }
        }
    }
}

async fn fail(kind: StoreErrorKind) -> StoreError {
    match kind {
        StoreErrorKind::Full => StoreError::Full,
        StoreErrorKind::Closed => StoreError::Closed,
        StoreErrorKind::DiesBefore | StoreErrorKind::DiesAfter => pending().await,
    }
}

impl Store for MemoryStore {
    fn scan<'a>(&'a self, table: Table, prefix: &'a str) -> Local<'a, Result<Rows, StoreError>> {
        Box::pin(async move {
            if let Some(kind) = self.call() {
                return Err(fail(kind).await);
            }
            let all = self.rows.borrow();
            Ok(all
                .range((table, prefix.to_owned())..)
                .take_while(|((of, key), _)| *of == table && key.starts_with(prefix))
                .map(|((_, key), value)| (key.clone(), value.clone()))
                .collect())
        })
    }

    fn witness(&self) -> Option<String> {
        self.witness.borrow().clone()
    }

    fn set_witness(&self, words: &str) {
        *self.witness.borrow_mut() = Some(words.to_owned());
    }

    fn commit(&self, writes: WriteSet) -> Local<'_, Result<(), StoreError>> {
        Box::pin(async move {
            match self.call() {
                None => {
                    self.write(writes);
                    Ok(())
                }
                Some(kind) => {
                    if kind == StoreErrorKind::DiesAfter {
                        self.write(writes);
                    }
                    Err(fail(kind).await)
                }
            }
        })
    }
}
