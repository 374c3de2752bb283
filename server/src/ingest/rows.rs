//! What the workers answered, as rows.

use super::Author;
use super::batch::{Batch, Place};
use crate::store::{DocumentState, LockedDocument, NewChange, ProjectionBatch, WedgedRow};
use crate::worker::Outcome;
use crate::worker::SECONDS;
use crate::worker::message::{DocumentResult, RebuiltDocument, RecordResult};
use sha2::{Digest, Sha256};
use shared::id::{ChangeHash, RecordId};
use shared::merge::Refusal;
use shared::record::Audience;
use shared::sync::message::RefusedChange;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Magic bytes and checksum of a change.
pub(super) const HEAD: usize = 8;

/// The rows of a batch. The numbers of changes count from 1 here; ingest moves them to where they belong.
pub struct Rows {
    pub changes: Vec<NewChange>,
    pub documents: Vec<DocumentState>,
    pub projections: ProjectionBatch,
    /// The records that changed.
    pub names: Vec<String>,
    pub wedged: Vec<WedgedRow>,
    pub refused: Vec<RefusedChange>,
    /// Records that changed and whose rows could not be made.
    pub unprojected: Vec<Uuid>,
    /// How many stored documents were damaged and made anew.
    pub rebuilt: usize,
    /// Changes that lack what they build on: where they stand in `refused`, and their hashes.
    pub waiting: Vec<(usize, [u8; 32], Uuid)>,
    /// The processor time of the merges.
    pub used: Duration,
}

/// Documents of a record that were made anew, as rows; `known` says how many changes each has.
pub fn rebuilt_documents<'a>(
    record: Uuid,
    rebuilt: Vec<RebuiltDocument>,
    known: impl Fn(i16) -> Option<&'a i32>,
) -> Vec<DocumentState> {
    let rebuilt = rebuilt.into_iter().map(|anew| DocumentState {
        record_id: record,
        audience: anew.audience as i16,
        snapshot: anew.state.snapshot.into(),
        heads: anew.state.heads,
        changes: known(anew.audience as i16).copied().unwrap_or(0),
        is_new: false,
    });
    rebuilt.collect()
}

impl Rows {
    /// `worked` holds one outcome for each group of the batch, in its order.
    pub fn gather(
        batch: &Batch,
        stored: &[LockedDocument],
        worked: Vec<Outcome>,
        author: Author,
        now_ms: i64,
    ) -> Self {
        let projections = ProjectionBatch {
            author: author.user,
            device: author.device,
            now_ms,
            records: Vec::with_capacity(worked.len()),
        };
        let mut rows = Self {
            changes: Vec::new(),
            documents: Vec::new(),
            projections,
            names: Vec::new(),
            wedged: Vec::new(),
            refused: Vec::new(),
            unprojected: Vec::new(),
            rebuilt: 0,
            waiting: Vec::new(),
            used: Duration::ZERO,
        };
        let before: BTreeMap<(Uuid, i16), i32> =
            stored.iter().map(|row| ((row.record_id, row.audience), row.changes)).collect();
        for (place, refusal) in &batch.refused {
            rows.refuse(batch, *place, None, *refusal, refusal.is_permanent(), author);
        }
        for ((record, group), outcome) in batch.groups.iter().zip(worked) {
            let refusal = match outcome {
                Outcome::Done(result) => {
                    rows.used += Duration::from_micros(result.used_us);
                    rows.record(batch, *record, &group.audiences, result, &before, author);
                    continue;
                }
                Outcome::Panicked => (Refusal::Malformed, true),
                Outcome::Exhausting => {
                    rows.used += Duration::from_secs(SECONDS);
                    (Refusal::TooLarge, true)
                }
                Outcome::NotTried => (Refusal::NotApplicable, false),
            };
            for place in group.audiences.values().flatten() {
                rows.refuse(batch, *place, None, refusal.0, refusal.1, author);
            }
        }
        rows
    }

    fn record(
        &mut self,
        batch: &Batch,
        record: RecordId,
        audiences: &BTreeMap<Audience, Vec<Place>>,
        result: RecordResult,
        before: &BTreeMap<(Uuid, i16), i32>,
        author: Author,
    ) {
        let id = Uuid::from_bytes(record.0);
        let accepted_before = self.changes.len();
        let begun = self.documents.len();
        for ((audience, places), document) in audiences.iter().zip(result.documents) {
            let audience = *audience as i16;
            let known = before.get(&(id, audience)).copied();
            let DocumentResult { accepted, refused, stored } = document;
            if let Some(state) = stored {
                self.documents.push(DocumentState {
                    record_id: id,
                    audience,
                    snapshot: state.snapshot.into(),
                    heads: state.heads,
                    changes: known.unwrap_or(0) + accepted.len() as i32,
                    is_new: known.is_none(),
                });
            }
            for refused in refused {
                let Some(place) = places.get(refused.index as usize) else { continue };
                let refusal = Refusal::from_code(&refused.code).unwrap_or(Refusal::Malformed);
                let permanent = refusal.is_permanent();
                self.refuse(batch, *place, refused.hash, refusal, permanent, author);
            }
            for change in accepted {
                let Some(place) = places.get(change.index as usize) else { continue };
                self.changes.push(NewChange {
                    record_id: id,
                    audience,
                    hash: change.hash.0,
                    device_id: author.device.0,
                    store_id: author.store.0,
                    actor: change.actor.into(),
                    raw: batch.change(*place).to_vec(),
                });
            }
        }
        for anew in rebuilt_documents(id, result.rebuilt, |audience| before.get(&(id, audience))) {
            self.rebuilt += 1;
            // What was accepted on top of it is stored instead.
            if !self.documents[begun..].iter().any(|of| of.audience == anew.audience) {
                self.documents.push(anew);
            }
        }
        if self.changes.len() == accepted_before {
            return;
        }
        match result.projection {
            Some(mut projected) => {
                projected.seq = self.changes.len() as i64;
                self.projections.records.push(projected);
            }
            None => self.unprojected.push(id),
        }
        self.names.push(record.to_string());
    }

    fn refuse(
        &mut self,
        batch: &Batch,
        place: Place,
        hash: Option<ChangeHash>,
        refusal: Refusal,
        permanent: bool,
        author: Author,
    ) {
        self.refused.push(RefusedChange {
            document: place.0 as u32,
            change: place.1 as u32,
            code: refusal.code().to_owned(),
            permanent,
            hash,
        });
        let document = &batch.documents[place.0];
        let record = Uuid::from_bytes(document.record.0);
        if refusal == Refusal::MissingDependency && !permanent {
            // What Automerge calls a change by: the sum of all behind its own checksum.
            let raw = batch.change(place).get(HEAD..).unwrap_or_default();
            let hash = hash.map_or_else(|| Sha256::digest(raw).into(), |hash| hash.0);
            self.waiting.push((self.refused.len() - 1, hash, record));
        }
        if permanent {
            self.keep(batch, place, hash.map(|hash| hash.0), refusal, author);
        }
    }

    /// The changes that wait: their hashes and bytes.
    pub fn waiting_changes<'a>(
        &'a self,
        batch: &'a Batch,
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.waiting.iter().map(|(at, hash, _)| {
            let refused = &self.refused[*at];
            let place = (refused.document as usize, refused.change as usize);
            (&hash[..], batch.change(place))
        })
    }

    /// These have waited for too long: they are refused for good, and kept for a person.
    pub fn give_up(&mut self, batch: &Batch, overdue: &BTreeSet<[u8; 32]>, author: Author) {
        for (at, hash, _) in std::mem::take(&mut self.waiting) {
            if overdue.contains(&hash) {
                let refused = &mut self.refused[at];
                refused.permanent = true;
                let place = (refused.document as usize, refused.change as usize);
                self.keep(batch, place, Some(hash), Refusal::MissingDependency, author);
            }
        }
    }

    fn keep(
        &mut self,
        batch: &Batch,
        place: Place,
        hash: Option<[u8; 32]>,
        refusal: Refusal,
        author: Author,
    ) {
        let document = &batch.documents[place.0];
        let raw = batch.change(place).to_vec();
        let change = NewChange {
            record_id: Uuid::from_bytes(document.record.0),
            audience: document.audience as i16,
            hash: hash.unwrap_or_else(|| Sha256::digest(&raw).into()),
            device_id: author.device.0,
            store_id: author.store.0,
            actor: Vec::new(),
            raw,
        };
        let reason = refusal.code().to_owned();
        self.wedged.push(WedgedRow { change, reason, detail: String::new() });
    }
}
