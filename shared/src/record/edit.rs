//! What can be done to a record. An edit is durable in a device's journal before it becomes part of
//! an Automerge change.

use super::{Audience, FieldPath};
use minicbor::{Decode, Encode};

/// How an answer is kept in the document. It follows from the question's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ValueKind {
    /// The lexical form as a string: text, date, decimal, a single choice, a ranking, a location.
    #[n(0)]
    Plain,
    /// A whole number; what cannot be read as one is kept as a string.
    #[n(1)]
    Integer,
    /// Several choices, one entry per ticked option, so that concurrent ticks all survive.
    #[n(2)]
    Multiple,
    /// Long free text as Automerge Text, so that concurrent edits of different parts merge.
    #[n(3)]
    LongText,
}

/// One edit of a record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Edit {
    /// Sets an answer to a value in XForms lexical form; blank removes it.
    #[n(0)]
    Set {
        /// Where.
        #[n(0)]
        path: FieldPath,
        /// What, for [`ValueKind::Multiple`] the options separated by spaces.
        #[n(1)]
        value: String,
        /// How it is kept.
        #[n(2)]
        kind: ValueKind,
        /// In which document.
        #[n(3)]
        audience: Audience,
    },
    /// Adds an item to a repeat, or moves it there.
    #[n(1)]
    AddItem {
        /// The repeat, as the path of a question named like the repeat.
        #[n(0)]
        repeat: FieldPath,
        /// The new item's id.
        #[n(1)]
        item: String,
        /// Its order key: items sort by (order, id).
        #[n(2)]
        order: String,
    },
    /// Marks an item as removed, or as present again. Its answers stay, so that a concurrent edit
    /// of a removed child is not lost.
    #[n(2)]
    RemoveItem {
        /// The repeat.
        #[n(0)]
        repeat: FieldPath,
        /// The item.
        #[n(1)]
        item: String,
        /// False restores it.
        #[n(2)]
        removed: bool,
    },
    /// Sets an entry of the record's header (see [`super::header`]); blank removes it.
    #[n(3)]
    Header {
        /// The entry's name.
        #[n(0)]
        name: String,
        /// Its value.
        #[n(1)]
        value: String,
    },
    /// Sets an entry of the review (see [`super::review`]); blank removes it. Office only.
    #[n(4)]
    Review {
        /// The entry's name.
        #[n(0)]
        name: String,
        /// Its value.
        #[n(1)]
        value: String,
    },
}

impl Edit {
    /// Sets an answer of the main document.
    pub fn set(path: FieldPath, value: impl Into<String>, kind: ValueKind) -> Self {
        Self::Set { path, value: value.into(), kind, audience: Audience::Main }
    }

    /// Sets a header entry.
    pub fn header(name: &str, value: impl Into<String>) -> Self {
        Self::Header { name: name.into(), value: value.into() }
    }

    /// Sets a review entry.
    pub fn review(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Review { name: name.into(), value: value.into() }
    }

    /// The document that this edit changes. The repeat items that hold protection answers stand in
    /// the main document too, so an item edit counts as one of the main document.
    pub fn audience(&self) -> Audience {
        match self {
            Self::Set { audience, .. } => *audience,
            _ => Audience::Main,
        }
    }
}

impl<C> Encode<C> for FieldPath {
    fn encode<W: minicbor::encode::Write>(
        &self,
        out: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        out.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for FieldPath {
    fn decode(
        input: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        input.str()?.parse().map_err(|_| minicbor::decode::Error::message("not a field path"))
    }
}
