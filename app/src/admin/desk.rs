//! The administration's pages by address, in the office's frame.

use leptos::prelude::*;

use super::{devices, forms, people};
use crate::office::{Desk, frame};
use crate::router::Route;

/// The administration.
pub fn admin() -> AnyView {
    let desk = Desk::new();
    let section = Memo::new(move |last: Option<&String>| match desk.app.route().get() {
        Route::Admin(rest) => {
            rest.split('?').next().unwrap_or_default().trim_matches('/').to_owned()
        }
        // The page is about to go: nothing changes any more.
        _ => last.cloned().unwrap_or_default(),
    });
    frame(desk, move || match section.get().as_str() {
        "devices" => devices::devices(desk),
        "forms" => forms::forms(desk),
        _ => people::people(desk),
    })
}
