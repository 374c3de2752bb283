//! A record: one filled form about one subject, as Automerge documents.
//!
//! The shape of a document (docs/SYNC.md describes it for other implementations):
//!
//! ```text
//! { #id, form, kind, household?, member?, state, round, title, place,  header, scalars
//!   confirmed#<path>, reason#<path>, fixed#<path>, opinion#..., reply#...,  what the worker says: `said`
//!   answers: { <key>: scalar or Text,
//!              <key>=<option>: true,                                  one entry per ticked option
//!              <repeat>#<item>: { _order, _removed?, _left?, <key>: ... } },  one map per repeat item
//!   review:  { state, reason, round, flag#<path>, settled#<path>, ... } }
//! ```
//!
//! Options and items are entries of the map itself, never of a nested container, because a container
//! made by two devices at once would be two objects of which Automerge shows one: ticks and children
//! would vanish. An item's map is made by exactly one device, under an unguessable id.

pub mod answer;
pub mod binding;
pub mod conflict;
pub mod document;
pub mod edit;
pub mod header;
pub mod history;
pub mod path;
pub mod review;
pub mod said;

pub use answer::Answer;
pub use document::{Actor, Document, DocumentError, EncodedChange};
pub use edit::{Edit, ValueKind};
pub use header::{Header, RecordState, SubjectKind};
pub use path::FieldPath;

/// Who may hold a document of a record.
///
/// Answers of questions marked `sensitivity = protection` (suspicion of violence and the like) live
/// in the companion document and never in the main one, so that whoever may not read them is never
/// sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Audience {
    /// Everybody who may see the record.
    Main = 0,
    /// Only those whose role may read protection answers.
    Protection = 1,
}

impl Audience {
    /// The audience with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Main),
            1 => Some(Self::Protection),
            _ => None,
        }
    }
}

impl<C> minicbor::Encode<C> for Audience {
    fn encode<W: minicbor::encode::Write>(
        &self,
        out: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        out.u8(*self as u8)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Audience {
    fn decode(
        input: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(input.u8()?)
            .ok_or_else(|| minicbor::decode::Error::message("unknown audience"))
    }
}
