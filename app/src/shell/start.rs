//! The way from an empty page to the app.

use super::{App, Stage, outlet, practice, rare, settings, syncing, updating};
use crate::i18n::{self, Language};
use crate::platform::{self, channel, locks, locks::Lock};
use crate::router::{self, Area};
use device::Device;
use device::device::Ports;
use device::ports::{Store, StoreError, Transport};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;

/// Starts the app.
pub fn start() {
    platform::trap::note();
    // Leptos' executor, which mounting would set up only later. It fails only when it is set up.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let area = router::current().area();
    settings::apply(area);
    spawn_local(async move {
        let language = load_texts().await;
        let stage = RwSignal::new(Stage::Opening);
        platform::page::remove(".splash");
        mount_to_body(move || outlet::root(stage));
        match area {
            Area::Field => open_field(stage, language).await,
            Area::Office => open_office(stage, language).await,
        }
    });
}

async fn load_texts() -> Language {
    let remembered = platform::page::setting("language");
    let language = remembered.and_then(|code| Language::from_code(&code)).unwrap_or(Language::Ka);
    // A language that is not on the phone may be missing without a network; Georgian always is.
    if i18n::load(language).await || !i18n::load(Language::Ka).await {
        return language;
    }
    Language::Ka
}

/// The office's pages use the same handle over a device that holds nothing.
async fn open_office(stage: RwSignal<Stage>, language: Language) {
    let inert = || Rc::new(platform::inert::Inert);
    if let Ok(device) = open(inert(), inert(), language).await {
        let app = App::new(device, language, false);
        router::follow(app.route);
        stage.set(Stage::Running(app));
    }
    updating::register(None);
}

async fn open_field(stage: RwSignal<Stage>, language: Language) {
    let lost = Rc::new(Cell::new(false));
    match locks::acquire(when_lost(stage, lost.clone())).await {
        Some(lock) => run_field(stage, language, lock, lost).await,
        None => stage.set(Stage::Elsewhere(language)),
    }
}

/// Lets this window write: the one that did puts everything on disk first.
pub fn use_this_window(stage: RwSignal<Stage>, language: Language) {
    spawn_local(async move {
        let lost = Rc::new(Cell::new(false));
        if let Some(lock) = locks::take_over(when_lost(stage, lost.clone())).await {
            run_field(stage, language, lock, lost).await;
        }
    });
}

/// Another window took the lock by force: whatever is not on disk yet must not be written any more.
fn when_lost(stage: RwSignal<Stage>, lost: Rc<Cell<bool>>) -> impl Fn() + 'static {
    move || {
        lost.set(true);
        stage.set(Stage::TakenOver);
    }
}

async fn run_field(stage: RwSignal<Stage>, language: Language, lock: Lock, lost: Rc<Cell<bool>>) {
    let practising = practice::is_on();
    let name = if practising { platform::idb::PRACTICE } else { platform::idb::OWN };
    let opened = async {
        let waits = move || stage.set(Stage::NoStorage(StoreError::Locked));
        let store = platform::idb::IdbStore::open(name, lost, Rc::new(waits)).await?;
        let network: Rc<dyn Transport> = match practising {
            true => Rc::new(platform::inert::Inert),
            false => Rc::new(platform::fetch::BrowserTransport),
        };
        open(Rc::new(store), network, language).await
    };
    let device = match opened.await {
        Ok(device) => device,
        Err(error) => {
            lock.release();
            // A build that can go on may be on its way.
            updating::register(None);
            stage.set(Stage::NoStorage(error));
            return;
        }
    };
    let app = App::new(device, language, practising);
    router::follow(app.route);
    stage.set(Stage::Running(app));
    hear_others(app, stage, lock);
    syncing::start(app);
    rare::look(app);
    updating::register(Some(app));
}

/// Another window asks for the lock, or has accepted a new version of the app.
fn hear_others(app: App, stage: RwSignal<Stage>, lock: Lock) {
    channel::listen(move |word| {
        let lock = lock.clone();
        spawn_local(async move {
            let stored = app.device().settle().await.is_ok();
            match word {
                channel::Word::Release if stored => {
                    lock.release();
                    stage.set(Stage::TakenOver);
                }
                // What is not on disk would be lost: the other window has to insist.
                channel::Word::Release => app.save(),
                channel::Word::Updating => platform::worker::reload_with_others(),
            }
        });
    });
}

async fn open(
    store: Rc<dyn Store>,
    transport: Rc<dyn Transport>,
    language: Language,
) -> Result<Device, StoreError> {
    let ports = Ports {
        store,
        transport,
        clock: Rc::new(platform::clock::BrowserClock),
        entropy: Rc::new(platform::entropy::BrowserEntropy),
    };
    let opened = Device::open(ports, platform::page::build()).await;
    let device = opened.map_err(|device::OpenError::Store(error)| error)?;
    device.set_language(language.code());
    Ok(device)
}
