//! What happens to a phone beside its network and its storage calls.

use super::{Phone, World};
use crate::trace;
use device::memory::MemoryStore;
use device::ports::Table;
use device::{ListRow, row};
use rand::RngExt;
use shared::id::RecordId;
use shared::record::FieldPath;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A simulation has at most this many phones, copies included.
const MOST_PHONES: usize = 5;

impl World {
    /// Something rare.
    pub(super) fn misfortune(&mut self, phone: usize) {
        if self.fates.random_range(0..3) == 0 {
            self.reconnect(phone);
        }
        if self.older.as_mut().is_some_and(|older| older.random_range(0..2) == 0) {
            self.crash_with(phone, older_build);
            *self.events.entry("databases of an older build").or_default() += 1;
        }
        match self.random.random_range(0..10) {
            0..6 => self.jump(phone),
            6..8 => self.copy(phone),
            _ => self.evict(phone),
        }
    }

    /// The person connects the phone again, with a new code: from now on it has another name.
    pub fn reconnect(&mut self, phone: usize) {
        trace::event("reconnect", phone);
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let code = self.net.server.borrow_mut().code(self.phones[phone].id);
        if crate::run(device.enrol(&code, "phone")).is_none() {
            return self.crash(phone);
        }
        let name = device.identity().map(|identity| identity.device);
        if name.is_some_and(|name| name != self.phones[phone].id) {
            *self.events.entry("phones connected again").or_default() += 1;
            self.leave(phone);
            let seed = self.fates.random();
            self.start_drawing(phone, seed);
        }
    }

    /// The clock is set, forwards or backwards.
    fn jump(&mut self, phone: usize) {
        const YEAR: i64 = 365 * 86_400_000;
        let by = self.random.random_range(-YEAR..YEAR);
        let skew = &self.phones[phone].skew;
        skew.set((skew.get() + by).clamp(-2 * YEAR, 2 * YEAR));
        *self.events.entry("clock jumps").or_default() += 1;
    }

    /// The profile is copied to another phone, and both go on. What is a journal only would become two
    /// changes, of which a new record shows one (docs/RELIABILITY.md): it is made into changes before.
    fn copy(&mut self, phone: usize) {
        if self.phones.len() >= MOST_PHONES {
            return;
        }
        self.leave(phone);
        self.sync(phone);
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        if device.list().iter().any(|row| row.open_edits) || !device.is_saved() {
            return;
        }
        self.copy_profile(phone);
    }

    /// Another phone with everything that this one has stored.
    pub fn copy_profile(&mut self, phone: usize) {
        trace::event("copy", phone);
        let from = &self.phones[phone];
        let copy = Phone {
            id: from.id,
            store: from.store.copy(),
            device: None,
            draft: None,
            skew: Rc::new(Cell::new(from.skew.get())),
        };
        self.phones.push(copy);
        self.start(self.phones.len() - 1);
        *self.events.entry("copied phones").or_default() += 1;
    }

    /// The browser throws everything away; the person connects the phone again. What the server has not
    /// got is gone, and only that.
    fn evict(&mut self, phone: usize) {
        trace::event("eviction", phone);
        let documents = self.net.server.borrow().documents();
        let there: Vec<RecordId> = documents.keys().map(|(record, _)| *record).collect();
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.phone == phone) {
            attempt.saved = false;
            attempt.undecided = true;
        }
        for added in self.members.iter_mut().filter(|added| added.phone == phone) {
            added.saved = false;
            added.undecided = true;
        }
        self.begun.retain(|(of, record)| *of != phone || there.contains(record));
        self.note_evicted_photos(phone);
        let failed = std::mem::take(&mut self.phones[phone].store).failed();
        failed.into_iter().for_each(|(kind, count)| *self.failed.entry(kind).or_default() += count);
        self.phones[phone].device = None;
        self.phones[phone].draft = None;
        self.enrol(phone);
        self.start(phone);
        self.note_gone_photos();
        *self.events.entry("evictions").or_default() += 1;
    }
}

/// The rows as a build left them that knew neither ledger nor witness nor the states of documents
/// (`device::layout`).
pub fn older_build(store: &MemoryStore) {
    for (key, row) in store.rows(Table::List) {
        let payload = row::open(Table::List, &key, &row).expect("a sound row");
        let mut row: ListRow = minicbor::decode(payload).expect("a list row");
        row.heads = 0;
        let mut payload = Vec::new();
        minicbor::encode(&row, &mut payload).expect("writing to memory");
        let sealed = row::seal(Table::List, &key, &payload);
        store.tamper(Table::List, &key, Some(sealed));
    }
    store.tamper(Table::Meta, "ledger", None);
    store.tamper(Table::Meta, "layout", None);
    store.forget_witness();
}

impl World {
    /// A phone with some of everything: sent, unsent, and answers that are no change yet.
    pub fn play_some_of_everything(&mut self, phone: usize) {
        self.play_story(phone);
        self.begin(phone);
        self.open(phone);
        self.add_member(phone);
        self.leave(phone);
        self.open(phone);
        self.answer(phone);
        self.answer(phone);
    }

    /// The app is closed; `alter` is done to its storage; the app is opened again.
    pub fn alter_storage(&mut self, phone: usize, alter: impl FnOnce(&MemoryStore)) {
        self.phones[phone].draft = None;
        self.phones[phone].device = None;
        alter(&self.phones[phone].store);
        self.start(phone);
    }

    /// What the server has not got of a phone may be lost from here on.
    pub fn excuse_unsent(&mut self, phone: usize) {
        let documents = self.net.server.borrow().documents();
        let there: BTreeSet<RecordId> = documents.keys().map(|(record, _)| *record).collect();
        let sent = crate::checker::values(&documents);
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.phone == phone) {
            let value = (attempt.record, attempt.path.clone(), attempt.value.clone());
            attempt.undecided |= !sent.contains(&value);
            attempt.saved &= !attempt.undecided;
        }
        for added in self.members.iter_mut().filter(|added| added.phone == phone) {
            added.undecided = true;
            added.saved = false;
        }
        self.begun.retain(|(of, record)| *of != phone || there.contains(record));
    }
}

impl World {
    /// The person connects the phone again: here under the same identity.
    pub fn connect_again(&mut self, phone: usize) {
        self.phones[phone].draft = None;
        self.phones[phone].device = None;
        self.enrol(phone);
        self.start(phone);
        // Written behind the ledger's back; the real way is through the device.
        if let Some(device) = &self.phones[phone].device {
            let _ = crate::run(device.dismiss_findings());
        }
    }

    /// A new record with a long answer and some members.
    pub fn write_a_lot(&mut self, phone: usize) {
        self.begin(phone);
        self.open_newest(phone);
        for _ in 0..6 {
            self.add_member(phone);
        }
        let text: String = (0..6000).map(|_| self.random.random_range('a'..='z')).collect();
        self.answer_with(phone, "heat", &text);
        self.leave(phone);
    }

    /// Answers a question of the newest record and leaves it.
    pub fn answer_fixed(&mut self, phone: usize, key: &str, value: &str) {
        self.open_newest(phone);
        self.answer_with(phone, key, value);
        self.leave(phone);
    }

    /// Adds a member to the newest record.
    pub fn add_member_to_newest(&mut self, phone: usize) {
        self.open_newest(phone);
        self.add_member(phone);
        self.leave(phone);
    }

    /// Takes the last member of the newest record out.
    pub fn remove_a_member(&mut self, phone: usize) {
        self.open_newest(phone);
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let Some(repeat) = draft.borrow().address(&FieldPath::top("members")) else { return };
        let items = draft.borrow().session().items(&repeat);
        if let Some(item) = items.last() {
            draft.borrow_mut().remove_item(&repeat, item);
        }
        self.save(phone);
        self.leave(phone);
    }

    /// Brings back what was taken out of the newest record.
    pub fn restore_a_member(&mut self, phone: usize) {
        self.open_newest(phone);
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let Some(repeat) = draft.borrow().address(&FieldPath::top("members")) else { return };
        let removed = draft.borrow().removed_items(&repeat);
        for item in removed {
            draft.borrow_mut().restore_item(&repeat, &item).expect("it was there");
        }
        self.save(phone);
        self.leave(phone);
    }

    /// Finishes the newest record again.
    pub fn finish_newest(&mut self, phone: usize) {
        self.open_newest(phone);
        self.finish(phone);
    }

    pub(super) fn open_newest(&mut self, phone: usize) {
        // Where opening fails nothing is open: what was, is not to be written into.
        self.phones[phone].draft = None;
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let Some(row) = device.list().into_iter().max_by_key(|row| row.record) else { return };
        if let Some(Ok(draft)) = crate::run(device.open_record(row.record)) {
            self.phones[phone].draft = Some(draft);
        }
    }

    fn answer_with(&mut self, phone: usize, key: &str, value: &str) {
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let path = FieldPath::top(key);
        let Some(at) = draft.borrow().address(&path) else { return };
        draft.borrow_mut().set(&at, value);
        self.attempt(phone, &draft, path, value);
        self.save(phone);
    }

    /// Of answers to the same question only the last one counts: what built on a change that was left out
    /// is written again as it stood.
    pub fn excuse_superseded(&mut self) {
        for at in 0..self.attempts.len() {
            let of = &self.attempts[at];
            let later =
                |other: &super::Attempt| (other.record, &other.path) == (of.record, &of.path);
            if self.attempts[at + 1..].iter().any(later) {
                self.attempts[at].saved = false;
            }
        }
    }

    /// A person decided against this answer.
    pub fn excuse(&mut self, path: &FieldPath, value: &str) {
        let same = |of: &&mut super::Attempt| of.path == *path && of.value == value;
        self.attempts.iter_mut().filter(same).for_each(|of| of.saved = false);
    }
}
