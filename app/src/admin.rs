//! The administration and the set-up page: a chunk of its own, fetched when it is opened.

mod codes;
mod desk;
mod devices;
mod forms;
mod people;
mod person_form;
mod problems;
mod setup;
mod staff;
mod upload;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::office::{Page, gate};

/// What the chunk brings.
struct Pages {
    admin: Page,
    setup: Page,
}

/// A page of the administration; the address says which.
pub fn admin_page(_rest: String) -> AnyView {
    gate(|| Box::pin(async { chunk().await.ok().map(|pages| pages.admin) }))
}

/// Setting up the first administrator, or a colleague's password, by a one-time link.
pub fn setup_page(_rest: String) -> AnyView {
    gate(|| Box::pin(async { chunk().await.ok().map(|pages| pages.setup) }))
}

#[wasm_split(admin, fallible, wasm_split_path = ::leptos::wasm_split)]
fn chunk() -> Result<Pages, SplitLoaderError> {
    Ok(Pages { admin: desk::admin, setup: setup::setup })
}
