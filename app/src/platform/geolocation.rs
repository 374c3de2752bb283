//! The phone's receiver.

use form::expr::number::fixed;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Position, PositionError, PositionOptions};

/// How long to wait for a place, milliseconds.
const WAIT_MS: u32 = 20_000;

/// A place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the ellipsoid; 0 when unknown.
    pub altitude: f64,
    /// Metres within which the place lies with 95 % probability.
    pub accuracy: f64,
}

impl Fix {
    /// Reads "latitude longitude altitude accuracy".
    pub fn read(value: &str) -> Option<Self> {
        let mut numbers = value.split_whitespace().map(form::expr::number::parse);
        let (latitude, longitude) = (numbers.next()??, numbers.next()??);
        let mut rest = numbers.map(|number| number.unwrap_or(0.0));
        let altitude = rest.next().unwrap_or(0.0);
        Some(Self { latitude, longitude, altitude, accuracy: rest.next().unwrap_or(0.0) })
    }

    /// The XForms form of it.
    pub fn lexical(self) -> String {
        let Self { latitude, longitude, altitude, accuracy } = self;
        let parts = [(latitude, 7), (longitude, 7), (altitude, 1), (accuracy, 1)];
        parts.map(|(number, decimals)| fixed(number, decimals)).join(" ")
    }
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The person or the phone does not allow it.
    Refused,
    /// There is no receiver, or it found nothing in time.
    Unavailable,
}

/// Takes the place once.
pub async fn take() -> Result<Fix, Trouble> {
    let receiver = web_sys::window().and_then(|window| window.navigator().geolocation().ok());
    let receiver = receiver.ok_or(Trouble::Unavailable)?;
    let outcome = Rc::new(RefCell::new(Err(Trouble::Unavailable)));
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let (found, failed) = (outcome.clone(), outcome.clone());
        let (done, stopped) = (resolve.clone(), resolve.clone());
        let on_fix = Closure::once_into_js(move |position: Position| {
            *found.borrow_mut() = Ok(fix(&position));
            let _ = done.call0(&JsValue::NULL);
        });
        let on_error = Closure::once_into_js(move |error: PositionError| {
            if error.code() == PositionError::PERMISSION_DENIED {
                *failed.borrow_mut() = Err(Trouble::Refused);
            }
            let _ = stopped.call0(&JsValue::NULL);
        });
        let options = PositionOptions::new();
        options.set_enable_high_accuracy(true);
        options.set_timeout(WAIT_MS);
        let begun = receiver.get_current_position_with_error_callback_and_options(
            on_fix.unchecked_ref(),
            Some(on_error.unchecked_ref()),
            &options,
        );
        if begun.is_err() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = JsFuture::from(promise).await;
    let outcome = outcome.borrow();
    *outcome
}

/// Follows the phone until it is dropped.
pub struct Watch {
    id: i32,
    _found: Closure<dyn FnMut(Position)>,
    _failed: Closure<dyn FnMut(PositionError)>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let receiver = web_sys::window().and_then(|window| window.navigator().geolocation().ok());
        if let Some(receiver) = receiver {
            receiver.clear_watch(self.id);
        }
    }
}

/// Tells each place that the phone finds; that it is not allowed is told once, other trouble passes.
pub fn watch(exact: bool, tell: impl Fn(Result<Fix, Trouble>) + Clone + 'static) -> Option<Watch> {
    let receiver = web_sys::window()?.navigator().geolocation().ok()?;
    let refuse = tell.clone();
    let found =
        Closure::<dyn FnMut(Position)>::new(move |position: Position| tell(Ok(fix(&position))));
    let failed = Closure::<dyn FnMut(PositionError)>::new(move |error: PositionError| {
        if error.code() == PositionError::PERMISSION_DENIED {
            refuse(Err(Trouble::Refused));
        }
    });
    let options = PositionOptions::new();
    options.set_enable_high_accuracy(exact);
    let id = receiver.watch_position_with_error_callback_and_options(
        found.as_ref().unchecked_ref(),
        Some(failed.as_ref().unchecked_ref()),
        &options,
    );
    Some(Watch { id: id.ok()?, _found: found, _failed: failed })
}

fn fix(position: &Position) -> Fix {
    let of = position.coords();
    Fix {
        latitude: of.latitude(),
        longitude: of.longitude(),
        altitude: of.altitude().unwrap_or(0.0),
        accuracy: of.accuracy(),
    }
}
