//! The order of a repeat's items.

use super::{Draft, DraftError};
use form::session::Address;
use shared::record::Edit;

impl Draft {
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

/// A key that sorts between two others, as text.
fn order_between(before: Option<&str>, after: Option<&str>) -> String {
    let number = |key: &str| (key.len() == 8).then(|| u64::from_str_radix(key, 16).ok()).flatten();
    let low = before.map_or(Some(0), number);
    let high = after.map_or(low.map(|low| low + 0x800), number);
    match (low, high) {
        (Some(low), Some(high)) if high.saturating_sub(low) > 1 => {
            format!("{:08x}", low + (high - low) / 2)
        }
        // Nothing lies between: behind the one before, by a longer key.
        _ => format!("{}8", before.unwrap_or_default()),
    }
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
