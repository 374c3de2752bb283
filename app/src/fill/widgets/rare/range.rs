//! A number from a range: less and more by the thumb, or typed.

use super::scale;
use crate::fill::widgets::{Control, textbox};
use crate::i18n::{Key, tx};
use crate::ui::IconButton;
use device::fill::number;
use form::expr::number::parse;
use leptos::prelude::*;

/// A range question.
pub fn view(control: Control) -> AnyView {
    let other = ["rating", "picker", "vertical", "no-ticks", "distress"];
    if other.iter().any(|word| control.node.appears(word)) {
        return scale::view(control);
    }
    let parameter = |name: &str, or: f64| {
        control.node.parameters.get(name).and_then(|text| parse(text)).unwrap_or(or)
    };
    let (start, end) = (parameter("start", 1.0), parameter("end", 10.0));
    let step = match parameter("step", 1.0) {
        step if step > 0.0 => step,
        _ => 1.0,
    };
    let (low, high) = (start.min(end), start.max(end));
    view! {
        {stepper(control, low, high, step)}
        <p class="hint">{format!("{low} – {high}")}</p>
    }
    .into_any()
}

/// A whole number counted up and down, from 0 on: the appearance `counter`.
pub fn counter(control: Control) -> AnyView {
    stepper(control, 0.0, f64::MAX, 1.0)
}

/// Less, the number, more. The first press gives `low`.
fn stepper(control: Control, low: f64, high: f64, step: f64) -> AnyView {
    let moved = move |control: &Control, by: f64| {
        let now = parse(&control.value_now());
        let next = now.map_or(low, |now| (now + by).clamp(low, high));
        control.set(&number::decimal(&format!("{next:.6}")));
    };
    let (less, more) = (control.clone(), control.clone());
    let show = |value: &str| value.replace('.', ",");
    view! {
        <div class="stepper">
            <IconButton
                icon="minus"
                label=tx(Key::QuestionLess)
                on_press=move |()| moved(&less, -step)
            />
            {textbox::line(control, "decimal", "stepper__box", number::decimal, show)}
            <IconButton
                icon="plus"
                label=tx(Key::QuestionMore)
                on_press=move |()| moved(&more, step)
            />
        </div>
    }
    .into_any()
}
