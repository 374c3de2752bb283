//! Writes in order, none dropped: what could not be written stays queued, first in line.

use crate::ledger::{self, Ledger};
use crate::ports::{Rows, Store, StoreError, Table, Write, WriteSet};
use crate::row;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The queue in front of the store.
pub struct Writer {
    store: Rc<dyn Store>,
    queue: RefCell<VecDeque<Write>>,
    busy: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    /// How many writes were ever queued, and how many of them are on disk.
    queued: Cell<u64>,
    written: Cell<u64>,
    /// What the store should hold, once everything that it covers was read.
    ledger: RefCell<Option<Ledger>>,
}

impl Writer {
    pub fn new(store: Rc<dyn Store>) -> Self {
        Self {
            store,
            queue: RefCell::default(),
            busy: Cell::new(false),
            waiting: RefCell::default(),
            queued: Cell::new(0),
            written: Cell::new(0),
            ledger: RefCell::default(),
        }
    }

    /// From here on every commit is entered into the ledger.
    pub fn keep_ledger(&self, ledger: Ledger) {
        *self.ledger.borrow_mut() = Some(ledger);
    }

    /// The rows of a table as they are on disk, sound or not.
    pub async fn raw(&self, table: Table) -> Result<Rows, StoreError> {
        self.store.scan(table, "").await
    }

    /// Queues a row.
    pub fn put(&self, table: Table, key: String, payload: &[u8]) {
        let value = row::seal(table, &key, payload);
        self.push(Write::Put(table, key, value));
    }

    /// Queues a message as a row.
    pub fn put_message<T: minicbor::Encode<()>>(&self, table: Table, key: String, message: &T) {
        let mut payload = Vec::new();
        // Writing to a vector cannot fail.
        let _ = minicbor::encode(message, &mut payload);
        self.put(table, key, &payload);
    }

    /// Queues the removal of a row.
    pub fn delete(&self, table: Table, key: String) {
        self.push(Write::Delete(table, key));
    }

    fn push(&self, write: Write) {
        self.queued.set(self.queued.get() + 1);
        self.queue.borrow_mut().push_back(write);
    }

    /// Whether everything queued is on disk.
    pub fn is_saved(&self) -> bool {
        self.written.get() == self.queued.get()
    }

    /// Puts everything that is queued now on disk, all that waits in one transaction. While another
    /// caller writes, waits for it: its transaction may not hold this caller's writes.
    ///
    /// After an error the writes stand in the queue as before.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let target = self.queued.get();
        while self.written.get() < target {
            if self.busy.get() {
                poll_fn(|context| self.poll_idle(context)).await;
                continue;
            }
            self.busy.set(true);
            let outcome = self.write_batch().await;
            self.busy.set(false);
            self.waiting.borrow_mut().drain(..).for_each(Waker::wake);
            outcome?;
        }
        Ok(())
    }

    fn poll_idle(&self, context: &Context<'_>) -> Poll<()> {
        if self.busy.get() {
            self.waiting.borrow_mut().push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    async fn write_batch(&self) -> Result<(), StoreError> {
        // The batch stays in the queue until it is on disk, so that readers see it all the time.
        let batch: Vec<Write> = self.queue.borrow().iter().cloned().collect();
        let count = batch.len();
        let entered = self.ledger.borrow().as_ref().map(|ledger| ledger.after(&batch));
        let mut set = batch;
        if let Some((page, _)) = &entered {
            let mut payload = Vec::new();
            // Writing to a vector cannot fail.
            let _ = minicbor::encode(page, &mut payload);
            let row = row::seal(Table::Meta, ledger::KEY, &payload);
            set.push(Write::Put(Table::Meta, ledger::KEY.into(), row));
        }
        self.store.commit(WriteSet(set)).await?;
        self.queue.borrow_mut().drain(..count);
        self.written.set(self.written.get() + count as u64);
        if let (Some((page, changed)), Some(ledger)) = (entered, self.ledger.borrow_mut().as_mut())
        {
            self.store.set_witness(&page.witness());
            ledger.adopt(page, changed);
        }
        Ok(())
    }

    /// The rows under a prefix as the queue will leave them, in key order; and the keys of damaged
    /// ones.
    pub async fn scan(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<(Rows, Vec<String>), StoreError> {
        // What is queued now may reach the disk, and leave the queue, behind the back of the read.
        let before: Vec<Write> = self.queue.borrow().iter().cloned().collect();
        let mut rows = form::order::map(self.store.scan(table, prefix).await?);
        for write in before.iter().chain(self.queue.borrow().iter()) {
            match write {
                Write::Put(of, key, value) if *of == table && key.starts_with(prefix) => {
                    rows.insert(key.clone(), value.clone());
                }
                Write::Delete(of, key) if *of == table => {
                    rows.remove(key);
                }
                _ => {}
            }
        }
        let mut good = Vec::with_capacity(rows.len());
        let mut damaged = Vec::new();
        for (key, value) in rows {
            match row::open(table, &key, &value).map(<[u8]>::to_vec) {
                Ok(payload) => good.push((key, payload)),
                Err(StoreError::TooNew) => return Err(StoreError::TooNew),
                Err(_) => damaged.push(key),
            }
        }
        Ok((good, damaged))
    }
}
