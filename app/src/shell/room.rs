//! How much room the phone has left.

use super::App;
use crate::i18n::{Key, t, ta};
use crate::platform::{clock, page, reserve, storage};
use crate::ui::words;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Below this the app warns, bytes. A private window may never have much more.
const LITTLE: f64 = 100e6;
/// Below this new photos and files are refused.
const FOR_ANSWERS: f64 = 50e6;
const GIBIBYTE: f64 = 1_073_741_824.0;
/// So much of what the browser grants may be in use before the app warns.
const MUCH: f64 = 0.8;
/// The setting that holds when the person last said "later", Unix milliseconds.
const LATER: &str = "storage_later";

/// What the browser says of its storage, bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    pub used: f64,
    pub total: f64,
}

impl Room {
    /// What is left; `None` where the browser does not say. Chromium tells every page the same number of
    /// whole gibibytes more than it uses, so that nobody is known by the size of the disk.
    pub fn free(self) -> Option<f64> {
        let free = (self.total - self.used).max(0.0);
        (free == 0.0 || free % GIBIBYTE != 0.0).then_some(free)
    }

    /// Whether it is time to say so.
    pub fn is_low(self) -> bool {
        self.free().is_some_and(|free| free < LITTLE || self.used > self.total * MUCH)
    }
}

/// Asks the browser.
pub fn look(app: App) {
    spawn_local(async move {
        measure(app).await;
    });
}

/// Asks the browser, and says whether new photos and files have to wait.
pub async fn measure(app: App) -> bool {
    if let Some((used, total)) = storage::estimate().await {
        app.room.set(Some(Room { used, total }));
    }
    untrack(|| refusal(app)).is_some()
}

/// Why no photo or file can be added now, followed; `None` while there is room. What is left is for answers.
pub fn refusal(app: App) -> Option<String> {
    let free = app.room().get().and_then(Room::free).filter(|free| *free < FOR_ANSWERS);
    match free {
        Some(free) => Some(ta(Key::MediaNoRoom, &[("free", &words::size(free))])),
        None => reserve::is_used().then(|| t(Key::StorageReserve)),
    }
}

/// Whether the warning is due: there is little room, and the person has not put it off today.
pub fn warns(app: App) -> bool {
    let put_off = page::setting(LATER).and_then(|at| at.parse().ok());
    app.room.get().is_some_and(Room::is_low) && !put_off.is_some_and(words::is_today)
}

/// The person puts it off until tomorrow.
pub fn later(app: App) {
    page::remember(LATER, &clock::now_ms().to_string());
    app.room.update(|_| {});
}
