//! A row of the settings: what it is, what stands at its end, what a tap does.

use crate::ui::{Icon, press};
use leptos::prelude::*;

/// A row with anything at its end.
pub fn row(label: AnyView, end: AnyView, act: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="setting" on:click=press(act)>
            {label}
            {end}
        </button>
    }
    .into_any()
}

/// A row that ends in an icon.
pub fn link(label: String, icon: &'static str, act: impl Fn() + 'static) -> AnyView {
    row(text(label, None), view! { <Icon name=icon /> }.into_any(), act)
}

/// A label, with a sentence under it.
pub fn text(label: String, hint: Option<String>) -> AnyView {
    view! {
        <span class="stack stack--tight">
            {label} {hint.map(|hint| view! { <span class="meta">{hint}</span> })}
        </span>
    }
    .into_any()
}
