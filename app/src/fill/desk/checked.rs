//! What was checked, confirmed and mended on the desk.

use super::Desk;
use form::session::Address;
use leptos::prelude::*;

impl Desk {
    /// Whether a question's error may be shown, followed.
    pub fn is_checked(self, at: &Address) -> bool {
        self.with(|inner| inner.checked.with(|checked| checked.contains(at)))
    }

    /// Shows the errors of these questions from now on.
    pub fn check(self, questions: &[Address]) {
        self.with(|inner| {
            inner.checked.update(|checked| checked.extend(questions.iter().cloned()))
        });
    }

    /// Hides the error of a question while it is typed anew.
    pub fn uncheck(self, at: &Address) {
        let checked = self.with(|inner| inner.checked.with_untracked(|known| known.contains(at)));
        if checked {
            self.with(|inner| {
                inner.checked.update(|known| {
                    known.remove(at);
                })
            });
        }
    }

    /// Whether an unusual answer was confirmed, followed.
    pub fn is_confirmed(self, at: &Address, value: &str) -> bool {
        let answer = (at.clone(), value.to_owned());
        self.with(|inner| inner.confirmed.with(|known| known.contains(&answer)))
    }

    /// Why a confirmed answer is right; blank when the worker did not say.
    pub fn reason(self, at: &Address) -> String {
        self.read(|draft| draft.reason(at))
    }

    /// Confirms an unusual answer, with a reason or none.
    pub fn confirm(self, at: &Address, value: &str, reason: &str) {
        self.read(|draft| draft.confirm(at, reason));
        self.app.save();
        let answer = (at.clone(), value.to_owned());
        self.with(|inner| {
            inner.confirmed.update(|known| {
                known.insert(answer);
            })
        });
    }

    /// Whether a question was answered since the record was opened, followed.
    pub fn is_fixed(self, at: &Address) -> bool {
        self.with(|inner| inner.fixed.with(|fixed| fixed.contains(at)))
    }

    /// The office has decided anew: what was put right before does not count any more.
    pub fn reread_fixed(self) {
        let fixed = self.read(|draft| draft.fixed()).into_iter().collect();
        self.with(|inner| inner.fixed.set(fixed));
    }

    /// Whether nobody else sees the screen, followed.
    pub fn is_alone(self) -> bool {
        self.app.is_alone()
    }

    /// The worker says that nobody else sees the screen.
    pub fn be_alone(self) {
        self.app.be_alone();
    }
}
