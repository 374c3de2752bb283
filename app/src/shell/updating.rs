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
        worker::register(on_ready, on_sync).await;
    });
}

impl App {
    /// Installs the new version, after everything is on disk. Refuses while a record is open.
    pub fn accept_update(self) {
        if self.route.with_untracked(|route| route.is_filling()) {
            self.toast(t(Key::UpdateAfterForm), None);
            return;
        }
        spawn_local(async move {
            let device = self.device();
            if device.leave().await.is_ok() && device.is_saved() {
                if self.update.get_untracked() { worker::accept() } else { page::reload() }
            } else {
                self.save();
            }
        });
    }
}
