//! The service worker: registered after the first paint, updated when the person says so.

use super::{channel, page, timer};
use js_sys::{Array, Promise};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MessageChannel, MessageEvent, RegistrationOptions, ServiceWorker, ServiceWorkerContainer,
    ServiceWorkerRegistration, ServiceWorkerState, ServiceWorkerUpdateViaCache,
};

const SCRIPT: &str = "/sw.js";
/// How often a page that stays open asks for a new version, milliseconds.
const CHECK_EVERY_MS: i64 = 3_600_000;

thread_local! {
    static REGISTRATION: RefCell<Option<ServiceWorkerRegistration>> = const { RefCell::new(None) };
    /// A new version was accepted: the page reloads once it is in charge. Until then nothing is asked of the older
    /// worker: Chromium stops it first, and one that is started again meanwhile stays for half a minute.
    static ACCEPTED: Cell<bool> = const { Cell::new(false) };
    static CHECKED_MS: Cell<i64> = const { Cell::new(0) };
    /// Whether the browser has taken the worker or refused it.
    static SETTLED: Cell<bool> = const { Cell::new(false) };
}

/// Some windows (private ones, other schemes) have none.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    let container = js_sys::Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    container.is_object().then(|| container.unchecked_into())
}

/// Registers the worker. `on_ready` runs whenever a new version waits, `on_sync` when the browser
/// says that the network is back; `may_reload` says whether the page may go once an accepted version is in charge.
pub async fn register(
    on_ready: impl Fn() + 'static,
    may_reload: impl Fn() -> bool + 'static,
    on_sync: impl Fn() + 'static,
) {
    let Some(container) = container() else { return };
    let options = RegistrationOptions::new();
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    reload_when_accepted(&container, may_reload);
    hear_sync(&container, on_sync);
    let registration = container.register_with_options(SCRIPT, &options);
    let registration = JsFuture::from(registration).await;
    SETTLED.set(true);
    let Ok(registration) = registration else { return };
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    CHECKED_MS.set(super::clock::now_ms());
    let on_ready: Rc<dyn Fn()> = Rc::new(on_ready);
    if registration.waiting().is_some() && container.controller().is_some() {
        on_ready();
    }
    if let Some(active) = registration.active().filter(|_| container.controller().is_none()) {
        // It took over while this page was loading, or the person loaded the page past it. Without it, what the page
        // loads later would come from the network only.
        let _ = active.post_message(&page::build().into());
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

fn reload_when_accepted(
    container: &ServiceWorkerContainer,
    may_reload: impl Fn() -> bool + 'static,
) {
    let on_change = Closure::<dyn Fn()>::new(move || {
        // Without this test the very first worker would reload the page by claiming it.
        if ACCEPTED.replace(false) && may_reload() {
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
    /// A worker that answers through a port.
    type Asked;
    #[wasm_bindgen(method, js_name = postMessage, catch)]
    fn post(this: &Asked, what: &str, ports: &Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn register(this: &SyncManager, tag: &str) -> Result<js_sys::Promise, JsValue>;
}

/// Asks the browser to start the service worker when there is a network, also when the app is closed by
/// then. Best effort.
pub fn ask_to_send() {
    if ACCEPTED.get() {
        return;
    }
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

/// How often the first worker is looked for while it is being installed, milliseconds.
const LOOK_MS: i32 = 500;
/// How long a worker may take to fetch what is asked of it, milliseconds.
const ANSWER_MS: i32 = 120_000;

/// Has the worker keep what only some questionnaires need, and one that waits to take over as well. Says
/// whether they have it; where there is no worker, nothing is kept for work without a network anyway.
pub async fn keep_rare() -> bool {
    if container().is_none() {
        return true;
    }
    let registration = loop {
        match REGISTRATION.with_borrow(Clone::clone) {
            // The first worker of all is still being installed.
            Some(registration)
                if registration.active().is_none()
                    && (registration.installing().is_some()
                        || registration.waiting().is_some()) => {}
            Some(registration) => break registration,
            None if SETTLED.get() => return true,
            None => {}
        }
        timer::sleep(LOOK_MS).await;
    };
    // The new version that was accepted has what the older one had.
    if let Some(active) = registration.active().filter(|_| !ACCEPTED.get())
        && !ask(&active, "rare").await
    {
        return false;
    }
    // Only now: it may have come meanwhile.
    match registration.waiting().filter(|_| !ACCEPTED.get()) {
        Some(waiting) => ask(&waiting, "rare").await,
        None => true,
    }
}

/// Asks a worker to do something. Says whether it did.
async fn ask(worker: &ServiceWorker, what: &str) -> bool {
    let Ok(channel) = MessageChannel::new() else { return false };
    let answer = Promise::new(&mut |answered, _| {
        channel.port1().set_onmessage(Some(&answered));
        timer::after(ANSWER_MS, move || drop(answered.call0(&JsValue::NULL)));
    });
    let worker: &Asked = worker.unchecked_ref();
    if worker.post(what, &Array::of1(&channel.port2())).is_err() {
        return false;
    }
    let answer = JsFuture::from(answer).await.ok();
    let answer = answer.and_then(|event| event.dyn_into::<MessageEvent>().ok());
    answer.is_some_and(|event| event.data().is_truthy())
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
