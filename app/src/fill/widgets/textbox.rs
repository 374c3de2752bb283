//! Text in one line or several.

use super::Control;
use crate::fill::question;
use crate::i18n::{Key, t};
use crate::ui::live;
use device::fill::options::{DONT_KNOW, REFUSED};
use form::model::QuestionType;
use leptos::prelude::*;

/// A text question.
pub fn view(control: Control) -> AnyView {
    let lines = control.node.appears("multiline") || control.node.parameters.contains_key("rows");
    let special = control.node.is_set("allow_dkref");
    let show = move |value: &str| match value {
        DONT_KNOW | REFUSED if special => String::new(),
        value => value.to_owned(),
    };
    if lines {
        return area(control, show);
    }
    let numbers = control.node.appears("numbers");
    let mode = match control.question {
        QuestionType::PhoneNumber => "tel",
        QuestionType::Email => "email",
        _ if numbers => "numeric",
        _ => "text",
    };
    let hint = (control.question == QuestionType::Barcode)
        .then(|| view! { <p class="hint">{t(Key::QuestionBarcode)}</p> });
    let hidden = control.node.appears("masked") || control.node.appears("hidden-answer");
    let class = match (hidden, numbers) {
        (true, _) => "field__box field__box--digits-11 field__box--masked",
        (_, true) => "field__box field__box--digits-11",
        _ => "field__box",
    };
    let link = control.node.appears("url").then(|| link(&control));
    let input = line(control, mode, class, |typed| typed.trim().to_owned(), show);
    view! {
        {input}
        {link}
        {hint}
    }
    .into_any()
}

/// The address in the box, to be opened: the appearance `url`.
fn link(control: &Control) -> AnyView {
    let control = control.clone();
    live(move || {
        let address = control.value();
        let known = ["http://", "https://", "tel:", "mailto:"];
        let open = known.iter().any(|start| address.starts_with(start)).then(|| {
            view! {
                <a class="link-button" href=address target="_blank" rel="noopener noreferrer">
                    {t(Key::ActionOpen)}
                </a>
            }
        });
        open.into_any()
    })
}

/// A box of one line. `read` makes the answer of what was typed, `show` the other way.
pub fn line(
    control: Control,
    inputmode: &'static str,
    class: &'static str,
    read: fn(&str) -> String,
    show: impl Fn(&str) -> String + Send + Sync + 'static,
) -> AnyView {
    let typed = typed(&control, read, show);
    let invalid = control.invalid();
    let (input, leave) = (control.clone(), control.clone());
    // Of a box in a group the legend is the label.
    let legend = control.grouped().then(|| question::label_id(&control.at));
    view! {
        <input
            class=class
            id=control.input_id()
            type="text"
            inputmode=inputmode
            autocomplete="off"
            autocapitalize=if inputmode == "text" { "sentences" } else { "off" }
            spellcheck="false"
            aria-labelledby=legend
            aria-describedby=control.described_by()
            aria-required=control.required()
            aria-invalid=move || invalid.get()
            prop:value=move || typed.get()
            on:input=move |event| {
                let text = event_target_value(&event);
                input.type_in(read(&text));
                typed.set(text);
            }
            on:blur=move |_| leave.leave()
        />
    }
    .into_any()
}

fn area(control: Control, show: impl Fn(&str) -> String + Send + Sync + 'static) -> AnyView {
    let read = |typed: &str| typed.trim_end().to_owned();
    let typed = typed(&control, read, show);
    let invalid = control.invalid();
    let (input, leave) = (control.clone(), control.clone());
    let rows = control.node.parameters.get("rows").cloned().unwrap_or_else(|| "4".into());
    view! {
        <textarea
            class="field__box"
            id=control.input_id()
            rows=rows
            spellcheck="false"
            aria-describedby=control.described_by()
            aria-required=control.required()
            aria-invalid=move || invalid.get()
            prop:value=move || typed.get()
            on:input=move |event| {
                let text = event_target_value(&event);
                input.type_in(read(&text));
                typed.set(text);
            }
            on:blur=move |_| leave.leave()
        ></textarea>
    }
    .into_any()
}

/// What stands in the box: what is typed, until the answer becomes another one.
fn typed(
    control: &Control,
    read: fn(&str) -> String,
    show: impl Fn(&str) -> String + Send + Sync + 'static,
) -> RwSignal<String> {
    let typed = RwSignal::new(show(&control.value_now()));
    let control = control.clone();
    Effect::new(move || {
        let value = control.value();
        if typed.with_untracked(|text| read(text)) != value {
            typed.set(show(&value));
        }
    });
    typed
}
