//! The service worker: registered after the first paint, updated when the person says so.

use super::{channel, page};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RegistrationOptions, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration,
    ServiceWorkerState, ServiceWorkerUpdateViaCache,
};

const SCRIPT: &str = "/sw.js";
/// How often a page that stays open asks for a new version, milliseconds.
const CHECK_EVERY_MS: i64 = 3_600_000;

thread_local! {
    static REGISTRATION: RefCell<Option<ServiceWorkerRegistration>> = const { RefCell::new(None) };
    /// A new version was accepted: the page reloads once it is in charge.
    static ACCEPTED: Cell<bool> = const { Cell::new(false) };
    static CHECKED_MS: Cell<i64> = const { Cell::new(0) };
}

/// Some windows (private ones, other schemes) have none.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    let container = js_sys::Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    container.is_object().then(|| container.unchecked_into())
}

/// Registers the worker. `on_ready` runs whenever a new version waits, `on_sync` when the browser
/// says that the network is back.
pub async fn register(on_ready: impl Fn() + 'static, on_sync: impl Fn() + 'static) {
    let Some(container) = container() else { return };
    let options = RegistrationOptions::new();
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    reload_when_accepted(&container);
    hear_sync(&container, on_sync);
    let registration = container.register_with_options(SCRIPT, &options);
    let Ok(registration) = JsFuture::from(registration).await else { return };
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    CHECKED_MS.set(super::clock::now_ms());
    let on_ready: Rc<dyn Fn()> = Rc::new(on_ready);
    if registration.waiting().is_some() && container.controller().is_some() {
        on_ready();
    }
    let found = registration.clone();
    let on_found = Closure::<dyn Fn()>::new(move || {
        // The first worker of all is no update.
        let updating = found.active().is_some();
        if let Some(worker) = found.installing().filter(|_| updating) {
            tell_when_installed(&worker, on_ready.clone());
        }
    });
    registration.set_onupdatefound(Some(on_found.into_js_value().unchecked_ref()));
    REGISTRATION.set(Some(registration));
}

fn tell_when_installed(worker: &ServiceWorker, on_ready: Rc<dyn Fn()>) {
    let state = worker.clone();
    let on_state = Closure::<dyn Fn()>::new(move || {
        if state.state() == ServiceWorkerState::Installed {
            on_ready();
        }
    });
    worker.set_onstatechange(Some(on_state.into_js_value().unchecked_ref()));
}

fn reload_when_accepted(container: &ServiceWorkerContainer) {
    let on_change = Closure::<dyn Fn()>::new(|| {
        // Without this test the very first worker would reload the page by claiming it.
        if ACCEPTED.replace(false) {
            page::reload();
        }
    });
    container.set_oncontrollerchange(Some(on_change.into_js_value().unchecked_ref()));
}

fn hear_sync(container: &ServiceWorkerContainer, on_sync: impl Fn() + 'static) {
    let on_message = Closure::<dyn Fn()>::new(on_sync);
    container.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
}

#[wasm_bindgen]
extern "C" {
    /// Background Sync, which `web-sys` does not know and some engines do not have.
    type WithSync;
    #[wasm_bindgen(method, getter)]
    fn sync(this: &WithSync) -> JsValue;
    type SyncManager;
    #[wasm_bindgen(method, catch)]
    fn register(this: &SyncManager, tag: &str) -> Result<js_sys::Promise, JsValue>;
}

/// Asks the browser to start the service worker when there is a network, also when the app is closed by
/// then. Best effort.
pub fn ask_to_send() {
    REGISTRATION.with_borrow(|registration| {
        let Some(registration) = registration else { return };
        let sync = registration.unchecked_ref::<WithSync>().sync();
        if !sync.is_object() {
            return;
        }
        if let Ok(asked) = sync.unchecked_into::<SyncManager>().register("send") {
            wasm_bindgen_futures::spawn_local(async move { drop(JsFuture::from(asked).await) });
        }
    });
}

/// Asks the server for a new version, at most once an hour.
pub fn check() {
    let now = super::clock::now_ms();
    if now - CHECKED_MS.get() < CHECK_EVERY_MS {
        return;
    }
    CHECKED_MS.set(now);
    REGISTRATION.with_borrow(|registration| {
        if let Some(update) = registration.as_ref().and_then(|of| of.update().ok()) {
            // Without a network there is no answer, and nothing to say.
            wasm_bindgen_futures::spawn_local(async move { drop(JsFuture::from(update).await) });
        }
    });
}

/// Another window accepted the new version: this page reloads with it.
pub fn reload_with_others() {
    ACCEPTED.set(true);
}

/// Lets the waiting version take over and reloads. Everything must be on disk.
pub fn accept() {
    let waiting =
        REGISTRATION.with_borrow(|registration| registration.as_ref().and_then(|of| of.waiting()));
    match waiting {
        Some(waiting) => {
            ACCEPTED.set(true);
            channel::say(channel::Word::Updating);
            let _ = waiting.post_message(&"skip".into());
        }
        // It took over already, when another window was closed.
        None => page::reload(),
    }
}
