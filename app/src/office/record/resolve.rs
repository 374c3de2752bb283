//! Questions with two answers: both in equal size, none chosen beforehand; one is kept or another is
//! written with a reason.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::Sheet;
use crate::i18n::{Key, t, ta, tx};
use crate::office::model::records::{Answer, Choice, Detail, Node, Opinion};
use crate::office::parts::FieldError;
use crate::office::texts::{is_leaving, left_word, pick, readable, when};
use crate::office::{Submit, TextArea};
use crate::ui::{Field, Icon};

#[derive(Serialize)]
struct Settlement {
    path: String,
    value: String,
    reason: String,
}

/// What the reviewer is choosing for one question.
#[derive(Clone, Copy)]
struct Card {
    sheet: Sheet,
    /// Which answer, from 0; the number of answers means "another".
    chosen: RwSignal<Option<usize>>,
    other: RwSignal<String>,
    other_error: RwSignal<Option<String>>,
    reason: RwSignal<String>,
    reason_error: RwSignal<Option<String>>,
    choose_error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// One card for each question of `source` with two answers that `takes` lets through.
pub fn cards(
    sheet: Sheet,
    source: RwSignal<Option<Detail>>,
    takes: fn(&Node) -> bool,
) -> impl IntoView {
    let paths = Memo::new(move |_| {
        source.with(|detail| {
            let nodes = detail.iter().flat_map(|detail| &detail.nodes);
            let open = nodes.filter(|node| !node.two_answers.is_empty() && takes(node));
            open.map(|node| node.path.clone()).collect::<Vec<_>>()
        })
    });
    view! {
        <For each=move || paths.get().into_iter().enumerate() key=|(_, path)| path.clone() let:one>
            {card(sheet, source, one.0, &one.1)}
        </For>
    }
}

fn card(
    sheet: Sheet,
    source: RwSignal<Option<Detail>>,
    index: usize,
    path: &str,
) -> Option<AnyView> {
    let (node, total) = source.with_untracked(|detail| {
        let detail = detail.as_ref()?;
        let node = detail.nodes.iter().find(|node| node.path == path)?.clone();
        let total = detail.nodes.iter().filter(|node| !node.two_answers.is_empty()).count();
        Some((node, total))
    })?;
    let may = sheet.desk.may("records.review");
    let card = Card::new(sheet);
    let group = format!("answer-{index}");
    let leaves = is_leaving(&node.path);
    let legend = if leaves { t(Key::RosterLeft) } else { pick(&node.label) };
    let (n, all) = ((index + 1).to_string(), total.to_string());
    let position = ta(Key::TwoAnswersPosition, &[("n", &n), ("total", &all)]);
    let opinions = node.opinions.iter().map(opinion).collect_view();
    let pair = node.two_answers.iter().enumerate();
    let pair =
        pair.map(|(at, answer)| answer_card(card, &group, may, at, answer, leaves)).collect_view();
    let another = (may && !leaves).then(|| other_card(card, &group, index, &node));
    let decide = may.then(|| {
        view! {
            <div class="resolve__actions">
                <Submit label=tx(Key::ResolveSave) busy=card.busy />
            </div>
        }
    });
    Some(
        view! {
            <form
                class="resolve"
                data-resolve=index
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    card.send(&node);
                }
            >
                <fieldset>
                    <legend class="split">
                        <span class="strong">{legend}</span>
                        <span class="meta">{t(Key::TwoAnswersTitle)} ", " {position}</span>
                    </legend>
                    <div class="answers-pair">{pair} {another}</div>
                </fieldset>
                {opinions}
                {move || card.choose_error.get().map(|text| view! { <FieldError text=text /> })}
                {decide}
            </form>
        }
        .into_any(),
    )
}

/// What a worker said of it.
fn opinion(said: &Opinion) -> impl IntoView + use<> {
    let value = match said.knows {
        true => readable(&said.display, &said.value),
        false => t(Key::TwoAnswersUnknown),
    };
    let words = [value, said.reason.clone()];
    let words: Vec<String> = words.into_iter().filter(|part| !part.is_empty()).collect();
    let words = ta(
        Key::RecordOpinion,
        &[("person", &*said.by.name), ("when", &*when(said.by.at)), ("value", &*words.join(". "))],
    );
    view! {
        <p class="note">
            <Icon name="info" small=true />
            <span>{words}</span>
        </p>
    }
}

fn answer_card(
    card: Card,
    group: &str,
    may: bool,
    at: usize,
    answer: &Answer,
    leaves: bool,
) -> impl IntoView + use<> {
    let shown = match leaves {
        true => left_word(&answer.value),
        false => readable(&answer.display, &answer.value),
    };
    let value = if shown.is_empty() { t(Key::TwoAnswersEmptyAnswer) } else { shown };
    let by = ta(Key::TwoAnswersBy, &[("person", &answer.by.name), ("when", &when(answer.by.at))]);
    let device = answer.by.device_label.clone();
    let winner = answer.winner;
    view! {
        <label class="answer-card">
            <span class="cluster">
                {may
                    .then(|| {
                        view! {
                            <input
                                type="radio"
                                class="choice__mark"
                                name=group.to_owned()
                                prop:checked=move || card.chosen.get() == Some(at)
                                on:change=move |_| card.choose(at)
                            />
                            <kbd class="button__key">{at + 1}</kbd>
                        }
                    })} <span class="answer-card__value">{value}</span>
            </span>
            <span class="meta">{by} {(!device.is_empty()).then(|| format!(", {device}"))}</span>
            {winner.then(|| view! { <span class="tag">{t(Key::TwoAnswersShownForNow)}</span> })}
        </label>
    }
}

/// The third card: another answer, with a reason.
fn other_card(card: Card, group: &str, index: usize, node: &Node) -> Option<AnyView> {
    let select = node.question_type.starts_with("select");
    if node.question_type == "select_multiple" || (select && node.choices.is_empty()) {
        return None;
    }
    let at = node.two_answers.len();
    let (value_id, reason_id) = (format!("other-{index}"), format!("reason-{index}"));
    let numeric = matches!(node.question_type.as_str(), "integer" | "decimal" | "range");
    let choices = StoredValue::new(node.choices.clone());
    let group = group.to_owned();
    Some(
        view! {
            <div class="answer-card">
                <label class="cluster">
                    <input
                        type="radio"
                        class="choice__mark"
                        name=group
                        prop:checked=move || card.chosen.get() == Some(at)
                        on:change=move |_| card.choose(at)
                    />
                    <kbd class="button__key">{at + 1}</kbd>
                    <span class="strong">{t(Key::ResolveWriteOther)}</span>
                </label>
                {move || {
                    (card.chosen.get() == Some(at))
                        .then(|| {
                            let inputmode = if numeric { "decimal" } else { "text" };
                            view! {
                                {if select {
                                    choice(card, &value_id, &choices.get_value()).into_any()
                                } else {
                                    view! {
                                        <Field
                                            id=value_id.clone()
                                            label=tx(Key::ResolveValue)
                                            value=card.other
                                            error=card.other_error
                                            inputmode=inputmode
                                        />
                                    }
                                        .into_any()
                                }}
                                <TextArea
                                    id=reason_id.clone()
                                    label=tx(Key::ResolveOtherReason)
                                    value=card.reason
                                    error=card.reason_error
                                />
                            }
                        })
                }}
            </div>
        }
        .into_any(),
    )
}

fn choice(card: Card, id: &str, choices: &[Choice]) -> impl IntoView + use<> {
    let options = choices
        .iter()
        .map(|choice| {
            view! { <option value=choice.value.clone()>{pick(&choice.label)}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="field__label" for=id.to_owned()>
                {t(Key::ResolveValue)}
            </label>
            <select
                class="field__box"
                id=id.to_owned()
                on:change=move |event| card.other.set(event_target_value(&event))
            >
                <option value="">{t(Key::ActionChoose)}</option>
                {options}
            </select>
            {move || card.other_error.get().map(|text| view! { <FieldError text=text /> })}
        </div>
    }
}

impl Card {
    fn new(sheet: Sheet) -> Self {
        Self {
            sheet,
            chosen: RwSignal::new(None),
            other: RwSignal::default(),
            other_error: RwSignal::default(),
            reason: RwSignal::default(),
            reason_error: RwSignal::default(),
            choose_error: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    fn choose(self, at: usize) {
        self.chosen.set(Some(at));
        self.choose_error.set(None);
    }

    fn send(self, node: &Node) {
        if self.busy.get_untracked() {
            return;
        }
        let Some(value) = self.value(node) else { return };
        let body = Settlement {
            path: node.path.clone(),
            value,
            reason: self.reason.get_untracked().trim().to_owned(),
        };
        let path = format!("/api/records/{}/resolve", self.sheet.id.get_value());
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.sheet.desk.post::<Detail>(&path, &body).await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(detail) => {
                    let app = self.sheet.desk.app;
                    app.toast(ta(Key::ResolveDone, &[("value", &shown(&detail, &body))]), None);
                    self.sheet.taken(detail);
                }
                Err(error) => {
                    if error.code() == "conflict" {
                        self.sheet.load();
                    }
                    let _ = self.choose_error.try_set(Some(error.words()));
                }
            }
        });
    }

    /// The value to keep; marks what is missing.
    fn value(self, node: &Node) -> Option<String> {
        let Some(chosen) = self.chosen.get_untracked() else {
            self.choose_error.set(Some(t(Key::ResolveChooseFirst)));
            return None;
        };
        if let Some(answer) = node.two_answers.get(chosen) {
            return Some(answer.value.clone());
        }
        let value = self.other.get_untracked().trim().to_owned();
        let reasoned = !self.reason.with_untracked(|reason| reason.trim().is_empty());
        self.other_error.set(value.is_empty().then(|| t(Key::ResolveValueMissing)));
        self.reason_error.set((!reasoned).then(|| t(Key::ReviewReasonMissing)));
        (!value.is_empty() && reasoned).then_some(value)
    }
}

/// The settled value as a person reads it.
fn shown(detail: &Detail, body: &Settlement) -> String {
    let node = detail.nodes.iter().find(|node| node.path == body.path);
    node.map_or_else(|| body.value.clone(), |node| readable(&node.display, &node.value))
}
