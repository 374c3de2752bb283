//! What the server answers to the office and the administration, as docs/API.md writes it.
//!
//! Every field has a default: an answer with a field more or less is still readable.

pub mod admin;
pub mod records;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// A text by language code.
pub type Text = BTreeMap<String, String>;

/// `null` counts as the default: an absent text is a blank one.
pub fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Session {
    pub user: SessionUser,
    pub municipality: Municipality,
    pub may: Vec<String>,
}

impl Session {
    /// Whether the role allows this, for example `records.review`.
    pub fn may(&self, what: &str) -> bool {
        self.may.iter().any(|each| each == what)
    }
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SessionUser {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Municipality {
    pub slug: String,
    #[serde(deserialize_with = "or_default")]
    pub name: Text,
}

/// What a set-up link is for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SetupLink {
    pub first: bool,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub login: String,
    pub municipality: Municipality,
}

/// A problem document (RFC 9457) with the code that a program looks at.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub code: String,
    #[serde(deserialize_with = "or_default")]
    pub detail: String,
    #[serde(deserialize_with = "or_default")]
    pub errors: Vec<admin::SheetProblem>,
    #[serde(deserialize_with = "or_default")]
    pub warnings: Vec<admin::SheetProblem>,
}
