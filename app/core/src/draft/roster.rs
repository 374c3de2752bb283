//! The order of a repeat's items, and who has left the household.

use super::Draft;
use crate::error::DraftError;
use form::session::{Address, Effects};
use shared::record::answer::{Answers, LEFT};
use shared::record::{Edit, FieldPath, ValueKind};
use std::collections::BTreeMap;

/// The edit that says why an item has left; a blank reason takes it back.
pub(super) fn leaving(repeat: &FieldPath, item: &str, why: &str) -> Edit {
    let mut path = FieldPath { items: repeat.items.clone(), key: LEFT.to_owned() };
    path.items.push((repeat.key.clone(), item.to_owned()));
    Edit::set(path, why, ValueKind::Plain)
}

/// Why items have left, by their ids.
pub(super) fn left_in(answers: &Answers) -> BTreeMap<String, String> {
    let said = answers.answers.iter().filter(|answer| answer.path.key == LEFT);
    form::order::map(
        said.filter_map(|answer| Some((answer.path.items.last()?.1.clone(), answer.value.clone()))),
    )
}

impl Draft {
    /// Notes that an item is there no longer, and why: it stays in the record, out of the list and out of
    /// what is calculated from it. `why` is one of [`shared::record::answer::LEAVINGS`].
    pub fn leave_item(&mut self, repeat: &Address, item: &str, why: &str) -> Effects {
        self.record_edit(leaving(&self.path(repeat), item, why));
        self.left.insert(item.to_owned(), why.to_owned());
        self.remove_item(repeat, item)
    }

    /// Why a removed item has left; blank when it was only removed.
    pub fn why_left(&self, item: &str) -> &str {
        self.left.get(item).map_or("", String::as_str)
    }

    /// The path of an item: its repeat with a blank key.
    pub(super) fn item_path(&self, item: &Address) -> FieldPath {
        let mut items = item.items.clone();
        let id = items.pop().unwrap_or_default();
        let repeat = self.path(&Address { items, node: item.node });
        let mut path = FieldPath { items: repeat.items, key: String::new() };
        path.items.push((repeat.key, id));
        path
    }

    /// Moves an item of a repeat up or down by one place. At an end nothing happens.
    pub fn move_item(&mut self, repeat: &Address, item: &str, up: bool) -> Result<(), DraftError> {
        let path = self.path(repeat);
        let answers = self.answers()?;
        let of_repeat = answers.items.iter().filter(|other| other.repeat == path && !other.removed);
        let orders: Vec<(&str, &str)> =
            of_repeat.map(|other| (other.id.as_str(), other.order.as_str())).collect();
        let Some(at) = orders.iter().position(|(id, _)| *id == item) else { return Ok(()) };
        let Some((before, after)) = neighbours(at, orders.len(), up) else { return Ok(()) };
        let order_at =
            |at: Option<usize>| at.and_then(|at| orders.get(at)).map(|(_, order)| *order);
        let order = order_between(order_at(before), order_at(after));
        self.record_edit(Edit::AddItem { repeat: path, item: item.to_owned(), order });
        self.rebuild()
    }
}

/// Between which places the item at `at` comes to stand.
fn neighbours(at: usize, count: usize, up: bool) -> Option<(Option<usize>, Option<usize>)> {
    if up {
        let after = at.checked_sub(1)?;
        Some((after.checked_sub(1), Some(after)))
    } else {
        (at + 1 < count).then(|| (Some(at + 1), Some(at + 2).filter(|after| *after < count)))
    }
}

/// Stands for the end of a key: sorts before every digit.
const END: u32 = '/' as u32;
/// Sorts behind every letter.
const PAST: u32 = '{' as u32;

/// A key that sorts between two others as text, whatever kind they are of.
fn order_between(before: Option<&str>, after: Option<&str>) -> String {
    let low: Vec<u32> = before.unwrap_or_default().chars().map(u32::from).collect();
    let high: Vec<u32> = after.unwrap_or_default().chars().map(u32::from).collect();
    let mut bounded = after.is_some();
    let mut key = String::new();
    for at in 0..=low.len().max(high.len()) {
        let a = low.get(at).copied().unwrap_or(END);
        let b = if bounded { high.get(at).copied().unwrap_or(END) } else { PAST };
        if a == b && at < high.len() {
            key.extend(char::from_u32(a));
        } else if b > a + 1 {
            key.extend(char::from_u32(a + (b - a) / 2));
            return key;
        } else {
            // Neighbours: everything that goes on from the lower one lies between.
            bounded = false;
            key.extend(char::from_u32(a));
        }
    }
    key.push('U');
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_between_two_sorts_between_them() {
        for (before, after) in [
            (None, Some("00000400")),
            (Some("00000400"), Some("00000800")),
            (Some("00000400"), Some("00000401")),
            (Some("00000400"), None),
            (Some("000004008"), Some("00000401")),
            // Keys of another kind, as imports and invented households have them.
            (Some("2"), Some("28")),
            (Some("2"), Some("20")),
            (Some("2"), Some("2/U")),
            (Some("28"), Some("288")),
            (Some("z"), None),
            (Some("a"), Some("b")),
            (None, Some("0")),
            (None, None),
        ] {
            let key = order_between(before, after);
            assert!(before.is_none_or(|before| before < key.as_str()), "{before:?} {key}");
            assert!(after.is_none_or(|after| key.as_str() < after), "{key} {after:?}");
        }
    }

    #[test]
    fn an_item_moves_by_one_place() {
        assert_eq!(neighbours(0, 3, true), None);
        assert_eq!(neighbours(2, 3, true), Some((Some(0), Some(1))));
        assert_eq!(neighbours(0, 3, false), Some((Some(1), Some(2))));
        assert_eq!(neighbours(1, 3, false), Some((Some(2), None)));
        assert_eq!(neighbours(2, 3, false), None);
    }
}
