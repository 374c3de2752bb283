//! The record on the desk: the open draft, and the signals through which the page follows it. There is
//! one at a time; it outlives the page of one question.

mod answer;
mod checked;
mod keeping;
mod language;
mod remarks;
mod way;

use super::audit::Log;
use crate::platform::{clock, page, timer};
use crate::shell::App;
use device::Draft;
use device::DraftError;
use device::fill::screens::{self, Mode, Scope};
use form::audit::Event;
use form::session::{Address, NodeState, Session};
pub use keeping::Keeping;
use language::language_of;
use leptos::prelude::*;
use leptos::task::spawn_local;
use remarks::Remark;
use shared::id::RecordId;
use shared::record::review::Review;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How long a record stays open before work begins that nobody waits for, and between its pieces,
/// milliseconds.
const QUIET_MS: i32 = 250;

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
    /// Words back to the office that are being typed.
    said: RefCell<Option<String>>,
    waiting: Cell<bool>,
    origin: Cell<Origin>,
    trail: RefCell<Vec<Address>>,
    fixed: ArcRwSignal<HashSet<Address>>,
    /// What the office remarked on questions, in its order.
    remarks: ArcRwSignal<Vec<Remark>>,
    /// What the office has decided, until the worker says that something has to be corrected.
    decision: ArcRwSignal<Option<Review>>,
    /// What is noted for the form's author.
    log: Option<Rc<Log>>,
    /// What stands on the screen: seen once the worker goes on.
    on_screen: RefCell<Vec<Address>>,
    /// How many attachments are being made ready.
    keeping: ArcRwSignal<usize>,
    /// The worker has gone to a page that is not about this record.
    left: Cell<bool>,
}

/// Whence the worker came to a question, and goes back to once it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// From the question before it.
    #[default]
    Questions,
    /// From the check page.
    Check,
    /// From what the office remarked on.
    Returned,
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
        desk.inner().map(|inner| {
            inner.left.set(false);
            desk
        })
    }

    /// Puts a record on the desk.
    pub async fn open(app: App, record: RecordId) -> Result<Self, DraftError> {
        keeping::kept().await;
        let draft = app.device().open_record(record).await?;
        let language = language_of(&draft, app.language().get_untracked().code());
        let mode = match page::setting("question_mode").as_deref() {
            Some("sections") => Mode::Sections,
            _ => Mode::OneByOne,
        };
        let (confirmed, fixed, remarks, decision) = {
            let mut draft = draft.borrow_mut();
            let review = draft.review();
            let remarks = remarks::of(&draft, &review);
            // A correction that was begun goes on.
            let decision = Some(review).filter(|of| of.state.is_final() && draft.is_closed());
            let (confirmed, fixed) = (draft.confirmed(), draft.fixed());
            (confirmed.into_iter().collect(), fixed.into_iter().collect(), remarks, decision)
        };
        let log = Log::of(&draft.borrow());
        let noted = draft.clone();
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
            said: RefCell::new(None),
            waiting: Cell::new(false),
            origin: Cell::default(),
            trail: RefCell::default(),
            fixed: ArcRwSignal::new(fixed),
            remarks: ArcRwSignal::new(remarks),
            decision: ArcRwSignal::new(decision),
            log: log.clone(),
            on_screen: RefCell::default(),
            keeping: ArcRwSignal::new(0),
            left: Cell::new(false),
        };
        DESK.with(|desk| *desk.borrow_mut() = Some(Rc::new(inner)));
        listen(app);
        let desk = Self { app, record };
        let new = desk.answer_defaults();
        if let Some(log) = log {
            desk.note(if new { Event::FormStart } else { Event::FormResume }, None);
            spawn_local(log.begin(app, record, noted));
        }
        timer::after(QUIET_MS, move || desk.ready(0));
        Ok(desk)
    }

    /// Readies large lists of options one after the other, so that the first question with one opens as
    /// quickly as the next.
    fn ready(self, from: usize) {
        let next = self.session(|session| session.ready(from));
        if let Some(next) = next {
            timer::after(QUIET_MS, move || self.ready(next));
        }
    }

    /// A record that holds nothing yet begins with the form's defaults.
    fn answer_defaults(self) -> bool {
        if !self.read(Draft::answer_defaults) {
            return false;
        }
        let first = self.session(|session| {
            let screens = screens::screens(session, &Scope::Record, Mode::OneByOne);
            screens.first().map(|screen| screen.key().clone())
        });
        if let Some(first) = first {
            self.read(|draft| draft.stop_at(&first, clock::now_ms()));
        }
        super::widgets::metadata::begin(self);
        self.app.save();
        true
    }

    /// Takes the record off the desk: what was answered becomes a change that waits to be sent.
    pub fn close(self) {
        self.commit();
        self.show(Vec::new());
        if self.stays() {
            return;
        }
        let closed = DESK.with(|desk| {
            let ours = desk.borrow().as_ref().is_some_and(|inner| inner.record == self.record);
            if ours { desk.borrow_mut().take() } else { None }
        });
        let Some(inner) = closed else { return };
        let app = self.app;
        spawn_local(async move {
            if let Some(log) = inner.log.clone() {
                let last = [Event::FormSave, Event::FormExit];
                log.write(app, inner.record, inner.draft.clone(), &last).await;
            }
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

    /// The decision of the office that keeps the record from being filled in, followed.
    pub fn decision(self) -> Option<Review> {
        self.with(|inner| inner.decision.get())
    }

    /// Opens a decided record for filling in. What is altered then asks the office for a new decision.
    pub fn correct(self) {
        self.with(|inner| inner.decision.set(None));
    }

    /// What is noted of the record, when its form asks for that.
    pub fn log(self) -> Option<Rc<Log>> {
        self.with(|inner| inner.log.clone())
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
        self.structure();
    }

    /// A number that is another one then, followed.
    pub fn structure(self) -> u64 {
        self.with(|inner| inner.structure.get())
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
}

/// Commits what is being typed whenever the page may be about to disappear.
fn listen(app: App) {
    if LISTENING.replace(true) {
        return;
    }
    let commit = move || {
        let Some(inner) = DESK.with(|desk| desk.borrow().clone()) else { return };
        Desk { app, record: inner.record }.commit();
        if let Some(log) = inner.log.clone().filter(|_| page::is_hidden()) {
            spawn_local(log.write(app, inner.record, inner.draft.clone(), &[]));
        }
    };
    page::on_document("visibilitychange", commit);
    page::on_window("pagehide", commit);
}
