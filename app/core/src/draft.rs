//! A record being filled in: the live form over the record's documents, and the journal between them.

use crate::keys;
use crate::list::ListRow;
use crate::ports::{StoreError, Table};
use crate::records::{Documents, store_change};
use crate::writer::Writer;
use form::model::{Form, Kind, NodeId, QuestionType};
use form::session::{Address, Effects, Session, Violation};
use shared::id::{FormVersionId, RecordId};
use shared::record::answer::Answers;
use shared::record::review::Review;
use shared::record::{
    Actor, Audience, DocumentError, Edit, EncodedChange, FieldPath, ValueKind, binding,
};
use std::rc::Rc;
use std::sync::Arc;

/// Why a record cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document refused.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The device does not hold the record.
    #[error("this record is not on the device")]
    NotHere,
    /// The device does not hold the record's form.
    #[error("the form of this record is not on the device yet; connect to the internet once")]
    NoForm,
}

/// An open record.
pub struct Draft {
    pub(crate) record: RecordId,
    pub(crate) documents: Documents,
    session: Session,
    version: FormVersionId,
    actor: Actor,
    journal: Vec<Edit>,
    next_number: u64,
    pub(crate) row: ListRow,
    writer: Rc<Writer>,
}

/// What opening needs beside the documents.
pub(crate) struct Opening {
    pub record: RecordId,
    pub documents: Documents,
    pub form: Arc<Form>,
    pub version: FormVersionId,
    pub context: form::session::Context,
    pub actor: Actor,
    pub journal: Vec<(u64, Edit)>,
    pub row: ListRow,
    pub writer: Rc<Writer>,
}

impl Draft {
    /// Opens a record: documents, then the journal on top of them.
    pub(crate) fn open(opening: Opening) -> Result<Self, DraftError> {
        let Opening { record, documents, form, version, context, actor, journal, row, writer } =
            opening;
        let next_number = journal.last().map_or(0, |(number, _)| number + 1);
        let journal: Vec<Edit> = journal.into_iter().map(|(_, edit)| edit).collect();
        let answers = with_journal(&documents, record, actor, &journal)?;
        let session = session_of(form, context, &answers);
        let mut draft =
            Self { record, documents, session, version, actor, journal, next_number, row, writer };
        draft.row.open_edits = !draft.journal.is_empty();
        Ok(draft)
    }

    /// The record.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The live form.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The list row as it stands.
    pub fn row(&self) -> &ListRow {
        &self.row
    }

    /// The version of the form in use.
    pub fn version(&self) -> FormVersionId {
        self.version
    }

    /// Whether everything answered is part of a change.
    pub fn is_closed(&self) -> bool {
        self.journal.is_empty()
    }

    /// What the office says of the record.
    pub fn review(&self) -> Review {
        Review::read(&self.documents.main.header(), &self.documents.main.review_entries())
    }

    /// The fields with two answers, calculated ones left out.
    pub fn two_answers(&mut self) -> Vec<shared::record::conflict::TwoAnswers> {
        let mut fields = self.documents.main.two_answers();
        if let Some(companion) = &mut self.documents.protection {
            fields.extend(companion.two_answers());
        }
        let form = self.session.form();
        fields
            .retain(|field| form.by_key(&field.path.key).is_none_or(|id| !is_calculated(form, id)));
        fields
    }

    /// Everything answered, the journal included.
    pub fn answers(&self) -> Result<Answers, DraftError> {
        with_journal(&self.documents, self.record, self.actor, &self.journal)
    }

    /// The path under which an answer is kept.
    pub fn path(&self, at: &Address) -> FieldPath {
        binding::path(self.session.form(), at.node, &at.items)
    }

    /// The address of a kept answer, when this version of the form has it.
    pub fn address(&self, path: &FieldPath) -> Option<Address> {
        let (node, items) = binding::locate(self.session.form(), path)?;
        Some(Address { items, node })
    }

    /// Answers a question. The journal row is queued; it is durable once the device has saved.
    pub fn set(&mut self, at: &Address, value: &str) -> Effects {
        let form = self.session.form().clone();
        let node = form.node(at.node);
        let edit = Edit::Set {
            path: self.path(at),
            value: value.to_owned(),
            kind: binding::value_kind(node),
            audience: binding::audience(&form, at.node),
        };
        self.record_edit(edit);
        self.row.resume = self.path(at).to_string();
        self.session.set(at, value)
    }

    /// Notes where the worker is, so that the record reopens there.
    pub fn stop_at(&mut self, at: &Address, now_ms: i64) {
        let resume = self.path(at).to_string();
        if self.row.resume != resume {
            self.row.resume = resume;
            self.row.updated_ms = now_ms;
            self.put_row();
        }
    }

    /// Adds an item at the end of a repeat.
    pub fn add_item(&mut self, repeat: &Address, item: String) -> Effects {
        let order = order_after(self.last_order(repeat).as_deref());
        let edit =
            Edit::AddItem { repeat: self.path(repeat), item: item.clone(), order: order.clone() };
        self.record_edit(edit);
        self.session.add_item(repeat, &item, &order)
    }

    /// Removes an item; its answers stay in the record.
    pub fn remove_item(&mut self, repeat: &Address, item: &str) -> Effects {
        let repeat_path = self.path(repeat);
        self.record_edit(Edit::RemoveItem {
            repeat: repeat_path,
            item: item.to_owned(),
            removed: true,
        });
        self.session.remove_item(repeat, item)
    }

    /// Brings a removed item back.
    pub fn restore_item(&mut self, repeat: &Address, item: &str) -> Result<(), DraftError> {
        let repeat_path = self.path(repeat);
        self.record_edit(Edit::RemoveItem {
            repeat: repeat_path,
            item: item.to_owned(),
            removed: false,
        });
        self.rebuild()
    }

    /// The items of a repeat that were removed.
    pub fn removed_items(&self, repeat: &Address) -> Result<Vec<String>, DraftError> {
        let path = self.path(repeat);
        let answers = with_journal(&self.documents, self.record, self.actor, &self.journal)?;
        Ok(answers
            .items
            .into_iter()
            .filter(|item| item.removed && item.repeat == path)
            .map(|item| item.id)
            .collect())
    }

    /// Checks whether the record can be finished: what blocks it, in form order.
    pub fn check(&mut self) -> Vec<(Address, Violation)> {
        self.session.check()
    }

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
        self.row.form_version = Some(self.version);
        self.row.progress = self.progress();
        self.describe();
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

    /// Takes in changes of others that arrived while the record is open. Answers that the worker has
    /// changed since stay on the screen; both values meet when the journal becomes a change.
    pub(crate) fn receive(
        &mut self,
        audience: Audience,
        changes: &[Vec<u8>],
    ) -> Result<(), DraftError> {
        self.documents.of(self.record, audience, self.actor)?.receive(changes)?;
        self.rebuild()?;
        self.describe();
        Ok(())
    }

    /// Puts new outside data (a roster, the clock, the language) under the form.
    pub fn set_context(&mut self, context: form::session::Context) -> Effects {
        self.session.set_context(context)
    }

    fn rebuild(&mut self) -> Result<(), DraftError> {
        let answers = with_journal(&self.documents, self.record, self.actor, &self.journal)?;
        let (form, context) = (self.session.form().clone(), self.session.context().clone());
        self.session = session_of(form, context, &answers);
        Ok(())
    }

    fn describe(&mut self) {
        let form = self.session.form().clone();
        self.documents.describe(&mut self.row, |key| {
            form.by_key(key).is_some_and(|id| is_calculated(&form, id))
        });
        self.row.members = self.count_members();
    }

    fn count_members(&self) -> (u32, u32) {
        let form = self.session.form();
        let Some(repeat) =
            form.settings.get(shared::project::setting::ROSTER).and_then(|key| form.by_key(key))
        else {
            return (0, 0);
        };
        let items = self.session.items(&Address { items: vec![], node: repeat });
        let age = form.by_key("m_age_years");
        let children = items.iter().filter(|item| {
            age.is_some_and(|node| {
                let value =
                    self.session.value(&Address { items: vec![(*item).clone()], node }).to_owned();
                value.parse::<f64>().is_ok_and(|years| years < 18.0)
            })
        });
        (items.len() as u32, children.count() as u32)
    }

    pub(crate) fn put_row(&self) {
        self.writer.put_message(Table::List, self.record.to_string(), &self.row);
    }

    fn record_edit(&mut self, edit: Edit) {
        let key = keys::journal(self.record, self.next_number);
        self.writer.put_message(Table::Journal, key, &edit);
        self.next_number += 1;
        self.journal.push(edit);
        if !self.row.open_edits {
            self.row.open_edits = true;
            self.put_row();
        }
    }

    /// Calculations, title and place as they follow from the answers.
    fn derived(&self, edits: &[Edit]) -> Vec<Edit> {
        let form = self.session.form();
        let stored = self.documents.main.answers();
        let mut derived = Vec::new();
        for at in self.session.walk() {
            if !is_calculated(form, at.node) {
                continue;
            }
            let path = self.path(&at);
            let value = self.session.value(&at);
            if stored.value(&path) != value {
                derived.push(Edit::Set {
                    path,
                    value: value.to_owned(),
                    kind: ValueKind::Plain,
                    audience: binding::audience(form, at.node),
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
        derived.retain(|edit| !edits.contains(edit));
        derived
    }
}

fn is_calculated(form: &Form, id: NodeId) -> bool {
    match form.node(id).kind {
        Kind::Question(question) => !question.has_control(),
        _ => false,
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

/// What the documents would answer with the journal made into a change.
fn with_journal(
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

fn session_of(form: Arc<Form>, context: form::session::Context, answers: &Answers) -> Session {
    let given = answers
        .answers
        .iter()
        .filter(|answer| !answers.is_removed(&answer.path))
        .filter_map(|answer| {
            let (node, items) = binding::locate(&form, &answer.path)?;
            Some((Address { items, node }, answer.value.clone()))
        })
        .collect();
    let items = answers
        .items
        .iter()
        .filter(|item| !item.removed)
        .filter_map(|item| {
            let (node, items) = binding::locate(&form, &item.repeat)?;
            Some((Address { items, node }, item.id.clone(), item.order.clone()))
        })
        .collect();
    Session::load(form, context, given, items)
}

/// The journal without what later edits of the same answer made pointless.
fn compact(journal: &[Edit]) -> Vec<Edit> {
    let superseded = |at: usize, path: &FieldPath| {
        journal[at + 1..]
            .iter()
            .any(|later| matches!(later, Edit::Set { path: other, .. } if other == path))
    };
    journal
        .iter()
        .enumerate()
        .filter(|(at, edit)| !matches!(edit, Edit::Set { path, .. } if superseded(*at, path)))
        .map(|(_, edit)| edit.clone())
        .collect()
}

impl Draft {
    fn last_order(&self, repeat: &Address) -> Option<String> {
        let path = self.path(repeat);
        let stored = self.documents.main.answers().items;
        let stored = stored.into_iter().filter(|item| item.repeat == path).map(|item| item.order);
        let journalled = self.journal.iter().filter_map(|edit| match edit {
            Edit::AddItem { repeat, order, .. } if *repeat == path => Some(order.clone()),
            _ => None,
        });
        stored.chain(journalled).max()
    }
}

/// An order key behind another. Keys are compared as text; the gaps leave room for moves.
fn order_after(last: Option<&str>) -> String {
    let number =
        last.and_then(|key| key.get(..8)).and_then(|key| u64::from_str_radix(key, 16).ok());
    format!("{:08x}", number.unwrap_or(0) + 0x400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_keys_rise() {
        let mut last = None;
        for _ in 0..1000 {
            let next = order_after(last.as_deref());
            assert!(last.as_ref().is_none_or(|last| *last < next));
            last = Some(next);
        }
        assert!(order_after(Some("not a key")) > String::from("0"));
    }

    #[test]
    fn only_the_last_answer_to_a_question_becomes_part_of_the_change() {
        let set = |key: &str, value: &str| Edit::set(FieldPath::top(key), value, ValueKind::Plain);
        let journal = [set("a", "1"), set("b", "1"), set("a", "2"), Edit::header("state", "x")];
        assert_eq!(compact(&journal), [set("b", "1"), set("a", "2"), Edit::header("state", "x")]);
    }
}
