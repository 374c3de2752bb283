//! The header of a record: what lists show without opening the answers.

use crate::id::RecordId;
use minicbor::{Decode, Encode};

/// The mark of an unusual answer that the worker confirmed: its value then. It holds while the answer is
/// the same. Protection answers are not marked: their values stand in no other document.
pub const CONFIRMED: &str = "confirmed";
/// The mark of why a confirmed answer is right, in the worker's words; blank when none were given.
pub const REASON: &str = "reason";
/// The mark of a question that was answered again after the office returned the record: the time of the
/// return, Unix milliseconds.
pub const FIXED: &str = "fixed";

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum SubjectKind {
    /// A household.
    #[default]
    #[n(0)]
    Household,
    /// One child of a household.
    #[n(1)]
    Child,
    /// Anything else: a provider visit, a concern.
    #[n(2)]
    Other,
}

impl SubjectKind {
    /// The name in the document and in a form's `subject` setting.
    pub fn name(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Child => "child",
            Self::Other => "other",
        }
    }

    /// The kind of this name; unknown names are [`SubjectKind::Other`].
    pub fn from_name(name: &str) -> Self {
        match name {
            "household" => Self::Household,
            "child" => Self::Child,
            _ => Self::Other,
        }
    }
}

/// How far the worker is with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum RecordState {
    /// Still being filled in.
    #[default]
    #[n(0)]
    Draft,
    /// Finished by the worker; it can be corrected until the office approves it.
    #[n(1)]
    Finished,
}

impl RecordState {
    /// The name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Finished => "finished",
        }
    }

    /// The state of this name; anything but `finished` is a draft.
    pub fn from_name(name: &str) -> Self {
        if name == "finished" { Self::Finished } else { Self::Draft }
    }
}

/// The header entries of a record's main document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Header {
    /// The form's id (`form_id` of its settings).
    #[n(0)]
    pub form_id: String,
    /// What the record is about.
    #[n(1)]
    pub kind: SubjectKind,
    /// For a child: the household's record.
    #[n(2)]
    pub household: Option<RecordId>,
    /// For a child: its item id in the household's roster.
    #[n(3)]
    pub member: String,
    /// How far the worker is.
    #[n(4)]
    pub state: RecordState,
    /// How often the worker has finished it. A review answers one round.
    #[n(5)]
    pub round: u32,
    /// The title for lists: the form's `instance_name`.
    #[n(6)]
    pub title: String,
    /// The settlement's code: the answer that the form's `place` setting names.
    #[n(7)]
    pub place: String,
}
