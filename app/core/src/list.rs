//! What the lists show of a record, kept ready so that no document is opened for a list.

use minicbor::{Decode, Encode};
use shared::id::{FormVersionId, RecordId};
use shared::record::history::News;
use shared::record::review::ReviewState;

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ListRow {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its form.
    #[n(1)]
    pub form_id: String,
    /// The form version under which it was last worked on here; `None` when it came from others and
    /// was never opened.
    #[n(2)]
    pub form_version: Option<FormVersionId>,
    /// `household`, `child` or `other`.
    #[n(3)]
    pub kind: String,
    /// For a child: the household's record.
    #[n(4)]
    pub household: Option<RecordId>,
    /// For a child: its item in the roster.
    #[n(5)]
    pub member: String,
    /// The title; blank while nobody has a name.
    #[n(6)]
    pub title: String,
    /// The settlement's code.
    #[n(7)]
    pub place: String,
    /// Whether the worker has finished it.
    #[n(8)]
    pub finished: bool,
    /// What the office decided: a name of [`ReviewState`].
    #[n(9)]
    pub review: String,
    /// The reason that the office gave.
    #[n(10)]
    pub reason: String,
    /// How many fields have two answers.
    #[n(11)]
    pub two_answers: u32,
    /// How many changes wait to be sent.
    #[n(12)]
    pub unsent: u32,
    /// How many changes the server refused for good.
    #[n(13)]
    pub held: u32,
    /// Whether the journal holds edits that are no change yet.
    #[n(14)]
    pub open_edits: bool,
    /// Where the worker stopped: the path of a question; blank for the beginning.
    #[n(15)]
    pub resume: String,
    /// Questions answered and questions to answer, as of the last visit here.
    #[n(16)]
    pub progress: (u32, u32),
    /// When it was last altered here or arrived, Unix milliseconds.
    #[n(17)]
    pub updated_ms: i64,
    /// For a household: how many members the roster has, and how many of them are under 18.
    #[n(18)]
    pub members: (u32, u32),
    /// How many questions the office remarked on.
    #[n(19)]
    pub flags: u32,
    /// Whether it is not this worker's any more: it leaves the device once everything is sent.
    #[n(20)]
    #[cbor(default)]
    pub leaving: bool,
    /// The state of the documents that this row describes: a hash of their newest changes; 0 while they
    /// have none.
    #[n(21)]
    #[cbor(default)]
    pub heads: u64,
    /// What the documents were when the record was last open here ([`shared::record::review::Seen`]); blank
    /// for one that was never opened.
    #[n(22)]
    #[cbor(default)]
    pub looked: String,
    /// What others altered since, and nobody has seen here.
    #[n(23)]
    #[cbor(default)]
    pub news: Vec<News>,
}

/// The one mark that a record carries in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chip {
    /// The server refused something.
    Held,
    /// A field has two answers.
    TwoAnswers,
    /// The office sent it back.
    ToFix,
    /// The worker has not finished it.
    Unfinished,
    /// Something waits to be sent.
    Waiting,
    /// The office refused it.
    Rejected,
    /// The office accepted it.
    Approved,
    /// The office has it.
    Received,
}

impl Chip {
    /// The name, as used in keys of interface texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::TwoAnswers => "two_answers",
            Self::ToFix => "returned",
            Self::Unfinished => "draft",
            Self::Waiting => "waiting",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Received => "sent",
        }
    }
}

impl ListRow {
    /// A record that was just begun.
    pub fn new(record: RecordId, form_id: &str, version: FormVersionId, now_ms: i64) -> Self {
        Self {
            record,
            form_id: form_id.to_owned(),
            form_version: Some(version),
            kind: String::new(),
            household: None,
            member: String::new(),
            title: String::new(),
            place: String::new(),
            finished: false,
            review: ReviewState::Unfinished.name().to_owned(),
            reason: String::new(),
            two_answers: 0,
            unsent: 0,
            held: 0,
            open_edits: false,
            resume: String::new(),
            progress: (0, 0),
            updated_ms: now_ms,
            members: (0, 0),
            flags: 0,
            leaving: false,
            heads: 0,
            looked: String::new(),
            news: Vec::new(),
        }
    }

    /// The chip: the first that applies, in the order of how much it needs a person.
    pub fn chip(&self) -> Chip {
        let review = ReviewState::from_name(&self.review).unwrap_or_default();
        let waiting = self.unsent > 0 || self.open_edits;
        if self.held > 0 {
            Chip::Held
        } else if self.two_answers > 0 {
            Chip::TwoAnswers
        } else if review == ReviewState::Returned {
            Chip::ToFix
        } else if !self.finished {
            Chip::Unfinished
        } else if waiting {
            Chip::Waiting
        } else if review == ReviewState::Rejected {
            Chip::Rejected
        } else if review == ReviewState::Approved {
            Chip::Approved
        } else {
            Chip::Received
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chip_follows_one_order_for_all_combinations() {
        let mut row = ListRow::new(RecordId([0; 16]), "f", FormVersionId([0; 16]), 0);
        for bits in 0..64u32 {
            let is = |bit: u32| bits & (1 << bit) != 0;
            row.held = u32::from(is(0));
            row.two_answers = u32::from(is(1));
            row.finished = !is(3);
            row.unsent = u32::from(is(4));
            for review in ["submitted", "returned", "approved", "rejected"] {
                row.review = review.into();
                let expected = [
                    (is(0), Chip::Held),
                    (is(1), Chip::TwoAnswers),
                    (review == "returned", Chip::ToFix),
                    (is(3), Chip::Unfinished),
                    (is(4), Chip::Waiting),
                    (review == "rejected", Chip::Rejected),
                    (review == "approved", Chip::Approved),
                    (true, Chip::Received),
                ];
                let first = expected.iter().find(|(holds, _)| *holds).map(|(_, chip)| *chip);
                assert_eq!(Some(row.chip()), first, "{bits} {review}");
            }
        }
    }
}
