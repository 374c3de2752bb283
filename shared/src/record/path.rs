//! Where an answer stands in a record.

use std::fmt;
use std::str::FromStr;

/// The place of one answer: the repeat items that enclose it, outermost first, and the question's
/// stable key. Written `members[3fA9...]/m_first`; a question outside any repeat is just its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldPath {
    /// Enclosing repeat items as (repeat key, item id).
    pub items: Vec<(String, String)>,
    /// The question's key.
    pub key: String,
}

impl FieldPath {
    /// A question outside any repeat.
    pub fn top(key: impl Into<String>) -> Self {
        Self { items: Vec::new(), key: key.into() }
    }

    /// A question inside one item of a repeat that is not nested.
    pub fn in_item(
        repeat: impl Into<String>,
        item: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self { items: vec![(repeat.into(), item.into())], key: key.into() }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (repeat, item) in &self.items {
            write!(out, "{repeat}[{item}]/")?;
        }
        out.write_str(&self.key)
    }
}

/// A path as its parts in messages between processes: every key keeps, also one that no question of ours
/// could have and the blank one of an item.
pub mod parts {
    use super::FieldPath;
    use minicbor::decode::{Decoder, Error};
    use minicbor::encode::{self, Encoder, Write};

    /// Writes a path.
    pub fn encode<C, W: Write>(
        path: &FieldPath,
        out: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        out.encode_with((&path.items, &path.key), context)?.ok()
    }

    /// Reads a path.
    pub fn decode<C>(input: &mut Decoder<'_>, context: &mut C) -> Result<FieldPath, Error> {
        let (items, key) = input.decode_with(context)?;
        Ok(FieldPath { items, key })
    }
}

/// A text that is not a field path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the path of an answer: {0}")]
pub struct PathError(pub String);

impl FromStr for FieldPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let error = || PathError(text.into());
        let mut items = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('[') {
            let close = rest.find("]/").ok_or_else(error)?;
            let item = rest.get(open + 1..close).ok_or_else(error)?;
            if open == 0 || item.is_empty() {
                return Err(error());
            }
            items.push((rest[..open].to_owned(), item.to_owned()));
            rest = &rest[close + 2..];
        }
        if rest.is_empty() || rest.contains(']') {
            return Err(error());
        }
        Ok(Self { items, key: rest.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_round_trip() {
        for text in ["rooms", "housing/rooms", "members[a1]/m_first", "a[x]/b[y]/c"] {
            assert_eq!(text.parse::<FieldPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "[a]/b", "a[]/b", "a[b", "a[b]", "a]/[b", "a[b]/"] {
            assert!(text.parse::<FieldPath>().is_err(), "{text}");
        }
    }
}
