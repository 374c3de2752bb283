//! The list of records.

mod filters;
mod loader;
mod table;

use leptos::prelude::*;

use super::query::{Place, Query, View};
use super::{Desk, Failure, Loading};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::platform::keyboard::{Keys, Pressed, on_keys};
use crate::platform::page;
use crate::ui::{Button, EmptyState, Kind};

pub use loader::List;
pub use table::{own_title, title, with_family};

/// The list's page.
pub fn inbox(desk: Desk) -> AnyView {
    let place = desk.place();
    let query = Memo::new(move |_| place.get().query());
    let list = List::new(desk, query);
    let keys: StoredValue<Keys, LocalStorage> =
        StoredValue::new_local(on_keys(move |key| pressed(list, key)));
    on_cleanup(move || keys.dispose());
    page::set_title(&format!("{} – {}", t(Key::OfficeInbox), t(Key::AppName)));
    view! {
        <div class="office__page">
            <div class="split">
                <h1 class="t-xl">{move || heading(&query.get())}</h1>
                <p class="meta office__keys">{t(Key::OfficeKeysList)}</p>
            </div>
            {filters::tabs(list)} {filters::bar(list)} {pill(list)}
            {move || {
                if let Some(error) = list.failed.get() {
                    return view! { <Failure error=error on_retry=move |()| list.load() /> }.into_any();
                }
                match list.rows.with(|rows| rows.as_ref().map(Vec::is_empty)) {
                    None => view! { <Loading /> }.into_any(),
                    Some(true) => empty(list),
                    Some(false) => table::table(list),
                }
            }}
            {pager(list)}
        </div>
    }
    .into_any()
}

fn heading(query: &Query) -> String {
    if query.two_answers && query.view == View::All {
        t(Key::OfficeTwoAnswers)
    } else {
        t(Key::OfficeInbox)
    }
}

/// Changes that would move rows wait behind this button.
fn pill(list: List) -> impl IntoView {
    view! {
        <div role="status">
            {move || {
                let waiting = list.waiting.with(|waiting| waiting.as_ref().map(|(new, _)| *new))?;
                Some(
                    view! {
                        <span class="filter">
                            {tn(Plural::OfficeUpdated, waiting as u64, &[])}
                            <Button
                                kind=Kind::Quiet
                                small=true
                                label=tx(Key::OfficeShowChanges)
                                on_press=move |()| list.show_waiting()
                            />
                        </span>
                    },
                )
            }}
        </div>
    }
}

/// Why there is nothing, and the one next step.
fn empty(list: List) -> AnyView {
    let query = list.query.get();
    let all = list.counts.with(|counts| counts.state.values().sum::<usize>());
    if query.is_narrowed() {
        let clear = Query { view: query.view, ..Query::default() };
        return view! {
            <EmptyState icon="search" title=tx(Key::InboxNoMatch)>
                <Button
                    kind=Kind::Secondary
                    label=tx(Key::InboxClearAll)
                    on_press=move |()| list.desk.go(&Place::List(clear.clone()))
                />
            </EmptyState>
        }
        .into_any();
    }
    if all == 0 {
        return view! { <EmptyState icon="people" title=tx(Key::InboxEmpty) /> }.into_any();
    }
    let title =
        if query.view == View::ToReview { Key::InboxAllReviewed } else { Key::InboxNoMatch };
    let show_all = Place::List(Query { view: View::All, ..Query::default() });
    view! {
        <EmptyState icon="tick-square" title=tx(title)>
            <Button
                kind=Kind::Secondary
                label=Signal::derive(move || {
                    format!("{}: {}", t(Key::InboxAll), tn(Plural::InboxCount, all as u64, &[]))
                })
                on_press=move |()| list.desk.go(&show_all)
            />
        </EmptyState>
    }
    .into_any()
}

fn pager(list: List) -> impl IntoView {
    move || {
        let query = list.query.get();
        let total = list.total.get();
        let pages = total.div_ceil(super::query::PAGE).max(1);
        if pages == 1 && query.page == 0 {
            return None;
        }
        let to = {
            let query = query.clone();
            move |page: usize| list.desk.go(&Place::List(Query { page, ..query.clone() }))
        };
        let (back, on) = (to.clone(), to);
        let (n, all) = ((query.page + 1).to_string(), pages.to_string());
        Some(view! {
            <nav class="pager" aria-label=t(Key::OfficeRecords)>
                {(query.page > 0)
                    .then(|| {
                        let page = query.page - 1;
                        view! {
                            <Button
                                kind=Kind::Secondary
                                label=tx(Key::InboxPrevious)
                                on_press=move |()| back(page)
                            />
                        }
                    })}
                <span>{ta(Key::InboxPage, &[("n", &n), ("total", &all)])}</span>
                {(query.page + 1 < pages)
                    .then(|| {
                        let page = query.page + 1;
                        view! {
                            <Button
                                kind=Kind::Secondary
                                label=tx(Key::InboxNext)
                                on_press=move |()| on(page)
                            />
                        }
                    })}
            </nav>
        })
    }
}

/// J and K move through the rows, Enter opens, / searches, Ctrl+Z takes the last decision back.
fn pressed(list: List, key: &Pressed) -> bool {
    if key.typing || key.dialog {
        return false;
    }
    if key.control {
        return key.code == "KeyZ" && list.desk.undo();
    }
    match key.code.as_str() {
        "KeyJ" | "ArrowDown" => list.step(1),
        "KeyK" | "ArrowUp" => list.step(-1),
        "Enter" if !key.on_control => list.open_selected(),
        "Slash" => {
            page::focus("#search");
            true
        }
        _ => false,
    }
}
