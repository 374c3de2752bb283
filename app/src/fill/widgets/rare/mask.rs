//! A text under a mask: what is typed is laid out while it is typed.

use super::super::Control;
use crate::platform::typing;
use crate::ui::effect;
use device::fill::options::{DONT_KNOW, REFUSED};
use form::mask::{self, Mask};
use leptos::prelude::*;
use std::sync::Arc;

/// A text question with a mask; a plain box where the mask cannot be read.
pub fn view(control: Control) -> AnyView {
    match mask::of(&control.node) {
        Some(mask) => masked(control, Arc::new(mask)),
        None => super::super::textbox::view(control),
    }
}

fn masked(control: Control, mask: Arc<Mask>) -> AnyView {
    let special = control.node.is_set("allow_dkref");
    let shown = move |value: String| match value.as_str() {
        DONT_KNOW | REFUSED if special => String::new(),
        _ => value,
    };
    let typed = RwSignal::new(shown(control.value_now()));
    {
        let (control, mask) = (control.clone(), mask.clone());
        effect(move || {
            let value = shown(control.value());
            if typed.with_untracked(|text| mask.finish(text) != value && *text != value) {
                typed.set(value);
            }
        });
    }
    let invalid = control.invalid();
    let (input, leave) = (control.clone(), control.clone());
    let (laying, beginning, ending) = (mask.clone(), mask.clone(), mask.clone());
    view! {
        <input
            class="field__box"
            id=control.input_id()
            type="text"
            inputmode=if mask.is_digits() { "numeric" } else { "text" }
            placeholder=mask.shape()
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby=control.described_by()
            aria-required=control.required()
            aria-invalid=move || invalid.get()
            prop:value=move || typed.get()
            on:focus=move |_| {
                if typed.with_untracked(String::is_empty) {
                    typed.set(beginning.format("", true));
                }
            }
            on:input=move |event| {
                let text = event_target_value(&event);
                let caret = typing::caret(&event, &text);
                let (laid, head) = typed.with_untracked(|before| laying.enter(before, &text, caret));
                if laid != text {
                    typing::write(&event, &laid, &head);
                }
                input.type_in(laying.finish(&laid));
                typed.set(laid);
            }
            on:blur=move |_| {
                typed.update(|text| *text = ending.finish(text));
                leave.leave();
            }
        />
    }
    .into_any()
}
