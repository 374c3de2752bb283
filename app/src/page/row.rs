//! A record in a list.

use crate::i18n::{Key, Plural, t, tn};
use crate::router::Route;
use crate::shell::App;
use crate::ui::{Icon, StatusChip, words};
use device::families::Family;
use device::fill::screens::begins_for_worker;
use device::{Chip, ListRow};
use form::model::Form;
use leptos::prelude::*;
use shared::record::SubjectKind;

/// The title, or that there is none yet.
pub fn title(row: &ListRow) -> String {
    if row.title.trim().is_empty() { t(Key::FamiliesUnnamed) } else { row.title.clone() }
}

/// Whether a record stands for itself: neither a family nor one of a family's.
pub fn is_alone(row: &ListRow) -> bool {
    row.household.is_none() && row.kind != SubjectKind::Household.name()
}

/// What a form is called; blank where even that is for the worker alone.
pub fn form_title(app: App, form: &Form) -> String {
    if begins_for_worker(form) && !untrack(|| app.is_alone()) {
        return String::new();
    }
    let language = app.language().get_untracked().code();
    form::model::pick(&form.title, language, &form.default_language).to_owned()
}

/// The questionnaire that a record answers, in words.
pub fn about(app: App, row: &ListRow) -> String {
    let device = app.device();
    match SubjectKind::from_name(&row.kind) {
        SubjectKind::Household => t(Key::HouseholdSurvey),
        SubjectKind::Child => t(Key::HouseholdChildSurvey),
        SubjectKind::Other => {
            let form = device.current_form(&row.form_id).map(|info| info.form);
            let form = form.or_else(|| device.form(row.form_version?));
            form.map(|form| form_title(app, &form)).unwrap_or_default()
        }
    }
}

/// The title among records of other families: a child's carries its family's.
pub fn full_title(app: App, row: &ListRow) -> String {
    if is_alone(row) && row.title.trim().is_empty() {
        let about = about(app, row);
        return if about.is_empty() { t(Key::VisitUnnamed) } else { about };
    }
    let family = row.household.and_then(|household| app.device().row(household));
    match family.filter(|family| !family.title.trim().is_empty()) {
        Some(family) => format!("{}, {}", title(row), family.title),
        None => title(row),
    }
}

/// Where a tap on a record's own row leads.
pub fn target(row: &ListRow) -> Route {
    match row.chip() {
        Chip::TwoAnswers => Route::TwoAnswers(row.record),
        Chip::ToFix => Route::Returned(row.record),
        _ => Route::Fill(row.record, None),
    }
}

/// The page that shows a record among its family, or one that stands for itself.
pub fn family(row: &ListRow) -> Route {
    if is_alone(row) { target(row) } else { Route::Household(row.household.unwrap_or(row.record)) }
}

fn children(row: &ListRow) -> String {
    match row.members {
        (0, _) => String::new(),
        (_, 0) => t(Key::FamiliesNoChildren),
        (_, count) => tn(Plural::FamiliesChildren, u64::from(count), &[]),
    }
}

/// A link that stays in the app.
pub fn link(app: App, to: Route, class: &'static str, content: AnyView) -> AnyView {
    view! {
        <a
            class=class
            href=to.path()
            on:click=move |event| {
                event.prevent_default();
                app.go(to.clone());
            }
        >
            {content}
        </a>
    }
    .into_any()
}

/// That others altered something that was not seen here yet.
pub fn news(count: usize) -> Option<AnyView> {
    let words = || tn(Plural::FamiliesNews, count as u64, &[]);
    (count > 0).then(|| view! { <span class="seam meta">{words()}</span> }.into_any())
}

/// A household in the list with its most urgent mark, or any record that stands for itself.
pub fn view(app: App, of: &Family, place: &str) -> AnyView {
    let row = &of.row;
    let named = !row.title.trim().is_empty();
    let about = match SubjectKind::from_name(&row.kind) {
        SubjectKind::Household => children(row),
        // Its title stands in for a name.
        SubjectKind::Other if !named => String::new(),
        _ => about(app, row),
    };
    // Several without a name are told apart by the time.
    let when = if named { words::day(row.updated_ms) } else { words::when(row.updated_ms) };
    // The parts of a date stay on one line.
    let when = when.replace(' ', "\u{a0}");
    let line: Vec<String> =
        [about, place.to_owned(), when].into_iter().filter(|part| !part.is_empty()).collect();
    let content = view! {
        <span class="row__main">
            <span class="row__title">{full_title(app, row)}</span>
            <span class="meta">{line.join(" · ")}</span>
            {news(of.news)}
            <span><StatusChip chip=of.chip /></span>
        </span>
        <span class="row__end">
            <Icon name="chevron" small=true />
        </span>
    };
    link(app, family(row), "row", content.into_any())
}
