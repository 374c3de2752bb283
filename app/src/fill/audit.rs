//! What is noted for `audit.csv`, where the form asks for it. The file itself is written by a chunk: when
//! the record is left or finished, and when the app is put aside.

mod file;

use super::desk::Desk;
use crate::platform::clock;
use crate::platform::geolocation::Watch;
use crate::shell::App;
use device::Draft;
use form::audit::{self, Event, Fix, Line, Wanted};
use form::session::Address;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use shared::id::RecordId;
use shared::record::{Audience, binding};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// What was noted of the record on the desk.
pub struct Log {
    wanted: Wanted,
    /// Not written yet.
    lines: RefCell<Vec<Line>>,
    /// What is on the screen.
    shown: RefCell<Vec<(Option<Address>, Line)>>,
    /// Whether this visit has altered something: a visit that does not leaves no trace.
    altered: Cell<bool>,
    /// How many of them are kept in rows.
    kept: Cell<usize>,
    /// The numbers of those rows, the last one not included; `None` until it is known which there are.
    rows: Cell<Option<(u64, u64)>>,
    /// Lines that a page left in rows which was killed.
    found: RefCell<String>,
    /// What the chunk does, once it is here.
    file: Cell<Option<File>>,
    /// The file, once it was read.
    text: RefCell<Option<String>>,
    /// How often it was written, and which of them the answer names.
    writes: Cell<(u32, u32)>,
    fixes: RefCell<Vec<Fix>>,
    watch: RefCell<Option<Watch>>,
}

type Done = Pin<Box<dyn Future<Output = ()>>>;

/// What the chunk does.
#[derive(Clone, Copy)]
struct File {
    /// Brings the file and begins to note places.
    begin: fn(App, RecordId, Rc<RefCell<Draft>>, Rc<Log>) -> Done,
    /// Writes the file and names it in the record.
    write: fn(App, RecordId, Rc<RefCell<Draft>>, Rc<Log>) -> Done,
    /// Queues what was noted since the last time, so that it survives the page. Whether there was something.
    keep: fn(App, RecordId, &Draft, &Log) -> bool,
}

#[wasm_split(rare, fallible, wasm_split_path = ::leptos::wasm_split)]
fn audit_chunk() -> Result<File, SplitLoaderError> {
    Ok(File { begin: file::begin, write: file::write, keep: file::keep })
}

impl Log {
    /// The log of a record whose form asks for one.
    pub fn of(draft: &Draft) -> Option<Rc<Self>> {
        let (_, node) = audit::node(draft.session().form())?;
        Some(Rc::new(Self {
            wanted: Wanted::of(node),
            lines: RefCell::default(),
            altered: Cell::default(),
            kept: Cell::default(),
            rows: Cell::default(),
            found: RefCell::default(),
            file: Cell::default(),
            shown: RefCell::default(),
            text: RefCell::default(),
            writes: Cell::default(),
            fixes: RefCell::default(),
            watch: RefCell::default(),
        }))
    }

    /// Whether it has to be said why a finished record was altered.
    pub fn asks_why(&self) -> bool {
        self.wanted.reasons
    }

    /// Notes why a finished record was altered.
    pub fn why(&self, reason: String) {
        let line = Line::moment(Event::ChangeReason, String::new(), clock::now_ms());
        self.lines.borrow_mut().push(Line { reason, ..line });
    }

    /// Ends what is on the screen.
    fn end(&self, draft: &Draft) {
        let now = clock::now_ms();
        for (at, mut line) in self.shown.take() {
            line.end = Some(now);
            if let (Some(at), Some((before, after))) = (at, line.change.as_mut()) {
                *after = value(draft, &at);
                if before == after {
                    line.change = None;
                }
            }
            self.lines.borrow_mut().push(line);
        }
    }

    fn leaves_no_trace(&self, draft: &Draft) -> bool {
        !self.altered.get() && draft.is_closed()
    }

    fn moment(&self, event: Event) {
        self.lines.borrow_mut().push(Line::moment(event, String::new(), clock::now_ms()));
    }

    /// Writes what was noted, if anything was altered.
    pub async fn write(
        self: Rc<Self>,
        app: App,
        record: RecordId,
        draft: Rc<RefCell<Draft>>,
        last: &[Event],
    ) {
        if self.leaves_no_trace(&draft.borrow()) && !last.contains(&Event::FormFinalize) {
            return;
        }
        if !last.is_empty() {
            self.end(&draft.borrow());
        }
        last.iter().for_each(|event| self.moment(*event));
        // Without the chunk it waits for the next time.
        if let Ok(file) = audit_chunk().await {
            (file.write)(app, record, draft, self).await;
        }
    }

    /// Begins a visit.
    pub async fn begin(self: Rc<Self>, app: App, record: RecordId, draft: Rc<RefCell<Draft>>) {
        if let Ok(file) = audit_chunk().await {
            self.file.set(Some(file));
            (file.begin)(app, record, draft, self).await;
        }
    }
}

/// An answer as the log has it: without what is kept from those who may not read protection answers.
fn value(draft: &Draft, at: &Address) -> String {
    let session = draft.session();
    match binding::audience(session.form(), at.node) {
        Audience::Protection => String::new(),
        Audience::Main => session.value(at).to_owned(),
    }
}

impl Desk {
    /// Something was answered, added or removed: what is noted of this visit counts.
    pub fn note_altered(self) {
        if let Some(log) = self.log() {
            log.altered.set(true);
        }
    }

    /// Notes something that happened.
    pub fn note(self, event: Event, at: Option<&Address>) {
        let Some(log) = self.log() else { return };
        let node = at.map(|at| self.session(|session| audit::path(session, at)));
        let line = Line::moment(event, node.unwrap_or_default(), clock::now_ms());
        log.lines.borrow_mut().push(line);
    }

    /// Notes that a screen is shown: these questions, or the page that this event stands for.
    pub fn note_screen(self, event: Event, questions: &[Address]) {
        let Some(log) = self.log() else { return };
        self.read(|draft| {
            log.end(draft);
            let now = clock::now_ms();
            let session = draft.session();
            let line = |event, at: Option<&Address>| {
                let node = at.map(|at| audit::path(session, at)).unwrap_or_default();
                let change = at.filter(|_| log.wanted.changes);
                let change = change.map(|at| (value(draft, at), String::new()));
                (at.cloned(), Line { change, ..Line::moment(event, node, now) })
            };
            let mut shown = Vec::new();
            if questions.is_empty() {
                shown.push(line(event, None));
            } else if questions.len() > 1 {
                let group = questions.first().and_then(|at| {
                    let node = session.form().node(at.node).parent?;
                    Some(Address { items: at.items.clone(), node })
                });
                let (_, group) = line(Event::GroupQuestions, group.as_ref());
                shown.push((None, Line { change: None, ..group }));
            }
            shown.extend(questions.iter().map(|at| line(event, Some(at))));
            *log.shown.borrow_mut() = shown;
        });
        let kept = self.read(|draft| {
            log.file.get().is_some_and(|file| (file.keep)(self.app, self.record, draft, &log))
        });
        if kept {
            self.save_soon();
        }
    }
}
