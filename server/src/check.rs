//! A record's answers under its form's rules.

use form::model::{Form, Text};
use form::session::{Address, Context, Session, Violation};
use serde_json::{Value, json};
use shared::record::answer::Answers;
use shared::record::{FieldPath, binding};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Georgia keeps one time all year.
const UTC_OFFSET_MINUTES: i32 = 240;

pub use crate::worker::message::Roster;

/// The record as a live form.
pub fn session(form: &Arc<Form>, answers: &Answers, roster: Roster, now_ms: i64) -> Session {
    let context = Context {
        now_ms,
        utc_offset_minutes: UTC_OFFSET_MINUTES,
        language: form.default_language.clone(),
        external: BTreeMap::from([("roster".to_owned(), roster)]),
        ..Context::default()
    };
    let address = |path: &FieldPath| {
        let (node, items) = binding::locate(form, path)?;
        Some(Address { items, node })
    };
    let values = answers
        .answers
        .iter()
        .filter(|answer| !answers.is_removed(&answer.path))
        .filter_map(|answer| Some((address(&answer.path)?, answer.value.clone())))
        .collect();
    let items = answers
        .items
        .iter()
        .filter(|item| !item.removed)
        .filter_map(|item| Some((address(&item.repeat)?, item.id.clone(), item.order.clone())))
        .collect();
    Session::load(form.clone(), context, values, items)
}

/// What is wrong with the answers. A warning that the worker confirmed is not.
pub fn problems(session: &mut Session) -> Vec<Value> {
    let form = session.form().clone();
    let found = session.check();
    found
        .iter()
        .filter(|(_, kind)| *kind != Violation::Soft)
        .map(|(at, kind)| problem(&form, at, *kind))
        .collect()
}

fn problem(form: &Form, at: &Address, kind: Violation) -> Value {
    let node = form.node(at.node);
    let (code, message): (&str, &Text) = match kind {
        Violation::Required => ("required", &node.required_message),
        Violation::Constraint => ("constraint", &node.constraint_message),
        Violation::Type => ("type", &node.constraint_message),
        Violation::Soft => ("soft_constraint", &node.soft_constraint_message),
    };
    let path = binding::path(form, at.node, &at.items).to_string();
    json!({ "path": path, "code": code, "message": message })
}
