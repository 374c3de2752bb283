//! What the office does: it writes into records, decides about what is held, and goes back to a backup.

use super::{OFFICE, Server, Wedged};
use shared::id::{ChangeHash, DeviceId, RecordId, StoreId};
use shared::record::{Actor, Audience, Document, Edit, EncodedChange, ValueKind};

impl Server {
    /// The office writes into a record.
    pub(super) fn write(
        &mut self,
        record: RecordId,
        now_ms: i64,
        edits: impl Fn(&mut Document) -> Vec<Edit>,
    ) -> bool {
        let key = (record, Audience::Main);
        let Some(stored) = self.database.documents.get(&key) else { return false };
        let actor =
            Actor { device: OFFICE, session: (self.random ^ self.database.seq).to_be_bytes() };
        let mut document = Document::load(stored, Audience::Main, actor).expect("it loads");
        let edits = edits(&mut document);
        let Some(EncodedChange { hash, bytes }) =
            document.edit(&edits, now_ms, "").expect("the office may")
        else {
            return false;
        };
        self.place(record, OFFICE, &document, 1);
        self.database.documents.insert(key, document.save());
        self.random += 1;
        self.commit(key, hash, OFFICE, StoreId([0; 8]), bytes);
        true
    }

    /// The number of the epoch changes with every restore.
    pub(super) fn restore(&mut self) -> bool {
        let Some(backup) = self.backup.clone() else { return false };
        self.database = backup;
        self.transfers.clear();
        self.epoch.0[0] = self.epoch.0[0].wrapping_add(1);
        true
    }

    pub(super) fn retry(&mut self) -> bool {
        let open: Vec<(ChangeHash, Wedged)> = self
            .database
            .wedged
            .iter()
            .filter(|(hash, wedged)| {
                let arrived = || self.database.log.values().any(|of| of.hash == **hash);
                wedged.decided.is_none() && !(wedged.foreign && arrived())
            })
            .map(|(hash, wedged)| (*hash, wedged.clone()))
            .collect();
        let mut done = false;
        for (hash, wedged) in open {
            let key = (wedged.record, wedged.audience);
            let author = shared::sync::pack::actor_of(&wedged.bytes)
                .and_then(|actor| DeviceId::from_slice(actor.get(..8)?))
                .unwrap_or(wedged.device);
            // Not the storage that sent it: every phone is sent it, also one whose copy had made it.
            let store = StoreId([0; 8]);
            let refused =
                self.take_in(key, author, store, std::slice::from_ref(&wedged.bytes), true);
            if refused.is_empty() {
                self.database.seq += 1;
                let seq = self.database.seq;
                self.database.wedged.entry(hash).and_modify(|wedged| wedged.decided = Some(seq));
                done = true;
            }
        }
        done
    }
}

/// The first field with two answers gets its first value.
pub(super) fn settle(document: &mut Document) -> Vec<Edit> {
    let fields = document.two_answers();
    let Some(field) = fields.first() else { return Vec::new() };
    let kind = match field.path.key.as_str() {
        "rooms" => ValueKind::Integer,
        "note" => ValueKind::LongText,
        _ => ValueKind::Plain,
    };
    vec![Edit::set(field.path.clone(), field.values[0].value.clone(), kind)]
}
