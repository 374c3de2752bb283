//! What the worker knows of a question that the office decides: one of the answers, another one, or that
//! it is not known; with a word why. The office reads it beside the answers.

use super::{Desk, say, words};
use crate::i18n::{Key, t, ta, tx};
use crate::ui::{Button, ChoiceRow, Field, Icon, Kind, Mark, live, press};
use form::model::QuestionType;
use form::session::Address;
use leptos::prelude::*;
use shared::record::conflict::TwoAnswers;
use shared::record::said::Opinion;

/// What is being said of one question.
#[derive(Clone)]
struct Said {
    desk: Desk,
    at: Option<Address>,
    field: StoredValue<TwoAnswers>,
    /// Which answer, from 0; the number of answers means another.
    chosen: RwSignal<Option<usize>>,
    other: RwSignal<String>,
    reason: RwSignal<String>,
    missing: RwSignal<Option<String>>,
    /// What was said before, until it is to be altered.
    given: RwSignal<Option<Opinion>>,
}

/// The worker's opinion, given or asked for, and what colleagues said.
pub fn view(desk: Desk, number: usize, at: Option<&Address>, field: &TwoAnswers) -> AnyView {
    if !desk.read(|draft| draft.may_speak_of(&field.path)) {
        return ().into_any();
    }
    let mut all = desk.read(|draft| draft.opinions());
    all.retain(|opinion| opinion.path == field.path);
    let own = desk.app.device().actor().device;
    let given = all.iter().find(|opinion| opinion.device == own).cloned();
    let others: Vec<String> = all
        .iter()
        .filter(|opinion| opinion.device != own)
        .map(|opinion| {
            let person = say::person(desk, Some(opinion.device));
            format!("{person}: {}", opinion_words(desk, at, opinion))
        })
        .collect();
    let said = Said {
        desk,
        at: at.cloned(),
        field: StoredValue::new(field.clone()),
        chosen: RwSignal::new(None),
        other: RwSignal::default(),
        reason: RwSignal::default(),
        missing: RwSignal::default(),
        given: RwSignal::new(given),
    };
    view! {
        {others.into_iter().map(|words| view! { <p class="meta">{words}</p> }).collect_view()}
        {live(move || match said.given.get() {
            Some(opinion) => said.told(&opinion),
            None => said.ask(number),
        })}
    }
    .into_any()
}

fn opinion_words(desk: Desk, at: Option<&Address>, opinion: &Opinion) -> String {
    let value = match &opinion.value {
        Some(value) => words(desk, at, value),
        None => t(Key::TwoAnswersUnknown),
    };
    let parts = [value, opinion.reason.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". ")
}

impl Said {
    /// What was said, with the way to say something else.
    fn told(&self, opinion: &Opinion) -> AnyView {
        let words = opinion_words(self.desk, self.at.as_ref(), opinion);
        let given = self.given;
        view! {
            <p class="note">
                <Icon name="tick" small=true />
                <span>{ta(Key::TwoAnswersTold, &[("value", &words)])}</span>
            </p>
            <button type="button" class="link-button" on:click=press(move || given.set(None))>
                <Icon name="edit" small=true />
                {t(Key::ActionChange)}
            </button>
        }
        .into_any()
    }

    fn ask(&self, number: usize) -> AnyView {
        let (chosen, missing) = (self.chosen, self.missing);
        let (desk, at) = (self.desk, self.at.as_ref());
        let values = self.field.with_value(|field| {
            field.values.iter().map(|of| words(desk, at, &of.value)).collect::<Vec<_>>()
        });
        let count = values.len();
        let other = self.other_box(number);
        let labels = values.into_iter().chain(other.is_some().then(|| t(Key::TwoAnswersOther)));
        let name = format!("opinion-{number}");
        let rows = labels.enumerate().map(|(place, label)| {
            view! {
                <ChoiceRow
                    mark=Mark::Radio
                    name=name.clone()
                    label=label
                    checked=Signal::derive(move || chosen.get() == Some(place))
                    on_change=move |_| {
                        chosen.set(Some(place));
                        missing.set(None);
                    }
                />
            }
        });
        let rows = rows.collect_view();
        let (tell, unknown) = (self.clone(), self.clone());
        view! {
            <fieldset class="stack">
                <legend class="strong">{t(Key::TwoAnswersDoYouKnow)}</legend>
                <div class="choices">{rows}</div>
                {other
                    .map(|field| {
                        view! { <div hidden=move || chosen.get() != Some(count)>{field}</div> }
                    })}
                <Field
                    id=format!("opinion-why-{number}")
                    label=tx(Key::TwoAnswersWhy)
                    value=self.reason
                />
            </fieldset>
            <div aria-live="polite">
                {live(move || {
                    missing
                        .get()
                        .map(|words| {
                            view! {
                                <p class="field__error">
                                    <Icon name="error" small=true />
                                    <span>{words}</span>
                                </p>
                            }
                        })
                        .into_any()
                })}
            </div>
            <Button wide=true label=tx(Key::TwoAnswersTell) on_press=move |()| tell.tell() />
            <Button
                kind=Kind::Secondary
                wide=true
                label=tx(Key::TwoAnswersUnknown)
                on_press=move |()| unknown.give(None)
            />
        }
        .into_any()
    }

    /// Another answer, where one can be written in a box.
    fn other_box(&self, number: usize) -> Option<AnyView> {
        let at = self.at.as_ref()?;
        let question = self.desk.session(|session| session.form().node(at.node).question())?;
        let inputmode = match question {
            QuestionType::Text => "text",
            QuestionType::Integer => "numeric",
            QuestionType::Decimal => "decimal",
            _ => return None,
        };
        let field = view! {
            <Field
                id=format!("opinion-other-{number}")
                label=tx(Key::TwoAnswersOther)
                value=self.other
                inputmode=inputmode
            />
        };
        Some(field.into_any())
    }

    fn tell(&self) {
        let other = self.other.with_untracked(|text| text.trim().to_owned());
        let value = self.field.with_value(|field| {
            let chosen = self.chosen.get_untracked()?;
            let known = field.values.get(chosen).map(|of| of.value.clone());
            known.or_else(|| Some(other).filter(|text| !text.is_empty()))
        });
        match value {
            Some(value) => self.give(Some(value)),
            None => self.missing.set(Some(t(Key::TwoAnswersChoose))),
        }
    }

    fn give(&self, value: Option<String>) {
        let desk = self.desk;
        let reason = self.reason.with_untracked(|text| text.trim().to_owned());
        let path = self.field.with_value(|field| field.path.clone());
        desk.read(|draft| draft.give_opinion(&path, value.as_deref(), &reason));
        desk.app.save();
        self.missing.set(None);
        let device = desk.app.device().actor().device;
        self.given.set(Some(Opinion { path, device, value, reason }));
        desk.app.toast(t(Key::TwoAnswersOpinionSaved), None);
    }
}
