//! The phone's compass, by its orientation.

use super::timer;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How long to wait for a reading, milliseconds.
const WAIT_MS: i32 = 5_000;
/// Chromium tells the direction from north with the first, Safari with a property of the second.
const EVENTS: [&str; 2] = ["deviceorientationabsolute", "deviceorientation"];

fn read(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Degrees from north, clockwise, of the upper edge of the phone.
fn heading(event: &JsValue) -> Option<f64> {
    let from_north = || {
        let turned = read(event, "alpha").as_f64()?;
        (read(event, "absolute") == JsValue::TRUE).then(|| (360.0 - turned) % 360.0)
    };
    read(event, "webkitCompassHeading").as_f64().or_else(from_north)
}

/// Where the phone points, once; `None` without a compass, or when it is not allowed. Begin it with a tap:
/// Safari asks the person then.
pub async fn take() -> Option<f64> {
    let window = web_sys::window()?;
    let kind = read(&window, "DeviceOrientationEvent");
    if let Ok(ask) = read(&kind, "requestPermission").dyn_into::<js_sys::Function>() {
        let asked = ask.call0(&kind).ok()?.dyn_into::<js_sys::Promise>().ok()?;
        if JsFuture::from(asked).await.ok()?.as_string()? != "granted" {
            return None;
        }
    }
    let found = Rc::new(RefCell::new(None));
    let mut listener = None;
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let (found, done) = (found.clone(), resolve.clone());
        let hear = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            if let Some(degrees) = heading(&event) {
                *found.borrow_mut() = Some(degrees);
                let _ = done.call0(&JsValue::NULL);
            }
        });
        for event in EVENTS {
            let _ = window.add_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
        }
        listener = Some(hear);
        timer::after(WAIT_MS, move || {
            let _ = resolve.call0(&JsValue::NULL);
        });
    });
    let _ = JsFuture::from(promise).await;
    if let Some(hear) = listener {
        for event in EVENTS {
            let _ =
                window.remove_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
        }
    }
    *found.borrow()
}
