//! What the office says of a record: in the document, so that it reaches the phone by ordinary sync.

use super::{Edit, FieldPath, Header, RecordState};
use std::collections::BTreeMap;

/// The office's decision on one round of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ReviewState {
    /// Not finished by the worker, so nothing to review yet.
    #[default]
    Unfinished,
    /// Finished and not yet decided.
    Submitted,
    /// Sent back to the worker with a reason.
    Returned,
    /// Accepted.
    Approved,
    /// Refused for good; it stays readable.
    Rejected,
}

impl ReviewState {
    /// The name in the document and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unfinished, Self::Submitted, Self::Returned, Self::Approved, Self::Rejected]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A remark of the office on one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The question.
    pub path: FieldPath,
    /// The reviewer's words.
    pub text: String,
}

/// The office's view of a record, read from the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review {
    /// What holds now: a decision counts for the round in which it was taken.
    pub state: ReviewState,
    /// The reason given with the decision; blank when there was none.
    pub reason: String,
    /// Who decided, by name; blank when nobody did.
    pub by: String,
    /// When, Unix milliseconds; 0 when nobody decided.
    pub at_ms: i64,
    /// Remarks on questions.
    pub flags: Vec<Flag>,
}

const FLAG: &str = "flag#";

impl Review {
    /// The review that these entries and the record's header amount to.
    pub fn read(header: &Header, entries: &BTreeMap<String, String>) -> Self {
        let entry = |name: &str| entries.get(name).cloned().unwrap_or_default();
        let decided_round: u32 = entry("round").parse().unwrap_or(0);
        let decided = ReviewState::from_name(&entry("state"));
        let current = decided_round == header.round && header.round > 0;
        let state = match (header.state, decided) {
            (_, Some(ReviewState::Returned)) if current => ReviewState::Returned,
            (RecordState::Draft, _) => ReviewState::Unfinished,
            (RecordState::Finished, Some(decided)) if current => decided,
            (RecordState::Finished, _) => ReviewState::Submitted,
        };
        let flags = entries
            .iter()
            .filter_map(|(name, text)| {
                let path = name.strip_prefix(FLAG)?.parse().ok()?;
                Some(Flag { path, text: text.clone() })
            })
            .collect();
        Self {
            state,
            reason: entry("reason"),
            by: entry("by"),
            at_ms: entry("at").parse().unwrap_or(0),
            flags,
        }
    }

    /// The edits that record a decision on the record's present round.
    ///
    /// `before` is what stands now: its remarks are replaced by `flags`.
    pub fn decide(
        before: &Self,
        header: &Header,
        state: ReviewState,
        reason: &str,
        by: &str,
        at_ms: i64,
        flags: &[Flag],
    ) -> Vec<Edit> {
        let mut edits = vec![
            Edit::review("state", state.name()),
            Edit::review("round", header.round.to_string()),
            Edit::review("reason", reason),
            Edit::review("by", by),
            Edit::review("at", at_ms.to_string()),
        ];
        let old = before.flags.iter().filter(|old| flags.iter().all(|new| new.path != old.path));
        edits.extend(old.map(|flag| Edit::review(format!("{FLAG}{}", flag.path), "")));
        edits.extend(
            flags.iter().map(|flag| Edit::review(format!("{FLAG}{}", flag.path), &*flag.text)),
        );
        edits
    }

    /// The edits by which the worker finishes a record: it becomes the next round.
    pub fn finish(header: &Header) -> Vec<Edit> {
        vec![
            Edit::header("state", RecordState::Finished.name()),
            Edit::header("round", (header.round + 1).to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(state: RecordState, round: u32) -> Header {
        Header { state, round, ..Header::default() }
    }

    #[test]
    fn a_decision_counts_only_for_its_round() {
        let entries = |state: &str, round: &str| {
            BTreeMap::from([("state".to_owned(), state.to_owned()), ("round".into(), round.into())])
        };
        let cases = [
            (RecordState::Draft, 0, "", "", ReviewState::Unfinished),
            (RecordState::Finished, 1, "", "", ReviewState::Submitted),
            (RecordState::Finished, 1, "approved", "1", ReviewState::Approved),
            (RecordState::Finished, 2, "approved", "1", ReviewState::Submitted),
            (RecordState::Finished, 1, "returned", "1", ReviewState::Returned),
            (RecordState::Draft, 1, "returned", "1", ReviewState::Returned),
            (RecordState::Finished, 2, "returned", "1", ReviewState::Submitted),
            (RecordState::Draft, 0, "approved", "0", ReviewState::Unfinished),
            (RecordState::Finished, 1, "nonsense", "1", ReviewState::Submitted),
        ];
        for (state, round, decided, at_round, expected) in cases {
            let review = Review::read(&header(state, round), &entries(decided, at_round));
            assert_eq!(review.state, expected, "{state:?} {round} {decided} {at_round}");
        }
    }
}
