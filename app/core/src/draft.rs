//! A record being filled in: the live form over the record's documents, and the journal between them.

mod answers;
mod close;
mod defaults;
mod marks;
mod news;
mod roster;
pub mod versions;

use crate::error::DraftError;
use crate::keys;
use crate::list::ListRow;
use crate::ports::Table;
use crate::records::Documents;
use crate::writer::Writer;
use answers::{for_session, session_of, with_journal};
use form::model::{Form, Kind, NodeId, QuestionType};
use form::session::{Address, Effects, Session, Violation};
use shared::id::{DeviceId, FormVersionId, RecordId};
use shared::record::answer::{Answers, Item};
use shared::record::review::Review;
use shared::record::{Actor, Audience, Edit, FieldPath, binding};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// An open record.
pub struct Draft {
    pub(crate) record: RecordId,
    pub(crate) documents: Documents,
    session: Session,
    version: FormVersionId,
    /// The form under which the record was last worked on here, when that was an older version.
    before: Option<Arc<Form>>,
    actor: Actor,
    journal: Vec<Edit>,
    next_number: u64,
    pub(crate) row: ListRow,
    writer: Rc<Writer>,
    /// The items of all repeats, removed ones included: asking the documents takes a while when there
    /// are hundreds.
    items: Vec<Item>,
    /// What removed items were called when they went.
    gone: BTreeMap<String, String>,
    /// Why items left, of those that did not only go.
    left: BTreeMap<String, String>,
    /// The devices of this person.
    own: Vec<DeviceId>,
    /// How often changes of others came in since it was opened.
    received: u64,
}

/// What opening needs beside the documents.
pub(crate) struct Opening {
    pub record: RecordId,
    pub documents: Documents,
    pub form: Arc<Form>,
    pub version: FormVersionId,
    pub before: Option<Arc<Form>>,
    pub context: form::session::Context,
    pub actor: Actor,
    pub journal: Vec<(u64, Edit)>,
    pub row: ListRow,
    pub writer: Rc<Writer>,
}

impl Draft {
    /// Opens a record: documents, then the journal on top of them.
    pub(crate) fn open(opening: Opening) -> Result<Self, DraftError> {
        let Opening {
            record,
            documents,
            form,
            version,
            before,
            context,
            actor,
            journal,
            row,
            writer,
        } = opening;
        let next_number = journal.last().map_or(0, |(number, _)| number + 1);
        let journal: Vec<Edit> = journal.into_iter().map(|(_, edit)| edit).collect();
        let answers = with_journal(&documents, record, actor, &journal)?;
        let session = session_of(form, context, &answers);
        let mut draft = Self {
            record,
            documents,
            session,
            version,
            before,
            actor,
            journal,
            next_number,
            row,
            writer,
            left: roster::left_in(&answers),
            items: answers.items,
            gone: BTreeMap::new(),
            own: vec![actor.device],
            received: 0,
        };
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

    /// How often changes of others came in since it was opened.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether everything answered is part of a change.
    pub fn is_closed(&self) -> bool {
        self.journal.is_empty()
    }

    /// What the office says of the record.
    pub fn review(&mut self) -> Review {
        let form = self.session.form();
        self.documents.review(|key| form.by_key(key).is_some_and(|id| is_calculated(form, id)))
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
        let resume = self.path(at).to_string();
        if self.row.resume != resume {
            self.row.resume = resume;
            self.put_row();
        }
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
    pub fn add_item(&mut self, repeat: &Address, item: &str) -> Effects {
        let order = order_after(self.last_order(repeat));
        let edit = Edit::AddItem {
            repeat: self.path(repeat),
            item: item.to_owned(),
            order: order.clone(),
        };
        self.record_edit(edit);
        let of = self.path(repeat);
        let (id, order_of) = (item.to_owned(), order.clone());
        self.items.push(Item { repeat: of, id, order: order_of, removed: false });
        self.session.add_item(repeat, item, &order)
    }

    /// Removes an item; its answers stay in the record.
    pub fn remove_item(&mut self, repeat: &Address, item: &str) -> Effects {
        let repeat_path = self.path(repeat);
        let name = self.item_name(repeat, item, |at| self.session.value(at).to_owned());
        self.gone.insert(item.to_owned(), name);
        let is = |of: &&mut Item| of.repeat == repeat_path && of.id == item;
        if let Some(of) = self.items.iter_mut().find(is) {
            of.removed = true;
        }
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
        if self.left.contains_key(item) {
            self.record_edit(roster::leaving(&repeat_path, item, ""));
        }
        self.record_edit(Edit::RemoveItem {
            repeat: repeat_path,
            item: item.to_owned(),
            removed: false,
        });
        self.rebuild()
    }

    /// The items of a repeat that were removed.
    pub fn removed_items(&self, repeat: &Address) -> Vec<String> {
        let path = self.path(repeat);
        let removed = self.items.iter().filter(|item| item.removed && item.repeat == path);
        removed.map(|item| item.id.clone()).collect()
    }

    /// The name of a removed item: its first two texts as they are kept.
    pub fn removed_name(&self, repeat: &Address, item: &str) -> String {
        if let Some(name) = self.gone.get(item) {
            return name.clone();
        }
        let Ok(kept) = self.answers() else { return String::new() };
        self.item_name(repeat, item, |at| kept.value(&self.path(at)).to_owned())
    }

    fn item_name(
        &self,
        repeat: &Address,
        item: &str,
        value: impl Fn(&Address) -> String,
    ) -> String {
        let form = self.session.form();
        let mut items = repeat.items.clone();
        items.push(item.to_owned());
        let texts = form.ids().filter(|id| {
            form.node(*id).question() == Some(QuestionType::Text)
                && form.repeats_of(*id).last() == Some(&repeat.node)
        });
        let values = texts.take(2).map(|node| value(&Address { items: items.clone(), node }));
        values.collect::<Vec<_>>().join(" ").trim().to_owned()
    }

    /// Checks whether the record can be finished: what blocks it, in form order.
    pub fn check(&mut self) -> Vec<(Address, Violation)> {
        self.session.check()
    }

    /// Takes in changes of others that arrived while the record is open. Answers that the worker has
    /// changed since stay on the screen; both values meet when the journal becomes a change.
    pub(crate) fn receive(
        &mut self,
        audience: Audience,
        changes: &[Vec<u8>],
    ) -> Result<(), DraftError> {
        self.received += 1;
        let before = self.documents.seen();
        self.documents.of(self.record, audience, self.actor)?.receive(changes)?;
        self.rebuild()?;
        self.describe();
        self.note_news(&before);
        Ok(())
    }

    /// Puts new outside data (a roster, the clock, the language) under the form.
    pub fn set_context(&mut self, context: form::session::Context) -> Effects {
        self.session.set_context(context)
    }

    fn rebuild(&mut self) -> Result<(), DraftError> {
        let answers = with_journal(&self.documents, self.record, self.actor, &self.journal)?;
        let (given, items) = for_session(self.session.form(), &answers);
        self.session = self.session.reload(given, items);
        self.left = roster::left_in(&answers);
        self.items = answers.items;
        Ok(())
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
}

fn is_calculated(form: &Form, id: NodeId) -> bool {
    match form.node(id).kind {
        Kind::Question(question) => !question.has_control(),
        _ => false,
    }
}

impl Draft {
    fn last_order(&self, repeat: &Address) -> Option<&str> {
        let path = self.path(repeat);
        let of_it = self.items.iter().filter(|item| item.repeat == path);
        of_it.map(|item| item.order.as_str()).max()
    }
}

/// An order key behind another. Keys are compared as text; the gaps leave room for moves.
fn order_after(last: Option<&str>) -> String {
    let number =
        last.and_then(|key| key.get(..8)).and_then(|key| u64::from_str_radix(key, 16).ok());
    match (number, last) {
        // A key of another kind: a longer one sorts behind it.
        (None, Some(last)) => format!("{last}8"),
        _ => format!("{:08x}", number.unwrap_or(0) + 0x400),
    }
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
        assert!(*order_after(Some("not a key")) > *"not a key");
    }
}
