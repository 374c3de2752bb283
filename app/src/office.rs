//! The office: a chunk of its own, fetched when it is opened.
//!
//! This file is the thin part that every phone downloads: it fetches the chunk and its style sheet,
//! says so, and offers to try again when they do not arrive.

mod access;
pub(crate) mod api;
mod asking;
mod desk;
mod events;
mod frame;
mod held;
mod inbox;
pub(crate) mod model;
mod notes;
pub(crate) mod parts;
mod query;
mod record;
mod sign_in;
pub(crate) mod texts;

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::i18n::{self, Key, t, tx};
use crate::platform::{office_dom, page};
use crate::ui::{Button, Icon};

pub(crate) use desk::Desk;
pub(crate) use frame::frame;
pub(crate) use held::{Rowless, rowless};
pub(crate) use parts::{Failure, Loading, Submit, TextArea};

/// A page out of a chunk.
pub(crate) type Page = fn() -> AnyView;
/// A page that is on its way; `None` when it did not arrive.
pub(crate) type Coming = Pin<Box<dyn Future<Output = Option<Page>>>>;

/// A page of the office; the address says which.
pub fn office_page(_rest: String) -> AnyView {
    gate(|| Box::pin(async { chunk().await.ok() }))
}

#[wasm_split(office, fallible, wasm_split_path = ::leptos::wasm_split)]
fn chunk() -> Result<Page, SplitLoaderError> {
    Ok(desk::office)
}

/// How far the page has come.
#[derive(Clone, Copy)]
enum Arrival {
    OnItsWay,
    Here(Page),
    Missing,
}

/// Fetches a page's chunk and the office's style sheet, and shows the page or what went wrong.
pub(crate) fn gate(fetch: fn() -> Coming) -> AnyView {
    page::set_root("data-area", Some("office"));
    on_cleanup(|| {
        page::set_root("data-area", None);
        i18n::leave_office();
    });
    let arrival = RwSignal::new(Arrival::OnItsWay);
    load(fetch, arrival);
    view! {
        {move || match arrival.get() {
            Arrival::OnItsWay => waiting(),
            Arrival::Here(page) => untrack(page),
            Arrival::Missing => failed(Callback::new(move |()| load(fetch, arrival))),
        }}
    }
    .into_any()
}

fn load(fetch: fn() -> Coming, arrival: RwSignal<Arrival>) {
    arrival.set(Arrival::OnItsWay);
    spawn_local(async move {
        let ready = office_dom::load_office_styles().await && i18n::enter_office().await;
        let page = if ready { fetch().await } else { None };
        // The person may have left meanwhile.
        let _ = arrival.try_set(page.map_or(Arrival::Missing, Arrival::Here));
    });
}

fn waiting() -> AnyView {
    view! {
        <main class="page" id="content">
            <p role="status">{t(Key::ErrorChunkLoading)}</p>
        </main>
    }
    .into_any()
}

fn failed(again: Callback<()>) -> AnyView {
    view! {
        <main class="page" id="content">
            <div class="empty">
                <Icon name="no-cloud" />
                <p class="empty__title" role="alert">
                    {t(Key::ErrorChunkFailed)}
                </p>
                <Button label=tx(Key::ActionTryAgain) on_press=again />
                <a href="/">{t(Key::OfficeToField)}</a>
            </div>
        </main>
    }
    .into_any()
}
