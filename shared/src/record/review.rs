//! What the office says of a record: in the document, so that it reaches the phone by ordinary sync.

use super::history::FieldStep;
use super::{Audience, Document, Edit, FieldPath, Header, RecordState};
use crate::id::{ChangeHash, IdError};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

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
    /// Approved or rejected, and its answers are not those of the decision any more: to be reviewed again.
    Changed,
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
            Self::Changed => "changed",
        }
    }

    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Unfinished,
        Self::Submitted,
        Self::Returned,
        Self::Approved,
        Self::Rejected,
        Self::Changed,
    ];

    /// The state of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether it is a decision that is meant to last: what is altered after it asks for a new one.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected)
    }

    /// What holds, by this rule:
    ///
    /// A decision counts for the round in which it was taken. An approval or a rejection also counts
    /// only for the answers that it covers: once a finished record has others, it is to be reviewed
    /// again, whether they were given afterwards or at the same time without knowledge of the decision.
    ///
    /// `decided` is what the office decided last, in round `decided_round`; `altered` says whether the
    /// answers differ from those which that decision covers.
    pub fn holding(
        state: RecordState,
        round: u32,
        decided: Option<Self>,
        decided_round: u32,
        altered: bool,
    ) -> Self {
        let current = decided_round == round && round > 0;
        match (state, decided) {
            (_, Some(Self::Returned)) if current => Self::Returned,
            (RecordState::Draft, _) => Self::Unfinished,
            (_, Some(decided)) if decided.is_final() && decided_round > 0 && altered => {
                Self::Changed
            }
            (_, Some(decided)) if current => decided,
            _ => Self::Submitted,
        }
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
    /// What holds now: see [`ReviewState::holding`].
    pub state: ReviewState,
    /// What the office decided last, whether it still holds or not; [`ReviewState::Unfinished`] when it
    /// never decided.
    pub decided: ReviewState,
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
const SEEN: &str = "seen";

impl Review {
    /// The review that these entries and the record's header amount to. `altered` is asked only when
    /// something depends on it: whether the answers differ from those that the decision covers
    /// ([`Seen`]).
    pub fn read(
        header: &Header,
        entries: &BTreeMap<String, String>,
        altered: impl FnOnce() -> bool,
    ) -> Self {
        let entry = |name: &str| entries.get(name).cloned().unwrap_or_default();
        let round: u32 = entry("round").parse().unwrap_or(0);
        let decided = ReviewState::from_name(&entry("state"));
        let decided = decided.filter(|state| *state != ReviewState::Changed);
        let altered = decided.is_some_and(ReviewState::is_final) && altered();
        let state = ReviewState::holding(header.state, header.round, decided, round, altered);
        let flags = entries
            .iter()
            .filter_map(|(name, text)| {
                let path = name.strip_prefix(FLAG)?.parse().ok()?;
                Some(Flag { path, text: text.clone() })
            })
            .collect();
        Self {
            state,
            decided: decided.unwrap_or_default(),
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

/// The newest changes that whoever decides has seen, of each document: a decision covers them and all
/// that they build on. What came meanwhile, or comes later, is not covered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Of the main document.
    pub main: Vec<ChangeHash>,
    /// Of the companion document; empty when there was none.
    pub protection: Vec<ChangeHash>,
}

impl Seen {
    /// What the last decision covers. `None` for a decision that does not say: it covers everything.
    pub fn read(entries: &BTreeMap<String, String>) -> Option<Self> {
        entries.get(SEEN)?.parse().ok()
    }

    /// The edit that goes with a decision.
    pub fn edit(&self) -> Edit {
        Edit::review(SEEN, self.to_string())
    }

    /// Of the document of an audience.
    pub fn of(&self, audience: Audience) -> &[ChangeHash] {
        match audience {
            Audience::Main => &self.main,
            Audience::Protection => &self.protection,
        }
    }

    /// What has become of the answers since the decision; nothing when it does not say what it covers.
    /// Calculated answers are among them.
    pub fn altered(
        entries: &BTreeMap<String, String>,
        main: &mut Document,
        protection: Option<&mut Document>,
    ) -> Vec<FieldStep> {
        let Some(seen) = Self::read(entries) else { return Vec::new() };
        let mut altered = main.altered_since(&seen.main);
        if let Some(protection) = protection {
            altered.extend(protection.altered_since(&seen.protection));
        }
        altered
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.main.iter().try_for_each(|hash| write!(out, "{hash} "))?;
        out.write_str("/")?;
        self.protection.iter().try_for_each(|hash| write!(out, " {hash}"))
    }
}

impl FromStr for Seen {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let hashes = |part: &str| -> Result<Vec<ChangeHash>, IdError> {
            part.split_whitespace().map(str::parse).collect()
        };
        let (main, protection) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { main: hashes(main)?, protection: hashes(protection)? })
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
            let review = Review::read(&header(state, round), &entries(decided, at_round), || false);
            assert_eq!(review.state, expected, "{state:?} {round} {decided} {at_round}");
        }
    }

    #[test]
    fn an_approval_covers_the_answers_that_were_seen() {
        use RecordState::{Draft, Finished};
        use ReviewState::{Approved, Changed, Rejected, Returned, Submitted, Unfinished};
        let cases = [
            // record, round; decision, its round; answers altered since -> what holds
            (Finished, 1, Some(Approved), 1, false, Approved),
            (Finished, 1, Some(Approved), 1, true, Changed),
            (Finished, 2, Some(Approved), 1, true, Changed),
            (Finished, 2, Some(Approved), 1, false, Submitted),
            (Finished, 2, Some(Approved), 2, false, Approved),
            (Finished, 1, Some(Rejected), 1, false, Rejected),
            (Finished, 1, Some(Rejected), 1, true, Changed),
            (Finished, 2, Some(Rejected), 1, true, Changed),
            // A return asks for other answers.
            (Finished, 1, Some(Returned), 1, true, Returned),
            (Draft, 1, Some(Returned), 1, true, Returned),
            (Finished, 2, Some(Returned), 1, true, Submitted),
            // Opened again by the office: nothing is decided.
            (Finished, 1, Some(Submitted), 1, true, Submitted),
            (Draft, 1, Some(Approved), 1, true, Unfinished),
            (Draft, 0, None, 0, false, Unfinished),
            (Finished, 1, None, 0, true, Submitted),
            (Finished, 1, Some(Approved), 0, true, Submitted),
        ];
        for (state, round, decided, decided_round, altered, expected) in cases {
            let holding = ReviewState::holding(state, round, decided, decided_round, altered);
            let case = (state, round, decided, decided_round, altered);
            assert_eq!(holding, expected, "{case:?}");
        }
    }

    #[test]
    fn what_was_seen_is_written_and_read() {
        let [a, b, c] = [1, 2, 3].map(|byte| ChangeHash([byte; 32]));
        for (main, protection) in
            [(vec![a], vec![]), (vec![a, b], vec![c]), (vec![], vec![]), (vec![], vec![a, c])]
        {
            let seen = Seen { main, protection };
            assert_eq!(seen.to_string().parse(), Ok(seen));
        }
        for wrong in ["x", "00/", "/ 1", "0 0"] {
            assert!(wrong.parse::<Seen>().is_err(), "{wrong}");
        }
    }
}
