//! Views and handlers without their own types. Every closure in a view makes the compiler write the
//! machinery of a reactive view, an erased view and an attribute once more, some kilobytes each; what
//! goes through here shares one copy. The phone downloads all of it.

use leptos::prelude::*;
use std::sync::{Arc, Mutex};

/// The handler of an event.
type Handler<E> = Box<dyn FnMut(E)>;

/// A part of the page that is drawn again when a signal that it reads changes.
pub fn live(draw: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let draw: Arc<Mutex<dyn FnMut() -> AnyView + Send>> = Arc::new(Mutex::new(draw));
    draw.into_any()
}

/// What happens on a click.
pub fn press(act: impl Fn() + 'static) -> Handler<leptos::ev::MouseEvent> {
    Box::new(move |_| act())
}
