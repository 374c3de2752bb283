//! What the server does with changes that a device sent: pure, and total on hostile bytes as far as
//! Automerge itself is. The server therefore runs it in a process that may die.

use crate::id::{ChangeHash, DeviceId, RecordId};
use crate::record::{Actor, Audience, Document, DocumentError};
use crate::scan::{ScanError, scan};
use automerge::Change;
use std::collections::BTreeSet;

/// The most operations that a document may hold. A household that is visited for years has under 5,000; the
/// rest is room for long texts, of which each character is one.
pub const MAX_DOCUMENT: u64 = 60_000;
/// The most bytes that all changes of a document may measure. A record travels whole when it comes into
/// somebody's scope: two documents, and what stands before them in the same response, have to stay well below
/// [`crate::sync::codec::MAX_UNPACKED`].
pub const MAX_BYTES: u64 = 4 << 20;
/// So much more of both is kept for those who review: a document that is full can still be returned.
const OFFICE_OPERATIONS: u64 = 10_000;
const OFFICE_BYTES: u64 = 1 << 20;
/// After so many changes of a document that turn out to be bad when they are applied, the rest is refused with
/// them: looking for each costs several merges.
const MOST_BAD: usize = 3;

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
    /// The change is larger than [`scan`] allows, or the document would pass [`MAX_DOCUMENT`] or
    /// [`MAX_BYTES`].
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

/// A document as the server has it.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// Its bytes.
    pub snapshot: &'a [u8],
    /// How many bytes its changes measure, each as it travels.
    pub bytes: u64,
}

/// Merges a batch of changes into a stored document, or into none. Its changes are taken to measure as much
/// as it does; see [`merge_onto`].
pub fn merge(
    record: RecordId,
    audience: Audience,
    stored: Option<&[u8]>,
    batch: &[impl AsRef<[u8]>],
    sender: Sender<'_>,
) -> Result<Merged, DocumentError> {
    let stored = stored.map(|snapshot| Stored { snapshot, bytes: snapshot.len() as u64 });
    merge_onto(record, audience, stored, batch, sender)
}

/// The same, knowing what the changes of the stored document measure.
pub fn merge_onto(
    record: RecordId,
    audience: Audience,
    stored: Option<Stored<'_>>,
    batch: &[impl AsRef<[u8]>],
    sender: Sender<'_>,
) -> Result<Merged, DocumentError> {
    let base = Base { record, audience, snapshot: stored.map(|stored| stored.snapshot), sender };
    let document = base.document()?;
    let mut merged =
        Merged { document, accepted: Vec::new(), duplicates: Vec::new(), refused: Vec::new() };
    let fresh = merged.admit(batch, sender);
    let fresh = merged.limit(fresh, stored.map_or(0, |stored| stored.bytes), sender);
    merged.apply(fresh, &base)?;
    merged.refused.sort_by_key(|(index, ..)| *index);
    Ok(merged)
}

/// A new change and where it stood in the batch.
#[derive(Debug, Clone)]
struct Fresh {
    index: usize,
    hash: ChangeHash,
    change: Change,
}

impl Fresh {
    fn needs(&self, any_of: &BTreeSet<ChangeHash>) -> bool {
        self.change.deps().iter().any(|dep| any_of.contains(&ChangeHash(dep.0)))
    }

    fn accepted(&self) -> Accepted {
        Accepted {
            index: self.index,
            hash: self.hash,
            bytes: self.change.raw_bytes().to_vec(),
            actor: self.change.actor_id().to_bytes().to_vec(),
            at: self.change.timestamp(),
            form_version: self.change.message().unwrap_or_default().to_owned(),
        }
    }
}

/// What a batch is merged into.
struct Base<'a> {
    record: RecordId,
    audience: Audience,
    snapshot: Option<&'a [u8]>,
    sender: Sender<'a>,
}

impl Base<'_> {
    fn document(&self) -> Result<Document, DocumentError> {
        let actor = Actor { device: self.sender.device, session: [0; 8] };
        match self.snapshot {
            Some(bytes) => Document::load(bytes, self.audience, actor),
            None => Ok(Document::empty(self.audience, actor)),
        }
    }

    /// Applies changes to the document, which is as it was stored; why they must not be.
    fn try_on(&self, document: &mut Document, fresh: &[Fresh]) -> Option<Refusal> {
        if fresh.is_empty() {
            return None;
        }
        let (before, began) = (document.review_entries(), document.has_review());
        let changes: Vec<Change> = fresh.iter().map(|fresh| fresh.change.clone()).collect();
        match document.doc.apply_changes(changes) {
            Err(_) => Some(Refusal::NotApplicable),
            Ok(()) if !document.is_of(self.record) => Some(Refusal::UnknownRecord),
            // Without the map the office could never say anything about the record.
            Ok(()) if self.snapshot.is_none() && !document.has_review() => {
                Some(Refusal::UnknownRecord)
            }
            Ok(()) if began && !document.has_review() => Some(Refusal::NotAllowed),
            Ok(()) if !self.sender.may_review && document.review_entries() != before => {
                Some(Refusal::NotAllowed)
            }
            Ok(()) => None,
        }
    }
}

impl Merged {
    /// Sorts the batch into new, known and refused. A change may stand before what it builds on.
    fn admit(&mut self, batch: &[impl AsRef<[u8]>], sender: Sender<'_>) -> Vec<Fresh> {
        let mut waiting: Vec<Fresh> = Vec::with_capacity(batch.len());
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
                waiting.push(Fresh { index, hash, change });
            } else {
                self.refused.push((index, Some(hash), Refusal::ForeignActor));
            }
        }
        let mut fresh: Vec<Fresh> = Vec::with_capacity(waiting.len());
        let mut admitted = BTreeSet::new();
        loop {
            let before = fresh.len();
            let mut still = Vec::new();
            for new in waiting {
                let mut needs = new.change.deps().iter().map(|dep| ChangeHash(dep.0));
                if needs.all(|dep| admitted.contains(&dep) || self.document.contains(dep)) {
                    admitted.insert(new.hash);
                    fresh.push(new);
                } else {
                    still.push(new);
                }
            }
            waiting = still;
            if waiting.is_empty() || fresh.len() == before {
                break;
            }
        }
        self.refuse(waiting, Refusal::MissingDependency);
        fresh
    }

    /// Leaves out what would make the document too large, before anybody unpacks it, and what builds on that.
    fn limit(&mut self, fresh: Vec<Fresh>, stored_bytes: u64, sender: Sender<'_>) -> Vec<Fresh> {
        let (mut operations, mut bytes) = (self.document.operations(), stored_bytes);
        let (mut most_operations, mut most_bytes) = (MAX_DOCUMENT, MAX_BYTES);
        if sender.may_review {
            most_operations += OFFICE_OPERATIONS;
            most_bytes += OFFICE_BYTES;
        }
        let mut out = BTreeSet::new();
        let mut fit = Vec::with_capacity(fresh.len());
        for new in fresh {
            let with = operations.saturating_add(new.change.len() as u64);
            let measure = bytes.saturating_add(new.change.raw_bytes().len() as u64);
            let refusal = match () {
                () if new.needs(&out) => Refusal::MissingDependency,
                () if with > most_operations || measure > most_bytes => Refusal::TooLarge,
                () => {
                    (operations, bytes) = (with, measure);
                    fit.push(new);
                    continue;
                }
            };
            out.insert(new.hash);
            self.refuse([new], refusal);
        }
        fit
    }

    /// Takes in what can be: a change that must not be part of the document is left out with what builds on
    /// it, and the rest is tried again.
    fn apply(&mut self, mut fresh: Vec<Fresh>, base: &Base<'_>) -> Result<(), DocumentError> {
        for bad in 0..=MOST_BAD {
            let Some(refusal) = base.try_on(&mut self.document, &fresh) else {
                self.accepted = fresh.iter().map(Fresh::accepted).collect();
                return Ok(());
            };
            self.document = base.document()?;
            if fresh.len() == 1 || bad == MOST_BAD {
                self.refuse(std::mem::take(&mut fresh), refusal);
                return Ok(());
            }
            let (at, refusal) = first_bad(base, &fresh, refusal)?;
            let mut out = BTreeSet::new();
            let mut rest = Vec::with_capacity(fresh.len());
            for (place, new) in fresh.into_iter().enumerate() {
                if place == at {
                    out.insert(new.hash);
                    self.refuse([new], refusal);
                } else if new.needs(&out) {
                    out.insert(new.hash);
                    self.refuse([new], Refusal::MissingDependency);
                } else {
                    rest.push(new);
                }
            }
            fresh = rest;
        }
        Ok(())
    }

    fn refuse(&mut self, changes: impl IntoIterator<Item = Fresh>, refusal: Refusal) {
        let refused = changes.into_iter().map(|new| (new.index, Some(new.hash), refusal));
        self.refused.extend(refused);
    }
}

/// The place of a change that must not be taken after those before it, all of which may: by halves. All
/// together are known to fail for `refusal`.
fn first_bad(
    base: &Base<'_>,
    fresh: &[Fresh],
    refusal: Refusal,
) -> Result<(usize, Refusal), DocumentError> {
    let (mut good, mut bad) = (0, (fresh.len(), refusal));
    while bad.0 - good > 1 {
        let middle = good + (bad.0 - good) / 2;
        match base.try_on(&mut base.document()?, &fresh[..middle]) {
            Some(refusal) => bad = (middle, refusal),
            None => good = middle,
        }
    }
    Ok((bad.0 - 1, bad.1))
}

fn read(bytes: &[u8]) -> Result<Change, Refusal> {
    scan(bytes).map_err(Refusal::from)?;
    let change = Change::from_bytes(bytes.to_vec()).map_err(|_| Refusal::Malformed)?;
    // Automerge reads a change without comparing its checksum, which begins its hash. With a byte altered it
    // would be another change than the one that its maker has.
    match bytes.get(CHECKSUM) == change.hash().0.get(..4) {
        true => Ok(change),
        false => Err(Refusal::Malformed),
    }
}

/// Where the checksum of a chunk stands, after four fixed bytes.
const CHECKSUM: std::ops::Range<usize> = 4..8;

impl From<ScanError> for Refusal {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Malformed => Self::Malformed,
            ScanError::TooLarge => Self::TooLarge,
        }
    }
}
