//! What the office remarked on questions of a record that it returned: its words stand over each of them.

use super::Desk;
use device::Draft;
use form::session::Address;
use leptos::prelude::*;
use shared::record::review::{Review, ReviewState};

/// A remark on a question.
#[derive(Clone, PartialEq)]
pub struct Remark {
    /// The question.
    pub at: Address,
    /// The reviewer's words.
    pub words: String,
    /// Who and when.
    pub by: String,
    pub at_ms: i64,
}

/// The remarks that hold, on questions that this version of the form has.
pub(super) fn of(draft: &Draft, review: &Review) -> Vec<Remark> {
    if review.state != ReviewState::Returned {
        return Vec::new();
    }
    let remark = |flag: &shared::record::review::Flag| {
        let at = draft.address(&flag.path)?;
        Some(Remark { at, words: flag.text.clone(), by: review.by.clone(), at_ms: review.at_ms })
    };
    review.flags.iter().filter_map(remark).collect()
}

impl Desk {
    /// What the office remarked on a question, followed.
    pub fn remark(self, at: &Address) -> Option<Remark> {
        self.with(|inner| {
            inner.remarks.with(|all| all.iter().find(|remark| remark.at == *at).cloned())
        })
    }

    /// The next remark behind those on these questions that was neither followed nor answered.
    pub fn next_remark(self, here: &[&Address]) -> Option<Address> {
        let all = self.with(|inner| inner.remarks.get_untracked());
        let last = all.iter().rposition(|remark| here.contains(&&remark.at))?;
        let replies = self.read(|draft| draft.replies());
        let open = |remark: &Remark| {
            let path = self.read(|draft| draft.path(&remark.at).to_string());
            let said = replies.get(&path).is_some_and(|words| !words.is_empty());
            !said && !untrack(|| self.is_fixed(&remark.at))
        };
        all.into_iter().skip(last + 1).find(open).map(|remark| remark.at)
    }

    /// Changes of others have arrived: perhaps the office has decided anew.
    pub fn reread_remarks(self) {
        let had = self.with(|inner| !inner.remarks.with_untracked(Vec::is_empty));
        let row = self.app.device().row(self.record);
        let returned = row.is_some_and(|row| row.review == ReviewState::Returned.name());
        if had || returned {
            let now = self.read(|draft| {
                let review = draft.review();
                of(draft, &review)
            });
            let same = self.with(|inner| inner.remarks.with_untracked(|before| *before == now));
            if !same {
                self.with(|inner| inner.remarks.set(now));
            }
        }
    }
}
