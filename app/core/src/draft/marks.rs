//! What the worker says of answers: that an unusual one is right, that a returned one was put right.

use super::Draft;
use form::session::{Address, Effects};
use shared::record::header::{CONFIRMED, FIXED, REASON};
use shared::record::review::{Review, ReviewState};
use shared::record::said::{self, OPINION, Opinion, REPLY, Settled};
use shared::record::{Audience, Edit, FieldPath, binding};
use std::collections::BTreeMap;

impl Draft {
    /// Notes that an unusual answer is right as it stands, and why; the reason may be blank.
    pub fn confirm(&mut self, at: &Address, reason: &str) {
        let value = self.session.value(at).to_owned();
        self.mark(CONFIRMED, at, value);
        let known = self.reason(at);
        if known != reason {
            self.mark(REASON, at, reason.to_owned());
        }
    }

    /// Why a confirmed answer is right; blank when the worker did not say.
    pub fn reason(&self, at: &Address) -> String {
        let reasons = self.marks(REASON).into_iter();
        { reasons }.find(|(of, _)| of == at).map(|(_, reason)| reason).unwrap_or_default()
    }

    /// Notes that a question which the office remarked on was answered again. Others are left alone.
    pub fn note_fixed(&mut self, at: &Address) {
        let review = self.said();
        let path = self.path(at);
        let returned = review.state == ReviewState::Returned;
        if returned && review.flags.iter().any(|flag| flag.path == path) {
            self.mark(FIXED, at, review.at_ms.to_string());
        }
    }

    /// The unusual answers that were confirmed, with their values then.
    pub fn confirmed(&self) -> Vec<(Address, String)> {
        self.marks(CONFIRMED)
    }

    /// The questions that were answered again since the office returned the record.
    pub fn fixed(&self) -> Vec<Address> {
        let returned = self.said().at_ms.to_string();
        let marks = self.marks(FIXED).into_iter();
        marks.filter(|(_, at_ms)| *at_ms == returned).map(|(at, _)| at).collect()
    }

    /// What the office said last, whether it covers the answers or not: that takes longer to find out.
    fn said(&self) -> Review {
        let main = &self.documents.main;
        Review::read(&main.header(), &main.review_entries(), || false)
    }

    fn mark(&mut self, kind: &str, at: &Address, value: String) {
        if binding::audience(self.session.form(), at.node) == Audience::Protection {
            return;
        }
        let name = format!("{kind}#{}", self.path(at));
        self.record_edit(Edit::Header { name, value });
    }

    /// The marks of the document with those of the journal on top, by their names without the kind.
    fn named_marks(&self, kind: &str) -> BTreeMap<String, String> {
        let mut marks: BTreeMap<String, String> = self.documents.main.marks(kind);
        for edit in &self.journal {
            if let Edit::Header { name, value } = edit
                && let Some(path) = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('#'))
            {
                marks.insert(path.to_owned(), value.clone());
            }
        }
        marks
    }

    fn marks(&self, kind: &str) -> Vec<(Address, String)> {
        let placed = self
            .named_marks(kind)
            .into_iter()
            .filter_map(|(path, value)| Some((self.address(&path.parse().ok()?)?, value)));
        placed.collect()
    }

    /// Whether words on a question may stand where everybody of the office reads them.
    pub fn may_speak_of(&self, path: &FieldPath) -> bool {
        let form = self.session.form();
        let audience = |(node, _)| binding::audience(form, node);
        binding::locate(form, path).map(audience) != Some(Audience::Protection)
    }

    /// What workers said of the questions with two answers, this one included.
    pub fn opinions(&self) -> Vec<Opinion> {
        Opinion::all(&self.named_marks(OPINION))
    }

    /// Tells the office which of two answers is right (`None`: not known) and why; the reason may be blank.
    pub fn give_opinion(&mut self, path: &FieldPath, value: Option<&str>, reason: &str) {
        let (path, device) = (path.clone(), self.actor.device);
        let value = value.map(str::to_owned);
        let opinion = Opinion { path, device, value, reason: reason.to_owned() };
        self.record_edit(opinion.edit());
    }

    /// The question has one answer again: what was said of two is not said of the next.
    fn forget_opinions(&mut self, path: &FieldPath) {
        let known = self.opinions().into_iter().filter(|opinion| opinion.path == *path);
        for opinion in known.collect::<Vec<_>>() {
            self.record_edit(opinion.forgotten());
        }
    }

    /// Settles two answers by answering once more.
    pub fn settle(&mut self, at: &Address, value: &str) -> Effects {
        let path = self.path(at);
        self.forget_opinions(&path);
        self.set(at, value)
    }

    /// What the office decided between two answers, newest first.
    pub fn settled(&self) -> Vec<Settled> {
        Settled::all(&self.documents.main.review_entries())
    }

    /// The words that answer what the office returned, by path; those on the whole under a blank one.
    pub fn replies(&self) -> BTreeMap<String, String> {
        said::replies(&self.named_marks(REPLY), self.said().at_ms)
    }

    /// Answers the return as a whole, unless these are the words already; whether they were not.
    pub fn reply_anew(&mut self, words: &str) -> bool {
        let known = self.replies().remove("").unwrap_or_default() == words;
        if !known {
            self.reply(None, words);
        }
        !known
    }

    /// Answers a remark of the office, or the return as a whole; blank words take the answer back.
    pub fn reply(&mut self, path: Option<&FieldPath>, words: &str) {
        let returned = self.said().at_ms;
        self.record_edit(said::reply(path, returned, words));
    }
}
