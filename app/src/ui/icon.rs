//! Icons: symbols of `app/assets/icons/ui.svg`, which the build puts into the page. From a file of its own
//! the browser would load and parse them again for every icon drawn.

use leptos::prelude::*;

/// An icon, hidden from screen readers: the word beside it says the same.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon icon--sm" } else { "icon" };
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("#i-{name}")></use>
        </svg>
    }
}
