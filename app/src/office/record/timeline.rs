//! Who did what when, newest first.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::Sheet;
use super::history::{Event, Step, steps};
use super::protection::is_protection;
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::office::model::records::Edit;
use crate::office::texts::{day, day_number, is_leaving, left_word, pick, readable, time, when};

/// A phone's clock may be this much off before it is mentioned.
const CLOCK_DRIFT_MS: i64 = 5 * 60_000;
/// Edits of a step that are shown without unfolding.
const OPEN_EDITS: usize = 4;

pub fn timeline(sheet: Sheet) -> impl IntoView {
    view! {
        <h2 class="t-lg" id="history-title">
            {t(Key::RecordHistory)}
        </h2>
        {move || {
            let hidden = hidden(sheet);
            sheet
                .history
                .with(|history| {
                    let mut changes = history.as_ref()?.changes.clone();
                    for change in &mut changes {
                        change.edits.retain(|edit| !hidden.contains(&edit.path));
                    }
                    Some(days(&steps(&changes)))
                })
        }}
    }
}

/// Protection answers have their own page: the history beside the others leaves them out.
fn hidden(sheet: Sheet) -> BTreeSet<String> {
    sheet.detail.with(|detail| {
        let nodes = detail.iter().flat_map(|detail| &detail.nodes);
        nodes.filter(|node| is_protection(node)).map(|node| node.path.clone()).collect()
    })
}

fn days(steps: &[Step]) -> AnyView {
    if steps.is_empty() {
        return view! { <p class="meta">{t(Key::RecordHistoryEmpty)}</p> }.into_any();
    }
    let days = steps.chunk_by(|a, b| day_number(a.at) == day_number(b.at));
    let days = days.map(|steps| {
        let events = steps.iter().map(event).collect_view();
        view! {
            <section>
                <h3 class="timeline__day">{steps.first().map(|step| day(step.at))}</h3>
                <ol>{events}</ol>
            </section>
        }
    });
    view! { <div class="timeline">{days.collect_view()}</div> }.into_any()
}

fn event(step: &Step) -> impl IntoView + use<> {
    let decided = matches!(
        step.event,
        Some(Event::Approved | Event::Returned | Event::Rejected | Event::Reopened)
    );
    let drift = (!decided && step.received_at > 0 && step.at - step.received_at > CLOCK_DRIFT_MS)
        .then(|| {
            let (phone, received) = (when(step.at), when(step.received_at));
            ta(Key::RecordPhoneClock, &[("phone", &phone), ("received", &received)])
        });
    let device = (!decided && !step.device.is_empty()).then(|| format!(", {}", step.device));
    let late = step.received_at - step.at;
    let received = (!decided && drift.is_none() && late > CLOCK_DRIFT_MS)
        .then(|| format!(" · {}: {}", t(Key::StatusSent), when(step.received_at)));
    let parallel = step.parallel;
    let reason = (!step.reason.is_empty()).then(|| step.reason.clone());
    view! {
        <li
            class="timeline__event"
            class:timeline__event--review=decided
            class:timeline__event--parallel=parallel
        >
            <p class="timeline__who">{headline(step)}</p>
            <p class="timeline__time">{time(step.at)} {device} {received}</p>
            {drift.map(|drift| view! { <p class="timeline__time">{drift}</p> })}
            {parallel.then(|| view! { <p class="tag">{t(Key::RecordParallel)}</p> })}
            {reason.map(|reason| view! { <p class="timeline__what">{reason}</p> })}
            {edits(step)}
        </li>
    }
}

fn headline(step: &Step) -> String {
    let name = if step.name.is_empty() { t(Key::RecordHistory) } else { step.name.clone() };
    let person = [("person", name.as_str())];
    match step.event {
        Some(Event::Started) => ta(Key::RecordCreated, &person),
        Some(Event::Finished) => ta(Key::RecordFinished, &person),
        Some(Event::Approved) => ta(Key::RecordReviewApproved, &person),
        Some(Event::Returned) => ta(Key::RecordReviewReturned, &person),
        Some(Event::Rejected) => ta(Key::RecordReviewRejected, &person),
        Some(Event::Reopened) => format!("{name}: {}", t(Key::ReviewReopen)),
        None => match step.edits.iter().filter(|edit| !is_said(edit)).count() {
            // Nothing was answered.
            0 => name,
            count => tn(Plural::RecordEdited, count as u64, &person),
        },
    }
}

/// What was altered, old and new. First answers of a new record are many: they fold.
fn edits(step: &Step) -> Option<AnyView> {
    let edits = &step.edits;
    if edits.is_empty() && step.calculated.is_empty() {
        return None;
    }
    let begins = step.event == Some(Event::Started);
    let (altered, first): (Vec<&Edit>, Vec<&Edit>) = edits.iter().partition(|edit| {
        !begins
            && (!edit.before.is_empty()
                || edit.part == "item"
                || is_said(edit)
                || is_leaving(&edit.path))
    });
    let open = altered.iter().take(OPEN_EDITS).map(|edit| diff(edit)).collect_view();
    let rest: Vec<&Edit> = altered.iter().skip(OPEN_EDITS).copied().chain(first).collect();
    let calculated: Vec<&Edit> = step.calculated.iter().collect();
    Some(
        view! {
            {open}
            {fold(Key::RecordAnswers, &rest)}
            {fold(Key::RecordCalculated, &calculated)}
        }
        .into_any(),
    )
}

/// Alterations out of the way.
fn fold(of: Key, edits: &[&Edit]) -> Option<AnyView> {
    let rows = || edits.iter().map(|edit| diff(edit)).collect_view();
    (!edits.is_empty()).then(|| {
        view! {
            <details class="diff-fold">
                <summary>{format!("{}: {}", t(of), edits.len())}</summary>
                {rows()}
            </details>
        }
        .into_any()
    })
}

/// Whether it is what a worker said to the office, and no answer.
fn is_said(edit: &Edit) -> bool {
    matches!(edit.part.as_str(), "opinion" | "reply")
}

/// One alteration, before and after.
pub fn diff(edit: &Edit) -> impl IntoView + use<> {
    let before = match edit.part.as_str() {
        "item" => String::new(),
        _ if is_leaving(&edit.path) => left_word(&edit.before),
        _ => readable(&edit.before_display, &edit.before),
    };
    let now = match (edit.part.as_str(), edit.value.as_str()) {
        ("item", "added" | "restored") => t(Key::RecordAdded),
        ("item", _) => String::new(),
        _ if is_leaving(&edit.path) => left_word(&edit.value),
        _ => readable(&edit.display, &edit.value),
    };
    let gone = now.is_empty();
    let label = match edit.part.as_str() {
        "opinion" => format!("{} ({})", pick(&edit.label), t(Key::RecordOpinionShort)),
        "reply" if edit.path.is_empty() => t(Key::RecordReplyShort),
        "reply" => format!("{} ({})", pick(&edit.label), t(Key::RecordReplyShort)),
        _ if is_leaving(&edit.path) => format!("{}: {}", pick(&edit.label), t(Key::RosterLeft)),
        _ => pick(&edit.label),
    };
    view! {
        <div class="diff diff--narrow">
            <span class="diff__label">{label}</span>
            <span class="diff__values">
                {(!before.is_empty())
                    .then(|| {
                        view! {
                            <del class="diff__was">
                                <span class="visually-hidden">{t(Key::RecordWas)} " "</span>
                                {before}
                            </del>
                        }
                    })}
                {if gone {
                    view! { <span class="meta">{t(Key::RecordRemoved)}</span> }.into_any()
                } else {
                    view! {
                        <ins class="diff__now">
                            <span class="visually-hidden">{t(Key::RecordNow)} " "</span>
                            {now}
                        </ins>
                    }
                        .into_any()
                }}
            </span>
        </div>
    }
}
