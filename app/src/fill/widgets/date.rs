//! A date in three boxes. Visits also have "today", "yesterday" and a calendar; a birth shows the age.

use super::{Control, calendar as sheet, rare};
use crate::i18n::{Key, Plural, t, tn};
use crate::platform::clock;
use crate::ui::{effect, live, press};
use device::fill::calendar::{self, Typed};
use device::fill::rare::is_rare;
use form::model::QuestionType;
use leptos::prelude::*;

/// The boxes: day, month, year as typed.
#[derive(Clone, Copy)]
pub struct Boxes {
    day: RwSignal<String>,
    month: RwSignal<String>,
    year: RwSignal<String>,
}

/// A date question.
pub fn view(control: Control) -> AnyView {
    if is_rare(&control.node) {
        return rare::view(control);
    }
    let write = StoredValue::new(control.clone());
    boxes(&control, move |date| write.with_value(|control| control.type_in(date)))
}

/// The boxes with what helps to fill them; `write` takes the date, or what stands in the boxes when it
/// is none.
pub fn boxes(control: &Control, write: impl Fn(String) + Copy + Send + Sync + 'static) -> AnyView {
    let boxes = follow(control);
    let name = &control.node.name;
    let birth = name.contains("dob") || name.contains("birth");
    let (no_day, no_month) = (control.node.appears("month-year"), control.node.appears("year"));
    let put = Callback::new(move |()| write(boxes.value(no_day || no_month, no_month)));
    let set = move |date: (i64, u32, u32)| {
        boxes.show(date);
        write(calendar::lexical(date.0, date.1, date.2));
    };
    let leave = control.clone();
    let open = RwSignal::new(false);
    let choose = !control.node.appears("no-calendar");
    let quick = (!birth && !no_day && !no_month).then(|| quick(set, open, choose));
    let age = birth.then(|| age(boxes));
    view! {
        <div class="date">
            <div class="date__parts">
                {(!no_day && !no_month).then(|| part(control, "day", Key::DateDay, boxes.day, put))}
                {(!no_month).then(|| part(control, "month", Key::DateMonth, boxes.month, put))}
                <div on:focusout=move |_| match leave.question {
                    // The time comes after it.
                    QuestionType::DateTime => leave.desk.commit(),
                    _ => leave.leave(),
                }>
                    {part(control, "year", Key::DateYear, boxes.year, put)}
                </div>
            </div>
            {age}
            {quick}
            {live(move || (open.get().then(|| sheet::view(boxes.date(), Callback::new(set)))).into_any())}
        </div>
    }
    .into_any()
}

impl Boxes {
    fn date(self) -> Option<(i64, u32, u32)> {
        let typed = calendar::typed(&self.day.get(), &self.month.get(), &self.year.get());
        match typed {
            Typed::Date(year, month, day) => Some((year, month, day)),
            _ => None,
        }
    }

    /// The answer that the boxes make. What is no date keeps its parts, so that the form can say so.
    fn value(self, no_day: bool, no_month: bool) -> String {
        let text = |of: RwSignal<String>| of.with_untracked(|text| text.trim().to_owned());
        let year = text(self.year);
        let blank = |skipped: bool, of: String| match skipped {
            true if !year.is_empty() => "1".to_owned(),
            true => String::new(),
            false => of,
        };
        let (day, month) = (blank(no_day, text(self.day)), blank(no_month, text(self.month)));
        match calendar::typed(&day, &month, &year) {
            Typed::Blank => String::new(),
            Typed::Date(year, month, day) => calendar::lexical(year, month, day),
            Typed::Partial | Typed::Wrong => format!("{year}-{month}-{day}"),
        }
    }

    fn show(self, (year, month, day): (i64, u32, u32)) {
        self.day.set(format!("{day:02}"));
        self.month.set(format!("{month:02}"));
        self.year.set(year.to_string());
    }
}

/// The boxes of a question, following its answer.
fn follow(control: &Control) -> Boxes {
    let boxes =
        Boxes { day: RwSignal::default(), month: RwSignal::default(), year: RwSignal::default() };
    let (no_day, no_month) = (control.node.appears("month-year"), control.node.appears("year"));
    let fill = move |value: &str| {
        let date = value.split('T').next().unwrap_or_default();
        if let Some(date) = calendar::parts(date) {
            boxes.show(date);
            return;
        }
        let mut parts = date.splitn(3, '-').map(str::to_owned);
        let three = date.matches('-').count() == 2;
        boxes.year.set(parts.next().filter(|_| three).unwrap_or_default());
        boxes.month.set(parts.next().filter(|_| three).unwrap_or_default());
        boxes.day.set(parts.next().filter(|_| three).unwrap_or_default());
    };
    fill(&control.value_now());
    let control = control.clone();
    effect(move || {
        let value = control.value();
        let date = value.split('T').next().unwrap_or_default();
        if boxes.value(no_day || no_month, no_month) != date {
            fill(&value);
        }
    });
    boxes
}

/// A box with its name above it; `put` answers with what all of them hold.
pub fn part(
    control: &Control,
    name: &str,
    key: Key,
    value: RwSignal<String>,
    put: Callback<()>,
) -> AnyView {
    let id = format!("{}-{name}", control.input_id());
    let invalid = control.invalid();
    let class = if name == "year" { "date__box date__box--year" } else { "date__box" };
    view! {
        <div class="date__part">
            <label for=id.clone()>{t(key)}</label>
            <input
                class=class
                id=id
                type="text"
                inputmode="numeric"
                autocomplete="off"
                maxlength=if name == "year" { "4" } else { "2" }
                aria-describedby=control.described_by()
                aria-required=control.required()
                aria-invalid=move || invalid.get()
                prop:value=move || value.get()
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    put.run(());
                }
            />
        </div>
    }
    .into_any()
}

fn quick(
    set: impl Fn((i64, u32, u32)) + Copy + 'static,
    open: RwSignal<bool>,
    choose: bool,
) -> AnyView {
    let today = || calendar::today(clock::now_ms(), clock::utc_offset_minutes());
    let choose = choose.then(|| {
        view! {
            <button
                type="button"
                class="chip"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=press(move || open.update(|open| *open = !*open))
            >
                {t(Key::DateChoose)}
            </button>
        }
    });
    view! {
        <div class="date__quick">
            <button type="button" class="chip" on:click=press(move || set(today()))>
                {t(Key::TimeToday)}
            </button>
            <button type="button" class="chip" on:click=press(move || set(calendar::plus(today(), -1)))>
                {t(Key::TimeYesterday)}
            </button>
            {choose}
        </div>
    }
    .into_any()
}

/// The age, at once: catches 1896 for 1986 without an error.
fn age(boxes: Boxes) -> AnyView {
    let words = move || {
        let today = calendar::today(clock::now_ms(), clock::utc_offset_minutes());
        let (years, months) = calendar::age(boxes.date()?, today)?;
        Some(match years {
            0 => tn(Plural::TimeMonths, months as u64, &[]),
            years => tn(Plural::TimeYears, years as u64, &[]),
        })
    };
    view! {
        <p class="date__computed" role="status">
            {words}
        </p>
    }
    .into_any()
}
