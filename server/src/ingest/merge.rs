//! Merging a batch in memory.

use super::{Author, wedge};
use crate::store::{DocumentRow, NewChange, WedgedRow};
use sha2::{Digest, Sha256};
use shared::id::{FormVersionId, RecordId};
use shared::merge::{Accepted, Merged, Refusal, Sender, merge};
use shared::record::{Actor, Audience, Document};
use shared::sync::message::{DocumentChanges, RefusedChange};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use uuid::Uuid;

/// One record after the merge.
pub struct MergedRecord {
    pub id: RecordId,
    /// Its documents, those that the batch did not touch included.
    pub documents: BTreeMap<Audience, MergedDocument>,
}

/// One document after the merge.
pub struct MergedDocument {
    pub document: Document,
    pub accepted: Vec<Accepted>,
    changes_before: i32,
    heads_before: usize,
}

/// A batch after the merge.
pub struct MergedBatch {
    pub records: Vec<MergedRecord>,
    pub refused: Vec<RefusedChange>,
    pub wedged: Vec<WedgedRow>,
}

/// Where a change stood in the request.
type Place = (usize, usize);

/// Merges every document of the batch into what is stored.
pub fn merge_all(
    batch: &[DocumentChanges],
    stored: Vec<DocumentRow>,
    author: Author,
) -> MergedBatch {
    let stored: BTreeMap<(RecordId, Audience), DocumentRow> = stored
        .into_iter()
        .filter_map(|row| {
            let audience = Audience::from_number(u8::try_from(row.audience).ok()?)?;
            Some(((RecordId(*row.record_id.as_bytes()), audience), row))
        })
        .collect();
    let mut merged = MergedBatch { records: Vec::new(), refused: Vec::new(), wedged: Vec::new() };
    // Main documents come before companions: a companion without its record is refused.
    let mut grouped: BTreeMap<RecordId, BTreeMap<Audience, Vec<Place>>> = BTreeMap::new();
    for (at, document) in batch.iter().enumerate() {
        let places = (0..document.changes.len()).map(|change| (at, change));
        let group = grouped.entry(document.record).or_default();
        group.entry(document.audience).or_default().extend(places);
    }
    for (record, audiences) in grouped {
        merged.merge_record(record, &audiences, batch, &stored, author);
    }
    merged
}

impl MergedBatch {
    fn merge_record(
        &mut self,
        record: RecordId,
        audiences: &BTreeMap<Audience, Vec<Place>>,
        batch: &[DocumentChanges],
        stored: &BTreeMap<(RecordId, Audience), DocumentRow>,
        author: Author,
    ) {
        let mut result = MergedRecord { id: record, documents: BTreeMap::new() };
        for (audience, places) in audiences {
            let row = stored.get(&(record, *audience));
            let main_is_there = result.documents.contains_key(&Audience::Main)
                || stored.contains_key(&(record, Audience::Main));
            let refusal = match audience {
                Audience::Main => None,
                Audience::Protection if !author.may_protect => Some(Refusal::NotAllowed),
                Audience::Protection if !main_is_there => Some(Refusal::MissingDependency),
                Audience::Protection => None,
            };
            let changes: Vec<Vec<u8>> =
                places.iter().map(|(at, change)| batch[*at].changes[*change].to_vec()).collect();
            let outcome = match refusal {
                Some(refusal) => Err(refusal),
                None => merge_document(record, *audience, row, &changes, author),
            };
            match outcome {
                Ok(merged) => {
                    self.refuse(batch, places, &merged.refused, author);
                    if row.is_some() || !merged.accepted.is_empty() {
                        let changes_before = row.map_or(0, |row| row.changes);
                        let Merged { document, accepted, .. } = merged;
                        let heads_before = row.map_or(0, |row| row.heads.len());
                        let merged =
                            MergedDocument { document, accepted, changes_before, heads_before };
                        result.documents.insert(*audience, merged);
                    }
                }
                Err(refusal) => {
                    let all: Vec<_> = (0..places.len()).map(|at| (at, None, refusal)).collect();
                    self.refuse(batch, places, &all, author);
                }
            }
        }
        result.add_untouched(stored);
        self.records.push(result);
    }

    fn refuse(
        &mut self,
        batch: &[DocumentChanges],
        places: &[Place],
        refused: &[(usize, Option<shared::id::ChangeHash>, Refusal)],
        author: Author,
    ) {
        for (index, hash, refusal) in refused {
            let Some((document, change)) = places.get(*index).copied() else { continue };
            self.refused.push(RefusedChange {
                document: document as u32,
                change: change as u32,
                code: refusal.code().to_owned(),
                permanent: refusal.is_permanent(),
                hash: *hash,
            });
            if refusal.is_permanent() {
                let raw = &batch[document].changes[change];
                let hash = hash.map_or_else(|| Sha256::digest(&raw[..]).into(), |hash| hash.0);
                self.wedged.push(wedge(&batch[document], raw, hash, refusal.code(), author));
            }
        }
    }
}

/// Automerge panics on some damaged changes. Such a panic costs the sender's own document its batch,
/// and nobody else anything.
fn merge_document(
    record: RecordId,
    audience: Audience,
    row: Option<&DocumentRow>,
    changes: &[Vec<u8>],
    author: Author,
) -> Result<Merged, Refusal> {
    let sender = Sender { device: author.device, may_review: author.may_review };
    let stored = row.map(|row| row.snapshot.as_slice());
    let outcome =
        catch_unwind(AssertUnwindSafe(|| merge(record, audience, stored, changes, sender)));
    match outcome {
        Ok(Ok(mut merged)) => match merged.accepted.is_empty() || loads_again(&mut merged) {
            true => Ok(merged),
            false => Err(Refusal::NotApplicable),
        },
        Ok(Err(error)) => {
            tracing::error!(%record, %error, "a stored document could not be merged into");
            Err(Refusal::NotApplicable)
        }
        Err(_) => Err(Refusal::Malformed),
    }
}

/// Some changes are taken in and then cannot be read back. Such a document must not be stored.
fn loads_again(merged: &mut Merged) -> bool {
    let audience = merged.document.audience();
    let nobody = Actor { device: shared::id::DeviceId([0; 8]), session: [0; 8] };
    let again = catch_unwind(AssertUnwindSafe(|| {
        let saved = merged.document.save();
        let mut again = Document::load(&saved, audience, nobody).ok()?;
        Some(again.heads() == merged.document.heads())
    }));
    matches!(again, Ok(Some(true)))
}

impl MergedRecord {
    /// How many changes were new.
    pub fn accepted(&self) -> usize {
        self.documents.values().map(|document| document.accepted.len()).sum()
    }

    /// The form version that the newest accepted change names.
    pub fn named_version(&self) -> Option<FormVersionId> {
        let newest = self
            .documents
            .values()
            .flat_map(|document| &document.accepted)
            .filter(|change| !change.form_version.is_empty())
            .max_by_key(|change| change.at)?;
        newest.form_version.parse().ok()
    }

    /// Whether somebody else's changes stand beside ours, now or until this batch.
    pub fn is_parallel(&mut self) -> bool {
        self.documents
            .values_mut()
            .any(|merged| merged.heads_before > 1 || merged.document.heads().len() > 1)
    }

    /// The household that a child survey belongs to.
    pub fn household(&self) -> Option<RecordId> {
        self.documents.get(&Audience::Main)?.document.header().household
    }

    /// The documents that the batch left alone, for the projection.
    fn add_untouched(&mut self, stored: &BTreeMap<(RecordId, Audience), DocumentRow>) {
        if self.documents.is_empty() {
            return;
        }
        for audience in [Audience::Main, Audience::Protection] {
            let Some(row) = stored.get(&(self.id, audience)) else { continue };
            if self.documents.contains_key(&audience) {
                continue;
            }
            let nobody = Actor { device: shared::id::DeviceId([0; 8]), session: [0; 8] };
            if let Ok(document) = Document::load(&row.snapshot, audience, nobody) {
                let accepted = Vec::new();
                let (changes_before, heads_before) = (row.changes, row.heads.len());
                let untouched = MergedDocument { document, accepted, changes_before, heads_before };
                self.documents.insert(audience, untouched);
            }
        }
    }

    /// The accepted changes as rows of the log. Their times and versions stay with the record.
    pub fn take_changes(&mut self, author: Author) -> Vec<NewChange> {
        let mut rows = Vec::new();
        for (audience, document) in &mut self.documents {
            rows.extend(document.accepted.iter_mut().map(|change| NewChange {
                record_id: Uuid::from_bytes(self.id.0),
                audience: *audience as i16,
                hash: change.hash.0,
                device_id: author.device.0,
                store_id: author.store.0,
                actor: std::mem::take(&mut change.actor),
                raw: std::mem::take(&mut change.bytes),
            }));
        }
        rows
    }

    /// The documents that the batch changed, as rows.
    pub fn document_rows(&mut self) -> Vec<DocumentRow> {
        let id = Uuid::from_bytes(self.id.0);
        self.documents
            .iter_mut()
            .filter(|(_, document)| !document.accepted.is_empty())
            .map(|(audience, merged)| DocumentRow {
                record_id: id,
                audience: *audience as i16,
                heads: merged.document.heads().iter().map(|head| head.0.to_vec()).collect(),
                changes: merged.changes_before + merged.accepted.len() as i32,
                snapshot: merged.document.save(),
            })
            .collect()
    }
}
