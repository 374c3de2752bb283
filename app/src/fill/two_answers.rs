//! The fields with two answers: both values with who and when, equal in size, none chosen beforehand. Who
//! gave both decides; else the office does, and hears what the worker thinks.

mod opinion;

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta, tx};
use crate::page::row;
use crate::ui::{ActionBar, Button, Icon, Kind, TopBar, live, memo};
use device::fill::screens::{self, Scope};
use form::session::Address;
use leptos::prelude::*;
use shared::id::DeviceId;
use shared::record::FieldPath;
use shared::record::answer::LEFT;
use shared::record::conflict::{Competing, TwoAnswers};

/// The page of a record's fields with two answers.
pub fn view(desk: Desk) -> AnyView {
    let fields = memo(move || {
        desk.track_structure();
        desk.app.lists().track();
        desk.read(|draft| draft.two_answers())
    });
    let row = desk.app.device().row(desk.record);
    let title = row.map(|row| row::full_title(desk.app, &row)).unwrap_or_default();
    view! {
        <div class="screen">
            <TopBar
                title=tx(Key::TwoAnswersTitle)
                up=Callback::new(move |()| {
                    let home = desk.household();
                    desk.app.go(home);
                })
            />
            <main class="page" id="content">
                {(!title.is_empty()).then(|| view! { <h2 class="t-lg">{title}</h2> })}
                {live(move || ({
                    let all_own = fields.with(|fields| fields.iter().all(|of| all_own(desk, of)));
                    (!all_own).then(|| view! { <p>{t(Key::TwoAnswersText)}</p> })
                }).into_any())}
                {live(move || ({
                    let fields = fields.get();
                    let total = fields.len();
                    let decided = decided(desk, &fields);
                    if total == 0 && decided.is_none() {
                        return view! { <p class="hint">{t(Key::CheckNothing)}</p> }.into_any();
                    }
                    let open = fields
                        .into_iter()
                        .enumerate()
                        .map(|(at, field)| one(desk, at + 1, total, field))
                        .collect_view();
                    view! {
                        {open}
                        {decided}
                    }
                        .into_any()
                }).into_any())}
            </main>
            {live(move || {
                if fields.with(|fields| !fields.is_empty()) {
                    return ().into_any();
                }
                let home = move |()| desk.app.go(desk.household());
                view! {
                    <ActionBar>
                        <Button label=tx(Key::ActionBack) on_press=home />
                    </ActionBar>
                }
                    .into_any()
            })}
        </div>
    }
    .into_any()
}

/// What the office has decided, of questions that have one answer again.
fn decided(desk: Desk, open: &[TwoAnswers]) -> Option<AnyView> {
    let mut settled = desk.read(|draft| draft.settled());
    settled.retain(|of| open.iter().all(|field| field.path != of.path));
    if settled.is_empty() {
        return None;
    }
    let lines = settled.into_iter().map(|of| {
        let at = desk.read(|draft| draft.address(&of.path));
        let (label, value) = match &at {
            Some(at) => {
                let value = desk.session(|session| session.value(at).to_owned());
                (titled(desk, at), say::answer(desk, at, &value))
            }
            None => (named(desk, &of.path), String::new()),
        };
        let by = [of.by, say::when(of.at_ms)];
        let by: Vec<String> = by.into_iter().filter(|part| !part.is_empty()).collect();
        let said = [("value", value.as_str()), ("person", &by.join(", ")), ("reason", &of.reason)];
        view! {
            <section class="stack stack--tight">
                <h3 class="t-lg">{label}</h3>
                <p class="note">
                    <Icon name="tick" small=true />
                    <span>{ta(Key::TwoAnswersDecided, &said)}</span>
                </p>
            </section>
        }
    });
    Some(lines.collect_view().into_any())
}

/// A field without a question: that a member has left, or what an older form asked.
fn named(desk: Desk, path: &FieldPath) -> String {
    if path.key != LEFT {
        return path.to_string();
    }
    let item = path.items.last().map_or("", |(_, item)| item.as_str());
    let name = desk.session(|session| {
        let repeat = path.items.last().and_then(|(repeat, _)| session.form().by_key(repeat))?;
        Some(Address { items: vec![], node: repeat })
    });
    let name = name.map(|repeat| desk.read(|draft| draft.removed_name(&repeat, item)));
    format!("{}: {}", name.unwrap_or_default(), t(Key::RosterLeft))
}

fn one(desk: Desk, number: usize, total: usize, field: TwoAnswers) -> AnyView {
    let at = desk.read(|draft| draft.address(&field.path));
    let label = match &at {
        Some(at) => titled(desk, at),
        None => named(desk, &field.path),
    };
    let all_own = all_own(desk, &field);
    let position =
        ta(Key::TwoAnswersPosition, &[("n", &number.to_string()), ("total", &total.to_string())]);
    let asked = (!all_own).then(|| opinion::view(desk, number, at.as_ref(), &field));
    let cards = field.values.into_iter().map(|value| {
        let settle = at.clone().filter(|_| all_own);
        card(desk, at.as_ref(), value, settle)
    });
    let name = label.clone();
    view! {
        <section class="stack" aria-label=name>
            <p class="meta">{position}</p>
            <h3 class="t-lg">{label}</h3>
            <div class="answers-pair">{cards.collect_view()}</div>
            {all_own.then(|| view! { <p class="note">{t(Key::TwoAnswersYouDecide)}</p> })}
            {asked}
        </section>
    }
    .into_any()
}

/// Whether nobody else answered.
fn all_own(desk: Desk, field: &TwoAnswers) -> bool {
    field.values.iter().all(|value| is_own(desk, value.device))
}

/// Whether a device is this one, or another of the same person.
fn is_own(desk: Desk, of: Option<DeviceId>) -> bool {
    let device = desk.app.device();
    let person = device.person(of);
    of == Some(device.actor().device) || !person.is_empty() && person == device.directory().person
}

fn titled(desk: Desk, at: &Address) -> String {
    let scope = desk.session(|session| Some(screens::scope_of(session.form(), at)));
    let label = say::label(desk, at);
    match scope {
        Some(Scope::Item(item)) => format!("{}. {label}", say::item_title(desk, &item)),
        _ => label,
    }
}

fn card(desk: Desk, at: Option<&Address>, value: Competing, settle: Option<Address>) -> AnyView {
    let device = desk.app.device();
    let when = say::when(value.at.saturating_mul(1000));
    let person = match value.device {
        of if of == Some(device.actor().device) => t(Key::TwoAnswersYou),
        of => say::person(desk, of),
    };
    let words = words(desk, at, &value.value);
    let kept = value.value;
    view! {
        <div class="answer-card">
            <span class="meta">{ta(Key::TwoAnswersBy, &[("person", &person), ("when", &when)])}</span>
            <span class="answer-card__value">{words}</span>
            {value.shown.then(|| view! { <span class="tag">{t(Key::TwoAnswersShownForNow)}</span> })}
            {settle
                .map(|at| {
                    view! {
                        <Button
                            kind=Kind::Secondary
                            small=true
                            label=tx(Key::TwoAnswersKeep)
                            on_press=move |()| keep(desk, &at, &kept)
                        />
                    }
                })}
        </div>
    }
    .into_any()
}

/// A value in words.
fn words(desk: Desk, at: Option<&Address>, value: &str) -> String {
    match at {
        Some(at) => say::answer(desk, at, value),
        None => say::leaving(value).unwrap_or_else(|| value.to_owned()),
    }
}

/// Settles a field whose answers are both this worker's own, by answering it once more.
fn keep(desk: Desk, at: &Address, value: &str) {
    desk.settle(at, value);
    desk.app.toast(t(Key::TwoAnswersSettled), None);
}
