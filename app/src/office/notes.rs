//! What a reviewer has typed and not decided yet: remarks on questions and reasons, by record. Kept by the
//! browser for this window, so that a reload or another language loses nothing; gone with the decision,
//! with signing out, and with the window.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::platform::office_dom;

const NAME: &str = "kardakar_notes";

/// Texts by record and by what they are about: the path of a question, or the act that needs a reason.
type Texts = BTreeMap<(String, String), String>;

/// As it is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    user: String,
    flags: Vec<(String, String, String)>,
    reasons: Vec<(String, String, String)>,
    decisions: Vec<(String, i64)>,
}

/// What has been typed.
#[derive(Clone, Copy)]
pub struct Notes {
    /// Remarks on questions collected while reading, by record and path.
    pub flags: RwSignal<Texts>,
    /// Reasons, by record and act.
    reasons: RwSignal<Texts>,
    /// The time of the last decision on a record, as it was known when something was typed.
    decisions: StoredValue<BTreeMap<String, i64>>,
    /// The records whose notes were found again.
    found: RwSignal<BTreeSet<String>>,
    /// Whose notes these are; blank until that is known.
    user: RwSignal<String>,
}

impl Notes {
    pub fn new() -> Self {
        let notes = Self {
            flags: RwSignal::default(),
            reasons: RwSignal::default(),
            decisions: StoredValue::default(),
            found: RwSignal::default(),
            user: RwSignal::default(),
        };
        Effect::new(move || {
            let kept = Kept {
                user: notes.user.get(),
                flags: notes.flags.with(listed),
                reasons: notes.reasons.with(listed),
                decisions: notes.decided(),
            };
            let text = match kept.flags.len() + kept.reasons.len() {
                _ if kept.user.is_empty() => return,
                0 => None,
                _ => serde_json::to_string(&kept).ok(),
            };
            office_dom::keep_for_window(NAME, text.as_deref());
        });
        notes
    }

    /// Finds what this person typed before; what somebody else typed goes.
    pub fn belong_to(self, user: &str) {
        if self.user.try_get_untracked().is_none_or(|known| known == user) {
            return;
        }
        let kept = office_dom::kept_for_window(NAME);
        let kept = kept.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        let kept = kept.filter(|kept| kept.user == user).unwrap_or_default();
        let all = kept.flags.iter().chain(&kept.reasons);
        self.found.set(all.map(|(record, ..)| record.clone()).collect());
        self.decisions.set_value(kept.decisions.into_iter().collect());
        self.flags.set(by_record(kept.flags));
        self.reasons.set(by_record(kept.reasons));
        self.user.set(user.to_owned());
    }

    /// The decisions on records that there are notes on.
    fn decided(self) -> Vec<(String, i64)> {
        let decisions = self.decisions.get_value().into_iter();
        decisions.filter(|(record, _)| self.has(record)).collect()
    }

    fn has(self, record: &str) -> bool {
        let of = |texts: &Texts| texts.keys().any(|(of, _)| of == record);
        self.flags.with(of) || self.reasons.with(of)
    }

    /// The record is shown, with the time of its last decision, and whether that was this person's. The
    /// page may have gone before it heard that the decision was taken: then the notes are settled now.
    pub fn meet(self, record: &str, at: i64, own: bool) {
        let known = self.decisions.with_value(|known| known.get(record).copied());
        if own && known.is_some_and(|known| known != at) && untrack(|| self.has(record)) {
            self.settle(record);
        }
        if known.is_none() || !untrack(|| self.has(record)) {
            self.decisions.update_value(|known| {
                known.insert(record.to_owned(), at);
            });
        }
    }

    /// The person signs out: nothing stays.
    pub fn clear(self) {
        self.flags.set(Texts::new());
        self.reasons.set(Texts::new());
        self.found.set(BTreeSet::new());
        office_dom::keep_for_window(NAME, None);
    }

    /// The record was decided upon.
    pub fn settle(self, record: &str) {
        self.flags.update(|texts| texts.retain(|(of, _), _| of != record));
        self.reasons.update(|texts| texts.retain(|(of, _), _| of != record));
    }

    /// A box for the reason of an act: what was typed before stands in it, what is typed is kept.
    pub fn reason(self, record: String, act: &str) -> RwSignal<String> {
        let key = (record, act.to_owned());
        let words = self.reasons.with_untracked(|texts| texts.get(&key).cloned());
        let words = RwSignal::new(words.unwrap_or_default());
        Effect::new(move |before: Option<()>| {
            let text = words.get();
            if before.is_some() {
                self.reasons.update(|texts| match text.is_empty() {
                    true => drop(texts.remove(&key)),
                    false => drop(texts.insert(key.clone(), text)),
                });
            }
        });
        words
    }

    /// Whether notes on this record were found again, and still wait for a decision.
    pub fn were_found(self, record: &str) -> bool {
        self.found.with(|found| found.contains(record)) && self.has(record)
    }
}

fn listed(texts: &Texts) -> Vec<(String, String, String)> {
    let all = texts.iter();
    all.map(|((record, about), text)| (record.clone(), about.clone(), text.clone())).collect()
}

fn by_record(list: Vec<(String, String, String)>) -> Texts {
    list.into_iter().map(|(record, about, text)| ((record, about), text)).collect()
}
