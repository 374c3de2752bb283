//! A box to tick: "read and understood".

use super::Control;
use crate::i18n::{Key, tx};
use crate::ui::{ChoiceRow, Mark};
use leptos::prelude::*;

/// An acknowledgement; its answer is `OK`.
pub fn view(control: Control) -> AnyView {
    let name = control.input_id();
    let reading = control.clone();
    view! {
        <ChoiceRow
            mark=Mark::Checkbox
            name=name
            label=tx(Key::ActionOk)
            checked=Signal::derive(move || reading.value() == "OK")
            on_change=move |on: bool| control.set(if on { "OK" } else { "" })
        />
    }
    .into_any()
}
