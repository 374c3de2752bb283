//! The fields with two answers: both values with who and when, equal in size, none chosen beforehand.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta, tx};
use crate::page::row;
use crate::ui::{Button, Icon, Kind, TopBar, memo};
use device::fill::screens::{self, Scope};
use form::session::Address;
use leptos::prelude::*;
use shared::id::DeviceId;
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
                {move || {
                    let all_own = fields.with(|fields| fields.iter().all(|of| all_own(desk, of)));
                    (!all_own).then(|| view! { <p>{t(Key::TwoAnswersText)}</p> })
                }}
                {move || {
                    let fields = fields.get();
                    let total = fields.len();
                    if total == 0 {
                        return view! { <p class="hint">{t(Key::CheckNothing)}</p> }.into_any();
                    }
                    fields
                        .into_iter()
                        .enumerate()
                        .map(|(at, field)| one(desk, at + 1, total, field))
                        .collect_view()
                        .into_any()
                }}
            </main>
        </div>
    }
    .into_any()
}

fn one(desk: Desk, number: usize, total: usize, field: TwoAnswers) -> AnyView {
    let at = desk.read(|draft| draft.address(&field.path));
    let label = match &at {
        Some(at) => titled(desk, at),
        None => field.path.to_string(),
    };
    let all_own = all_own(desk, &field);
    let position =
        ta(Key::TwoAnswersPosition, &[("n", &number.to_string()), ("total", &total.to_string())]);
    let decides = if all_own { Key::TwoAnswersYouDecide } else { Key::TwoAnswersOfficeDecides };
    let cards = field.values.into_iter().map(|value| {
        let settle = at.clone().filter(|_| all_own);
        card(desk, at.as_ref(), value, settle)
    });
    let named = label.clone();
    view! {
        <section class="stack" aria-label=named>
            <p class="meta">{position}</p>
            <h3 class="t-lg">{label}</h3>
            <div class="answers-pair">{cards.collect_view()}</div>
            <p class="note">
                <Icon name="two-bubbles" small=true />
                <span>{t(decides)}</span>
            </p>
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
        of => Some(device.person(of))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| t(Key::TwoAnswersSomeone)),
    };
    let words = match at {
        Some(at) => say::answer(desk, at, &value.value),
        None => value.value.clone(),
    };
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

/// Settles a field whose answers are both this worker's own, by answering it once more.
fn keep(desk: Desk, at: &Address, value: &str) {
    desk.settle(at, value);
    desk.app.toast(t(Key::TwoAnswersSettled), None);
}
