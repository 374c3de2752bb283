//! `audit.csv`: an attachment of the record that the answer of the `audit` row names.

use super::{Done, Log};
use crate::platform::{clock, geolocation};
use crate::shell::App;
use device::Draft;
use form::audit::{Event, Fix, Line, append, join, node};
use form::session::Address;
use shared::attachment::AttachmentRef;
use shared::id::RecordId;
use std::cell::RefCell;
use std::rc::Rc;

const NAME: &str = "audit.csv";
const MEDIA_TYPE: &str = "text/csv";

/// Fetches what another phone wrote, so that this one goes on in it, and begins to note places.
pub(super) fn begin(app: App, record: RecordId, draft: Rc<RefCell<Draft>>, log: Rc<Log>) -> Done {
    Box::pin(async move {
        if let Some((_, interval)) = log.wanted.location {
            watch(&log, interval);
        }
        // Where the rows cannot be read, nothing is kept in them: what is there must not be written over.
        if let Ok((lines, numbers)) = app.device().noted_lines(record).await {
            let mut found = String::new();
            for lines in &lines {
                found = join(&found, lines, log.wanted);
            }
            log.found.replace(found);
            log.rows.set(Some((numbers.start, numbers.end)));
        }
        let known = named(&draft.borrow());
        if let Some(named) = known {
            // Offline it begins anew; the other file stays with the office.
            let _ = app.device().fetch_attachment(record, &named).await;
        }
    })
}

/// Notes where the phone is, at most once in `interval` milliseconds.
fn watch(log: &Rc<Log>, interval: i64) {
    let weak = Rc::downgrade(log);
    let exact = log.wanted.exact;
    let watch = geolocation::watch(exact, move |fix| {
        let Some(log) = weak.upgrade() else { return };
        let now = clock::now_ms();
        let Ok(fix) = fix else {
            let line = Line::moment(Event::LocationNotGranted, String::new(), now);
            log.lines.borrow_mut().push(line);
            return;
        };
        let mut fixes = log.fixes.borrow_mut();
        if fixes.last().is_some_and(|last| now - last.at < interval) {
            return;
        }
        if fixes.is_empty() {
            log.lines.borrow_mut().push(Line::moment(Event::LocationEnabled, String::new(), now));
        }
        let (latitude, longitude) = (fix.latitude, fix.longitude);
        fixes.push(Fix { at: now, latitude, longitude, accuracy: fix.accuracy });
    });
    *log.watch.borrow_mut() = watch;
}

fn named(draft: &Draft) -> Option<AttachmentRef> {
    let at = address(draft)?;
    draft.session().value(&at).parse().ok()
}

fn address(draft: &Draft) -> Option<Address> {
    node(draft.session().form()).map(|(at, _)| at)
}

/// Queues the lines that no row holds yet. A visit that has altered nothing keeps none.
pub(super) fn keep(app: App, record: RecordId, draft: &Draft, log: &Log) -> bool {
    let Some((first, next)) = log.rows.get().filter(|_| !log.leaves_no_trace(draft)) else {
        return false;
    };
    let lines = log.lines.borrow();
    let new = lines.get(log.kept.get()..).unwrap_or_default();
    if new.is_empty() {
        return false;
    }
    let user = &draft.session().context().username;
    let text = append("", log.wanted, user, &log.fixes.borrow(), new);
    app.device().note_lines(record, next, &text);
    log.rows.set(Some((first, next + 1)));
    log.kept.set(lines.len());
    true
}

/// Puts what was noted at the end of the file, keeps it and names it. What cannot be kept now is written
/// the next time.
pub(super) fn write(app: App, record: RecordId, draft: Rc<RefCell<Draft>>, log: Rc<Log>) -> Done {
    Box::pin(async move {
        let before = named(&draft.borrow());
        if log.text.borrow().is_none() {
            let known = match &before {
                Some(named) => app.device().attachment(named.hash).await.ok().flatten(),
                None => None,
            };
            let text = known.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            log.text.borrow_mut().get_or_insert(text);
        }
        let lines = log.lines.take();
        log.kept.set(0);
        let found = log.found.take();
        let rows = log.rows.get();
        let user = draft.borrow().session().context().username.clone();
        let text = {
            let mut text = log.text.borrow_mut();
            let mut known = text.take().unwrap_or_default();
            if !found.is_empty() {
                known = join(&known, &found, log.wanted);
            }
            text.insert(append(&known, log.wanted, &user, &log.fixes.borrow(), &lines)).clone()
        };
        let (mine, _) = log.writes.get();
        log.writes.set((mine + 1, log.writes.get().1));
        let kept = app.device().attach(record, NAME, MEDIA_TYPE, text.as_bytes()).await;
        let Ok(kept) = kept else { return };
        if let Some((from, to)) = rows {
            app.device().forget_lines(record, from..to);
            log.rows.update(|now| now.map(|(at, next)| (at.max(to), next)));
        }
        // A later one may have been faster.
        let gone = match mine >= log.writes.get().1 {
            true => {
                log.writes.set((log.writes.get().0, mine));
                answer(&draft, &kept);
                before.filter(|before| before.hash != kept.hash)
            }
            false => Some(kept),
        };
        if let Some(gone) = gone {
            let _ = app.device().detach(record, gone.hash).await;
        }
    })
}

/// Names the file in the record. The worker is where the worker was.
fn answer(draft: &Rc<RefCell<Draft>>, kept: &AttachmentRef) {
    let mut draft = draft.borrow_mut();
    let Some(at) = address(&draft) else { return };
    let stopped = draft.row().resume.parse().ok().and_then(|path| draft.address(&path));
    draft.set(&at, &kept.to_string());
    if let Some(stopped) = stopped {
        draft.stop_at(&stopped, clock::now_ms());
    }
}
