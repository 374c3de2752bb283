//! Pages by address, over the browser's history.

pub use device::route::{Area, Route};

use crate::platform::{frame, page};
use leptos::prelude::*;
use std::cell::RefCell;

thread_local! {
    /// The addresses that lie behind this page, this one last. Knows only of this load of the app.
    static BEHIND: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// The address shown of which the history has no entry yet, and whether the one that is left remembers
    /// where it was scrolled to.
    static PENDING: RefCell<Option<(String, bool)>> = const { RefCell::new(None) };
}

/// The page that the address bar names.
pub fn current() -> Route {
    Route::parse(&page::address())
}

/// Follows the browser's back and forward.
pub fn follow(route: RwSignal<Route>) {
    BEHIND.set(vec![current().path()]);
    page::on_history(move || {
        // Back, before the entry was there: the history has gone past the page that was left. It is put there anew.
        if PENDING.take().is_some() {
            let left = BEHIND.with_borrow_mut(|behind| {
                behind.pop();
                behind.last().cloned()
            });
            if let Some(left) = left {
                route.set(Route::parse(&left));
                PENDING.set(Some((left, false)));
                return settle();
            }
        }
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
    settle();
    let from = route.get_untracked();
    if from.area() != to.area() {
        page::load(&to.path());
        return;
    }
    if from != to {
        if from.is_filling() && to.is_filling() {
            page::leave_button(".question");
        }
        // Questions begin at their top whichever way they are come to.
        enter(route, to, !from.is_filling());
        settle();
    }
}

/// Goes to another question. Its entry of the history is made behind the frame that shows it: that costs a
/// phone five milliseconds.
pub fn show(route: RwSignal<Route>, to: Route) {
    settle();
    enter(route, to, false);
    frame::behind(settle);
}

fn enter(route: RwSignal<Route>, to: Route, kept: bool) {
    let path = to.path();
    BEHIND.with_borrow_mut(|behind| behind.push(path.clone()));
    PENDING.set(Some((path, kept)));
    route.set(to);
}

/// Makes the entry of the history that is still to be made.
pub fn settle() {
    if let Some((path, kept)) = PENDING.take() {
        page::push(&path, kept);
    }
}

/// Goes to the page above: back in the history when that is where it was come from.
pub fn up(route: RwSignal<Route>, to: Route) {
    settle();
    let path = to.path();
    let came_from = BEHIND.with_borrow(|behind| {
        behind.len().checked_sub(2).and_then(|at| behind.get(at)) == Some(&path)
    });
    if came_from { page::back() } else { go(route, to) }
}

/// Changes the page without an entry in the history: for what must not be returned to.
pub fn replace(route: RwSignal<Route>, to: Route) {
    settle();
    let path = to.path();
    page::replace(&path);
    BEHIND.with_borrow_mut(|behind| {
        behind.pop();
        behind.push(path);
    });
    route.set(to);
}
