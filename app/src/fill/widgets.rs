//! Widgets, one per kind of question. Each reads and sets its answer through a [`Control`].

mod acknowledge;
mod calendar;
mod choices;
mod date;
mod geopoint;
mod media;
pub mod metadata;
mod multiple;
mod number;
mod one;
mod picker;
mod quick;
mod rank;
pub mod rare;
mod strip;
mod textbox;
mod time;

use super::desk::Desk;
use super::question;
use crate::ui::memo;
use device::fill::rare::is_rare;
use form::model::{Node, QuestionType};
use form::session::{Address, Violation};
use leptos::prelude::*;
use std::sync::Arc;

/// A question as its widget sees it.
#[derive(Clone)]
pub struct Control {
    /// The open record.
    pub desk: Desk,
    /// Where the answer lives.
    pub at: Address,
    /// The type of the question.
    pub question: QuestionType,
    /// The question.
    pub node: Arc<Node>,
}

impl Control {
    /// The control of a question.
    pub fn new(desk: Desk, at: Address, question: QuestionType, node: &Node) -> Self {
        Self { desk, at, question, node: Arc::new(node.clone()) }
    }

    /// Whether the widget is a group of controls under one legend.
    pub fn grouped(&self) -> bool {
        use QuestionType::*;
        !matches!(self.question, Text | Integer | Decimal | PhoneNumber | Email | Barcode | Time)
    }

    /// The id of the widget's input.
    pub fn input_id(&self) -> String {
        question::id(&self.at) + "-input"
    }

    /// The id of the error under the widget.
    pub fn error_id(&self) -> String {
        question::id(&self.at) + "-error"
    }

    /// What describes the input: the hint, which the legend of a group holds itself, and the error.
    pub fn described_by(&self) -> String {
        match self.grouped() {
            true => self.error_id(),
            false => format!("{} {}", question::hint_id(&self.at), self.error_id()),
        }
    }

    /// `"true"` for `aria-required` while the question has to be answered.
    pub fn required(&self) -> Memo<Option<&'static str>> {
        let Self { desk, at, .. } = self.clone();
        Memo::new(move |_| desk.state(&at).required.then_some("true"))
    }

    /// The answer, followed.
    pub fn value(&self) -> String {
        self.desk.value(&self.at)
    }

    /// The answer as it is now.
    pub fn value_now(&self) -> String {
        self.desk.session(|session| session.value(&self.at).to_owned())
    }

    /// Answers at once.
    pub fn set(&self, value: &str) {
        self.desk.uncheck(&self.at);
        self.desk.set(&self.at, value);
    }

    /// Answers while typing.
    pub fn type_in(&self, value: String) {
        self.desk.uncheck(&self.at);
        self.desk.type_in(&self.at, value);
    }

    /// The person has gone on: what was typed is answered and checked.
    pub fn leave(&self) {
        self.desk.commit();
        if !self.value_now().is_empty() {
            self.desk.check(std::slice::from_ref(&self.at));
        }
    }

    /// The error to show, followed.
    pub fn error(&self) -> Memo<Option<Violation>> {
        let Self { desk, at, question, .. } = self.clone();
        memo(move || {
            let state = desk.state(&at);
            let violation = state.violation.filter(|_| state.relevant && !state.readonly)?;
            let soft = violation == Violation::Soft;
            if soft && desk.is_confirmed(&at, &state.value) {
                return None;
            }
            let shown = desk.is_checked(&at) || (soft && question.is_select());
            shown.then_some(violation)
        })
    }

    /// `"true"` for `aria-invalid` while an error shows.
    pub fn invalid(&self) -> Memo<Option<&'static str>> {
        let error = self.error();
        memo(move || error.get().is_some_and(|found| found != Violation::Soft).then_some("true"))
    }
}

/// The widget of a question.
pub fn view(control: &Control) -> AnyView {
    use QuestionType::*;
    let control = control.clone();
    match control.question {
        Range | Audio | Video | File | Barcode | Geotrace | Geoshape | Osm => rare::view(control),
        Geopoint | Integer | Decimal | Text if is_rare(&control.node) => rare::view(control),
        Text | PhoneNumber | Email => textbox::view(control),
        Integer | Decimal => number::view(control),
        SelectOne => one::view(control),
        SelectMultiple => multiple::view(control),
        Rank => rank::view(control),
        Date => date::view(control),
        DateTime => time::date_time(control),
        Time => time::view(control),
        Acknowledge => acknowledge::view(control),
        Geopoint => geopoint::view(control),
        Image => media::view(control),
        _ => ().into_any(),
    }
}
