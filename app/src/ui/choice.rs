//! Rows to choose from.

use leptos::prelude::*;

/// One of several, or several of many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Radio,
    Checkbox,
}

/// An option: the whole row can be tapped.
#[component]
pub fn ChoiceRow(
    mark: Mark,
    /// The group's name, equal for all options of a question.
    #[prop(into)]
    name: String,
    #[prop(into)] label: Signal<String>,
    #[prop(into)] checked: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
    #[prop(optional)] exclusive: bool,
    /// A picture above the words.
    #[prop(optional_no_strip)]
    picture: Option<AnyView>,
) -> impl IntoView {
    let kind = if mark == Mark::Radio { "radio" } else { "checkbox" };
    view! {
        <label class="choice" class:choice--exclusive=exclusive>
            <input
                class="choice__mark"
                type=kind
                name=name
                prop:checked=move || checked.get()
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span class="choice__text">{picture} {label}</span>
        </label>
    }
}
