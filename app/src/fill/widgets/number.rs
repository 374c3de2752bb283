//! Whole and decimal numbers: comma or point, the keyboard with digits.

use super::{Control, textbox};
use device::fill::number;
use device::fill::options::{DONT_KNOW, REFUSED};
use form::model::QuestionType;
use leptos::prelude::*;

/// A number question.
pub fn view(control: Control) -> AnyView {
    let masked = control.node.appears("masked");
    let class = match masked {
        true => "field__box field__box--short field__box--masked",
        false => "field__box field__box--short",
    };
    // What is hidden is not grouped, as in ODK's clients.
    let grouped = control.node.appears("thousands-sep") && !masked;
    let show = move |value: &str| match value {
        DONT_KNOW | REFUSED => String::new(),
        value if grouped => number::grouped(value),
        value => value.replace('.', ","),
    };
    match control.question {
        QuestionType::Integer => textbox::line(control, "numeric", class, number::integer, show),
        _ => textbox::line(control, "decimal", class, number::decimal, show),
    }
}
