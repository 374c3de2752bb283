//! Ranges by their appearances: stars, a list to pick from, a line to slide on.

use crate::fill::widgets::{Control, choices};
use crate::ui::{live, memo};
use device::fill::number;
use form::expr::number::parse;
use leptos::prelude::*;

/// The most values that stand as stars or in a list.
const MOST: usize = 1_000;
/// The most stars that a phone shows side by side.
const STARS: usize = 10;

/// The values of a range.
#[derive(Clone, Copy)]
pub struct Values {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

impl Values {
    /// Each value in order, from the start that the form names.
    fn all(self, down: bool) -> Vec<String> {
        let count = (((self.high - self.low) / self.step) + 1e-9).floor().max(0.0) as usize;
        let value =
            |at: usize| number::decimal(&format!("{:.6}", self.low + at as f64 * self.step));
        let values: Vec<String> = (0..=count.min(MOST)).map(value).collect();
        if down { values.into_iter().rev().collect() } else { values }
    }
}

/// A range with an appearance of its own.
pub fn view(control: Control) -> AnyView {
    let (values, down) = choices_of(&control);
    let body = if control.node.appears("rating") && values.all(down).len() <= STARS {
        stars(&control, values.all(down))
    } else if control.node.appears("picker") || control.node.appears("rating") {
        picker(&control, values.all(down))
    } else {
        slider(&control, values)
    };
    view! {
        {body}
        {choices::remove(&control)}
    }
    .into_any()
}

fn choices_of(control: &Control) -> (Values, bool) {
    let parameter = |name: &str, or: f64| {
        control.node.parameters.get(name).and_then(|text| parse(text)).unwrap_or(or)
    };
    let (start, end) = (parameter("start", 1.0), parameter("end", 10.0));
    let step = match parameter("step", 1.0).abs() {
        step if step > 0.0 => step,
        _ => 1.0,
    };
    (Values { low: start.min(end), high: start.max(end), step }, start > end)
}

/// Radio buttons that look like stars; those up to the answer are full.
fn stars(control: &Control, values: Vec<String>) -> AnyView {
    let name = control.input_id();
    let star = |value: String| {
        let (reading, full, setting) = (control.clone(), control.clone(), control.clone());
        let (own, limit, set) = (value.clone(), parse(&value), value.clone());
        let mark = live(move || {
            let reached = parse(&full.value()).zip(limit).is_some_and(|(now, at)| at <= now);
            if reached { "★" } else { "☆" }.into_any()
        });
        view! {
            <label class="rating__item">
                <input
                    class="visually-hidden"
                    type="radio"
                    name=name.clone()
                    prop:checked=move || reading.value() == own
                    on:change=move |_| setting.set(&set)
                />
                <span aria-hidden="true">{mark}</span>
                <span class="visually-hidden">{value}</span>
            </label>
        }
        .into_any()
    };
    let stars: Vec<AnyView> = values.into_iter().map(star).collect();
    view! { <div class="rating">{stars}</div> }.into_any()
}

/// The browser's own list: on phones the wheel that people know.
fn picker(control: &Control, values: Vec<String>) -> AnyView {
    let (reading, setting) = (control.clone(), control.clone());
    let now = memo(move || reading.value());
    let option = |value: String| {
        let own = value.clone();
        let shown = value.replace('.', ",");
        view! {
            <option value=value selected=move || now.get() == own>
                {shown}
            </option>
        }
        .into_any()
    };
    let options: Vec<AnyView> = values.into_iter().map(option).collect();
    view! {
        <select
            class="field__box field__box--short"
            id=control.input_id()
            aria-describedby=control.described_by()
            on:change=move |event| setting.set(&event_target_value(&event))
        >
            <option value="" selected=move || now.get().is_empty()></option>
            {options}
        </select>
    }
    .into_any()
}

/// A line to slide on. Nothing is answered before it is touched.
fn slider(control: &Control, values: Values) -> AnyView {
    let (reading, words) = (control.clone(), control.clone());
    let (typing, setting, leave) = (control.clone(), control.clone(), control.clone());
    let now = memo(move || reading.value());
    let appears = |word: &str| control.node.appears(word);
    let class = match appears("vertical") || appears("distress") {
        true => "slider slider--vertical",
        false => "slider",
    };
    let (low, high, step) = (values.low, values.high, values.step);
    let ticks = format!("{}-ticks", control.input_id());
    let marks = (!appears("no-ticks")).then(|| {
        let options: Vec<_> = values
            .all(false)
            .into_iter()
            .take(21)
            .map(|value| view! { <option value=value></option> })
            .collect();
        view! { <datalist id=ticks.clone()>{options}</datalist> }
    });
    let end = move |value: f64| number::decimal(&format!("{value:.6}")).replace('.', ",");
    view! {
        <div class=class class:slider--blank=move || now.get().is_empty()>
            <span class="hint">{end(low)}</span>
            <input
                type="range"
                id=control.input_id()
                min=low
                max=high
                step=step
                list=ticks
                aria-describedby=control.described_by()
                prop:value=move || if now.get().is_empty() { low.to_string() } else { now.get() }
                on:input=move |event| typing.type_in(number::decimal(&event_target_value(&event)))
                // A touch where the thumb rests already answers too.
                on:click=move |event| setting.set(&number::decimal(&event_target_value(&event)))
                on:blur=move |_| leave.leave()
            />
            <span class="hint">{end(high)}</span>
            {marks}
        </div>
        <output class="strong">
            {live(move || words.value().replace('.', ",").into_any())}
        </output>
    }
    .into_any()
}
