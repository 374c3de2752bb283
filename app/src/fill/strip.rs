//! The sections of the record on one line, while whole sections are shown: where the worker is, what is
//! done, what is wrong; a tap goes there.

use super::desk::{Desk, Origin};
use super::say;
use crate::i18n::{Key, t, ta};
use crate::ui::{Icon, live, press};
use device::fill::screens::Mode;
use device::fill::sections::{self, Section};
use form::session::Address;
use leptos::prelude::*;

/// The line; nothing while questions come one by one, or in a form of one section.
pub fn view(desk: Desk, shown: Memo<Address>) -> AnyView {
    live(move || {
        if desk.mode() != Mode::Sections {
            return ().into_any();
        }
        desk.track_structure();
        let language = desk.language();
        let here = shown
            .with(|at| desk.session(|session| Some(sections::section_of(session.form(), at.node))));
        let all = desk.session(sections::sections);
        if all.len() < 2 {
            return ().into_any();
        }
        let alone = desk.is_alone();
        let links = all.into_iter().enumerate().map(|(place, section)| {
            let now = here == Some(section.at.node);
            one(desk, place + 1, &section, now, alone)
        });
        view! {
            <nav class="section-strip" lang=language aria-label=t(Key::QuestionSections)>
                {links.collect_view()}
            </nav>
        }
        .into_any()
    })
}

fn one(desk: Desk, number: usize, section: &Section, now: bool, alone: bool) -> AnyView {
    let title = match untrack(|| say::label(desk, &section.at)) {
        title if title.is_empty() => t(Key::QuestionFirstPart),
        title => title,
    };
    let wrong = section.answered > 0 && section.problems > 0 && !now;
    let done = section.problems == 0 && section.answered == section.asked;
    let state = match (wrong, done) {
        (true, _) => ta(Key::CheckSectionProblems, &[("count", &section.problems.to_string())]),
        (false, true) => t(Key::RosterComplete),
        _ => String::new(),
    };
    // What is for the worker alone has a number only, while the family may look.
    let hidden = section.worker_only && !alone;
    let short = short(&title, number, hidden);
    // Who hears it hears what is seen, and then what it means.
    let name = match (hidden, title.starts_with(&short)) {
        (true, _) => short.clone(),
        (false, true) => title,
        (false, false) => format!("{short}. {title}"),
    };
    let label = [name, state].into_iter().filter(|part| !part.is_empty());
    let label = label.collect::<Vec<_>>().join(", ");
    let target = section.first.clone();
    let go = move || {
        desk.commit();
        desk.set_origin(Origin::Questions);
        desk.app.go(desk.route(&target));
    };
    view! {
        <button
            type="button"
            aria-label=label
            aria-current=now.then_some("step")
            on:click=press(go)
        >
            {short}
            {wrong.then(|| view! { <span class="section-strip__problem"><Icon name="error" small=true /></span> })}
            {(done && !wrong).then(|| view! { <span class="section-strip__ok"><Icon name="tick" small=true /></span> })}
        </button>
    }
    .into_any()
}

/// The letter or number that the title begins with (`D. Housing`), else the place.
fn short(title: &str, number: usize, hidden: bool) -> String {
    let begins = title.split_once('.').map(|(mark, _)| mark.trim());
    match begins.filter(|mark| !hidden && !mark.is_empty() && mark.chars().count() <= 2) {
        Some(mark) => mark.to_owned(),
        None => number.to_string(),
    }
}
