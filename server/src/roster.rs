//! The instance `roster` that a household's child surveys read.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A row as the phone builds it: the answers of the roster under their names without the prefix
/// `m_`, and the item's id as `name`.
pub fn row<'a>(
    item: &str,
    answers: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let mut row: BTreeMap<String, String> = answers
        .map(|(key, value)| (key.strip_prefix("m_").unwrap_or(key).to_owned(), value.to_owned()))
        .collect();
    let part =
        |row: &BTreeMap<String, String>, key: &str| row.get(key).cloned().unwrap_or_default();
    let name = format!("{} {}", part(&row, "first"), part(&row, "last"));
    row.entry("label".to_owned()).or_insert_with(|| name.trim().to_owned());
    row.insert("name".to_owned(), item.to_owned());
    row
}

/// The same from a projected member.
pub fn projected(item: &str, answers: &Map<String, Value>) -> BTreeMap<String, String> {
    let pairs = answers.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or("")));
    row(item, pairs)
}
