//! What parent and child say to each other. Both are the same program, so there is one version of it.

use crate::forms::FormFile;
use crate::store::ProjectedRecord;
use minicbor::bytes::{ByteSlice, ByteVec};
use minicbor::{Decode, Encode};
use shared::id::{ChangeHash, DeviceId, FormVersionId, RecordId};
use shared::record::answer::Answers;
use shared::record::conflict::TwoAnswers;
use shared::record::history::{FieldStep, HistoryStep};
use shared::record::said::Opinion;
use shared::record::{Audience, Edit, Header};
use std::collections::BTreeMap;

/// The rows of a household's roster.
pub type Roster = Vec<BTreeMap<String, String>>;

/// To the child. Every job but `Form` and `Turn` has one answer.
#[derive(Debug, Encode, Decode)]
pub enum Job<'b> {
    /// A compiled form that jobs are about to name.
    #[n(0)]
    Form(#[n(0)] FormVersionId, #[b(1)] &'b ByteSlice),
    /// Merge changes into a record and project it.
    #[n(1)]
    Record(#[b(0)] RecordJob<'b>),
    /// Compile a form's source: its media type and its bytes.
    #[n(2)]
    Source(#[b(0)] &'b str, #[b(1)] &'b ByteSlice),
    /// Read documents; with their history when that is asked for.
    #[n(3)]
    Read(#[b(0)] Vec<StoredDocument<'b>>, #[n(1)] bool),
    /// Change documents.
    #[n(4)]
    Edit(#[b(0)] EditJob<'b>),
    /// A turn of so many microseconds of processor time begins: records past it are answered `Later`, but
    /// the first is not.
    #[n(5)]
    Turn(#[n(0)] u64),
    /// All changes of documents.
    #[n(6)]
    Changes(#[b(0)] Vec<StoredDocument<'b>>),
}

/// One record: what is stored, what came, and what projecting it needs.
#[derive(Debug, Clone, Encode, Decode)]
pub struct RecordJob<'b> {
    #[n(0)]
    pub record: RecordId,
    /// Who sends.
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub may_review: bool,
    #[n(3)]
    pub may_protect: bool,
    #[n(4)]
    pub now_ms: i64,
    #[b(5)]
    pub stored: Vec<StoredDocument<'b>>,
    /// The main document first.
    #[b(6)]
    pub batch: Vec<Changes<'b>>,
    /// The form version and the number of problems that the record has so far.
    #[n(7)]
    pub version: Option<FormVersionId>,
    #[n(8)]
    pub problems: i32,
    /// The forms that the municipality has, of those that the changes name.
    #[n(9)]
    pub forms: Vec<FormVersionId>,
    /// The household's roster, where the record is known to belong to one.
    #[n(10)]
    pub roster: Option<Roster>,
    /// Earlier names of the sender.
    #[n(11)]
    pub former: Vec<DeviceId>,
    /// What the changes of the stored documents measure, in bytes.
    #[n(12)]
    pub logged: BTreeMap<Audience, u64>,
    /// Make its rows although nothing came: earlier they could not be made.
    #[n(13)]
    pub anew: bool,
    /// All changes of the stored documents: a document that storage has damaged is made anew from them.
    #[b(14)]
    pub log: Option<Vec<Changes<'b>>>,
}

impl<'b> RecordJob<'b> {
    /// Nothing came; the rows of what is stored are to be made.
    pub fn anew(record: RecordId, stored: Vec<StoredDocument<'b>>, now_ms: i64) -> Self {
        Self {
            record,
            device: DeviceId([0; 8]),
            may_review: false,
            may_protect: true,
            now_ms,
            stored,
            batch: Vec::new(),
            version: None,
            problems: 0,
            forms: Vec::new(),
            roster: None,
            former: Vec::new(),
            logged: BTreeMap::new(),
            anew: true,
            log: None,
        }
    }
}

/// A document as it is stored.
#[derive(Debug, Clone, Encode, Decode)]
pub struct StoredDocument<'b> {
    #[n(0)]
    pub audience: Audience,
    #[b(1)]
    pub snapshot: &'b ByteSlice,
    /// The heads that it had when it was stored.
    #[n(2)]
    pub heads: Vec<ChangeHash>,
}

/// Changes of one document, in the order in which they came.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Changes<'b> {
    #[n(0)]
    pub audience: Audience,
    #[b(1)]
    pub changes: Vec<&'b ByteSlice>,
}

/// From the child.
#[derive(Debug, Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "decoded, and taken apart at once")]
pub enum Answer {
    #[n(0)]
    Record(#[n(0)] RecordResult),
    #[n(1)]
    Source(#[n(0)] SourceResult),
    /// The job made the child panic; it lives.
    #[n(2)]
    Panicked,
    /// One for each document, in their order.
    #[n(3)]
    Read(#[n(0)] Vec<ReadDocument>),
    #[n(4)]
    Edited(#[n(0)] Vec<EditedDocument>),
    /// The job cannot be done; why.
    #[n(5)]
    Impossible(#[n(0)] String),
    /// The turn is over; the record was not looked at.
    #[n(6)]
    Later,
    /// Of all documents that can be read, each after those that it builds on.
    #[n(7)]
    Changes(#[n(0)] Vec<ByteVec>),
}

/// Edits of one record's documents, by whom and when.
#[derive(Debug, Encode, Decode)]
pub struct EditJob<'b> {
    #[b(0)]
    pub documents: Vec<StoredDocument<'b>>,
    #[n(1)]
    pub device: DeviceId,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub session: [u8; 8],
    #[n(3)]
    pub edits: Vec<Edit>,
    #[n(4)]
    pub now_ms: i64,
    #[n(5)]
    pub version: String,
}

/// What a document says.
#[derive(Debug, Encode, Decode)]
pub struct ReadDocument {
    #[n(0)]
    pub audience: Audience,
    #[n(1)]
    pub header: Header,
    #[n(2)]
    pub review: BTreeMap<String, String>,
    /// The unusual answers that the worker confirmed, by path.
    #[n(3)]
    pub confirmed: BTreeMap<String, String>,
    #[n(4)]
    pub answers: Answers,
    #[n(5)]
    pub two_answers: Vec<TwoAnswers>,
    #[n(6)]
    pub history: Vec<HistoryStep>,
    /// Whether changes wait for others that have not arrived.
    #[n(7)]
    pub is_waiting: bool,
    /// Why confirmed answers are right, by path.
    #[n(8)]
    pub reasons: BTreeMap<String, String>,
    /// Answers that were put right after a return, by path: the time of the return.
    #[n(9)]
    pub fixed: BTreeMap<String, String>,
    /// What has become of the answers since the office's last decision.
    #[n(10)]
    pub altered: Vec<FieldStep>,
    /// What workers think of questions with two answers.
    #[n(11)]
    pub opinions: Vec<Opinion>,
    /// What the worker answers to the office's remarks, by path.
    #[n(12)]
    pub replies: BTreeMap<String, String>,
}

/// The change that edits amounted to.
#[derive(Debug, Encode, Decode)]
pub struct EditedDocument {
    #[n(0)]
    pub audience: Audience,
    #[n(1)]
    pub change: ByteVec,
}

/// A record after the merge.
#[derive(Debug, Default, Encode, Decode)]
pub struct RecordResult {
    /// One for each entry of the batch, in its order.
    #[n(0)]
    pub documents: Vec<DocumentResult>,
    /// Its rows, when anything was accepted.
    #[n(1)]
    pub projection: Option<ProjectedRecord>,
    /// The record has to be checked against this household's roster: nothing else here counts, ask
    /// again with the roster.
    #[n(2)]
    pub wants_roster: Option<RecordId>,
    /// The processor time that it took, in microseconds.
    #[n(3)]
    pub used_us: u64,
    /// A stored document is damaged: nothing else here counts, ask again with the log.
    #[n(4)]
    pub wants_log: bool,
    /// Stored documents that were damaged, as they were, made from the log.
    #[n(5)]
    pub rebuilt: Vec<RebuiltDocument>,
}

/// A document made anew.
#[derive(Debug, Encode, Decode)]
pub struct RebuiltDocument {
    #[n(0)]
    pub audience: Audience,
    #[n(1)]
    pub state: NewState,
}

/// One document after the merge.
#[derive(Debug, Default, Encode, Decode)]
pub struct DocumentResult {
    #[n(0)]
    pub accepted: Vec<AcceptedChange>,
    #[n(1)]
    pub refused: Vec<RefusedAt>,
    /// Its new state, when anything was accepted.
    #[n(2)]
    pub stored: Option<NewState>,
}

/// A change that was new.
#[derive(Debug, Encode, Decode)]
pub struct AcceptedChange {
    /// Where it stood in the batch.
    #[n(0)]
    pub index: u32,
    #[n(1)]
    pub hash: ChangeHash,
    #[n(2)]
    pub actor: ByteVec,
}

/// A change that was not taken.
#[derive(Debug, Encode, Decode)]
pub struct RefusedAt {
    /// Where it stood in the batch.
    #[n(0)]
    pub index: u32,
    #[n(1)]
    pub hash: Option<ChangeHash>,
    /// The code of a [`shared::merge::Refusal`].
    #[n(2)]
    pub code: String,
}

/// A document to be stored.
#[derive(Debug, Encode, Decode)]
pub struct NewState {
    #[n(0)]
    pub heads: Vec<ChangeHash>,
    #[n(1)]
    pub snapshot: ByteVec,
}

/// A source after compiling.
#[derive(Debug, Default, Encode, Decode)]
pub struct SourceResult {
    /// The media type is not one that forms come in.
    #[n(0)]
    pub unknown_type: bool,
    /// The compiled form, unless there are errors.
    #[n(1)]
    pub compiled: Option<ByteVec>,
    /// Problems as JSON.
    #[n(2)]
    pub errors: String,
    #[n(3)]
    pub warnings: String,
    /// The files that came with it.
    #[n(4)]
    pub files: Vec<FormFile>,
}
