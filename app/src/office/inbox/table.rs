//! The rows.

use leptos::prelude::*;

use super::List;
use crate::i18n::{Key, t, ta};
use crate::office::model::records::Item;
use crate::office::parts::{StateChip, TwoAnswersChip};
use crate::office::query::{Place, Query, Sort};
use crate::office::texts::{pick, when};
use crate::router::Route;

pub fn table(list: List) -> AnyView {
    let rows = move || list.rows.get().unwrap_or_default();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{t(Key::OfficeRecords)}</caption>
                <thead>
                    <tr>
                        {column(list, Key::InboxRecord, Some(Sort::Title), "")}
                        {column(list, Key::InboxVillage, Some(Sort::Village), "table__wide")}
                        {column(list, Key::InboxForm, None, "table__wide table__form")}
                        {column(list, Key::InboxState, None, "")}
                        {column(list, Key::InboxWorker, None, "table__wide table__worker")}
                        {column(list, Key::InboxReceived, Some(Sort::Updated), "table__wide")}
                    </tr>
                </thead>
                <tbody>
                    <For each=rows key=|row| row.id.clone() let:row>
                        {self::row(list, &row.id)}
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn column(list: List, word: Key, sort: Option<Sort>, class: &'static str) -> impl IntoView {
    let sorted = move || sort.is_some_and(|sort| list.query.get().sort == sort);
    let direction = move || {
        let order = if sort == Some(Sort::Updated) { "descending" } else { "ascending" };
        sorted().then_some(order)
    };
    view! {
        <th scope="col" class=class aria-sort=direction>
            {match sort {
                None => t(word).into_any(),
                Some(sort) => {
                    view! {
                        <button
                            type="button"
                            title=ta(Key::InboxSortBy, &[("column", &t(word))])
                            on:click=move |_| {
                                let query = list.query.get_untracked();
                                list.desk.go(&Place::List(Query { sort, page: 0, ..query }));
                            }
                        >
                            {t(word)}
                            <span class="table__sorted" aria-hidden="true"></span>
                        </button>
                    }
                        .into_any()
                }
            }}
        </th>
    }
}

/// One record. The row stays when its content changes.
fn row(list: List, id: &str) -> impl IntoView + use<> {
    let own = id.to_owned();
    let item = Memo::new(move |last: Option<&Item>| {
        list.rows
            .with(|rows| rows.iter().flatten().find(|row| row.id == own).cloned())
            .or_else(|| last.cloned())
            .unwrap_or_default()
    });
    let (this, changed, focused, opened) =
        (id.to_owned(), id.to_owned(), id.to_owned(), id.to_owned());
    let place = Place::Record(opened, list.query.get_untracked());
    let href = Route::Office(place.rest()).path();
    view! {
        <tr
            aria-selected=move || {
                list.selected.with(|selected| selected.as_ref() == Some(&this)).then_some("true")
            }
            class:table__row--changed=move || list.changed.with(|all| all.contains(&changed))
        >
            <td>
                <a
                    class="table__link"
                    id=format!("row-{id}")
                    href=href
                    on:focus=move |_| list.selected.set(Some(focused.clone()))
                    on:click=move |event| {
                        if !event.ctrl_key() && !event.shift_key() {
                            event.prevent_default();
                            list.desk.go(&place);
                        }
                    }
                >
                    {move || title(&item.get())}
                </a>
                <span class="table__narrow meta">
                    {move || item.with(|item| pick(&item.village_label))}
                    ", "
                    {move || item.with(|item| when(item.received_at))}
                </span>
            </td>
            <td class="table__wide">{move || item.with(|item| pick(&item.village_label))}</td>
            <td class="table__wide">{move || item.with(|item| pick(&item.form_title))}</td>
            <td>
                <span class="cluster">
                    {move || view! { <StateChip state=item.get().state /> }}
                    {move || view! { <TwoAnswersChip count=item.get().two_answers /> }}
                </span>
            </td>
            <td class="table__wide">{move || item.get().author.name}</td>
            <td class="table__wide table__num">{move || item.with(|item| when(item.received_at))}</td>
        </tr>
    }
}

/// The record's name among its family's. A record without one is called by its form, and so is one that
/// has a number only.
pub fn own_title(item: &Item) -> String {
    let own = item.title.trim();
    if own.chars().any(char::is_alphabetic) {
        return own.to_owned();
    }
    let form = pick(&item.form_title);
    if own.is_empty() { form } else { format!("{form} {own}") }
}

/// The record's name among all others: with its family's, where the name does not say it.
pub fn title(item: &Item) -> String {
    with_family(own_title(item), &item.family)
}

/// A name with the family's behind it.
pub fn with_family(own: String, family: &str) -> String {
    let family = family.trim();
    if family.is_empty() || own.contains(family) { own } else { format!("{own}, {family}") }
}
