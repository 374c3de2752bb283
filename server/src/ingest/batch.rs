//! A batch as it came: what may be decoded at all, grouped by record.

use super::Author;
use crate::store::{DocumentRow, LockedDocument};
use crate::worker::CompiledForms;
use crate::worker::message::{Changes, RecordJob, StoredDocument};
use minicbor::bytes::ByteSlice;
use shared::id::{ChangeHash, FormVersionId, RecordId};
use shared::merge::Refusal;
use shared::record::Audience;
use shared::scan::scan;
use shared::sync::message::DocumentChanges;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Where a change stands in the request.
pub type Place = (usize, usize);

/// Changes of one record.
#[derive(Debug, Default)]
pub struct Group {
    /// Main documents come before companions: a companion without its record is refused.
    pub audiences: BTreeMap<Audience, Vec<Place>>,
    versions: BTreeSet<FormVersionId>,
}

/// A batch after the scan.
#[derive(Debug)]
pub struct Batch {
    pub documents: Vec<DocumentChanges>,
    pub groups: BTreeMap<RecordId, Group>,
    /// What the scan refused.
    pub refused: Vec<(Place, Refusal)>,
}

impl Batch {
    /// Sorts a request. No change is decoded here.
    pub fn scan(documents: Vec<DocumentChanges>) -> Self {
        let mut groups: BTreeMap<RecordId, Group> = BTreeMap::new();
        let mut refused = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            for (index, change) in document.changes.iter().enumerate() {
                let found = match scan(change) {
                    Ok(found) => found,
                    Err(error) => {
                        refused.push(((at, index), error.into()));
                        continue;
                    }
                };
                let group = groups.entry(document.record).or_default();
                group.audiences.entry(document.audience).or_default().push((at, index));
                group.versions.extend(found.message.parse::<FormVersionId>().ok());
            }
        }
        Self { documents, groups, refused }
    }

    /// The records, in the order in which everybody locks them.
    pub fn records(&self) -> Vec<Uuid> {
        self.groups.keys().map(|record| Uuid::from_bytes(record.0)).collect()
    }

    /// The form versions that changes name.
    pub fn versions(&self) -> impl Iterator<Item = FormVersionId> {
        self.groups.values().flat_map(|group| group.versions.iter().copied())
    }

    /// The bytes of a change.
    pub fn change(&self, (document, change): Place) -> &[u8] {
        &self.documents[document].changes[change]
    }

    /// One job for each record, in the order of [`Self::groups`]. `logged` says what the changes of stored
    /// documents measure.
    pub fn jobs<'a>(
        &'a self,
        author: Author,
        stored: &'a [LockedDocument],
        mut logged: HashMap<RecordId, BTreeMap<Audience, u64>>,
        forms: &CompiledForms,
        now_ms: i64,
    ) -> Vec<RecordJob<'a>> {
        let mut by_record: BTreeMap<RecordId, Vec<&LockedDocument>> = BTreeMap::new();
        for row in stored {
            by_record.entry(RecordId(*row.record_id.as_bytes())).or_default().push(row);
        }
        self.groups
            .iter()
            .map(|(record, group)| {
                let rows = by_record.remove(record).unwrap_or_default();
                let version = rows.iter().find_map(|row| row.version.as_deref());
                let version = version.and_then(FormVersionId::from_slice);
                let named = group.versions.iter().copied().chain(version);
                let forms: BTreeSet<_> = named.filter(|named| forms.contains_key(named)).collect();
                RecordJob {
                    record: *record,
                    device: author.device,
                    former: author.former.list(),
                    may_review: author.may_review,
                    may_protect: author.may_protect,
                    now_ms,
                    problems: rows.iter().find_map(|row| row.problems).unwrap_or(0),
                    stored: rows.into_iter().filter_map(stored_document).collect(),
                    batch: self.changes(group),
                    version,
                    forms: forms.into_iter().collect(),
                    roster: None,
                    logged: logged.remove(record).unwrap_or_default(),
                    anew: false,
                    log: None,
                }
            })
            .collect()
    }

    fn changes(&self, group: &Group) -> Vec<Changes<'_>> {
        group
            .audiences
            .iter()
            .map(|(audience, places)| Changes {
                audience: *audience,
                changes: places
                    .iter()
                    .map(|place| <&ByteSlice>::from(self.change(*place)))
                    .collect(),
            })
            .collect()
    }
}

/// Heads as the database holds them.
pub fn heads(stored: &[Vec<u8>]) -> Vec<ChangeHash> {
    stored.iter().filter_map(|hash| ChangeHash::from_slice(hash)).collect()
}

/// Documents for a worker.
pub fn stored_documents(rows: &[DocumentRow]) -> Vec<StoredDocument<'_>> {
    let known = rows.iter().filter_map(|row| {
        let audience = Audience::from_number(u8::try_from(row.audience).ok()?)?;
        let snapshot = <&ByteSlice>::from(&row.snapshot[..]);
        Some(StoredDocument { audience, snapshot, heads: heads(&row.heads) })
    });
    known.collect()
}

pub(super) fn stored_document(row: &LockedDocument) -> Option<StoredDocument<'_>> {
    Some(StoredDocument {
        audience: Audience::from_number(u8::try_from(row.audience).ok()?)?,
        snapshot: <&ByteSlice>::from(&row.snapshot[..]),
        heads: heads(&row.heads),
    })
}
