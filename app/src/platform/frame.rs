//! Work around the frame that shows what the person did.

use super::{page, timer};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;

/// How long work waits for a frame, milliseconds: a page that nobody sees has none.
const LATEST_MS: i32 = 250;

type Work = Box<dyn FnOnce()>;

thread_local! {
    static WAITING: RefCell<Vec<Work>> = const { RefCell::new(Vec::new()) };
    /// What the next frame begins with.
    static NEXT: RefCell<Vec<Work>> = const { RefCell::new(Vec::new()) };
    /// How often what waited was done.
    static TURN: Cell<u32> = const { Cell::new(0) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

/// Runs behind the next frame, in the order in which it was asked for: what the person waits for is drawn
/// first. It runs at once when the page is left or hidden before, so that nothing is lost.
pub fn behind(run: impl FnOnce() + 'static) {
    if !LISTENING.replace(true) {
        page::on_document("visibilitychange", catch_up);
        page::on_window("pagehide", catch_up);
    }
    let first = WAITING.with_borrow_mut(|waiting| {
        waiting.push(Box::new(run));
        waiting.len() == 1
    });
    if first {
        let turn = TURN.get();
        let mine = move || {
            if TURN.get() == turn {
                catch_up();
            }
        };
        next(move || timer::after(0, mine));
        timer::after(LATEST_MS, mine);
    }
}

/// Does what waits for a frame now.
fn catch_up() {
    TURN.set(TURN.get().wrapping_add(1));
    for run in WAITING.take() {
        run();
    }
}

/// Calls back when the next frame is about to be laid out and drawn. The browser is asked for it once: each
/// time costs a phone half a millisecond.
pub fn next(run: impl FnOnce() + 'static) {
    let first = NEXT.with_borrow_mut(|next| {
        next.push(Box::new(run));
        next.len() == 1
    });
    if !first {
        return;
    }
    let run = Closure::once_into_js(|| NEXT.take().into_iter().for_each(|run| run()));
    if let Some(window) = web_sys::window() {
        let _ = window.request_animation_frame(run.unchecked_ref());
    }
}
