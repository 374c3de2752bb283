//! The way from an empty page to the app.

use super::{App, outlet, syncing};
use crate::i18n::{self, Language};
use crate::platform;
use crate::router::{self, Area};
use device::Device;
use device::device::Ports;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;

/// Starts the app.
pub fn start() {
    // Leptos' executor, which `mount` would set up only later.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    spawn_local(async {
        let remembered = platform::page::setting("language");
        let language =
            remembered.and_then(|code| Language::from_code(&code)).unwrap_or(Language::Ka);
        if !i18n::load(language).await {
            i18n::load(Language::Ka).await;
        }
        let ports = match router::current().area() {
            Area::Field => Ports {
                store: Rc::new(platform::inert::Inert),
                transport: Rc::new(platform::fetch::BrowserTransport),
                clock: Rc::new(platform::clock::BrowserClock),
                entropy: Rc::new(platform::entropy::BrowserEntropy),
            },
            Area::Office => inert(),
        };
        match Device::open(ports, platform::page::build()).await {
            Ok(device) => run(device, language),
            Err(_) => {}
        }
    });
}

fn run(device: Device, language: Language) {
    device.set_language(language.code());
    mount_to_body(move || {
        let app = App::new(device, language);
        provide_context(app);
        router::follow(app.route);
        syncing::start(app);
        outlet::view(app)
    });
}

fn inert() -> Ports {
    Ports {
        store: Rc::new(platform::inert::Inert),
        transport: Rc::new(platform::inert::Inert),
        clock: Rc::new(platform::clock::BrowserClock),
        entropy: Rc::new(platform::entropy::BrowserEntropy),
    }
}
