//! Icons: symbols of `app/assets/icons/ui.svg`, which the build puts into the page. From a file of its own
//! the browser would load and parse them again for every icon drawn; a `<use>` would cost two more elements
//! for each, a third of a list's.

use crate::platform::page;
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    static KNOWN: RefCell<HashMap<&'static str, String>> = RefCell::default();
}

/// An icon, hidden from screen readers: the word beside it says the same.
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon icon--sm" } else { "icon" };
    let inside = KNOWN
        .with_borrow_mut(|known| known.entry(name).or_insert_with(|| page::symbol(name)).clone());
    view! { <svg class=class viewBox="0 0 24 24" aria-hidden="true" inner_html=inside></svg> }
}
