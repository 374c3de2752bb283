//! Starting a visit: with a family of the list, with one that is new, or without one.

use super::{household, row};
use crate::i18n::{Key, t, tx};
use crate::router::Route;
use crate::shell::rare;
use crate::shell::{App, use_app};
use crate::ui::{Button, Icon, Sheet, live, press};
use device::device::Subject;
use device::fill::screens::begins_for_worker;
use device::{DraftError, FormInfo};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RecordId;
use shared::record::SubjectKind;
use std::cell::Cell;

thread_local! {
    static BEGINNING: Cell<bool> = const { Cell::new(false) };
}

/// Several questionnaires of which one is meant.
#[derive(Clone, Default)]
pub struct Choosing {
    /// Form id and title.
    forms: Vec<(String, String)>,
    subject: Option<Subject>,
}

/// The button, and the sheet that asks which family, or which questionnaire where there is none for
/// families. From the list of families there is only a new one to start.
pub fn button(from_list: bool) -> AnyView {
    let app = use_app();
    let open = RwSignal::new(false);
    let families = move || !app.device().forms_about(SubjectKind::Household).is_empty();
    let title = Signal::derive(move || {
        app.lists().track();
        t(if families() { Key::TodayKnownOrNew } else { Key::VisitWhichForm })
    });
    let press = move |()| match from_list && families() {
        true => begin_household(app),
        false => open.set(true),
    };
    view! {
        <Button wide=true icon="plus" label=tx(Key::TodayStartVisit) on_press=press />
        <Sheet open=open title=title>
            {live(move || sheet(app, open, families()))}
        </Sheet>
    }
    .into_any()
}

/// What can be begun: with a family, and without one.
fn sheet(app: App, open: RwSignal<bool>, families: bool) -> AnyView {
    let with_family = move || {
        let known = move || app.go(Route::Families);
        view! {
            {item(open, "people", t(Key::TodayKnownFamily), known)}
            {item(open, "plus", t(Key::TodayNewFamily), move || begin_household(app))}
        }
    };
    let alone = app.device().forms_alone();
    // What is for the worker alone is not even named beside the family.
    let (hidden, other): (Vec<_>, Vec<_>) =
        alone.into_iter().partition(|info| begins_for_worker(&info.form));
    let form = move |info: FormInfo| {
        let (title, id) = (row::form_title(app, &info.form), info.form.form_id.clone());
        item(open, "list", title, move || begin_form(app, id.clone()))
    };
    let gate = (!hidden.is_empty()).then(|| household::audience(app));
    let others = families && !(other.is_empty() && hidden.is_empty());
    let hidden = if app.is_alone() { hidden } else { Vec::new() };
    view! {
        <div class="stack">
            {families.then(with_family)}
            {others.then(|| view! { <h3 class="t-md">{t(Key::VisitWithoutFamily)}</h3> })}
            {other.into_iter().map(form).collect_view()}
            {gate}
            {hidden.into_iter().map(form).collect_view()}
        </div>
    }
    .into_any()
}

fn item(
    open: RwSignal<bool>,
    icon: &'static str,
    text: String,
    act: impl Fn() + 'static,
) -> AnyView {
    let act = press(move || {
        open.set(false);
        act();
    });
    view! {
        <button type="button" class="menu__item" on:click=act>
            <Icon name=icon />
            {text}
        </button>
    }
    .into_any()
}

/// Asks which of several questionnaires is meant, over whatever page is shown.
pub fn chooser(app: App) -> AnyView {
    let open = RwSignal::new(false);
    Effect::new(move || {
        if app.choosing().with(|asked| !asked.forms.is_empty()) {
            open.set(true);
        }
    });
    let list = move || {
        let Choosing { forms, subject } = app.choosing().get();
        let rows = forms.into_iter().filter_map(|(id, title)| {
            let subject = subject.clone()?;
            Some(item(open, "list", title, move || once(app, id.clone(), subject.clone())))
        });
        view! { <div class="stack">{rows.collect_view()}</div> }.into_any()
    };
    view! { <Sheet open=open title=tx(Key::VisitWhichForm)>{live(list)}</Sheet> }.into_any()
}

/// Begins a household and opens its questions.
pub fn begin_household(app: App) {
    begin(app, app.device().forms_about(SubjectKind::Household), Subject::Own);
}

/// Begins a survey of a child and opens its questions.
pub fn begin_child(app: App, household: RecordId, member: String) {
    let forms = left_for(app, household, &member);
    begin(app, forms, Subject::Child { household, member });
}

/// The questionnaires about children that were not begun for this one.
pub fn left_for(app: App, household: RecordId, member: &str) -> Vec<FormInfo> {
    let begun = app.device().children_of(household);
    let mut forms = app.device().forms_about(SubjectKind::Child);
    forms.retain(|info| {
        let id = &info.form.form_id;
        !begun.iter().any(|row| row.member == member && row.form_id == *id)
    });
    forms
}

/// Begins a record of a form that stands for itself.
pub fn begin_form(app: App, form_id: String) {
    once(app, form_id, Subject::Own);
}

/// Begins a record of a form that follows a household up.
pub fn begin_visit(app: App, form_id: String, household: RecordId) {
    once(app, form_id, Subject::Child { household, member: String::new() });
}

fn begin(app: App, forms: Vec<FormInfo>, subject: Subject) {
    match forms.as_slice() {
        [] => app.toast(t(Key::ErrorFormMissing), None),
        [only] => once(app, only.form.form_id.clone(), subject),
        _ => {
            let named =
                |info: &FormInfo| (info.form.form_id.clone(), row::form_title(app, &info.form));
            let forms = forms.iter().map(named).collect();
            app.choosing().set(Choosing { forms, subject: Some(subject) });
        }
    }
}

/// Begins a record, unless one is being begun: a second tap means the same visit. What the questionnaire
/// needs and is on its way is waited for.
fn once(app: App, form_id: String, subject: Subject) {
    let pressed_on = app.route().get_untracked();
    spawn_local(async move {
        if let Some(info) = app.device().current_form(&form_id)
            && !rare::arrived(app, &info.form).await
        {
            return app.toast(t(Key::ErrorFormPart), None);
        }
        // Meanwhile another tap may have begun a visit, or led elsewhere.
        if app.route().get_untracked() != pressed_on || BEGINNING.replace(true) {
            return;
        }
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
