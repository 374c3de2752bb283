//! One Automerge document of a record. With [`super::conflict`] and [`super::history`] the only place
//! that knows Automerge.

mod read;
mod text;
mod write;

pub(super) use read::{lexical, path_of};

use super::{Audience, Edit};
use crate::id::{ChangeHash, DeviceId, RecordId};
use automerge::transaction::CommitOptions;
use automerge::{ActorId, AutoCommit, Change, ObjType, ROOT, ReadDoc, transaction::Transactable};

/// The record's id. No question can be called so: `#` is not part of names.
pub(super) const ID: &str = "#id";
/// The map of answers.
pub(super) const ANSWERS: &str = "answers";
/// The map that only the office may change.
pub(super) const REVIEW: &str = "review";
/// An item's order key.
pub(super) const ORDER: &str = "_order";
/// An item's removal mark.
pub(super) const REMOVED: &str = "_removed";
/// Between a question's key and an option.
pub(super) const OPTION: char = '=';
/// Between a repeat's key and an item's id.
pub(super) const ITEM: char = '#';

/// Who makes changes: a device in one session. A session's random part is drawn anew whenever the
/// app opens, because a device that lost its last write must never use an Automerge sequence number
/// twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor {
    /// The device, as the server enrolled it.
    pub device: DeviceId,
    /// Eight random bytes.
    pub session: [u8; 8],
}

impl Actor {
    fn id(self) -> ActorId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(self.device.as_bytes());
        bytes[8..].copy_from_slice(&self.session);
        ActorId::from(bytes.as_slice())
    }

    /// The device whose actor this is; `None` for actors that are no device's.
    pub(crate) fn device_of(actor: &ActorId) -> Option<DeviceId> {
        let bytes = actor.to_bytes();
        (bytes.len() == 16).then(|| DeviceId::from_slice(&bytes[..8])).flatten()
    }
}

/// Why a document could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The bytes are not a document, or not one of ours.
    #[error("the stored document cannot be read: {0}")]
    Unreadable(String),
    /// An edit names a repeat item that the document does not have.
    #[error("there is no item {0} in this record")]
    UnknownItem(String),
    /// Automerge refused an operation.
    #[error("the record could not be changed: {0}")]
    Refused(#[from] automerge::AutomergeError),
}

/// A change as it travels: uncompressed Automerge change bytes and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedChange {
    /// The hash by which it is known.
    pub hash: ChangeHash,
    /// The change chunk of the Automerge binary format, not compressed: a batch is compressed as
    /// one stream so that similar records share their redundancy.
    pub bytes: Vec<u8>,
}

impl EncodedChange {
    fn of(change: &Change) -> Self {
        Self { hash: ChangeHash(change.hash().0), bytes: change.raw_bytes().to_vec() }
    }
}

/// A record's document of one audience.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) doc: AutoCommit,
    audience: Audience,
    /// Of a new record: what its first change will begin with.
    birth: Option<(RecordId, String)>,
}

impl Document {
    /// The main document of a new record. Its first change comes with the first [`Self::edit`].
    ///
    /// The record's id stands in it, because two records begun alike in the same second would
    /// otherwise begin with the same change, under the same hash.
    pub fn create(record: RecordId, form_id: &str, actor: Actor) -> Self {
        let doc = AutoCommit::new().with_actor(actor.id());
        let birth = Some((record, form_id.to_owned()));
        Self { doc, audience: Audience::Main, birth }
    }

    /// The companion document of a record. Several devices may each begin it: its answers stand at
    /// the root, which needs no making.
    pub fn create_companion(record: RecordId, actor: Actor) -> Self {
        let doc = AutoCommit::new().with_actor(actor.id());
        Self { doc, audience: Audience::Protection, birth: Some((record, String::new())) }
    }

    fn begin(&mut self) -> Result<(), DocumentError> {
        let Some((record, form_id)) = &self.birth else { return Ok(()) };
        let id = automerge::ScalarValue::Bytes(record.as_bytes().to_vec());
        match self.audience {
            Audience::Main => {
                self.doc.put(ROOT, ID, id)?;
                self.doc.put(ROOT, "form", form_id.as_str())?;
                self.doc.put_object(ROOT, ANSWERS, ObjType::Map)?;
                self.doc.put_object(ROOT, REVIEW, ObjType::Map)?;
            }
            Audience::Protection => self.doc.put(ROOT, ID, id)?,
        }
        Ok(())
    }

    /// An empty document that changes of others are about to fill.
    pub fn empty(audience: Audience, actor: Actor) -> Self {
        Self { doc: AutoCommit::new().with_actor(actor.id()), audience, birth: None }
    }

    /// Reads a stored document, to be changed by `actor`.
    pub fn load(bytes: &[u8], audience: Audience, actor: Actor) -> Result<Self, DocumentError> {
        let doc = AutoCommit::load(bytes)
            .map_err(|error| DocumentError::Unreadable(error.to_string()))?
            .with_actor(actor.id());
        Ok(Self { doc, audience, birth: None })
    }

    /// The document's bytes for storage, uncompressed: storage compresses better, and reading is
    /// faster.
    pub fn save(&mut self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// Its audience.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    /// Makes one change of all edits of this document's audience; edits of the other are passed over.
    ///
    /// `at_ms` is the device's clock in Unix milliseconds (Automerge keeps whole seconds), `version`
    /// the form version under which the answers were given. Returns nothing when the edits alter
    /// nothing. After an error the document is as it was.
    pub fn edit(
        &mut self,
        edits: &[Edit],
        at_ms: i64,
        version: &str,
    ) -> Result<Option<EncodedChange>, DocumentError> {
        let mine: Vec<&Edit> =
            edits.iter().filter(|edit| edit.audience() == self.audience).collect();
        let done = self.begin().and_then(|()| {
            mine.into_iter().try_for_each(|edit| write::apply(&mut self.doc, self.audience, edit))
        });
        if let Err(error) = done {
            self.doc.rollback();
            return Err(error);
        }
        self.birth = None;
        if self.doc.pending_ops() == 0 {
            return Ok(None);
        }
        let options =
            CommitOptions::default().with_time(at_ms.div_euclid(1000)).with_message(version);
        let hash = self.doc.commit_with(options);
        Ok(hash
            .and_then(|hash| self.doc.get_change_by_hash(&hash))
            .map(|change| EncodedChange::of(&change)))
    }

    /// Takes in changes made elsewhere. Changes whose dependencies are missing wait inside the
    /// document. Not for bytes from devices: see [`crate::merge`].
    pub fn receive(&mut self, changes: &[Vec<u8>]) -> Result<(), DocumentError> {
        let changes =
            changes.iter().map(|bytes| read_change(bytes)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.doc.apply_changes(changes)?)
    }

    /// All changes, each after those it depends on.
    pub fn changes(&mut self) -> Vec<EncodedChange> {
        self.doc.get_changes(&[]).iter().map(EncodedChange::of).collect()
    }

    /// The hashes of the newest changes: two documents with equal heads are equal.
    pub fn heads(&mut self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> =
            self.doc.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect();
        form::order::sort(&mut heads);
        heads
    }

    /// Whether a change is part of the document.
    pub fn contains(&mut self, hash: ChangeHash) -> bool {
        self.doc.get_change_meta_by_hash(&automerge::ChangeHash(hash.0)).is_some()
    }

    /// How many operations it holds, those overwritten since included.
    pub fn operations(&self) -> u64 {
        self.doc.stats().num_ops
    }

    /// Whether changes wait for others that have not arrived.
    pub fn is_waiting(&mut self) -> bool {
        !self.doc.document().get_missing_deps(&[]).is_empty()
    }
}

impl Document {
    /// When the document was last changed, by the clock of the device that did it: Unix milliseconds, to
    /// the second. 0 for a document without changes.
    pub fn changed_ms(&mut self) -> i64 {
        let heads = self.doc.get_heads();
        let changes = heads.iter().filter_map(|hash| self.doc.get_change_by_hash(hash));
        changes.map(|change| change.timestamp()).max().unwrap_or(0).saturating_mul(1000)
    }

    /// Whether the document has been begun, and as this record's.
    pub(crate) fn is_of(&self, record: RecordId) -> bool {
        let id = match self.doc.get(ROOT, ID) {
            Ok(Some((value, _))) => value.as_bytes().and_then(RecordId::from_slice),
            _ => None,
        };
        id == Some(record) && self.answers_map().is_some()
    }

    /// Whether what the office says has its place; a companion document needs none.
    pub(crate) fn has_review(&self) -> bool {
        let found = self.doc.get(ROOT, REVIEW);
        self.audience == Audience::Protection
            || matches!(found, Ok(Some((automerge::Value::Object(ObjType::Map), _))))
    }

    /// The map of answers: the root itself in a companion document.
    pub(super) fn answers_map(&self) -> Option<automerge::ObjId> {
        match self.audience {
            Audience::Protection => Some(ROOT),
            Audience::Main => match self.doc.get(ROOT, ANSWERS) {
                Ok(Some((automerge::Value::Object(ObjType::Map), id))) => Some(id),
                _ => None,
            },
        }
    }
}

/// Where the type of an Automerge chunk stands, after four fixed bytes and the checksum.
const CHUNK_TYPE: usize = 8;
/// The type of an uncompressed change.
const PLAIN_CHANGE: u8 = 1;

/// Reads an encoded change. Whole documents, bundles and compressed changes are refused before
/// Automerge sees them: no version of ours sends them, and the phone leaves out what reads them.
fn read_change(bytes: &[u8]) -> Result<Change, DocumentError> {
    if bytes.get(CHUNK_TYPE) != Some(&PLAIN_CHANGE) {
        return Err(DocumentError::Unreadable("not a plain change".into()));
    }
    Change::from_bytes(bytes.to_vec()).map_err(|error| DocumentError::Unreadable(error.to_string()))
}

/// The hash of an encoded change; `None` when the bytes are none.
pub fn change_hash(bytes: &[u8]) -> Option<ChangeHash> {
    read_change(bytes).ok().map(|change| ChangeHash(change.hash().0))
}

/// The changes that an encoded change builds on; none when the bytes are no change.
pub fn change_dependencies(bytes: &[u8]) -> Vec<ChangeHash> {
    let change = read_change(bytes);
    change.map_or_else(
        |_| Vec::new(),
        |change| change.deps().iter().map(|hash| ChangeHash(hash.0)).collect(),
    )
}

impl Document {
    /// The changes that a device made, in order.
    pub fn changes_of(&mut self, device: DeviceId) -> Vec<(Audience, EncodedChange)> {
        self.doc
            .get_changes(&[])
            .iter()
            .filter(|change| Actor::device_of(change.actor_id()) == Some(device))
            .map(|change| (self.audience, EncodedChange::of(change)))
            .collect()
    }
}
