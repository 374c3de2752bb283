//! Answers read back from a document, without its form.

use super::FieldPath;
use minicbor::{Decode, Encode};

/// Why a member is not one of the household any more: kept like an answer in the item that was removed,
/// so that whoever does not know of it keeps it. One of [`LEAVINGS`].
pub const LEFT: &str = "_left";
/// Moved away, died, or for another reason.
pub const LEAVINGS: [&str; 3] = ["moved", "died", "other"];

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// Where it stands.
    #[n(0)]
    #[cbor(with = "crate::record::path::parts")]
    pub path: FieldPath,
    /// Its value in XForms lexical form; ticked options in alphabetical order.
    #[n(1)]
    pub value: String,
}

/// One item of a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Item {
    /// The repeat, as the path of a question named like it.
    #[n(0)]
    #[cbor(with = "crate::record::path::parts")]
    pub repeat: FieldPath,
    /// The item's id.
    #[n(1)]
    pub id: String,
    /// Its order key.
    #[n(2)]
    pub order: String,
    /// Whether it was removed. Its answers are still there.
    #[n(3)]
    pub removed: bool,
}

/// Everything a document answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Answers {
    /// The answers, those of removed items included.
    #[n(0)]
    pub answers: Vec<Answer>,
    /// The repeat items, sorted within each repeat by (order, id).
    #[n(1)]
    pub items: Vec<Item>,
}

impl Answers {
    /// The value at a path, or the empty string.
    pub fn value(&self, path: &FieldPath) -> &str {
        self.answers
            .iter()
            .find(|answer| &answer.path == path)
            .map_or("", |answer| answer.value.as_str())
    }

    /// Why the item that encloses a path's innermost question has left; blank when it has not.
    pub fn left(&self, items: &[(String, String)]) -> &str {
        let path = FieldPath { items: items.to_vec(), key: LEFT.to_owned() };
        if self.is_removed(&path) { self.value(&path) } else { "" }
    }

    /// Adds what the companion document answers.
    pub fn extend(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.items.extend(other.items);
    }

    /// Whether the path lies in an item that was removed.
    pub fn is_removed(&self, path: &FieldPath) -> bool {
        path.items.iter().enumerate().any(|(depth, (repeat, id))| {
            self.items.iter().any(|item| {
                item.removed
                    && item.id == *id
                    && item.repeat.key == *repeat
                    && item.repeat.items == path.items[..depth]
            })
        })
    }
}
