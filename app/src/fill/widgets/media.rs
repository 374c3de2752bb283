//! Questions answered with camera, microphone, pen and map, and those that few forms have: a chunk of its own,
//! which the service worker keeps with the app, so that they open without a network too.

mod barcode;
mod calendar;
mod document;
mod holder;
mod image_map;
mod map;
mod pen;
mod photo;
mod places;
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

#[wasm_split(media, fallible, wasm_split_path = ::leptos::wasm_split)]
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

/// The widget of a question, once its chunk is here.
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
        let widget = chunk().await.ok();
        if widget.is_some() {
            HERE.set(widget);
        }
        arrival.try_set(if widget.is_some() { Arrival::Here } else { Arrival::Missing });
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
    let appears = |word: &str| control.node.appears(word);
    match control.question {
        QuestionType::Image if appears("signature") => pen::view(control, pen::Purpose::Sign),
        QuestionType::Image if appears("draw") => pen::view(control, pen::Purpose::Draw),
        QuestionType::Image => photo::view(control),
        QuestionType::Audio => sound::view(control),
        QuestionType::Barcode => barcode::view(control),
        QuestionType::Date | QuestionType::DateTime => calendar::view(control),
        QuestionType::SelectOne | QuestionType::SelectMultiple => match appears("map") {
            true => places::view(control),
            false => image_map::view(control),
        },
        QuestionType::Range => scale::view(control),
        QuestionType::Geotrace | QuestionType::Geoshape | QuestionType::Geopoint => {
            map::view(control)
        }
        _ => document::view(control),
    }
}
