//! Pages by address, over the browser's history.

pub use device::route::{Area, Route};

use crate::platform::page;
use leptos::prelude::*;
use std::cell::RefCell;

thread_local! {
    /// The addresses that lie behind this page, this one last. Knows only of this load of the app.
    static BEHIND: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The page that the address bar names.
pub fn current() -> Route {
    Route::parse(&page::address())
}

/// Follows the browser's back and forward.
pub fn follow(route: RwSignal<Route>) {
    BEHIND.set(vec![current().path()]);
    page::on_history(move || {
        let to = current();
        let path = to.path();
        BEHIND.with_borrow_mut(|behind| {
            // Back; otherwise it was forward.
            if behind.len() > 1 && behind[behind.len() - 2] == path {
                behind.pop();
            } else {
                behind.push(path);
            }
        });
        route.set(to);
    });
}

/// Goes to a page: a new entry of the history, or a new load when it belongs to another area.
pub fn go(route: RwSignal<Route>, to: Route) {
    let from = route.get_untracked();
    if from.area() != to.area() {
        page::load(&to.path());
        return;
    }
    if from != to {
        let path = to.path();
        if from.is_filling() && to.is_filling() {
            page::leave_button();
        }
        // Questions begin at their top whichever way they are come to.
        page::push(&path, !from.is_filling());
        BEHIND.with_borrow_mut(|behind| behind.push(path));
        route.set(to);
    }
}

/// Goes to the page above: back in the history when that is where it was come from.
pub fn up(route: RwSignal<Route>, to: Route) {
    let path = to.path();
    let came_from = BEHIND.with_borrow(|behind| {
        behind.len().checked_sub(2).and_then(|at| behind.get(at)) == Some(&path)
    });
    if came_from { page::back() } else { go(route, to) }
}

/// Changes the page without an entry in the history: for what must not be returned to.
pub fn replace(route: RwSignal<Route>, to: Route) {
    let path = to.path();
    page::replace(&path);
    BEHIND.with_borrow_mut(|behind| {
        behind.pop();
        behind.push(path);
    });
    route.set(to);
}
