//! Practice: the same app over a store of its own, without a network. Forms and names are copied from the
//! phone's own store; records are not.

use super::App;
use crate::i18n::{Key, t};
use crate::platform::idb::{self, IdbStore};
use crate::platform::page;
use crate::router::Route;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;

/// The setting under which the browser remembers it.
const SETTING: &str = "practice";

/// Whether the app starts for practice.
pub fn is_on() -> bool {
    page::setting(SETTING).is_some_and(|value| value == "on")
}

/// Makes the store for practice anew and starts the app over it; from within practice, what was practised
/// goes.
pub fn enter(app: App) {
    spawn_local(async move {
        let stored = app.device().settle().await.is_ok();
        let made = async {
            idb::delete(idb::PRACTICE).await?;
            let (own, practice) = (open(idb::OWN).await?, open(idb::PRACTICE).await?);
            device::practice::copy_forms(&own, &practice).await
        };
        if stored && made.await.is_ok() {
            page::remember(SETTING, "on");
            page::load(&Route::Today.path());
        } else {
            app.toast(t(Key::ErrorStorageFull), None);
        }
    });
}

/// Starts the app over the phone's own store again.
pub fn leave(app: App) {
    spawn_local(async move {
        // What was practised is not kept.
        let _ = app.device().leave().await;
        page::remember(SETTING, "off");
        page::load(&Route::More.path());
    });
}

async fn open(name: &'static str) -> Result<IdbStore, device::ports::StoreError> {
    IdbStore::open(name, Rc::new(Cell::new(false)), Rc::new(|| {})).await
}
