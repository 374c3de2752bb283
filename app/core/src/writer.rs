//! Writes in order, none dropped: what could not be written stays queued, first in line.

use crate::ledger::{self, Ledger};
use crate::ports::{Rows, Store, StoreError, Table, Write, WriteSet};
use crate::row;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The queue in front of the store.
pub struct Writer {
    store: Rc<dyn Store>,
    queue: RefCell<VecDeque<Write>>,
    /// For each row in the queue the number of its latest write.
    latest: RefCell<BTreeMap<(Table, String), u64>>,
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
            latest: RefCell::default(),
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
        let (Write::Put(table, key, _) | Write::Delete(table, key)) = &write;
        self.latest.borrow_mut().insert((*table, key.clone()), self.queued.get());
        self.queued.set(self.queued.get() + 1);
        self.queue.borrow_mut().push_back(write);
    }

    /// What the queue will leave of the rows under a prefix: `None` for those that it removes. Found
    /// without going through the queue, which holds ten thousands of rows during a first sync.
    fn queued(&self, table: Table, prefix: &str) -> Vec<(String, Option<Vec<u8>>)> {
        let (latest, queue) = (self.latest.borrow(), self.queue.borrow());
        let under = latest
            .range((table, prefix.to_owned())..)
            .take_while(|((of, key), _)| *of == table && key.starts_with(prefix));
        under
            .filter_map(|((_, key), number)| {
                let at = usize::try_from(number.checked_sub(self.written.get())?).ok()?;
                match queue.get(at)? {
                    Write::Put(_, _, value) => Some((key.clone(), Some(value.clone()))),
                    Write::Delete(..) => Some((key.clone(), None)),
                }
            })
            .collect()
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
        let written = self.written.get() + count as u64;
        let mut latest = self.latest.borrow_mut();
        for write in self.queue.borrow_mut().drain(..count) {
            let (Write::Put(table, key, _) | Write::Delete(table, key)) = write;
            let place = (table, key);
            if latest.get(&place).is_some_and(|number| *number < written) {
                latest.remove(&place);
            }
        }
        self.written.set(written);
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
        let before = self.queued(table, prefix);
        let mut rows = form::order::map(self.store.scan(table, prefix).await?);
        for (key, value) in before.into_iter().chain(self.queued(table, prefix)) {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        let mut good = Vec::with_capacity(rows.len());
        let mut damaged = Vec::new();
        for (key, value) in rows {
            match row::open(table, &key, &value).map(<[u8]>::to_vec) {
                Ok(payload) => good.push((key, payload)),
                Err(_) => damaged.push(key),
            }
        }
        Ok((good, damaged))
    }
}
