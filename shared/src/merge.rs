//! What the server does with changes that a device sent: pure, and total on hostile bytes as far as
//! Automerge itself is. The server therefore runs it in a process that may die.

use crate::id::{ChangeHash, DeviceId, RecordId};
use crate::record::{Actor, Audience, Document, DocumentError};
use crate::scan::{ScanError, scan};
use automerge::Change;
use std::collections::BTreeSet;

/// The most operations that a document may hold. A household that is visited for years has under 5,000.
pub const MAX_DOCUMENT: u64 = 200_000;

/// Who sent the changes.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The device: only it may have made them.
    pub device: DeviceId,
    /// Its names before it was connected again.
    pub former: &'a [DeviceId],
    /// Whether it may change the review map.
    pub may_review: bool,
}

impl Sender<'_> {
    fn is_maker(&self, change: &Change) -> bool {
        let maker = Actor::device_of(change.actor_id());
        maker.is_some_and(|maker| maker == self.device || self.former.contains(&maker))
    }
}

/// A change that became part of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Where it stood in the batch.
    pub index: usize,
    /// Its hash.
    pub hash: ChangeHash,
    /// Its uncompressed bytes.
    pub bytes: Vec<u8>,
    /// Its actor, as Automerge writes it.
    pub actor: Vec<u8>,
    /// The device's clock when it was made, Unix seconds.
    pub at: i64,
    /// The form version under which it was made; blank when it names none.
    pub form_version: String,
}

/// Why a change did not become part of the document. The server keeps such a change with its reason,
/// and tells the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes are not an Automerge change.
    Malformed,
    /// The change is larger than [`scan`] allows, or the document would pass [`MAX_DOCUMENT`].
    TooLarge,
    /// Another device's change: authorship cannot be borrowed.
    ForeignActor,
    /// It depends on changes that neither the server nor the batch has. To be sent again together
    /// with them.
    MissingDependency,
    /// It touches the review, which only the office may.
    NotAllowed,
    /// The document does not exist on the server and the changes do not begin it, or they begin
    /// another record.
    UnknownRecord,
    /// Automerge could not apply it.
    NotApplicable,
}

impl Refusal {
    /// The code in messages and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::ForeignActor => "foreign_actor",
            Self::MissingDependency => "missing_dependency",
            Self::NotAllowed => "not_allowed",
            Self::UnknownRecord => "unknown_record",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// The refusal with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Malformed,
            Self::TooLarge,
            Self::ForeignActor,
            Self::MissingDependency,
            Self::NotAllowed,
            Self::UnknownRecord,
            Self::NotApplicable,
        ]
        .into_iter()
        .find(|refusal| refusal.code() == code)
    }

    /// Whether sending the same bytes again, later or with others, can succeed.
    pub fn is_permanent(self) -> bool {
        !matches!(self, Self::MissingDependency)
    }
}

/// The outcome for one document.
#[derive(Debug)]
pub struct Merged {
    /// The document after the merge.
    pub document: Document,
    /// What was new, in the order in which it was applied.
    pub accepted: Vec<Accepted>,
    /// What the document had already.
    pub duplicates: Vec<ChangeHash>,
    /// What was refused: index in the batch, hash as far as it can be known, reason.
    pub refused: Vec<(usize, Option<ChangeHash>, Refusal)>,
}

/// Merges a batch of changes into a stored document, or into none.
pub fn merge(
    record: RecordId,
    audience: Audience,
    stored: Option<&[u8]>,
    batch: &[impl AsRef<[u8]>],
    sender: Sender<'_>,
) -> Result<Merged, DocumentError> {
    let actor = Actor { device: sender.device, session: [0; 8] };
    let document = match stored {
        Some(bytes) => Document::load(bytes, audience, actor)?,
        None => Document::empty(audience, actor),
    };
    let mut merged =
        Merged { document, accepted: Vec::new(), duplicates: Vec::new(), refused: Vec::new() };
    let (changes, positions) = merged.admit(batch, sender);
    merged.apply(record, changes, &positions, stored, audience, sender)?;
    Ok(merged)
}

impl Merged {
    /// Sorts the batch into new, known and refused. A change may stand before what it builds on.
    fn admit(
        &mut self,
        batch: &[impl AsRef<[u8]>],
        sender: Sender<'_>,
    ) -> (Vec<Change>, Vec<usize>) {
        let mut waiting: Vec<(usize, Change)> = Vec::with_capacity(batch.len());
        let mut seen = BTreeSet::new();
        for (index, bytes) in batch.iter().enumerate() {
            let change = match read(bytes.as_ref()) {
                Ok(change) => change,
                Err(refusal) => {
                    self.refused.push((index, None, refusal));
                    continue;
                }
            };
            let hash = ChangeHash(change.hash().0);
            if self.document.contains(hash) || seen.contains(&hash) {
                self.duplicates.push(hash);
            } else if sender.is_maker(&change) {
                seen.insert(hash);
                waiting.push((index, change));
            } else {
                self.refused.push((index, Some(hash), Refusal::ForeignActor));
            }
        }
        let mut fresh: Vec<Change> = Vec::with_capacity(waiting.len());
        let mut positions = Vec::with_capacity(waiting.len());
        let mut admitted = BTreeSet::new();
        loop {
            let before = fresh.len();
            let mut still = Vec::new();
            for (index, change) in waiting {
                let mut needs = change.deps().iter().map(|dep| ChangeHash(dep.0));
                if needs.all(|dep| admitted.contains(&dep) || self.document.contains(dep)) {
                    admitted.insert(ChangeHash(change.hash().0));
                    positions.push(index);
                    fresh.push(change);
                } else {
                    still.push((index, change));
                }
            }
            waiting = still;
            if waiting.is_empty() || fresh.len() == before {
                break;
            }
        }
        let refused = waiting.into_iter().map(|(index, change)| {
            (index, Some(ChangeHash(change.hash().0)), Refusal::MissingDependency)
        });
        self.refused.extend(refused);
        (fresh, positions)
    }

    fn apply(
        &mut self,
        record: RecordId,
        changes: Vec<Change>,
        positions: &[usize],
        stored: Option<&[u8]>,
        audience: Audience,
        sender: Sender<'_>,
    ) -> Result<(), DocumentError> {
        let actor = Actor { device: sender.device, session: [0; 8] };
        let before = self.document.review_entries();
        let hashes: Vec<ChangeHash> =
            changes.iter().map(|change| ChangeHash(change.hash().0)).collect();
        let accepted: Vec<Accepted> = changes
            .iter()
            .zip(positions)
            .map(|(change, index)| Accepted {
                index: *index,
                hash: ChangeHash(change.hash().0),
                bytes: change.raw_bytes().to_vec(),
                actor: change.actor_id().to_bytes().to_vec(),
                at: change.timestamp(),
                form_version: change.message().unwrap_or_default().to_owned(),
            })
            .collect();
        let refusal = match self.document.doc.apply_changes(changes) {
            Err(_) => Some(Refusal::NotApplicable),
            Ok(()) if self.document.operations() > MAX_DOCUMENT => Some(Refusal::TooLarge),
            Ok(()) if !self.document.is_of(record) => Some(Refusal::UnknownRecord),
            Ok(()) if !sender.may_review && self.document.review_entries() != before => {
                Some(Refusal::NotAllowed)
            }
            Ok(()) => None,
        };
        let Some(refusal) = refusal else {
            self.accepted = accepted;
            return Ok(());
        };
        self.document = match stored {
            Some(bytes) => Document::load(bytes, audience, actor)?,
            None => Document::empty(audience, actor),
        };
        self.refused.extend(
            positions.iter().zip(hashes).map(|(index, hash)| (*index, Some(hash), refusal)),
        );
        self.refused.sort_by_key(|(index, ..)| *index);
        Ok(())
    }
}

fn read(bytes: &[u8]) -> Result<Change, Refusal> {
    scan(bytes).map_err(Refusal::from)?;
    Change::from_bytes(bytes.to_vec()).map_err(|_| Refusal::Malformed)
}

impl From<ScanError> for Refusal {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Malformed => Self::Malformed,
            ScanError::TooLarge => Self::TooLarge,
        }
    }
}
