//! What reviewers and administrators do.

use super::World;
use crate::backend::Deed;
use crate::form::VILLAGES;
use crate::server::DECISIONS;
use crate::trace;
use device::ports::Table;
use rand::RngExt;
use rand::seq::IndexedRandom;
use shared::id::{DeviceId, RecordId};
use std::collections::BTreeSet;

impl World {
    /// Somebody in the office does something; whether the server has such a thing, and did it.
    pub fn act(&mut self, name: &'static str, deed: &Deed) -> bool {
        let now = self.net.server_ms();
        let done = self.net.server.borrow_mut().act(deed, now);
        if done {
            trace::event(&format!("{deed:?}"), 0);
            *self.events.entry(name).or_default() += 1;
        }
        done
    }

    /// One action of somebody in the office.
    pub(super) fn office(&mut self) {
        let records: Vec<RecordId> = self.net.server.borrow().records().into_iter().collect();
        let Some(record) = records.choose(&mut self.random).copied() else { return };
        let phone = self.random.random_range(0..self.phones.len());
        let device = self.phones[phone].id;
        match self.random.random_range(0..100) {
            0..40 => {
                let state = *DECISIONS.choose(&mut self.random).expect("not empty");
                self.act("reviews", &Deed::Review(record, state));
            }
            40..60 => {
                self.act("settled answers", &Deed::Resolve(record));
            }
            60..72 => {
                let to = (self.random.random_range(0..3) > 0).then_some(device);
                self.act("assignments", &Deed::Assign(record, to));
            }
            72..80 => self.move_worker(device),
            80..85 => self.lock_out_or_in(device),
            85..90 => {
                self.act("form versions", &Deed::Publish);
            }
            90..93 => {
                self.act("backups", &Deed::Backup);
            }
            93..95 => self.restore(),
            95..98 => {
                self.act("poisoned changes", &Deed::Poison);
            }
            _ => {
                self.act("retries", &Deed::Retry);
            }
        }
    }

    /// The server goes back to its backup. What it forgets comes back from the phones, as long as one
    /// of them has it: a record that left a phone with its worker's area is not there any more.
    pub fn restore(&mut self) {
        let before = self.net.server.borrow().log();
        if !self.act("restores", &Deed::Restore) {
            return;
        }
        self.note_gone_photos();
        let after: BTreeSet<_> =
            self.net.server.borrow().log().iter().map(|change| change.hash).collect();
        let kept: BTreeSet<String> = self
            .phones
            .iter()
            .flat_map(|phone| phone.store.rows(Table::Change))
            .map(|(key, _)| key)
            .collect();
        let gone: BTreeSet<RecordId> = before
            .iter()
            .filter(|change| !after.contains(&change.hash))
            .filter(|change| {
                let key = format!("{}/{}/{}", change.record, change.audience as u8, change.hash);
                !kept.contains(&key)
            })
            .map(|change| change.record)
            .collect();
        for attempt in self.attempts.iter_mut().filter(|of| gone.contains(&of.record)) {
            (attempt.saved, attempt.undecided) = (false, true);
        }
        for added in self.members.iter_mut().filter(|of| gone.contains(&of.record)) {
            (added.saved, added.undecided) = (false, true);
        }
        self.begun.retain(|(_, record)| !gone.contains(record));
        for phone in 0..self.phones.len() {
            if self.fates.random_range(0..3) == 0 {
                self.reconnect(phone);
            }
        }
    }

    /// A record changes hands, or a worker's settlements do.
    pub(super) fn scope(&mut self) {
        let records: Vec<RecordId> = self.net.server.borrow().records().into_iter().collect();
        let device = self.phones[self.random.random_range(0..self.phones.len())].id;
        match records.choose(&mut self.random).copied() {
            Some(record) if self.random.random_range(0..3) > 0 => {
                let to = (self.random.random_range(0..3) > 0).then_some(device);
                self.act("assignments", &Deed::Assign(record, to));
            }
            _ => self.move_worker(device),
        }
    }

    /// The next change is refused for good, or everything that was is tried again.
    pub(super) fn poison(&mut self) {
        if self.random.random_range(0..2) == 0 {
            self.act("poisoned changes", &Deed::Poison);
        } else {
            self.act("retries", &Deed::Retry);
        }
    }

    fn move_worker(&mut self, device: DeviceId) {
        let count = self.random.random_range(0..3);
        let from = self.random.random_range(0..VILLAGES.len());
        let villages: Vec<String> =
            (0..count).map(|at| VILLAGES[(from + at) % VILLAGES.len()].to_owned()).collect();
        self.act("moved workers", &Deed::Villages(device, villages));
    }

    fn lock_out_or_in(&mut self, device: DeviceId) {
        let active = self.locked_out.contains(&device);
        if self.act("lock-outs", &Deed::Active(device, active)) {
            if active {
                self.locked_out.remove(&device);
            } else {
                self.locked_out.insert(device);
            }
        }
    }

    /// Everybody may work again, and nothing waits for a decision.
    pub(super) fn calm(&mut self) {
        for device in std::mem::take(&mut self.locked_out) {
            self.act("lock-outs", &Deed::Active(device, true));
        }
        self.decide();
    }

    /// Everything refused for good is tried again; whether there was something.
    pub(super) fn decide(&mut self) -> bool {
        self.act("retries", &Deed::Retry)
    }
}
