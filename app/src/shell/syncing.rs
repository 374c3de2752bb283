//! When to sync, and what the screens say of it.

use super::App;
use crate::platform::timer;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Begins to sync by itself.
pub fn start(app: App) {
    describe(app);
    run(app);
    timer::after(1000, || {});
}

/// Syncs unless a sync runs already.
pub fn run(app: App) {
    let device = app.device();
    if device.is_syncing() || device.identity().is_none() {
        return;
    }
    app.sync.update(|view| view.running = true);
    spawn_local(async move {
        let outcome = device.sync().await;
        app.sync.update(|view| {
            view.running = false;
            view.outcome = Some(outcome);
        });
        app.bump();
    });
}

/// Brings the counts up to date.
pub fn describe(app: App) {
    let device = app.device();
    let rows = device.list();
    let waits = |row: &&device::ListRow| row.unsent > 0 || row.open_edits;
    let waiting = rows.iter().filter(waits).count();
    let oldest = rows.iter().filter(waits).map(|row| row.updated_ms).min();
    let held = rows.iter().filter(|row| row.held > 0).count();
    app.sync.update(|view| {
        view.waiting = waiting;
        view.held = held;
        view.oldest_ms = oldest;
        view.last_contact_ms = device.last_contact_ms();
        view.next_ms = device.next_sync_ms();
    });
}
