//! The answers in form order.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::Sheet;
use super::{altered, attachment, resolve};
use crate::i18n::{Key, Plural, t, ta, tn};
use crate::office::model::records::{Detail, Node, NodeKind};
use crate::office::texts::{left_word, pick, readable, when};
use crate::ui::Icon;

/// Which answers are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Flagged,
    TwoAnswers,
    Problems,
    /// Altered since the last decision.
    Altered,
    Changed,
    Unanswered,
}

impl Show {
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::Altered,
        Self::TwoAnswers,
        Self::Problems,
        Self::Flagged,
        Self::Changed,
        Self::Unanswered,
    ];

    pub fn word(self) -> Key {
        match self {
            Self::All => Key::RecordShowAll,
            Self::Flagged => Key::RecordShowFlagged,
            Self::TwoAnswers => Key::OfficeTwoAnswers,
            Self::Problems => Key::RecordShowWarnings,
            Self::Altered => Key::RecordShowAltered,
            Self::Changed => Key::RecordShowChanged,
            Self::Unanswered => Key::RecordShowUnanswered,
        }
    }

    /// How many answers of the record it shows.
    pub fn count(self, sheet: Sheet, detail: &Detail) -> usize {
        let facts = Facts::of(sheet, detail);
        let questions = detail.nodes.iter().filter(|node| is_question(node));
        questions.filter(|node| self.takes(node, &facts)).count()
    }

    fn takes(self, node: &Node, facts: &Facts) -> bool {
        let answered = !node.value.is_empty() || !node.two_answers.is_empty();
        match self {
            Self::All => answered,
            Self::Flagged => facts.flagged.contains(&node.path) || !node.flag.is_empty(),
            Self::TwoAnswers => !node.two_answers.is_empty(),
            Self::Problems => facts.problems.contains_key(&node.path),
            Self::Altered => facts.altered.contains(&node.path),
            Self::Changed => facts.changed.contains(&node.path),
            Self::Unanswered => !answered && node.relevant && !node.calculated,
        }
    }
}

/// What is known of answers beside themselves, by path.
pub struct Facts {
    flagged: BTreeSet<String>,
    /// Answered, then altered: the first entry of the history is the answer, the second a change.
    changed: BTreeSet<String>,
    /// Altered since the last decision.
    altered: BTreeSet<String>,
    problems: BTreeMap<String, String>,
}

impl Facts {
    pub fn of(sheet: Sheet, detail: &Detail) -> Self {
        let id = sheet.id.get_value();
        let flagged = sheet.desk.notes.flags.with(|flags| {
            let own = flags.keys().filter(|(record, _)| *record == id);
            own.map(|(_, path)| path.clone()).collect()
        });
        let changed = sheet.history.with(|history| {
            let changes = history.iter().flat_map(|history| &history.changes);
            let edits = changes.flat_map(|change| &change.edits);
            let altered = edits.filter(|edit| edit.part == "answer" && !edit.before.is_empty());
            altered.map(|edit| edit.path.clone()).collect()
        });
        let altered = detail.altered.iter().map(|edit| edit.path.clone()).collect();
        let problems = detail.problems.iter();
        let problems = problems.map(|of| (of.path.clone(), pick(&of.message))).collect();
        Self { flagged, changed, altered, problems }
    }
}

pub fn is_question(node: &Node) -> bool {
    node.kind == NodeKind::Question && node.sensitivity != "protection"
}

/// The answers, with what is to be decided on top.
pub fn answers(sheet: Sheet) -> AnyView {
    view! {
        {altered::card(sheet, sheet.detail)}
        {resolve::cards(sheet, sheet.detail, is_question)}
        {move || {
            sheet
                .detail
                .with(|detail| detail.as_ref().map(|detail| sections(sheet, detail, is_question)))
        }}
    }
    .into_any()
}

/// The questions under the headings of their groups; headings without questions are left out.
pub fn sections(sheet: Sheet, detail: &Detail, takes: fn(&Node) -> bool) -> AnyView {
    let facts = Facts::of(sheet, detail);
    let show = sheet.show.get();
    let mut views: Vec<AnyView> = Vec::new();
    let mut headings: Vec<&Node> = Vec::new();
    let mut rows: Vec<AnyView> = Vec::new();
    let mut shown = 0_usize;
    for node in &detail.nodes {
        if node.kind != NodeKind::Question {
            close(&mut views, &mut rows);
            headings.retain(|above| above.depth < node.depth);
            headings.push(node);
            continue;
        }
        let below = headings.len();
        headings.retain(|above| above.depth < node.depth);
        if headings.len() < below {
            close(&mut views, &mut rows);
        }
        if !takes(node) || !show.takes(node, &facts) {
            continue;
        }
        for heading in headings.drain(..) {
            if let Some(view) = self::heading(heading) {
                close(&mut views, &mut rows);
                views.push(view);
            }
        }
        rows.push(row(sheet, node, &facts));
        shown += 1;
    }
    close(&mut views, &mut rows);
    if shown == 0 {
        return view! { <p class="meta">{t(Key::RecordNothingHere)}</p> }.into_any();
    }
    let questions = detail.nodes.iter().filter(|node| takes(node)).count();
    let hidden = questions - shown;
    let fold = (show == Show::Changed && hidden > 0)
        .then(|| view! { <p class="meta">{tn(Plural::RecordUnchanged, hidden as u64, &[])}</p> });
    view! {
        {views}
        {fold}
    }
    .into_any()
}

fn close(views: &mut Vec<AnyView>, rows: &mut Vec<AnyView>) {
    if !rows.is_empty() {
        let rows = std::mem::take(rows);
        views.push(view! { <dl class="answers record__section">{rows}</dl> }.into_any());
    }
}

/// A group without a label needs no heading; a repeat's items have their own.
fn heading(node: &Node) -> Option<AnyView> {
    let label = pick(&node.label);
    if label.trim().is_empty() {
        return None;
    }
    Some(match node.kind {
        NodeKind::Item => {
            let left = (!node.left.is_empty()).then(|| {
                let words = format!("{}: {}", t(Key::RosterLeft), left_word(&node.left));
                view! { <span class="tag">{words}</span> }
            });
            view! {
                <h3 class="record__item">
                    <Icon name="person" small=true />
                    {label}
                    {left}
                </h3>
            }
            .into_any()
        }
        _ if node.depth == 0 => view! { <h2 class="record__heading">{label}</h2> }.into_any(),
        _ => view! { <h3 class="record__subheading">{label}</h3> }.into_any(),
    })
}

fn row(sheet: Sheet, node: &Node, facts: &Facts) -> AnyView {
    let two = !node.two_answers.is_empty();
    let flagged = facts.flagged.contains(&node.path) || !node.flag.is_empty();
    let value = readable(&node.display, &node.value);
    // Whose answers these are stands in the head; said here only of what somebody else or a later
    // visit brought.
    let author = sheet.detail.with(|detail| detail.as_ref().map(|all| all.record.author.clone()));
    let altered = facts.altered.contains(&node.path);
    let changed = altered || facts.changed.contains(&node.path);
    let by = node.by.as_ref().filter(|by| !by.name.is_empty());
    let by = by.filter(|by| changed || author.is_none_or(|author| author.name != by.name));
    let who = by.map(|by| ta(Key::TwoAnswersBy, &[("person", &by.name), ("when", &when(by.at))]));
    let problem = facts.problems.get(&node.path).cloned();
    let flag = node.flag.clone();
    let fixed = node.fixed;
    let label = pick(&node.label);
    view! {
        <div
            class="answers__row"
            class:answers__row--changed=changed
            class:answers__row--altered=altered
            class:answers__row--flagged=flagged && !two
            class:answers__row--conflict=two
        >
            <dt>{label.clone()}</dt>
            <dd>
                {if let Some(file) = attachment::view(sheet, &node.value) {
                    file
                } else if value.is_empty() {
                    view! { <span class="answers__was">{t(Key::RecordNoAnswer)}</span> }.into_any()
                } else {
                    view! { <span class="answers__value">{value}</span> }.into_any()
                }} {two.then(|| view! { <span class="tag">{t(Key::TwoAnswersTitle)}</span> })}
                {who.map(|who| view! { <span class="answers__who">{who}</span> })}
                {problem
                    .map(|problem| {
                        let text =
                            if problem.is_empty() { t(Key::RecordProblems) } else { problem };
                        view! {
                            <span class="answers__problem">
                                <Icon name="warning" small=true />
                                {text}
                            </span>
                        }
                    })}
                {node
                    .confirmed
                    .then(|| {
                        view! {
                            <span class="answers__who">
                                <Icon name="tick" small=true />
                                {confirmed_words(&node.reason)}
                            </span>
                        }
                    })}
                {(!flag.is_empty())
                    .then(|| {
                        view! {
                            <span class="answers__problem">
                                <Icon name="flag" small=true />
                                {flag}
                            </span>
                            <span class="answers__who">
                                <Icon name=if fixed { "tick-square" } else { "clock" } small=true />
                                {t(if fixed { Key::RecordFixed } else { Key::RecordNotFixed })}
                            </span>
                        }
                    })} {said_back(&node.reply)}
            </dd>
            {flag_button(sheet, &node.path, &label)}
        </div>
    }
    .into_any()
}

/// What the worker answers to the office.
fn said_back(words: &str) -> Option<AnyView> {
    let words = (!words.is_empty()).then(|| ta(Key::RecordReply, &[("words", words)]))?;
    let view = view! {
        <span class="answers__who">
            <Icon name="info" small=true />
            {words}
        </span>
    };
    Some(view.into_any())
}

/// That the worker confirmed an unusual answer, and why.
fn confirmed_words(reason: &str) -> String {
    match reason {
        "" => t(Key::RecordConfirmed),
        reason => format!("{}: {reason}", t(Key::RecordConfirmed)),
    }
}

/// Marks the question for the return to the worker.
fn flag_button(sheet: Sheet, path: &str, label: &str) -> impl IntoView + use<> {
    let may = sheet.detail.with(|detail| detail.as_ref().is_some_and(|all| all.can("return")));
    let key = sheet.flag_key(path);
    let label = format!("{}: {label}", t(Key::ReviewFlag));
    may.then(|| {
        let (pressed, toggled) = (key.clone(), key);
        view! {
            <dd class="answers__acts">
                <button
                    type="button"
                    class="icon-button"
                    aria-label=label.clone()
                    title=t(Key::ReviewFlag)
                    aria-pressed=move || {
                        sheet
                            .desk
                            .notes
                            .flags
                            .with(|flags| {
                                if flags.contains_key(&pressed) { "true" } else { "false" }
                            })
                    }
                    on:click=move |_| {
                        sheet
                            .desk
                            .notes
                            .flags
                            .update(|flags| {
                                if flags.remove(&toggled).is_none() {
                                    flags.insert(toggled.clone(), String::new());
                                }
                            });
                    }
                >
                    <Icon name="flag" small=true />
                </button>
            </dd>
        }
    })
}
