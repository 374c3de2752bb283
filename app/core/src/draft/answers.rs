//! What a record answers with its journal on top, and the live form over it.

use crate::error::DraftError;
use crate::records::Documents;
use form::model::Form;
use form::session::{Address, Session};
use shared::id::RecordId;
use shared::record::answer::Answers;
use shared::record::{Actor, Audience, Edit, binding};
use std::sync::Arc;

/// What the documents would answer with the journal made into a change.
pub(super) fn with_journal(
    documents: &Documents,
    record: RecordId,
    actor: Actor,
    journal: &[Edit],
) -> Result<Answers, DraftError> {
    let mut documents = documents.clone();
    for audience in [Audience::Main, Audience::Protection] {
        if journal.iter().any(|edit| edit.audience() == audience) {
            documents.of(record, audience, actor)?.edit(journal, 0, "")?;
        }
    }
    let mut answers = documents.main.answers();
    if let Some(companion) = &documents.protection {
        answers.extend(companion.answers());
    }
    Ok(answers)
}

pub(super) fn session_of(
    form: Arc<Form>,
    context: form::session::Context,
    answers: &Answers,
) -> Session {
    let (given, items) = for_session(&form, answers);
    Session::load(form, context, given, items)
}

/// What a session is loaded with.
type Kept = (Vec<(Address, String)>, Vec<(Address, String, String)>);

/// Answers and items as a session reads them: what was removed is left out.
pub(super) fn for_session(form: &Form, answers: &Answers) -> Kept {
    let given = answers
        .answers
        .iter()
        .filter(|answer| !answers.is_removed(&answer.path))
        .filter_map(|answer| {
            let (node, items) = binding::locate(form, &answer.path)?;
            Some((Address { items, node }, answer.value.clone()))
        })
        .collect();
    let items = answers
        .items
        .iter()
        .filter(|item| !item.removed)
        .filter_map(|item| {
            let (node, items) = binding::locate(form, &item.repeat)?;
            Some((Address { items, node }, item.id.clone(), item.order.clone()))
        })
        .collect();
    (given, items)
}
