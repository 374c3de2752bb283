//! When to sync, and what the screens say of it.

use super::{App, rare, room};
use crate::platform::{clock, online, page, reserve, storage, timer, worker};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The longest sleep between two looks at the clock: phones stop timers in the background.
const LOOK_MS: i64 = 20_000;

/// How often the lists are drawn anew while records arrive, milliseconds.
const ARRIVAL_MS: i32 = 1_000;

/// Begins to sync by itself: on opening, when the network comes back, when the page comes to the front,
/// and whenever the device core says that it is time.
pub fn start(app: App) {
    app.sync.update(|view| view.online = online::is_online());
    describe(app);
    room::look(app);
    run(app);
    online::on_change(move |is| {
        app.sync.update(|view| view.online = is);
        if is {
            app.sync_now();
        }
    });
    online::on_visible(move |is| {
        if is {
            worker::check();
            if app.device().clock_off().is_some() {
                // Perhaps back from the phone's settings. What was due by the wrong clock may be far off.
                app.sync_now();
            }
            run_if_due(app);
        } else {
            app.save();
            leave_ready(app);
        }
    });
    spawn_local(async move {
        loop {
            let now = clock::now_ms();
            let due = app.device().next_sync_ms().unwrap_or(now + LOOK_MS);
            timer::sleep((due - now).clamp(1_000, LOOK_MS) as i32).await;
            run_if_due(app);
        }
    });
}

fn is_due(app: App) -> bool {
    app.device().next_sync_ms().is_some_and(|due| due <= clock::now_ms())
}

fn run_if_due(app: App) {
    if is_due(app) && online::is_online() && online::is_visible() {
        run(app);
    }
}

/// The browser says that there is a network. It says so at once to who asks while the server does not answer:
/// what has just failed waits for its time all the same, or one failure would follow the other without end.
pub fn heard(app: App) {
    if is_due(app) {
        run(app);
    }
}

/// Syncs, unless a sync runs already or the phone is not connected.
pub fn run(app: App) {
    let device = app.device();
    if device.is_syncing() || device.identity().is_none() || app.is_practice() {
        return;
    }
    app.sync.update(|view| view.running = true);
    show_arrivals(app);
    spawn_local(async move {
        let (waited, known) = counts(app);
        let outcome = device.sync().await;
        let answered = outcome.failure.is_none();
        if !answered && outcome.waiting > 0 {
            worker::ask_to_send();
        }
        let (waits, knows) = counts(app);
        app.sync.update(|view| {
            view.sent = waited.saturating_sub(waits);
            view.arrived = knows.saturating_sub(known);
            view.running = false;
            view.online = online::is_online();
            view.outcome = Some(outcome);
        });
        app.bump();
        // Asked for again meanwhile.
        run_if_due(app);
        rare::look(app);
        if answered {
            reserve::lay_by().await;
            send_files(app).await;
        }
    });
}

/// How long the page is in the background before it gets a request ready, milliseconds. A page that is
/// left for another address stands still by then. WebKit keeps such pages: what one had begun to read
/// would never end, and the next page would wait for it.
const AWAY_MS: i32 = 500;

/// The app is in the background, perhaps for good: what waits may be sent without it.
fn leave_ready(app: App) {
    if app.is_practice() {
        return;
    }
    spawn_local(async move {
        timer::sleep(AWAY_MS).await;
        if online::is_visible() {
            return;
        }
        if matches!(app.device().prepare_parcel().await, Ok(true)) {
            worker::ask_to_send();
        }
    });
}

/// The lists fill while a long sync runs.
fn show_arrivals(app: App) {
    spawn_local(async move {
        let mut known = app.device().record_count();
        while app.sync.with_untracked(|view| view.running) {
            timer::sleep(ARRIVAL_MS).await;
            let now = app.device().record_count();
            if now != std::mem::replace(&mut known, now) {
                app.bump();
            }
        }
    });
}

/// Photos and other files follow the records, and stop for them: the next sync goes on where they were.
async fn send_files(app: App) {
    let device = app.device();
    device.fetch_form_files().await;
    let outcome = device.send_attachments().await;
    if outcome.failure.is_none() && !outcome.paused {
        // What cannot be removed now is removed the next time.
        let _ = device.tidy_old_attachments().await;
    }
    room::look(app);
    app.bump();
}

/// Asks the browser once to keep the data, when there is something to keep.
pub fn ask_to_keep(app: App) {
    if app.kept.get_untracked().is_some() {
        return;
    }
    spawn_local(async move {
        let kept = match storage::persisted().await {
            Some(true) => Some(true),
            _ => storage::persist().await,
        };
        app.kept.set(kept);
    });
}

/// Records that the office has not got, and records in all. What is held was sent and not received.
fn counts(app: App) -> (usize, usize) {
    let rows = app.device().list();
    let waits = |row: &&device::ListRow| row.unsent > 0 || row.open_edits || row.held > 0;
    (rows.iter().filter(waits).count(), rows.len())
}

/// Brings the counts up to date.
pub fn describe(app: App) {
    let device = app.device();
    let rows = device.list();
    let waits = |row: &&device::ListRow| row.unsent > 0 || row.open_edits;
    let waiting = rows.iter().filter(waits).count();
    let oldest = rows.iter().filter(waits).map(|row| row.updated_ms).min();
    let held = rows.iter().filter(|row| row.held > 0).count();
    if device.identity().is_some() && !app.is_practice() {
        page::note_unsent(Some(waiting));
    }
    app.sync.update(|view| {
        view.waiting = waiting;
        view.held = held;
        view.oldest_ms = oldest;
        view.last_contact_ms = device.last_contact_ms();
        view.next_ms = device.next_sync_ms();
    });
}
