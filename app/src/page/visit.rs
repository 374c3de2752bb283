//! Starting a visit: with a family of the list, or with one that is new.

use crate::i18n::{Key, t, tx};
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::{Button, Icon, Sheet};
use device::DraftError;
use device::device::Subject;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RecordId;
use std::cell::Cell;

thread_local! {
    static BEGINNING: Cell<bool> = const { Cell::new(false) };
}

/// The button, and the sheet that asks which family. From the list of families there is only a new one
/// to start.
pub fn button(from_list: bool) -> AnyView {
    let app = use_app();
    let open = RwSignal::new(false);
    view! {
        <Button
            wide=true
            icon="plus"
            label=tx(Key::TodayStartVisit)
            on_press=move |()| if from_list { begin_household(app) } else { open.set(true) }
        />
        <Sheet open=open title=tx(Key::TodayKnownOrNew)>
            <div class="stack">
                <button
                    type="button"
                    class="menu__item"
                    on:click=move |_| {
                        open.set(false);
                        app.go(Route::Families);
                    }
                >
                    <Icon name="people" />
                    {t(Key::TodayKnownFamily)}
                </button>
                <button
                    type="button"
                    class="menu__item"
                    on:click=move |_| {
                        open.set(false);
                        begin_household(app);
                    }
                >
                    <Icon name="plus" />
                    {t(Key::TodayNewFamily)}
                </button>
            </div>
        </Sheet>
    }
    .into_any()
}

/// Begins a household and opens its questions.
pub fn begin_household(app: App) {
    begin(app, "household", Subject::Own);
}

/// Begins the survey of a child and opens its questions.
pub fn begin_child(app: App, household: RecordId, member: String) {
    begin(app, "child", Subject::Child { household, member });
}

/// Begins a record of a form that stands for itself.
pub fn begin_form(app: App, form_id: String) {
    once(app, form_id, Subject::Own);
}

fn begin(app: App, kind: &'static str, subject: Subject) {
    match app.device().form_about(kind) {
        Some(info) => once(app, info.form.form_id.clone(), subject),
        None => app.toast(t(Key::ErrorFormMissing), None),
    }
}

/// Begins a record, unless one is being begun: a second tap means the same visit.
fn once(app: App, form_id: String, subject: Subject) {
    if BEGINNING.replace(true) {
        return;
    }
    spawn_local(async move {
        let begun = app.device().begin(&form_id, &subject).await;
        BEGINNING.set(false);
        go_to(app, begun);
    });
}

/// Opens the questions of a record that was just begun.
fn go_to(app: App, begun: Result<RecordId, DraftError>) {
    match begun {
        Ok(record) => {
            app.ask_to_keep();
            app.bump();
            app.go(Route::Fill(record, None));
        }
        Err(DraftError::NoForm) => app.toast(t(Key::ErrorFormMissing), None),
        // The banner says what happened and offers another try.
        Err(_) => app.save(),
    }
}
