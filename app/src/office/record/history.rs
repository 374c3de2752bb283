//! The history in steps that a person recognises: what one person did within ten minutes.

use crate::office::model::records::{Change, Edit};

const TOGETHER_MS: i64 = 10 * 60_000;

/// One person's work at one time.
pub struct Step {
    pub name: String,
    pub device: String,
    pub at: i64,
    pub received_at: i64,
    pub parallel: bool,
    /// Answers and roster lines, newest change of each, with the value before the step.
    pub edits: Vec<Edit>,
    /// What the form worked out from them and gave no name: nobody answered it.
    pub calculated: Vec<Edit>,
    /// What happened to the record as a whole.
    pub event: Option<Event>,
    /// The words that came with a decision.
    pub reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Started,
    Finished,
    Approved,
    Returned,
    Rejected,
    Reopened,
}

/// Groups the changes, newest first.
pub fn steps(changes: &[Change]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let mut event = event_of(change).or_else(|| repeated(&changes[index..]));
        if index + 1 == changes.len() {
            event = Some(Event::Started);
        }
        let joins = steps.last().is_some_and(|last| {
            last.name == change.who.name
                && last.device == change.who.device_label
                && !last.parallel
                && !change.parallel
                && (last.at - change.at).abs() <= TOGETHER_MS
                && (event.is_none() || event == Some(Event::Started) && last.event.is_none())
                && !matches!(
                    last.event,
                    Some(Event::Approved | Event::Returned | Event::Rejected | Event::Reopened)
                )
        });
        let edits = change.edits.iter().filter(|edit| is_answer(edit));
        if joins && let Some(last) = steps.last_mut() {
            for edit in edits {
                // The list goes back in time: this edit came before those already taken.
                match last.edits.iter_mut().find(|newer| is_same(newer, edit)) {
                    Some(newer) => {
                        newer.before.clone_from(&edit.before);
                        newer.before_display.clone_from(&edit.before_display);
                    }
                    None => last.edits.push(edit.clone()),
                }
            }
            last.event = last.event.or(event);
            continue;
        }
        steps.push(Step {
            name: change.who.name.clone(),
            device: change.who.device_label.clone(),
            at: change.at,
            received_at: change.received_at.unwrap_or(0),
            parallel: change.parallel,
            edits: edits.cloned().collect(),
            calculated: Vec::new(),
            event,
            reason: reason_of(change),
        });
    }
    for step in &mut steps {
        step.edits.retain(|edit| edit.before != edit.value);
        // That a member has left, with the reason, says that the member is not in the list any more.
        let left: Vec<String> = step.edits.iter().filter_map(left_item).collect();
        step.edits.retain(|edit| edit.part != "item" || !left.contains(&edit.path));
        step.calculated = step.edits.extract_if(.., |edit| is_unnamed(edit)).collect();
    }
    steps.retain(|step| {
        !step.edits.is_empty() || !step.calculated.is_empty() || step.event.is_some()
    });
    steps
}

fn is_answer(edit: &Edit) -> bool {
    let parts = ["answer", "option", "item", "opinion", "reply"];
    // An opinion goes with the question's second answer.
    let gone = edit.part == "opinion" && edit.value.is_empty();
    (parts.contains(&&*edit.part) || edit.part.is_empty()) && !gone
}

/// The path of the item that somebody has left, with the reason.
fn left_item(edit: &Edit) -> Option<String> {
    let item = edit.path.strip_suffix("_left").filter(|_| !edit.value.is_empty())?;
    Some(item.to_owned())
}

/// Whether it has no label in any language: the office is told the name that the form's author gave it.
fn is_unnamed(edit: &Edit) -> bool {
    let key = edit.path.rsplit('/').next().unwrap_or_default();
    let answered = matches!(edit.part.as_str(), "answer" | "option" | "");
    answered && edit.label.len() == 1 && edit.label.get("").is_some_and(|label| label == key)
}

fn is_same(newer: &Edit, older: &Edit) -> bool {
    newer.part != "option" && newer.part == older.part && newer.path == older.path
}

fn event_of(change: &Change) -> Option<Event> {
    change.edits.iter().find_map(|edit| {
        let state = edit.path.rsplit('/').next().unwrap_or_default();
        match (edit.part.as_str(), state, edit.value.as_str()) {
            ("header", "state", "finished") => Some(Event::Finished),
            ("review", "state", "approved") => Some(Event::Approved),
            ("review", "state", "returned") => Some(Event::Returned),
            ("review", "state", "rejected") => Some(Event::Rejected),
            ("review", "state", "submitted") => Some(Event::Reopened),
            _ => None,
        }
    })
}

/// A decision like the one before it, of answers that were altered meanwhile: the state stays as it is.
/// The changes begin with it and go back in time.
fn repeated(changes: &[Change]) -> Option<Event> {
    let decides = |edit: &&Edit| edit.part == "review" && edit.path == "at";
    changes.first()?.edits.iter().find(decides)?;
    let is = |event: &Event| !matches!(event, Event::Started | Event::Finished);
    changes.iter().find_map(|change| event_of(change).filter(is))
}

fn reason_of(change: &Change) -> String {
    let reviewed = || change.edits.iter().filter(|edit| edit.part == "review");
    if let Some(edit) = reviewed().find(|edit| edit.path == "reason") {
        return edit.value.clone();
    }
    // Between two answers: time, who and why, a unit separator between them.
    let settled = reviewed().find(|edit| edit.path.starts_with("settled#"));
    let why = settled.and_then(|edit| edit.value.rsplit('\u{1f}').next());
    why.unwrap_or_default().to_owned()
}
