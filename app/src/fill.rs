//! Filling in a record: questions, check, finish, two answers, what the office returned.

mod audit;
mod bars;
mod check;
mod decided;
mod desk;
mod finished;
mod fold;
mod gate;
mod jump;
mod message;
mod page;
mod question;
mod returned;
mod roster;
mod say;
mod seam;
mod shown;
mod strip;
mod text;
mod two_answers;
mod versions;
mod widgets;

pub use say::leaving;
pub use widgets::rare;

use crate::i18n::{Key, t};
use crate::platform::timer;
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::{Button, EmptyState, effect, live, memo};
use desk::Desk;
use device::DraftError;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RecordId;

/// The questions of a record. The page follows the address from question to question by itself.
pub fn fill_page(record: RecordId) -> AnyView {
    opened(record, move |desk| {
        decided::before(desk, move || versions::before(desk, move || page::view(desk)))
    })
}

/// What is still to fix.
pub fn check_page(record: RecordId) -> AnyView {
    opened(record, move |desk| {
        decided::before(desk, move || {
            // A photo that is being made smaller is an answer in a moment.
            let ready = memo(move || !desk.is_keeping());
            live(move || if ready.get() { check::view(desk) } else { waiting() })
        })
    })
}

/// The receipt of a finished record.
pub fn finished_page(record: RecordId) -> AnyView {
    opened(record, finished::view)
}

/// The fields with two answers.
pub fn two_answers_page(record: RecordId) -> AnyView {
    opened(record, two_answers::view)
}

/// What the office wants corrected.
pub fn returned_page(record: RecordId) -> AnyView {
    opened(record, returned::view)
}

/// Draws a page over an open record, opening it first when need be. When the worker goes to a page
/// that is not about filling in this record, the record is closed.
fn opened(record: RecordId, draw: impl Fn(Desk) -> AnyView + Send + 'static) -> AnyView {
    let app = use_app();
    on_cleanup(move || {
        timer::after(0, move || {
            if !is_of(&app.route().get_untracked(), record) {
                Desk { app, record }.close();
            }
        });
    });
    if let Some(desk) = Desk::here(app, record) {
        return draw(desk);
    }
    let opened: RwSignal<Option<Result<Desk, Key>>> = RwSignal::new(None);
    let busy = StoredValue::new(false);
    // The record or its questionnaire may still arrive: what was missing is looked for again then.
    effect(move || {
        app.lists().track();
        let missing = opened.with_untracked(|last| match last {
            Some(Err(key)) => *key != Key::FillDamaged,
            last => last.is_none(),
        });
        if missing && !busy.get_value() {
            busy.set_value(true);
            open(app, record, opened, busy);
        }
    });
    live(move || match opened.get() {
        None => waiting(),
        Some(Ok(desk)) => draw(desk),
        Some(Err(key)) => failed(key),
    })
}

fn waiting() -> AnyView {
    view! { <main class="page" id="content" aria-busy="true"></main> }.into_any()
}

fn open(
    app: App,
    record: RecordId,
    opened: RwSignal<Option<Result<Desk, Key>>>,
    busy: StoredValue<bool>,
) {
    spawn_local(async move {
        let outcome = Desk::open(app, record).await.map_err(|error| reason(&error));
        busy.try_set_value(false);
        let again = outcome.as_ref().err().copied();
        let same = |last: &Option<Result<Desk, Key>>| {
            again.is_some() && last.as_ref().and_then(|last| last.as_ref().err().copied()) == again
        };
        if opened.try_with_untracked(same) == Some(true) {
            return;
        }
        if opened.try_set(Some(outcome)).is_some() && !is_of(&app.route().get_untracked(), record) {
            Desk { app, record }.close();
        }
    });
}

fn is_of(route: &Route, record: RecordId) -> bool {
    match route {
        Route::Fill(id, _)
        | Route::Check(id)
        | Route::Finished(id)
        | Route::TwoAnswers(id)
        | Route::Returned(id) => *id == record,
        _ => false,
    }
}

fn reason(error: &DraftError) -> Key {
    match error {
        DraftError::NotHere => Key::HouseholdNotFound,
        DraftError::NoForm => Key::FillNoForm,
        DraftError::Store(_) | DraftError::Document(_) => Key::FillDamaged,
    }
}

fn failed(key: Key) -> AnyView {
    let app = use_app();
    let arriving = move || key != Key::FillDamaged && app.is_arriving();
    let text = move || t(if arriving() { Key::HouseholdArriving } else { key });
    view! {
        <main class="page" id="content">
            <EmptyState icon="error" title=Signal::derive(text)>
                <Button label=t(Key::ActionBack) on_press=move |()| app.back() />
            </EmptyState>
        </main>
    }
    .into_any()
}
