//! The button that takes a picture or a file.

use super::holder::Holder;
use crate::ui::Icon;
use leptos::prelude::*;

/// A button that opens the browser's own chooser. The field inside has the focus.
pub fn chooser(
    holder: Holder,
    icon: &'static str,
    label: Signal<String>,
    accept: &'static str,
    capture: Option<&'static str>,
    chosen: impl Fn(leptos::ev::Event) + 'static,
) -> AnyView {
    let chosen: Box<dyn FnMut(leptos::ev::Event)> = Box::new(chosen);
    let refuse = move |event: leptos::ev::MouseEvent| {
        if holder.lacks_room() {
            event.prevent_default();
        }
    };
    view! {
        <label class="button button--secondary button--wide media__choose">
            <input
                class="visually-hidden"
                type="file"
                accept=accept
                capture=capture
                on:click=refuse
                on:change=chosen
            />
            <Icon name=icon />
            <span class="button__label">{move || label.get()}</span>
        </label>
    }
    .into_any()
}
