//! What is only on this phone, what the office has, and what it did not take.

use super::{copy, held, row};
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::router::Route;
use crate::shell::{App, SyncView, use_app};
use crate::ui::{Button, EmptyState, Icon, Kind, Screen, words};
use crate::ui::{brought, live, press};
use device::{Chip, ListRow};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::sync::engine::Failure;

/// How many rows of a kind the page shows at most.
const ROWS: usize = 60;

/// The page.
pub fn page() -> AnyView {
    let app = use_app();
    let running = Signal::derive(move || app.sync_state().with(|view| view.running));
    let send = view! {
        <Button
            wide=true
            icon="send"
            label=tx(Key::SendingButton)
            busy=running
            on_press=move |()| match app.is_practice() {
                true => app.toast(t(Key::PracticeBar), None),
                false => app.sync_now(),
            }
        />
    };
    // Not taken away while somebody writes the words for a copy, also when all has been sent meanwhile.
    let copies = Memo::new(move |offered: Option<&bool>| {
        if offered == Some(&true) {
            return true;
        }
        app.lists().track();
        let waits = app.sync_state().with(|view| view.waiting + view.held > 0);
        (waits || app.device().attachments_waiting(None).count > 0) && !app.is_practice()
    });
    view! {
        <Screen title=tx(Key::SendingTitle) nav=Route::Sending action=send.into_any()>
            {live(move || match app.is_practice() {
                true => view! { <p>{t(Key::PracticeBar)}</p> }.into_any(),
                false => {
                    app.lists().track();
                    let files = app.device().attachments_waiting(None);
                    let files_wait = files.count + files.refused + files.lost > 0;
                    app.sync_state().with(|view| state(view, files_wait))
                }
            })}
            {live(move || {
                app.lists().track();
                files(app)
            })}
            {held::section(app)}
            {live(move || IntoAny::into_any({
                app.lists().track();
                rows(app)
            }))}
            {live(move || copies.get().then(|| copy::save_button(app)).into_any())}
            {contacts(app)}
        </Screen>
    }
    .into_any()
}

/// One honest sentence on how it stands, and when the office last answered.
fn state(view: &SyncView, files_wait: bool) -> AnyView {
    let contact = match view.last_contact_ms {
        0 => t(Key::SendingNever),
        last => ta(Key::SendingLastContact, &[("when", &words::when(last))]),
    };
    let arrived = (view.arrived > 0 && !view.running)
        .then(|| tn(Plural::SendingArrived, view.arrived as u64, &[]));
    view! {
        <section class="card" role="status">
            {sentence(view, files_wait)
                .map(|(icon, text)| {
                    view! {
                        <p class="cluster cluster--line">
                            <Icon name=icon />
                            <span class="strong">{text}</span>
                        </p>
                    }
                })}
            {arrived.map(|text| view! { <p>{text}</p> })}
            <p class="meta">{contact}</p>
        </section>
    }
    .into_any()
}

/// The last contacts: when, and what moved.
fn contacts(app: App) -> AnyView {
    let found = brought(move || {
        app.lists().track();
        async move { app.device().contacts().await.unwrap_or_default() }
    });
    let open = RwSignal::new(false);
    live(move || {
        let all = found.get().unwrap_or_default();
        if all.is_empty() || app.is_practice() {
            return ().into_any();
        }
        let lines = all.into_iter().map(|contact| {
            let (sent, arrived) = (contact.sent.to_string(), contact.arrived.to_string());
            let what = match contact.whole {
                true => ta(Key::SendingContactOk, &[("sent", &sent), ("received", &arrived)]),
                false => t(Key::SendingContactFailed),
            };
            let icon = if contact.whole { "cloud-tick" } else { "no-cloud" };
            view! {
                <li class="sync-row">
                    <Icon name=icon />
                    <span class="row__main">
                        <span class="row__title">{words::when(contact.at_ms)}</span>
                        <span class="meta">{what}</span>
                    </span>
                </li>
            }
        });
        let lines = lines.collect_view();
        view! {
            <section class="list">
                <h2>
                    <button
                        type="button"
                        class="list__head"
                        aria-expanded=move || if open.get() { "true" } else { "false" }
                        on:click=press(move || open.update(|open| *open = !*open))
                    >
                        {t(Key::SendingContacts)}
                        <Icon name="chevron-down" small=true />
                    </button>
                </h2>
                <ul hidden=move || !open.get()>{lines}</ul>
            </section>
        }
        .into_any()
    })
}

/// Photos and other files that wait to be sent.
fn files(app: App) -> AnyView {
    let waiting = app.device().attachments_waiting(None);
    let left = words::size((waiting.size - waiting.received) as f64);
    let text = |count: usize| tn(Plural::SendingFiles, count as u64, &[("size", &left)]);
    let refused = |count: usize| ta(Key::SendingFilesRefused, &[("count", &count.to_string())]);
    let again = move |()| {
        spawn_local(async move {
            // Where it fails they stay as they were.
            let _ = app.device().retry_attachments().await;
            app.sync_now();
        });
    };
    view! {
        {Some(waiting.count).filter(|count| *count > 0).map(|count| note("camera", text(count)))}
        {Some(waiting.refused)
            .filter(|count| *count > 0)
            .map(|count| {
                view! {
                    {note("error", refused(count))}
                    <Button kind=Kind::Secondary small=true label=tx(Key::HeldRetry) on_press=again />
                }
            })}
    }
    .into_any()
}

fn note(icon: &'static str, text: String) -> AnyView {
    view! {
        <p class="note" role="status">
            <Icon name=icon small=true />
            {text}
        </p>
    }
    .into_any()
}

/// How it stands; nothing where something else on the page says it, with what to do.
fn sentence(view: &SyncView, files_wait: bool) -> Option<(&'static str, String)> {
    let failure = view.outcome.as_ref().and_then(|outcome| outcome.failure);
    let next = view.next_ms.map(words::time_of_day).unwrap_or_default();
    if view.running {
        let left = view.waiting as u64;
        return Some(match left {
            0 => ("sync", t(Key::SendingTitle)),
            _ => ("sync", tn(Plural::SendingInProgress, left, &[])),
        });
    }
    if !view.online {
        return Some(("no-cloud", t(Key::SendingNoInternet)));
    }
    Some(match failure {
        Some(Failure::Offline) => ("no-cloud", t(Key::ErrorServerUnreachable)),
        Some(Failure::Unavailable(_)) => ("clock", ta(Key::ErrorServerResting, &[("time", &next)])),
        Some(Failure::Portal | Failure::Unauthorised | Failure::Refused | Failure::Storage) => {
            return None;
        }
        None if view.held > 0 => {
            ("octagon-bars", ta(Key::SendingHeld, &[("count", &view.held.to_string())]))
        }
        None if view.waiting > 0 => {
            ("tray-up", ta(Key::SendingOnlyHere, &[("count", &view.waiting.to_string())]))
        }
        None if view.sent > 0 => ("cloud-tick", tn(Plural::SendingDone, view.sent as u64, &[])),
        // Files are told of below; not everything is with the office.
        None if files_wait => return None,
        None => ("cloud-tick", t(Key::SendingNothing)),
    })
}

fn rows(app: App) -> AnyView {
    let all = app.device().list();
    let waiting: Vec<&ListRow> =
        all.iter().filter(|row| row.held == 0 && (row.unsent > 0 || row.open_edits)).collect();
    let received: Vec<&ListRow> =
        all.iter().filter(|row| row.held == 0 && row.unsent == 0 && !row.open_edits).collect();
    let drafts = waiting.iter().any(|row| !row.finished);
    if all.is_empty() && app.device().last_contact_ms() == 0 || app.is_practice() {
        return ().into_any();
    }
    if all.is_empty() {
        return view! { <EmptyState icon="send" title=tx(Key::SendingNothing) /> }.into_any();
    }
    view! {
        {section(app, Key::SendingOnlyHere, &waiting, &|row| {
            ta(Key::StatusWaitingDetail, &[("age", &words::ago(row.updated_ms))])
        })}
        {drafts
            .then(|| {
                view! {
                    <p class="note">
                        <Icon name="info" small=true />
                        {t(Key::SendingUnfinishedToo)}
                    </p>
                }
            })}
        {folded(app, &received)}
    }
    .into_any()
}

fn section(
    app: App,
    key: Key,
    rows: &[&ListRow],
    detail: &dyn Fn(&ListRow) -> String,
) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let head = ta(key, &[("count", &rows.len().to_string())]);
    let list = view! {
        <section class="list">
            <h2 class="list__head">{head}</h2>
            {rows.iter().take(ROWS).map(|row| line(app, row, detail(row))).collect_view()}
        </section>
    };
    Some(list.into_any())
}

fn line(app: App, row: &ListRow, detail: String) -> AnyView {
    let kind = row::about(app, row);
    let icon = if row.chip() == Chip::Held { "octagon-bars" } else { "tray-up" };
    let icon =
        if row.unsent == 0 && !row.open_edits && row.held == 0 { "cloud-tick" } else { icon };
    let content = view! {
        <Icon name=icon />
        <span class="row__main">
            <span class="row__title">{row::full_title(app, row)}</span>
            <span class="meta">{kind}</span>
            <span class="sync-row__state t-sm">{detail}</span>
        </span>
        <Icon name="chevron" small=true />
    };
    row::link(app, row::family(row), "sync-row", content.into_any())
}

/// What has arrived, out of the way.
fn folded(app: App, rows: &[&ListRow]) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let open = RwSignal::new(false);
    let head = ta(Key::SendingReceived, &[("count", &rows.len().to_string())]);
    let shown: Vec<ListRow> = rows.iter().take(ROWS).map(|row| (*row).clone()).collect();
    let list = view! {
        <section class="list">
            <h2>
                <button
                    type="button"
                    class="list__head"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    on:click=press(move || open.update(|open| *open = !*open))
                >
                    {head}
                    <Icon name="chevron-down" small=true />
                </button>
            </h2>
            {live(move || IntoAny::into_any({
                open.get()
                    .then(|| {
                        shown
                            .iter()
                            .map(|row| {
                                let when = words::when(row.updated_ms);
                                line(app, row, ta(Key::StatusSentDetail, &[("when", &when)]))
                            })
                            .collect_view()
                    })
            }))}
        </section>
    };
    Some(list.into_any())
}
