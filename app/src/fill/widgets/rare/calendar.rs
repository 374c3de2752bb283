//! A date in another calendar: day, month by its name, year. The answer is the Gregorian date, which stands
//! below.

use crate::fill::widgets::{Control, date, time};
use crate::i18n::{Key, t};
use crate::platform::clock;
use crate::ui::{effect, live};
use device::fill::calendars::{Calendar, Month};
use device::fill::{answers, calendar};
use form::expr::date::{civil_from_days, days_from_civil};
use form::model::QuestionType;
use leptos::prelude::*;

/// What the boxes hold. A month goes by its name, since Burmese years differ in their months.
#[derive(Clone, Copy)]
struct Boxes {
    control: StoredValue<Control>,
    calendar: Calendar,
    day: RwSignal<String>,
    month: RwSignal<String>,
    year: RwSignal<String>,
    no_day: bool,
    no_month: bool,
}

/// A date or a date with time whose appearance names a calendar.
pub fn view(control: Control) -> AnyView {
    let Some(calendar) = Calendar::of(&control.node.appearance) else { return ().into_any() };
    let no_month = control.node.appears("year");
    let boxes = Boxes {
        calendar,
        day: RwSignal::default(),
        month: RwSignal::default(),
        year: RwSignal::default(),
        no_day: no_month || control.node.appears("month-year"),
        no_month,
        control: StoredValue::new(control.clone()),
    };
    boxes.fill(&control.value_now());
    let follow = control.clone();
    effect(move || {
        let value = follow.value();
        if untrack(|| boxes.value()) != date_of(&value) {
            boxes.fill(&value);
        }
    });
    let reading = control.clone();
    let leave = control.clone();
    let quick = (!boxes.no_day).then(|| {
        view! {
            <div class="date__quick">
                {boxes.chip(Key::TimeToday, 0)} {boxes.chip(Key::TimeYesterday, 1)}
            </div>
        }
    });
    view! {
        <div class="date">
            <div class="date__parts" on:focusout=move |_| leave.leave()>
                {(!boxes.no_day).then(|| boxes.text(Key::DateDay, "day", boxes.day))}
                {(!boxes.no_month).then(|| boxes.months())}
                {boxes.text(Key::DateYear, "year", boxes.year)}
            </div>
            <p class="date__computed" role="status">
                {live(move || {
                    let date = date_of(&reading.value());
                    calendar::parts(&date).map(|_| answers::date(&date)).into_any()
                })}
            </p>
            {quick}
        </div>
    }
    .into_any()
}

impl Boxes {
    /// The months of the year in the box, or of this year while there is none.
    fn known(self) -> Vec<Month> {
        let year = self.year.get().trim().parse().ok();
        let months = year.map(|year| self.calendar.months(year)).unwrap_or_default();
        if !months.is_empty() {
            return months;
        }
        self.calendar.date(today()).map(|now| self.calendar.months(now.0)).unwrap_or_default()
    }

    /// The answer that the boxes make. What is no date keeps its parts, so that the form can say so.
    fn value(self) -> String {
        let text = |of: RwSignal<String>| of.get_untracked().trim().to_owned();
        let (day, month, year) = (text(self.day), text(self.month), text(self.year));
        let blank = |skipped: bool, of: &str| skipped || of.is_empty();
        if year.is_empty() && blank(self.no_day, &day) && blank(self.no_month, &month) {
            return String::new();
        }
        let days = || {
            let number = year.parse().ok()?;
            let months = self.calendar.months(number);
            let at = match self.no_month {
                true => 0,
                false => (0..months.len()).position(|at| name(&months, at) == month)?,
            };
            let first = months.get(at)?.first;
            let day = if self.no_day { first } else { day.parse().ok()? };
            self.calendar.days(number, at, day)
        };
        match days() {
            Some(days) => {
                let (year, month, day) = civil_from_days(days);
                calendar::lexical(year, month, day)
            }
            None => [day, month, year].join("/"),
        }
    }

    fn fill(self, value: &str) {
        let date = date_of(value);
        let found = calendar::parts(&date).and_then(|(year, month, day)| {
            let (year, at, day) = self.calendar.date(days_from_civil(year, month, day))?;
            Some([day.to_string(), name(&self.calendar.months(year), at), year.to_string()])
        });
        let parts = found.unwrap_or_else(|| {
            let mut parts = date.splitn(3, '/').map(str::to_owned);
            let three = date.matches('/').count() == 2;
            std::array::from_fn(|_| parts.next().filter(|_| three).unwrap_or_default())
        });
        for (signal, text) in [self.day, self.month, self.year].into_iter().zip(parts) {
            signal.set(text);
        }
    }

    /// Answers with what the boxes hold.
    fn put(self) {
        let date = untrack(|| self.value());
        self.control.with_value(|control| match control.question {
            QuestionType::DateTime => time::with_date(control, &date),
            _ => control.type_in(date),
        });
    }

    fn text(self, key: Key, part: &str, value: RwSignal<String>) -> AnyView {
        self.control.with_value(|control| {
            date::part(control, part, key, value, Callback::new(move |()| self.put()))
        })
    }

    fn months(self) -> AnyView {
        let id = self.control.with_value(|control| format!("{}-month", control.input_id()));
        let options = live(move || {
            let months = self.known();
            let chosen = self.month.get();
            let option = |at| {
                let value = name(&months, at);
                let words = match months.get(at).is_some_and(|month| month.name.is_empty()) {
                    true => t(crate::fill::widgets::calendar::MONTHS[at]),
                    false => value.clone(),
                };
                view! {
                    <option value=value.clone() selected=value == chosen>
                        {words}
                    </option>
                }
            };
            let options: Vec<_> = (0..months.len()).map(option).collect();
            let none = chosen.is_empty();
            view! {
                <option value="" selected=none></option>
                {options}
            }
            .into_any()
        });
        view! {
            <div class="date__part">
                <label for=id.clone()>{t(Key::DateMonth)}</label>
                <select
                    class="date__box date__box--month"
                    id=id
                    on:change=move |event| {
                        self.month.set(event_target_value(&event));
                        self.put();
                    }
                >
                    {options}
                </select>
            </div>
        }
        .into_any()
    }

    fn chip(self, key: Key, ago: i64) -> AnyView {
        let press = move |_| {
            let (year, month, day) = civil_from_days(today() - ago);
            self.fill(&calendar::lexical(year, month, day));
            self.put();
        };
        view! {
            <button type="button" class="chip" on:click=press>
                {t(key)}
            </button>
        }
        .into_any()
    }
}

/// What a month is told by: its name, or its number where it is a Gregorian one.
fn name(months: &[Month], at: usize) -> String {
    let name = months.get(at).map_or("", |month| month.name);
    if name.is_empty() { (at + 1).to_string() } else { name.to_owned() }
}

fn date_of(value: &str) -> String {
    value.split('T').next().unwrap_or_default().to_owned()
}

fn today() -> i64 {
    let (year, month, day) = calendar::today(clock::now_ms(), clock::utc_offset_minutes());
    days_from_civil(year, month, day)
}
