//! What the server could not take in: the reason in words, and what happens with it.

use super::row;
use crate::i18n::{Key, t, ta, tx};
use crate::shell::App;
use crate::ui::live;
use crate::ui::{Button, Icon, Kind, effect, words};
use device::{Decided, HeldChange};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The server's code for a reason, in words.
pub fn reason(code: &str) -> String {
    t(match code {
        "malformed" => Key::HeldWhyMalformed,
        "too_large" => Key::HeldWhyTooLarge,
        "foreign_actor" => Key::HeldWhyForeignActor,
        "not_allowed" => Key::HeldWhyNotAllowed,
        "unknown_record" => Key::HeldWhyUnknownRecord,
        "not_applicable" => Key::HeldWhyNotApplicable,
        "missing_dependency" => Key::HeldWhyMissingDependency,
        code => return ta(Key::HeldWhyOther, &[("code", code)]),
    })
}

/// Held changes by record, and what the office left out since this was read last.
pub fn section(app: App) -> AnyView {
    let held = RwSignal::new(Vec::<HeldChange>::new());
    let decided = RwSignal::new(Vec::<Decided>::new());
    effect(move || {
        app.lists().track();
        spawn_local(async move {
            let device = app.device();
            // The page may be gone by then.
            let _ = held.try_set(device.held().await.unwrap_or_default());
            let _ = decided.try_set(device.decided().await.unwrap_or_default());
        });
    });
    view! {
        {live(move || told(app, decided))}
        {live(move || held.with(|held| waiting(app, held)))}
    }
    .into_any()
}

fn waiting(app: App, held: &[HeldChange]) -> AnyView {
    if held.is_empty() {
        return ().into_any();
    }
    let mut records: Vec<(&HeldChange, Vec<String>)> = Vec::new();
    for change in held {
        let why = reason(&change.code);
        match records.iter_mut().find(|(first, _)| first.record == change.record) {
            Some((_, all)) if all.contains(&why) => {}
            Some((_, all)) => all.push(why),
            None => records.push((change, vec![why])),
        }
    }
    let head = ta(Key::SendingHeld, &[("count", &records.len().to_string())]);
    view! {
        <section class="list">
            <h2 class="list__head">{head}</h2>
            {records.into_iter().map(|(change, why)| line(app, change, why)).collect_view()}
            <p class="note">
                <Icon name="info" small=true />
                {t(Key::HeldNext)}
            </p>
        </section>
    }
    .into_any()
}

fn line(app: App, change: &HeldChange, why: Vec<String>) -> AnyView {
    let number = words::record_number(change.record);
    let Some(row) = app.device().row(change.record) else {
        return view! { <p class="sync-row">{number} " " {why.join(" ")}</p> }.into_any();
    };
    let content = view! {
        <Icon name="octagon-bars" />
        <span class="row__main">
            <span class="row__title">{row::full_title(app, &row)}</span>
            <span class="meta">{number}</span>
            <span class="sync-row__state t-sm">{why.join(" ")}</span>
        </span>
        <Icon name="chevron" small=true />
    };
    row::link(app, row::family(&row), "sync-row", content.into_any())
}

/// What the office left out, until the person has read it.
fn told(app: App, decided: RwSignal<Vec<Decided>>) -> AnyView {
    let all = decided.get();
    if all.is_empty() {
        return ().into_any();
    }
    let line = |told: Decided| {
        let title = app.device().row(told.record).map(|row| row::full_title(app, &row));
        let title = title.unwrap_or_else(|| words::record_number(told.record));
        let text = ta(Key::HeldDiscarded, &[("reason", &told.reason)]);
        view! { <p><span class="strong">{title}</span> " " {text}</p> }
    };
    let read = move |()| {
        spawn_local(async move {
            // Where it fails they are shown again.
            let _ = app.device().dismiss_decided().await;
            app.bump();
        });
    };
    view! {
        <section class="card" role="status">
            {all.into_iter().map(line).collect_view()}
            <Button kind=Kind::Secondary small=true label=tx(Key::ActionOk) on_press=read />
        </section>
    }
    .into_any()
}
