//! Answering on the desk: what is typed, what is chosen, items of repeats; and who is told of it.

use super::{Because, Desk};
use crate::fill::widgets::metadata;
use crate::platform::{frame, timer};
use device::Draft;
use form::model::Form;
use form::session::{Address, Effects};
use leptos::prelude::*;
use std::collections::HashSet;

/// How long a keystroke may stay in memory only, milliseconds.
const TYPING_MS: i32 = 200;

impl Desk {
    /// Answers a question at once.
    pub fn set(self, at: &Address, value: &str) {
        self.with(|inner| {
            let mut typed = inner.typed.borrow_mut();
            if typed.as_ref().is_some_and(|(other, _)| other == at) {
                *typed = None;
            }
        });
        self.commit();
        self.answer(at, value);
    }

    /// Takes what is being typed; it is answered a fifth of a second later.
    pub fn type_in(self, at: &Address, value: String) {
        let other = self
            .with(|inner| inner.typed.borrow().as_ref().is_some_and(|(typing, _)| typing != at));
        if other {
            self.commit();
        }
        self.with(|inner| *inner.typed.borrow_mut() = Some((at.clone(), value)));
        self.commit_soon();
    }

    /// Takes the words that are being typed back to the office; they are kept as soon as an answer is.
    pub fn say_back(self, words: String) {
        self.with(|inner| *inner.said.borrow_mut() = Some(words));
        self.commit_soon();
    }

    fn commit_soon(self) {
        if self.with(|inner| !inner.waiting.replace(true)) {
            timer::after(TYPING_MS, move || {
                self.with(|inner| inner.waiting.set(false));
                self.commit();
            });
        }
    }

    /// Keeps what was typed last.
    pub fn commit(self) {
        let (typed, said) =
            self.with(|inner| (inner.typed.borrow_mut().take(), inner.said.borrow_mut().take()));
        if let Some((at, value)) = typed {
            self.answer(&at, &value);
        }
        let said = said.is_some_and(|words| self.read(|draft| draft.reply_anew(words.trim())));
        if said {
            self.app.save();
        }
    }

    fn answer(self, at: &Address, value: &str) {
        if self.session(|session| session.value(at) == value) {
            return;
        }
        self.note_altered();
        let effects = self.read(|draft| {
            draft.note_fixed(at);
            draft.set(at, value)
        });
        self.with(|inner| {
            let opened = effects.shown + effects.hidden > 0;
            inner.because.set(opened.then(|| Because {
                at: at.clone(),
                shown: effects.shown,
                hidden: effects.hidden,
            }));
            inner.fixed.update(|fixed| {
                fixed.insert(at.clone());
            });
        });
        self.notify(&effects);
        self.app.save();
        metadata::answered(self, at);
    }

    /// Answers a question anew even when the answer stays the same: that settles two answers.
    pub fn settle(self, at: &Address, value: &str) {
        self.commit();
        self.note_altered();
        let effects = self.read(|draft| draft.settle(at, value));
        if !self.notify(&effects) {
            self.bump();
        }
        self.app.save();
    }

    /// Changes the items of a repeat.
    pub fn alter(self, change: impl FnOnce(&mut Draft) -> Effects) {
        self.alter_and(change, || {});
    }

    /// The same. `then` runs before the page hears of the change: what it leaves is not drawn once more.
    pub fn alter_and(self, change: impl FnOnce(&mut Draft) -> Effects, then: impl FnOnce()) {
        self.commit();
        self.note_altered();
        let effects = self.read(change);
        self.app.will_save();
        then();
        if !self.notify(&effects) {
            self.bump();
        }
        self.save_soon();
    }

    /// Writes once the screen shows what was done.
    pub(in crate::fill) fn save_soon(self) {
        frame::behind(move || self.app.save());
    }

    /// Says that there are other questions, or other items.
    fn bump(self) {
        self.with(|inner| inner.structure.update(|count| *count += 1));
    }

    /// Tells who follows an answer that it changed; whether the questions changed too.
    pub(super) fn notify(self, effects: &Effects) -> bool {
        let Some(inner) = self.inner() else { return false };
        let Some(form) = self.session(|session| Some(session.form().clone())) else { return false };
        let groups = effects.changed.iter().any(|at| form.node(at.node).question().is_none());
        let triggers: Vec<ArcTrigger> = {
            let answers = inner.answers.borrow();
            let own = effects.changed.iter().filter_map(|at| answers.get(at).cloned());
            let around = items_around(&form, &effects.changed);
            own.chain(around.iter().filter_map(|item| answers.get(item).cloned())).collect()
        };
        for trigger in triggers {
            trigger.notify();
        }
        let structure = groups || effects.shown + effects.hidden > 0;
        if structure {
            self.bump();
        }
        structure
    }

    /// Draws everything again: changes of others have arrived.
    pub fn refresh(self) {
        self.commit();
        self.reread_remarks();
        let Some(inner) = self.inner() else { return };
        let triggers: Vec<ArcTrigger> = inner.answers.borrow().values().cloned().collect();
        for trigger in triggers {
            trigger.notify();
        }
        self.bump();
    }

    /// What the last answer opened or closed, followed.
    pub fn because(self) -> Option<Because> {
        self.with(|inner| inner.because.get())
    }
}

/// The items in which something changed, each once; those around them too.
fn items_around(form: &Form, changed: &[Address]) -> HashSet<Address> {
    let mut found = HashSet::new();
    for at in changed.iter().filter(|at| !at.items.is_empty()) {
        for (depth, node) in form.repeats_of(at.node).into_iter().enumerate() {
            if let Some(items) = at.items.get(..=depth) {
                found.insert(Address { items: items.to_vec(), node });
            }
        }
    }
    found
}
