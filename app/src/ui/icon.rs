//! Icons: symbols of `/icons/ui.svg`.

use leptos::prelude::*;

/// An icon, hidden from screen readers: the word beside it says the same.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon icon--sm" } else { "icon" };
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons/ui.svg#{name}")></use>
        </svg>
    }
}
