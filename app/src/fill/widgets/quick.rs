//! The appearance `quick`: where a question has the screen for itself, the next one comes a moment after a
//! finger or the mouse has chosen. The arrows of a keyboard choose on their way: they wait for "Continue".

use super::Control;
use crate::fill::page;
use crate::platform::{pointer, timer};
use device::fill::screens::{self, Mode};
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// How long the chosen option is seen, milliseconds.
const SEEN_MS: i32 = 600;

/// What the options do on a click.
pub fn watch(control: &Control) -> Box<dyn FnMut(MouseEvent)> {
    if !control.node.appears("quick") {
        return Box::new(|_| {});
    }
    let control = StoredValue::new(control.clone());
    let clicks = StoredValue::new(0_u32);
    Box::new(move |event| {
        if !pointer::was_used(&event) {
            return;
        }
        clicks.update_value(|clicks| *clicks += 1);
        let (click, before) = (clicks.get_value(), control.with_value(Control::value_now));
        timer::after(SEEN_MS, move || {
            // The page may be gone by now, or another option chosen meanwhile.
            if clicks.try_get_value() == Some(click) {
                control.with_value(|control| go_on(control, &before));
            }
        });
    })
}

fn go_on(control: &Control, before: &str) {
    let (desk, at) = (control.desk, &control.at);
    let state = desk.session(|session| session.state(at));
    if state.value.is_empty() || state.value == before || state.violation.is_some() {
        return;
    }
    if untrack(|| desk.mode()) != Mode::OneByOne {
        return;
    }
    let alone = desk.session(|session| {
        let scope = screens::scope_of(session.form(), at);
        let screens = screens::screens(session, &scope, Mode::OneByOne);
        screens.iter().any(|screen| screen.questions().eq([at]))
    });
    if alone {
        desk.commit();
        page::skip(desk, at);
    }
}
