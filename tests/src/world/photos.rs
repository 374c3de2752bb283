//! What workers do with photos: take, replace, remove and look at them; and what time does to them.

use super::World;
use crate::backend::Deed;
use crate::form::PHOTO;
use crate::{run, trace};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use shared::attachment::{AttachmentRef, PIECE};
use shared::id::AttachmentHash;
use shared::record::FieldPath;
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 3_600_000;
/// Different pictures in one seed: some are taken twice, on two phones.
const PICTURES: u64 = 24;

/// A picture: mostly less than a piece, at times a few.
fn picture(seed: u64) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed);
    let size = match random.random_range(0..6) {
        0 => random.random_range(PIECE as usize..3 * PIECE as usize),
        1 => PIECE as usize,
        _ => random.random_range(1..600),
    };
    let mut bytes = vec![0; size];
    random.fill_bytes(&mut bytes);
    bytes
}

impl World {
    /// Beside the story, in some seeds: something about photos.
    pub(super) fn snap(&mut self, phone: usize) {
        let Some(mut random) = self.photos.take() else { return };
        match random.random_range(0..100) {
            0..12 => self.take_photo(phone, random.random_range(0..PICTURES)),
            12..15 => self.remove_photo(phone),
            15..19 => self.look_at_photo(phone, &mut random),
            19 => self.let_time_pass(random.random_range(5..40)),
            _ => {}
        }
        self.photos = Some(random);
    }

    /// Takes a photo for the newest record and leaves it.
    pub fn photograph(&mut self, phone: usize, number: u64) {
        self.photos.get_or_insert_with(|| StdRng::seed_from_u64(number));
        self.open_newest(phone);
        self.take_photo(phone, number);
        self.leave(phone);
    }

    /// The same in a new record, which stays open.
    pub fn photograph_new(&mut self, phone: usize, number: u64) {
        self.begin(phone);
        self.photograph(phone, number);
        self.open_newest(phone);
    }

    fn count(&mut self, what: &'static str) {
        *self.events.entry(what).or_default() += 1;
    }

    /// As the page does it: kept on the phone, then named, then what is not named any more is let go.
    fn take_photo(&mut self, phone: usize, number: u64) {
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let record = draft.borrow().record();
        let bytes = picture(number);
        trace::event("photo", phone);
        let named = match run(device.attach(record, "house.webp", "image/webp", &bytes)) {
            Some(Ok(named)) => named,
            Some(Err(_)) => {
                self.storage_errors += 1;
                return;
            }
            None => return self.crash(phone),
        };
        trace::photo(&format!("{record} names"), named.hash);
        self.attached.insert(named.hash, bytes);
        self.gone.remove(&named.hash);
        self.count("photos taken");
        self.answer_photo(phone, &named.to_string());
    }

    fn remove_photo(&mut self, phone: usize) {
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let Some(at) = draft.borrow().address(&FieldPath::top(PHOTO)) else { return };
        if !draft.borrow().session().value(&at).is_empty() {
            trace::event("no photo", phone);
            self.count("photos removed");
            self.answer_photo(phone, "");
        }
    }

    fn answer_photo(&mut self, phone: usize, value: &str) {
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let path = FieldPath::top(PHOTO);
        let Some(at) = draft.borrow().address(&path) else { return };
        let before: Option<AttachmentRef> = draft.borrow().session().value(&at).parse().ok();
        draft.borrow_mut().set(&at, value);
        self.attempt(phone, &draft, path, value);
        self.save(phone);
        if self.phones[phone].draft.is_none() {
            // It died in between.
            return;
        }
        let record = draft.borrow().record();
        let Some(before) = before.filter(|of| !value.contains(&of.hash.to_string())) else {
            return;
        };
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        if !value.is_empty() {
            *self.events.entry("photos replaced").or_default() += 1;
        }
        trace::photo(&format!("{record} names no more"), before.hash);
        match run(device.detach(record, before.hash)) {
            Some(Ok(())) => {}
            Some(Err(_)) => self.storage_errors += 1,
            None => self.crash(phone),
        }
    }

    fn look_at_photo(&mut self, phone: usize, random: &mut StdRng) {
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let rows = device.list();
        let Some(row) = rows.choose(random) else { return };
        let documents = self.net.server.borrow().documents();
        let named = crate::checker::photos_of(&documents, row.record);
        let Some(named) = named.first() else { return };
        trace::event("look at a photo", phone);
        match run(device.fetch_attachment(row.record, named)) {
            Some(Ok(bytes)) => {
                assert_eq!(AttachmentHash::of(&bytes), named.hash, "other bytes are shown");
                self.count("photos looked at");
            }
            Some(Err(_)) => {}
            None => self.crash(phone),
        }
    }

    /// Nobody works for some days; the server tidies up.
    fn let_time_pass(&mut self, days: i64) {
        self.now.set(self.now.get() + days * DAY_MS);
        self.count("long pauses");
        self.act("collections", &Deed::Collect);
    }

    /// What nothing names is removed, and only that: what is checked afterwards is there all the same.
    pub(super) fn end_photos(&mut self) {
        if !self.attached.is_empty() {
            self.let_time_pass(61);
        }
    }

    /// Photos follow the records, as `app/src/shell/syncing.rs` does it.
    pub(super) fn send_photos(&mut self, phone: usize) {
        if self.photos.is_none() {
            return;
        }
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let tidied = run(async {
            let outcome = device.send_attachments().await;
            if outcome.failure.is_none() && !outcome.paused {
                let _ = device.tidy_old_attachments().await;
            }
            outcome.sent
        });
        match tidied {
            Some(sent) => *self.events.entry("photos sent").or_default() += sent as u64,
            None => self.crash(phone),
        }
    }

    /// What only this phone answers for, before its storage is deleted.
    pub(super) fn note_evicted_photos(&mut self, phone: usize) {
        let there = self.net.server.borrow().attachments();
        for row in crate::checker::rows_on(&self.phones[phone].store) {
            if !there.contains_key(&row.hash) {
                self.evicted.extend(row.records.iter().map(|record| (*record, row.hash)));
            }
        }
    }

    /// After a phone's storage, or the server's, went back: what nobody has any more.
    pub fn note_gone_photos(&mut self) {
        let there = self.net.server.borrow().attachments();
        let held: BTreeSet<AttachmentHash> =
            self.phones.iter().flat_map(|phone| crate::checker::whole_on(&phone.store)).collect();
        let gone = self.attached.keys().filter(|of| !there.contains_key(of) && !held.contains(of));
        let gone: Vec<AttachmentHash> = gone.copied().collect();
        gone.iter().for_each(|hash| trace::photo("nobody has", *hash));
        self.gone.extend(gone);
    }
}
