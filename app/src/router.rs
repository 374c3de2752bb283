//! Pages by address, over the browser's history.

pub use device::route::{Area, Route};

use crate::platform;
use leptos::prelude::*;

/// The page that the address bar names.
pub fn current() -> Route {
    Route::parse(&platform::page::address())
}

/// Follows the browser's back and forward.
pub fn follow(route: RwSignal<Route>) {
    platform::page::on_history(move || route.set(current()));
}

/// Goes to a page: a new entry of the history, or a new load when it belongs to another area.
pub fn go(route: RwSignal<Route>, to: Route) {
    let from = route.get_untracked();
    if from.area() != to.area() {
        platform::page::load(&to.path());
        return;
    }
    if from != to {
        platform::page::push(&to.path());
        route.set(to);
    }
}

/// Changes the page without an entry in the history: for what must not be returned to.
pub fn replace(route: RwSignal<Route>, to: Route) {
    platform::page::replace(&to.path());
    route.set(to);
}
