//! New versions of the app: offered, never forced while a record is being filled in.

use super::{App, rare, syncing};
use crate::i18n::{Key, t};
use crate::platform::{page, worker};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Registers the service worker once the page stands.
pub fn register(app: Option<App>) {
    spawn_local(async move {
        let on_ready = move || {
            if let Some(app) = app {
                app.update.set(true);
                rare::look(app);
            }
        };
        let on_sync = move || {
            if let Some(app) = app {
                syncing::heard(app);
            }
        };
        // It takes over within a moment, but the browser may keep the older one for half a minute.
        let may_reload = move || app.is_none_or(|app| !app.is_filling());
        worker::register(on_ready, may_reload, on_sync).await;
    });
}

impl App {
    /// Installs the new version, after everything is on disk. Refuses while a record is open.
    pub fn accept_update(self) {
        if self.is_filling() {
            self.toast(t(Key::UpdateAfterForm), None);
            return;
        }
        self.toast(t(Key::UpdateGoing), None);
        spawn_local(async move {
            if self.device().settle().await.is_ok() {
                if self.update.get_untracked() { worker::accept() } else { page::reload() }
            } else {
                self.save();
            }
        });
    }
}
