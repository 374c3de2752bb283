//! The last contacts with the office's server, for whoever asks whether anything moves at all.

use super::SyncOutcome;
use crate::device::Device;
use crate::ports::{StoreError, Table};
use minicbor::{Decode, Encode};
use shared::sync::engine::Failure;

/// Where they are kept.
const KEY: &str = "contacts";
/// How many are kept.
const MOST: usize = 10;

/// A sync that reached the server, or something in its place.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// When it ended, Unix milliseconds.
    #[n(0)]
    pub at_ms: i64,
    /// Records of which something was sent.
    #[n(1)]
    pub sent: u32,
    /// Records of which something arrived.
    #[n(2)]
    pub arrived: u32,
    /// Whether it ended as it should.
    #[n(3)]
    pub whole: bool,
}

impl Contact {
    /// Whether the next one may stand for both: nothing moved, twice alike.
    fn is_like(&self, other: &Self) -> bool {
        let idle = |of: &Self| of.sent + of.arrived == 0;
        idle(self) && idle(other) && self.whole == other.whole
    }
}

/// The list with one more in front: at most ten, and what repeats itself once.
fn with(mut kept: Vec<Contact>, new: Contact) -> Vec<Contact> {
    if kept.first().is_some_and(|last| last.is_like(&new)) {
        kept.remove(0);
    }
    kept.insert(0, new);
    kept.truncate(MOST);
    kept
}

impl Device {
    /// The last contacts, newest first.
    pub async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Meta, KEY).await?;
        let row = rows.into_iter().find(|(key, _)| key == KEY);
        Ok(row.and_then(|(_, payload)| minicbor::decode(&payload).ok()).unwrap_or_default())
    }

    /// Notes how a sync ended. Without internet there was no contact.
    pub(super) async fn note_contact(&self, outcome: &SyncOutcome) {
        if outcome.failure == Some(Failure::Offline) && outcome.records == (0, 0) {
            return;
        }
        let Ok(kept) = self.contacts().await else { return };
        let (sent, arrived) = outcome.records;
        let at_ms = self.ports.clock.now_ms();
        let new = Contact { at_ms, sent, arrived, whole: outcome.failure.is_none() };
        self.writer.put_message(Table::Meta, KEY.to_owned(), &with(kept, new));
        // Written with what follows when the store does not take it now.
        let _ = self.save().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_kept_and_what_repeats_itself_stands_once() {
        let contact = |at_ms, sent, whole| Contact { at_ms, sent, arrived: 0, whole };
        let mut kept = Vec::new();
        for at in 0..30 {
            kept = with(kept, contact(at, 0, true));
        }
        assert_eq!(kept, [contact(29, 0, true)]);
        kept = with(kept, contact(30, 0, false));
        kept = with(kept, contact(31, 0, false));
        kept = with(kept, contact(32, 2, true));
        kept = with(kept, contact(33, 2, true));
        let times: Vec<i64> = kept.iter().map(|of| of.at_ms).collect();
        assert_eq!(times, [33, 32, 31, 29]);
        for at in 40..60 {
            kept = with(kept, contact(at, 1, true));
        }
        assert_eq!((kept.len(), kept[0].at_ms, kept[9].at_ms), (10, 59, 50));
    }
}
