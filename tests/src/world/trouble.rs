//! What happens to a phone beside its network and its storage calls.

use super::{Phone, World};
use device::memory::MemoryStore;
use rand::RngExt;
use shared::id::RecordId;
use std::cell::Cell;
use std::rc::Rc;

/// A simulation has at most this many phones, copies included.
const MOST_PHONES: usize = 5;

impl World {
    /// Something rare.
    pub(super) fn misfortune(&mut self, phone: usize) {
        match self.random.random_range(0..10) {
            0..6 => self.jump(phone),
            6..8 => self.copy(phone),
            _ => self.evict(phone),
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

    /// The profile is copied to another phone, and both go on.
    fn copy(&mut self, phone: usize) {
        if self.phones.len() >= MOST_PHONES {
            return;
        }
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
        let id = self.phones[phone].id;
        // A copy of the phone may hold what is gone here: then nothing can be said of either.
        let documents = self.net.server.borrow().documents();
        let there: Vec<RecordId> = documents.keys().map(|(record, _)| *record).collect();
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.device == id) {
            attempt.saved = false;
            attempt.undecided = true;
        }
        for added in self.members.iter_mut().filter(|added| added.device == id) {
            added.saved = false;
            added.undecided = true;
        }
        self.begun.retain(|(device, record)| *device != id || there.contains(record));
        self.phones[phone].store = MemoryStore::default();
        self.phones[phone].device = None;
        self.phones[phone].draft = None;
        self.enrol(phone);
        self.start(phone);
        *self.events.entry("evictions").or_default() += 1;
    }
}
