//! Views and handlers without their own types. Every closure in a view makes the compiler write the
//! machinery of a reactive view, an erased view and an attribute once more, some kilobytes each; what
//! goes through here shares one copy. The phone downloads all of it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::Cell;
use std::rc::Rc;
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

/// What is done whenever a signal that it reads changes.
pub fn effect(act: impl Fn() + 'static) {
    let act: Box<dyn Fn()> = Box::new(act);
    Effect::new(act);
}

/// A value that follows signals and tells of it only when it is another.
pub fn memo<T: PartialEq + Send + Sync + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    let read: Box<dyn Fn() -> T + Send + Sync> = Box::new(read);
    Memo::new(move |_| read())
}

/// What a future brings; anew whenever a signal changes that is read before it begins.
pub fn brought<T, F>(begin: impl Fn() -> F + 'static) -> RwSignal<Option<T>>
where
    T: Send + Sync + 'static,
    F: Future<Output = T> + 'static,
{
    let found = RwSignal::new(None);
    let turns = Rc::new(Cell::new(0_u32));
    effect(move || {
        let future = begin();
        let (turns, turn) = (turns.clone(), turns.get() + 1);
        turns.set(turn);
        spawn_local(async move {
            let value = future.await;
            // One that began later knows more; and the page may be gone.
            if turns.get() == turn {
                found.try_set(Some(value));
            }
        });
    });
    found
}

/// A line of a list: what tells it from the others, and how it is drawn.
struct Line {
    key: String,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Something for each of `items`, followed. What has the same key stays as it was drawn.
pub fn each<T: Send + 'static>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    key: impl Fn(&T) -> String + Send + 'static,
    draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let draw: Arc<dyn Fn(T) -> AnyView + Send + Sync> = Arc::new(draw);
    lines(Box::new(move || {
        let line = |item: T| {
            let (key, draw) = (key(&item), draw.clone());
            Line { key, draw: Box::new(move || draw(item)) }
        };
        items().into_iter().map(line).collect()
    }))
}

fn lines(lines: Box<dyn Fn() -> Vec<Line> + Send>) -> AnyView {
    let key: fn(&Line) -> String = |line| line.key.clone();
    let draw: fn(Line) -> AnyView = |line| (line.draw)();
    view! { <For each=lines key=key children=draw /> }.into_any()
}
