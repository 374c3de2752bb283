//! The record on the desk: the open draft, and the signals through which the page follows it. There is
//! one at a time; it outlives the page of one question.

mod language;

use crate::platform::{clock, page, timer};
use crate::shell::App;
use device::draft::DraftError;
use device::fill::screens::{self, Mode, Scope};
use device::{Draft, Route};
use form::session::{Address, Effects, NodeState, Session};
use language::language_of;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RecordId;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How long a keystroke may stay in memory only, milliseconds.
const TYPING_MS: i32 = 200;

thread_local! {
    static DESK: RefCell<Option<Rc<Inner>>> = const { RefCell::new(None) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

struct Inner {
    record: RecordId,
    draft: Rc<RefCell<Draft>>,
    answers: RefCell<HashMap<Address, ArcTrigger>>,
    structure: ArcRwSignal<u64>,
    because: ArcRwSignal<Option<Because>>,
    checked: ArcRwSignal<HashSet<Address>>,
    confirmed: ArcRwSignal<HashSet<(Address, String)>>,
    mode: ArcRwSignal<Mode>,
    language: ArcRwSignal<String>,
    typed: RefCell<Option<(Address, String)>>,
    waiting: Cell<bool>,
    from_check: Cell<bool>,
    trail: RefCell<Vec<Address>>,
    fixed: ArcRwSignal<HashSet<Address>>,
}

/// What an answer opened and closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The question that was answered.
    pub at: Address,
    /// Questions that are asked now.
    pub shown: usize,
    /// Questions that are not asked any more.
    pub hidden: usize,
}

/// The handle of the open record: cheap to copy. Once the record is closed it reads blanks.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The app.
    pub app: App,
    /// The record.
    pub record: RecordId,
}

impl Desk {
    /// The desk, when the record lies on it already.
    pub fn here(app: App, record: RecordId) -> Option<Self> {
        let desk = Self { app, record };
        desk.inner().map(|_| desk)
    }

    /// Puts a record on the desk.
    pub async fn open(app: App, record: RecordId) -> Result<Self, DraftError> {
        let draft = app.device().open_record(record).await?;
        let language = language_of(&draft, app.language().get_untracked().code());
        let mode = match page::setting("question_mode").as_deref() {
            Some("sections") => Mode::Sections,
            _ => Mode::OneByOne,
        };
        let (confirmed, fixed) = {
            let draft = draft.borrow();
            (draft.confirmed().into_iter().collect(), draft.fixed().into_iter().collect())
        };
        let inner = Inner {
            record,
            draft,
            answers: RefCell::default(),
            structure: ArcRwSignal::new(0),
            because: ArcRwSignal::new(None),
            checked: ArcRwSignal::default(),
            confirmed: ArcRwSignal::new(confirmed),
            mode: ArcRwSignal::new(mode),
            language: ArcRwSignal::new(language),
            typed: RefCell::new(None),
            waiting: Cell::new(false),
            from_check: Cell::new(false),
            trail: RefCell::default(),
            fixed: ArcRwSignal::new(fixed),
        };
        DESK.with(|desk| *desk.borrow_mut() = Some(Rc::new(inner)));
        listen(app);
        let desk = Self { app, record };
        desk.answer_defaults();
        Ok(desk)
    }

    /// A record that holds nothing yet begins with the form's defaults.
    fn answer_defaults(self) {
        if !self.read(Draft::answer_defaults) {
            return;
        }
        let first = self.session(|session| {
            let screens = screens::screens(session, &Scope::Record, Mode::OneByOne);
            screens.first().map(|screen| screen.key().clone())
        });
        if let Some(first) = first {
            self.read(|draft| draft.stop_at(&first, clock::now_ms()));
        }
        self.app.save();
    }

    /// Takes the record off the desk: what was answered becomes a change that waits to be sent.
    pub fn close(self) {
        self.commit();
        let closed = DESK.with(|desk| {
            let ours = desk.borrow().as_ref().is_some_and(|inner| inner.record == self.record);
            if ours { desk.borrow_mut().take() } else { None }
        });
        let Some(inner) = closed else { return };
        let app = self.app;
        spawn_local(async move {
            if app.device().leave().await.is_err() {
                app.save();
            }
            drop(inner);
            app.bump();
        });
    }

    fn inner(self) -> Option<Rc<Inner>> {
        DESK.with(|desk| desk.borrow().clone()).filter(|inner| inner.record == self.record)
    }

    fn with<T: Default>(self, read: impl FnOnce(&Inner) -> T) -> T {
        self.inner().map_or_else(T::default, |inner| read(&inner))
    }

    /// The draft.
    pub fn draft(self) -> Option<Rc<RefCell<Draft>>> {
        self.inner().map(|inner| inner.draft.clone())
    }

    /// Reads the draft, untracked.
    pub fn read<T: Default>(self, read: impl FnOnce(&mut Draft) -> T) -> T {
        self.with(|inner| match inner.draft.try_borrow_mut() {
            Ok(mut draft) => read(&mut draft),
            Err(_) => T::default(),
        })
    }

    /// Reads the live form, untracked.
    pub fn session<T: Default>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.with(|inner| match inner.draft.try_borrow() {
            Ok(draft) => read(draft.session()),
            Err(_) => T::default(),
        })
    }

    /// Follows one answer.
    pub fn track(self, at: &Address) {
        let trigger = self.inner().map(|inner| {
            inner.answers.borrow_mut().entry(at.clone()).or_insert_with(ArcTrigger::new).clone()
        });
        if let Some(trigger) = trigger {
            trigger.track();
        }
    }

    /// Follows which questions there are.
    pub fn track_structure(self) {
        self.with(|inner| inner.structure.track());
    }

    /// The state of a question, followed.
    pub fn state(self, at: &Address) -> NodeState {
        self.track(at);
        self.session(|session| session.state(at))
    }

    /// The answer, followed.
    pub fn value(self, at: &Address) -> String {
        self.track(at);
        self.session(|session| session.value(at).to_owned())
    }

    /// A text of the form, followed together with the language of the form.
    pub fn text(self, at: &Address, read: impl FnOnce(&Session, &str) -> String) -> String {
        self.track(at);
        let language = self.language();
        self.session(|session| read(session, &language))
    }

    /// The language of the form, followed.
    pub fn language(self) -> String {
        self.with(|inner| inner.language.get())
    }

    /// Changes the language of the form.
    pub fn set_language(self, code: &str) {
        page::remember("form_language", code);
        self.with(|inner| inner.language.set(code.to_owned()));
        let effects = self.read(|draft| {
            let mut context = draft.session().context().clone();
            code.clone_into(&mut context.language);
            draft.set_context(context)
        });
        self.notify(&effects);
    }

    /// One question or a whole section at a time, followed.
    pub fn mode(self) -> Mode {
        self.inner().map_or(Mode::OneByOne, |inner| inner.mode.get())
    }

    /// Changes how questions are put, and remembers it.
    pub fn set_mode(self, mode: Mode) {
        page::remember("question_mode", if mode == Mode::Sections { "sections" } else { "one" });
        self.with(|inner| inner.mode.set(mode));
    }

    // ---- answering ----

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
        let start = self.with(|inner| {
            *inner.typed.borrow_mut() = Some((at.clone(), value));
            !inner.waiting.replace(true)
        });
        if start {
            timer::after(TYPING_MS, move || {
                self.with(|inner| inner.waiting.set(false));
                self.commit();
            });
        }
    }

    /// Answers with what was typed last.
    pub fn commit(self) {
        let typed = self.with(|inner| inner.typed.borrow_mut().take());
        if let Some((at, value)) = typed {
            self.answer(&at, &value);
        }
    }

    fn answer(self, at: &Address, value: &str) {
        if self.session(|session| session.value(at) == value) {
            return;
        }
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
    }

    /// Answers a question anew even when the answer stays the same: that settles two answers.
    pub fn settle(self, at: &Address, value: &str) {
        self.commit();
        let effects = self.read(|draft| draft.set(at, value));
        self.notify(&effects);
        self.with(|inner| inner.structure.update(|count| *count += 1));
        self.app.save();
    }

    /// Changes the items of a repeat.
    pub fn alter(self, change: impl FnOnce(&mut Draft) -> Effects) {
        self.commit();
        let effects = self.read(change);
        self.notify(&effects);
        self.with(|inner| inner.structure.update(|count| *count += 1));
        self.app.save();
    }

    fn notify(self, effects: &Effects) {
        let Some(inner) = self.inner() else { return };
        let form = self.session(|session| Some(session.form().clone()));
        let groups = effects
            .changed
            .iter()
            .any(|at| form.as_ref().is_some_and(|form| form.node(at.node).question().is_none()));
        let triggers: Vec<ArcTrigger> = {
            let answers = inner.answers.borrow();
            effects.changed.iter().filter_map(|at| answers.get(at).cloned()).collect()
        };
        for trigger in triggers {
            trigger.notify();
        }
        if groups || effects.shown + effects.hidden > 0 {
            inner.structure.update(|count| *count += 1);
        }
    }

    /// Draws everything again: changes of others have arrived.
    pub fn refresh(self) {
        self.commit();
        let Some(inner) = self.inner() else { return };
        let triggers: Vec<ArcTrigger> = inner.answers.borrow().values().cloned().collect();
        for trigger in triggers {
            trigger.notify();
        }
        inner.structure.update(|count| *count += 1);
    }

    /// What the last answer opened or closed, followed.
    pub fn because(self) -> Option<Because> {
        self.with(|inner| inner.because.get())
    }

    // ---- checking ----

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

    // ---- the way ----

    /// Notes that a screen is shown, so that the record reopens there.
    pub fn stop_at(self, at: &Address) {
        self.with(|inner| {
            let mut trail = inner.trail.borrow_mut();
            match trail.iter().rev().nth(1) == Some(at) {
                true => drop(trail.pop()),
                false if trail.last() != Some(at) => trail.push(at.clone()),
                false => {}
            }
        });
        let moved = self.read(|draft| {
            let before = draft.row().resume.clone();
            draft.stop_at(at, clock::now_ms());
            before != draft.row().resume
        });
        if moved {
            self.app.save();
        }
    }

    /// The screen that was shown before this one.
    pub fn before(self) -> Option<Address> {
        self.with(|inner| inner.trail.borrow().iter().rev().nth(1).cloned())
    }

    /// Whether the worker came from the check page and wants to go back there.
    pub fn is_from_check(self) -> bool {
        self.with(|inner| inner.from_check.get())
    }

    /// Notes whether the worker came from the check page.
    pub fn set_from_check(self, from: bool) {
        self.with(|inner| inner.from_check.set(from));
    }

    /// The address of a question's page.
    pub fn route(self, at: &Address) -> Route {
        let path = self.read(|draft| draft.path(at).to_string());
        Route::Fill(self.record, Some(path))
    }

    /// The page of the household that the record belongs to.
    pub fn household(self) -> Route {
        let row = self.app.device().row(self.record);
        Route::Household(row.and_then(|row| row.household).unwrap_or(self.record))
    }
}

/// Commits what is being typed whenever the page may be about to disappear.
fn listen(app: App) {
    if LISTENING.replace(true) {
        return;
    }
    let commit = move || {
        let record = DESK.with(|desk| desk.borrow().as_ref().map(|inner| inner.record));
        if let Some(record) = record {
            Desk { app, record }.commit();
        }
    };
    page::on_document("visibilitychange", commit);
    page::on_window("pagehide", commit);
}
