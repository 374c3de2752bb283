//! A time of day, and a date with time.

use super::{Control, date, rare, textbox};
use crate::i18n::{Key, t};
use crate::platform::clock;
use crate::ui::effect;
use device::fill::calendar;
use device::fill::rare::is_rare;
use leptos::prelude::*;

const CLASS: &str = "field__box field__box--short";

/// A time question.
pub fn view(control: Control) -> AnyView {
    textbox::line(control, "text", CLASS, read, |value| value.get(..5).unwrap_or(value).to_owned())
}

/// A date with time: boxes for the date, one for the time, "now".
pub fn date_time(control: Control) -> AnyView {
    let parts = StoredValue::new(control.clone());
    let now_value = move || parts.with_value(Control::value_now);
    let date = match is_rare(&control.node) {
        true => rare::view(control.clone()),
        false => date::boxes(&control, move |date: String| {
            parts.with_value(|control| with_date(control, &date));
        }),
    };
    let typed = RwSignal::new(clock_of(&now_value()));
    effect(move || {
        let shown = clock_of(&parts.with_value(Control::value));
        if typed.with_untracked(|text| short(text)) != shown {
            typed.set(shown);
        }
    });
    let write_time = move |text: String| {
        let value = now_value();
        let date = value.split('T').next().filter(|date| !date.is_empty()).map(str::to_owned);
        let date = date.unwrap_or_else(|| {
            let (year, month, day) = calendar::today(clock::now_ms(), clock::utc_offset_minutes());
            calendar::lexical(year, month, day)
        });
        // What is no time stays as it was typed, so that the form can say so.
        let value = match calendar::time(&text) {
            Some(time) => format!("{date}T{time}{}", zone()),
            None if text.trim().is_empty() && value.is_empty() => value,
            None => format!("{date}T{}", text.trim()),
        };
        parts.with_value(|control| control.type_in(value));
        typed.set(text);
    };
    let now = move |_| {
        let at = clock::now_ms() + i64::from(clock::utc_offset_minutes()) * 60_000;
        let value = form::expr::date::format_date_time(at, clock::utc_offset_minutes());
        parts.with_value(|control| control.set(&value));
    };
    let id = control.input_id();
    let invalid = control.invalid();
    let leave = control.clone();
    view! {
        {date}
        <div class="date__part">
            <label for=id.clone()>{t(Key::DateTime)}</label>
            <input
                class=CLASS
                id=id
                type="text"
                inputmode="numeric"
                autocomplete="off"
                aria-describedby=control.described_by()
                aria-required=control.required()
                aria-invalid=move || invalid.get()
                prop:value=move || typed.get()
                on:input=move |event| write_time(event_target_value(&event))
                on:blur=move |_| leave.leave()
            />
        </div>
        <div class="date__quick">
            <button type="button" class="chip" on:click=now>
                {t(Key::TimeNowButton)}
            </button>
        </div>
    }
    .into_any()
}

/// Answers with another date and the time as it was. A date alone is not midnight: the time is missing.
pub fn with_date(control: &Control, date: &str) {
    let now = control.value_now();
    let time = now.split_once('T').map(|(_, time)| time);
    control.type_in(match (date.is_empty(), time) {
        (true, _) => String::new(),
        (false, Some(time)) => format!("{date}T{time}"),
        (false, None) => format!("{date}T"),
    });
}

fn read(typed: &str) -> String {
    calendar::time(typed).unwrap_or_else(|| typed.trim().to_owned())
}

fn short(typed: &str) -> String {
    calendar::time(typed).map_or_else(|| typed.trim().to_owned(), |time| time[..5].to_owned())
}

/// Hours and minutes of a value; what was typed for them and is no time.
fn clock_of(value: &str) -> String {
    let time = value.split_once('T').map_or("", |(_, time)| time);
    let real = form::expr::date::parse_time(time).and_then(|_| time.get(..5));
    real.unwrap_or(time).to_owned()
}

/// The zone of the phone: `+04:00`.
fn zone() -> String {
    let offset = clock::utc_offset_minutes();
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
}
