//! Leaving a record: the journal becomes one change per document.

use super::{Draft, is_calculated};
use crate::entities;
use crate::error::DraftError;
use crate::keys;
use crate::ports::Table;
use crate::records::store_change;
use form::model::{Form, QuestionType};
use form::session::Address;
use shared::record::review::Review;
use shared::record::{Audience, Edit, EncodedChange, binding};

impl Draft {
    /// Finishes the record: answers to questions that are not asked any more leave it, the journal
    /// becomes a change. Returns the changes to send.
    pub fn finish(&mut self, now_ms: i64) -> Result<Vec<(Audience, EncodedChange)>, DraftError> {
        let form = self.session.form().clone();
        let unasked: Vec<Edit> = self
            .session
            .answers()
            .into_iter()
            .filter(|(at, _)| !self.session.state(at).relevant)
            .map(|(at, _)| blank(&form, &at))
            .collect();
        for edit in unasked {
            self.record_edit(edit);
        }
        for edit in Review::finish(&self.documents.main.header()) {
            self.record_edit(edit);
        }
        self.row.resume.clear();
        self.close(now_ms)
    }

    /// Makes the journal one change per document. Nothing happens when the journal is empty.
    pub fn close(&mut self, now_ms: i64) -> Result<Vec<(Audience, EncodedChange)>, DraftError> {
        if self.journal.is_empty() {
            return Ok(Vec::new());
        }
        let mut edits = compact(&self.journal);
        edits.extend(self.derived(&edits));
        let version = self.version.to_string();
        let mut documents = self.documents.clone();
        let mut made = Vec::new();
        for audience in [Audience::Main, Audience::Protection] {
            if !edits.iter().any(|edit| edit.audience() == audience) {
                continue;
            }
            let document = documents.of(self.record, audience, self.actor)?;
            if let Some(change) = document.edit(&edits, now_ms, &version)? {
                made.push((audience, change));
            }
        }
        self.documents = documents;
        for (audience, change) in &made {
            store_change(&self.writer, self.record, *audience, change);
        }
        for number in self.next_number - self.journal.len() as u64..self.next_number {
            self.writer.delete(Table::Journal, keys::journal(self.record, number));
        }
        self.journal.clear();
        self.row.open_edits = false;
        self.row.updated_ms = now_ms;
        // Not before the worker was told what the newer version changed.
        if self.before.is_none() {
            self.row.form_version = Some(self.version);
        }
        self.row.progress = self.progress();
        self.describe();
        if !self.row.looked.is_empty() {
            self.row.looked = self.documents.seen().to_string();
        }
        Ok(made)
    }

    /// Questions answered and questions asked, notes and calculations left out.
    pub fn progress(&self) -> (u32, u32) {
        let form = self.session.form();
        let mut answered = 0;
        let mut asked = 0;
        for at in self.session.walk() {
            let question = match form.node(at.node).question() {
                Some(QuestionType::Note) | None => continue,
                Some(question) if !question.has_control() => continue,
                Some(_) => self.session.state(&at),
            };
            if question.relevant {
                asked += 1;
                answered += u32::from(!question.value.is_empty());
            }
        }
        (answered, asked)
    }

    pub(super) fn describe(&mut self) {
        let form = self.session.form().clone();
        self.documents.describe(&mut self.row, |key| {
            form.by_key(key).is_some_and(|id| is_calculated(&form, id))
        });
        self.row.members = self.count_members();
        entities::keep(&self.writer, &form, self.record, &self.documents);
    }

    fn count_members(&self) -> (u32, u32) {
        let form = self.session.form();
        let Some(repeat) =
            form.settings.get(shared::project::setting::ROSTER).and_then(|key| form.by_key(key))
        else {
            return (0, 0);
        };
        let items = self.session.items(&Address { items: vec![], node: repeat });
        let age = shared::project::age_question(form);
        let children = items.iter().filter(|item| {
            age.is_some_and(|node| {
                let value =
                    self.session.value(&Address { items: vec![(*item).clone()], node }).to_owned();
                form::expr::number::parse(&value).is_some_and(|years| years < 18.0)
            })
        });
        (items.len() as u32, children.count() as u32)
    }

    /// Calculations, title and place as they follow from the answers.
    fn derived(&self, edits: &[Edit]) -> Vec<Edit> {
        let form = self.session.form();
        let stored = [
            self.documents.main.answers(),
            self.documents
                .protection
                .as_ref()
                .map(|document| document.answers())
                .unwrap_or_default(),
        ];
        let mut derived = Vec::new();
        for at in self.session.walk() {
            let node = form.node(at.node);
            // A calculation may be shown as well, and then has a control.
            if node.calculation.is_empty() && !is_calculated(form, at.node) {
                continue;
            }
            let path = self.path(&at);
            let value = self.session.value(&at);
            let audience = binding::audience(form, at.node);
            if stored[audience as usize].value(&path) != value {
                derived.push(Edit::Set {
                    path,
                    value: value.to_owned(),
                    kind: binding::value_kind(node),
                    audience,
                });
            }
        }
        let header = self.documents.main.header();
        let named = |name: &str| {
            let id = form.by_key(name).or_else(|| form.by_name(name));
            id.map(|node| self.session.value(&Address { items: vec![], node }).to_owned())
        };
        let title = self.session.instance_name();
        if title != header.title {
            derived.push(Edit::header("title", title));
        }
        let place = form.settings.get(shared::project::setting::PLACE).and_then(|key| named(key));
        if let Some(place) = place.filter(|place| *place != header.place) {
            derived.push(Edit::header("place", place));
        }
        derived.extend(self.entity_edits(&header, edits));
        derived.retain(|edit| !edits.contains(edit));
        derived
    }
}

fn blank(form: &Form, at: &Address) -> Edit {
    Edit::Set {
        path: binding::path(form, at.node, &at.items),
        value: String::new(),
        kind: binding::value_kind(form.node(at.node)),
        audience: binding::audience(form, at.node),
    }
}

/// The journal without what later edits of the same answer made pointless.
fn compact(journal: &[Edit]) -> Vec<Edit> {
    // Words back to the office are kept while they are typed.
    let same = |edit: &Edit, later: &Edit| match (edit, later) {
        (Edit::Set { path, .. }, Edit::Set { path: other, .. }) => path == other,
        (Edit::Header { name, .. }, Edit::Header { name: other, .. }) => name == other,
        _ => false,
    };
    let superseded =
        |at: usize, edit: &Edit| journal[at + 1..].iter().any(|later| same(edit, later));
    journal
        .iter()
        .enumerate()
        .filter(|(at, edit)| !superseded(*at, edit))
        .map(|(_, edit)| edit.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::record::{FieldPath, ValueKind};

    #[test]
    fn only_the_last_answer_to_a_question_becomes_part_of_the_change() {
        let set = |key: &str, value: &str| Edit::set(FieldPath::top(key), value, ValueKind::Plain);
        let said = |words: &str| Edit::header("reply#", words);
        let journal = [
            set("a", "1"),
            said("w"),
            set("b", "1"),
            set("a", "2"),
            Edit::header("state", "x"),
            said("words"),
        ];
        let expected = [set("b", "1"), set("a", "2"), Edit::header("state", "x"), said("words")];
        assert_eq!(compact(&journal), expected);
    }
}
