//! Options side by side: likert scales and the rows of tables. Where the labels do not fit a phone, rows
//! below each other take their place.

use super::Control;
use super::choices::{Choosable, Options};
use super::multiple;
use crate::ui::live;
use device::fill::options::chosen;
use form::model::QuestionType;
use leptos::prelude::*;

/// The most options side by side.
const MOST: usize = 5;
/// The longest word that fits beside others, in letters.
const LONGEST: usize = 9;

/// What a strip shows of each option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The mark and the label.
    Both,
    /// The label: the head of a table.
    Labels,
    /// The mark: a row of a table. Screen readers hear the label all the same.
    Marks,
}

/// What the appearance asks for, when it asks for options side by side.
pub fn parts(control: &Control) -> Option<Parts> {
    let appears = |word: &str| control.node.appears(word);
    if appears("likert") || appears("list") {
        Some(Parts::Both)
    } else if appears("label") {
        Some(Parts::Labels)
    } else if appears("list-nolabel") {
        Some(Parts::Marks)
    } else {
        None
    }
}

/// Whether the options fit side by side.
pub fn fits(options: &Options) -> bool {
    let Options::Made(options) = options else { return false };
    let words = |option: &Choosable| {
        option.label.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0)
    };
    (1..=MOST).contains(&options.len()) && options.iter().all(|one| words(one) <= LONGEST)
}

/// The options side by side.
pub fn view(control: &Control, options: Memo<Options>, parts: Parts) -> AnyView {
    let invalid = control.invalid();
    let control = control.clone();
    let items = live(move || {
        let all = options.with(|options| options.with_all());
        all.into_iter()
            .map(|option| item(&control, options, option, parts))
            .collect_view()
            .into_any()
    });
    view! {
        <div
            class="likert"
            class:choices--error=move || invalid.get().is_some()
            aria-hidden=(parts == Parts::Labels).then_some("true")
        >
            {items}
        </div>
    }
    .into_any()
}

fn item(control: &Control, options: Memo<Options>, option: Choosable, parts: Parts) -> AnyView {
    if parts == Parts::Labels {
        return view! { <span class="likert__head">{option.label}</span> }.into_any();
    }
    let several = control.question == QuestionType::SelectMultiple;
    let (reading, setting) = (control.clone(), control.clone());
    let (code, name) = (option.code.clone(), control.input_id());
    let (picture, label) = (option.picture(control), option.label.clone());
    let change = move |event: leptos::ev::Event| {
        if several {
            multiple::toggle(&setting, options, &option.code);
        } else if event_target_checked(&event) {
            setting.set(&option.code);
        }
    };
    let text = if parts == Parts::Marks { "visually-hidden" } else { "likert__text" };
    view! {
        <label class="likert__item">
            <input
                class="choice__mark"
                type=if several { "checkbox" } else { "radio" }
                name=name
                prop:checked=move || chosen(&reading.value()).contains(&code.as_str())
                on:change=change
            />
            {picture}
            <span class=text>{label}</span>
        </label>
    }
    .into_any()
}

/// The class of a list whose options stand in columns.
pub fn columns(control: &Control) -> &'static str {
    let side = |word: &&String| word.starts_with("columns") || word.starts_with("compact");
    let word = control.node.appearance.iter().find(side);
    match word.map(String::as_str) {
        None if ["horizontal", "horizontal-compact"]
            .iter()
            .any(|word| control.node.appears(word)) =>
        {
            "choices choices--columns choices--pack"
        }
        None => "choices",
        Some("columns" | "columns-2" | "compact-2") => "choices choices--columns",
        Some("columns-3" | "compact-3") => "choices choices--columns choices--columns-3",
        Some("columns-1" | "compact-1") => "choices",
        Some(_) => "choices choices--columns choices--pack",
    }
}
