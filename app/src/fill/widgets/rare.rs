//! What few questionnaires ask for: a chunk of its own, which a phone fetches once one of its questionnaires
//! does (see [`crate::shell::rare`]). `device::fill::rare` says which questions these are.

mod barcode;
mod bearing;
mod calendar;
mod document;
mod drag;
mod image_map;
mod map;
mod mask;
mod places;
mod range;
mod scale;
mod sound;

use super::Control;
use crate::i18n::{Key, t, tx};
use crate::ui::{Button, Icon, live};
use form::model::QuestionType;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::cell::Cell;

/// A widget out of the chunk.
type Widget = fn(Control) -> AnyView;

thread_local! {
    static HERE: Cell<Option<Widget>> = const { Cell::new(None) };
}

#[wasm_split(rare, fallible, wasm_split_path = ::leptos::wasm_split)]
fn chunk() -> Result<Widget, SplitLoaderError> {
    Ok(widget)
}

/// How far the chunk has come.
#[derive(Clone, Copy, PartialEq)]
enum Arrival {
    OnItsWay,
    Here,
    Missing,
}

/// Whether the chunk is here.
pub fn is_here() -> bool {
    HERE.get().is_some()
}

/// Fetches the chunk, unless it is here. Says whether it is now.
pub async fn fetch() -> bool {
    if HERE.get().is_none() {
        HERE.set(chunk().await.ok());
    }
    is_here()
}

/// The widget of a question, once the chunk is here.
pub fn view(control: Control) -> AnyView {
    if let Some(widget) = HERE.get() {
        return widget(control);
    }
    let arrival = RwSignal::new(Arrival::OnItsWay);
    load(arrival);
    live(move || match (arrival.get(), HERE.get()) {
        (Arrival::Here, Some(widget)) => {
            let control = control.clone();
            untrack(|| widget(control))
        }
        (Arrival::Missing, _) => missing(arrival),
        _ => view! { <p class="hint" role="status">{t(Key::ErrorChunkLoading)}</p> }.into_any(),
    })
}

fn load(arrival: RwSignal<Arrival>) {
    spawn_local(async move {
        let here = fetch().await;
        arrival.try_set(if here { Arrival::Here } else { Arrival::Missing });
    });
}

fn missing(arrival: RwSignal<Arrival>) -> AnyView {
    view! {
        <p class="note" role="alert">
            <Icon name="no-cloud" small=true />
            {t(Key::ErrorChunkFailed)}
        </p>
        <Button small=true label=tx(Key::ActionTryAgain) on_press=move |()| load(arrival) />
    }
    .into_any()
}

fn widget(control: Control) -> AnyView {
    match control.question {
        QuestionType::Audio => sound::view(control),
        QuestionType::Barcode => barcode::view(control),
        QuestionType::Date | QuestionType::DateTime => calendar::view(control),
        QuestionType::SelectOne | QuestionType::SelectMultiple => {
            match control.node.appears("map") {
                true => places::view(control),
                false => image_map::view(control),
            }
        }
        QuestionType::Range => range::view(control),
        QuestionType::Integer => range::counter(control),
        QuestionType::Decimal => bearing::view(control),
        QuestionType::Geotrace | QuestionType::Geoshape | QuestionType::Geopoint => {
            map::view(control)
        }
        QuestionType::Text => mask::view(control),
        _ => document::view(control),
    }
}
