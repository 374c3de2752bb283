//! Changes that the server will not take: kept, shown, and settled by a person.

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::ports::{StoreError, Table};
use crate::records::Documents;
use form::order;
use shared::id::{ChangeHash, RecordId};
use shared::merge::Refusal;
use shared::record::answer::Item;
use shared::record::document::{change_dependencies, change_hash};
use shared::record::history::Part;
use shared::record::{Audience, Edit, FieldPath, ValueKind, binding};
use shared::sync::engine::{Received, Unsent};
use shared::sync::message::{Settled, SyncResponse};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// A change that the server refused for good.
#[derive(Debug, Clone, minicbor::Encode, minicbor::Decode)]
pub struct Held {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The audience.
    #[n(1)]
    pub audience: Audience,
    /// The server's code for the reason.
    #[n(2)]
    pub code: String,
    /// The change.
    #[n(3)]
    pub bytes: minicbor::bytes::ByteVec,
}

/// A held change as the worker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChange {
    /// The record.
    pub record: RecordId,
    /// The change.
    pub hash: ChangeHash,
    /// The server's code for the reason.
    pub code: String,
    /// The answers in it, with their questions; blank where the document is gone.
    pub fields: Vec<(String, String)>,
}

/// The office's word against a held change.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Decided {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Why, in the person's words.
    #[n(1)]
    pub reason: String,
}

impl Device {
    /// What the office left out of records of this phone, and nobody has read here yet.
    pub async fn decided(&self) -> Result<Vec<Decided>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Meta, keys::DECIDED).await?;
        Ok(rows.iter().filter_map(|(_, payload)| minicbor::decode(payload).ok()).collect())
    }

    /// The person has read them.
    pub async fn dismiss_decided(&self) -> Result<(), StoreError> {
        let (rows, damaged) = self.writer.scan(Table::Meta, keys::DECIDED).await?;
        let all = rows.into_iter().map(|(key, _)| key).chain(damaged);
        all.for_each(|key| self.writer.delete(Table::Meta, key));
        self.save().await
    }

    /// Moves a change from the outbox to the held ones.
    pub(super) fn hold(&self, change: &Unsent, code: &str) {
        let held = Held {
            record: change.record,
            audience: change.audience,
            code: code.to_owned(),
            bytes: change.bytes.clone().into(),
        };
        self.writer.put_message(Table::Held, change.key.clone(), &held);
        self.writer.delete(Table::Outbox, change.key.clone());
        self.update_row(change.record, |row| {
            row.unsent = row.unsent.saturating_sub(1);
            row.held += 1;
        });
    }

    pub(super) async fn held_rows(&self) -> Result<Vec<(String, Held)>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Held, "").await?;
        let read =
            |(key, payload): (String, Vec<u8>)| Some((key, minicbor::decode(&payload).ok()?));
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Everything that is held, as records and bytes.
    pub(crate) async fn held_changes(&self) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError> {
        let rows = self.held_rows().await?;
        Ok(rows.into_iter().map(|(_, held)| (held.record, held.bytes.into())).collect())
    }

    /// Everything that is held, with what was answered.
    pub async fn held(&self) -> Result<Vec<HeldChange>, DraftError> {
        let mut found = Vec::new();
        for (_, held) in self.held_rows().await? {
            let Some(hash) = change_hash(&held.bytes) else { continue };
            let documents = Documents::load(&self.writer, held.record, self.actor()).await;
            let mut fields = Vec::new();
            if let Ok(Some(mut documents)) = documents
                && let Ok(document) = documents.of(held.record, held.audience, self.actor())
            {
                let steps = document.fields_of(&BTreeSet::from([hash]));
                let altered = steps.into_iter().flat_map(|(_, fields)| fields);
                fields.extend(altered.map(|field| (field.path.to_string(), field.after)));
            }
            found.push(HeldChange { record: held.record, hash, code: held.code, fields });
        }
        Ok(found)
    }

    /// A change was refused because the server lacks what it builds on. What builds on a held change is
    /// held with it; anything else that the device has goes out again.
    pub(super) async fn send_what_is_missing(
        &self,
        unsent: &[Unsent],
        received: &Received,
        response: &SyncResponse,
    ) -> Result<(), DraftError> {
        let code = Refusal::MissingDependency.code();
        if response.refused.iter().all(|refused| refused.code != code) {
            return Ok(());
        }
        let gone = received.acknowledged.iter().chain(received.held.iter().map(|(key, _)| key));
        let gone: BTreeSet<&String> = order::set(gone);
        let mut held: BTreeSet<ChangeHash> = order::set(self.held_hashes().await?);
        let queued = unsent.iter().filter_map(|change| change_hash(&change.bytes));
        let mut queued: BTreeSet<ChangeHash> = order::set(queued);
        let mut documents: BTreeMap<RecordId, Vec<(Audience, ChangeHash, Vec<u8>)>> =
            BTreeMap::new();
        for change in unsent.iter().filter(|change| !gone.contains(&change.key)) {
            let needs = change_dependencies(&change.bytes);
            if needs.iter().any(|hash| held.contains(hash)) {
                self.hold(change, code);
                held.extend(change_hash(&change.bytes));
                continue;
            }
            let present = match documents.entry(change.record) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let prefix = keys::of_record(change.record);
                    let (rows, _) = self.writer.scan(Table::Change, &prefix).await?;
                    let rows = rows.into_iter().filter_map(|(key, bytes)| {
                        Some((keys::audience(&key)?, change_hash(&bytes)?, bytes))
                    });
                    place.insert(rows.collect())
                }
            };
            for (audience, hash, bytes) in
                present.iter().filter(|(_, hash, _)| needs.contains(hash))
            {
                if queued.insert(*hash) {
                    self.queue_change(change.record, *audience, bytes);
                }
            }
        }
        Ok(())
    }

    /// The server has forgotten what it refused: all of it goes out again.
    pub(super) async fn release_held(&self) -> Result<(), DraftError> {
        Ok(self.send_held(|_| true).await?)
    }

    /// What was refused as another's goes out again.
    pub(crate) async fn release_foreign(&self) -> Result<(), StoreError> {
        self.send_held(|held| held.code == Refusal::ForeignActor.code()).await
    }

    async fn send_held(&self, which: impl Fn(&Held) -> bool) -> Result<(), StoreError> {
        for (key, held) in self.held_rows().await? {
            if !which(&held) {
                continue;
            }
            self.writer.delete(Table::Held, key);
            self.update_row(held.record, |row| row.held = row.held.saturating_sub(1));
            self.queue_change(held.record, held.audience, &held.bytes);
        }
        Ok(())
    }

    /// What people in the office decided about held changes.
    pub(super) async fn settle_held(&self, settled: &[Settled]) -> Result<(), DraftError> {
        if settled.is_empty() {
            return Ok(());
        }
        for (key, held) in self.held_rows().await? {
            let Some(hash) = change_hash(&held.bytes) else { continue };
            let Some(outcome) = settled.iter().find(|settled| settled.hash == hash) else {
                continue;
            };
            self.writer.delete(Table::Held, key);
            self.update_row(held.record, |row| row.held = row.held.saturating_sub(1));
            if !outcome.taken {
                let told = Decided { record: held.record, reason: outcome.reason.clone() };
                self.writer.put_message(Table::Meta, format!("{}{hash}", keys::DECIDED), &told);
            }
            if outcome.as_it_was {
                self.ask_again(&held.bytes);
                self.send_dependents(&held).await?;
            } else {
                self.withdraw(&held, hash).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn held_hashes(&self) -> Result<Vec<ChangeHash>, StoreError> {
        let rows = self.held_rows().await?;
        Ok(rows.iter().filter_map(|(_, held)| change_hash(&held.bytes)).collect())
    }

    /// These changes are on the server as they are: they are held no more.
    pub(super) async fn release(&self, arrived: &BTreeSet<ChangeHash>) -> Result<(), DraftError> {
        for (key, held) in self.held_rows().await? {
            if change_hash(&held.bytes).is_some_and(|hash| arrived.contains(&hash)) {
                self.writer.delete(Table::Held, key);
                self.update_row(held.record, |row| row.held = row.held.saturating_sub(1));
                self.ask_again(&held.bytes);
                self.send_dependents(&held).await?;
            }
        }
        Ok(())
    }

    /// What was held only because it builds on a change that the server has now goes out again.
    async fn send_dependents(&self, taken: &Held) -> Result<(), DraftError> {
        for (key, held) in self.held_rows().await? {
            if held.record == taken.record && held.code == Refusal::MissingDependency.code() {
                self.writer.delete(Table::Held, key);
                self.update_row(held.record, |row| row.held = row.held.saturating_sub(1));
                self.queue_change(held.record, held.audience, &held.bytes);
            }
        }
        Ok(())
    }

    /// Takes a change out of its document, and what builds on it. The answers of the latter are written
    /// again on top of what is left, because nobody decided against them.
    async fn withdraw(&self, held: &Held, hash: ChangeHash) -> Result<(), DraftError> {
        let (record, audience) = (held.record, held.audience);
        let (rows, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
        let mut gone = BTreeSet::from([hash]);
        let changes: Vec<(String, ChangeHash, Vec<ChangeHash>)> = rows
            .iter()
            .filter(|(key, _)| keys::audience(key) == Some(audience))
            .filter_map(|(key, bytes)| {
                Some((key.clone(), change_hash(bytes)?, change_dependencies(bytes)))
            })
            .collect();
        // A few passes: rows lie in the order of their hashes.
        loop {
            let before = gone.len();
            for (_, hash, needs) in &changes {
                if needs.iter().any(|need| gone.contains(need)) {
                    gone.insert(*hash);
                }
            }
            if gone.len() == before {
                break;
            }
        }
        let dependents: BTreeSet<ChangeHash> =
            order::set(gone.iter().copied().filter(|other| *other != hash));
        let again = self.answers_of(record, audience, &dependents).await?;
        for (key, _, _) in changes.iter().filter(|(_, hash, _)| gone.contains(hash)) {
            self.writer.delete(Table::Change, key.clone());
        }
        self.forget_unsent(record, &dependents).await?;
        let number = self.next_journal_number(record).await?;
        for (at, edit) in again.iter().enumerate() {
            self.writer.put_message(
                Table::Journal,
                keys::journal(record, number + at as u64),
                edit,
            );
        }
        let changed = !again.is_empty();
        self.update_row(record, |row| {
            row.open_edits |= changed;
            row.heads = 0;
        });
        self.read_again(record).await
    }

    async fn forget_unsent(
        &self,
        record: RecordId,
        hashes: &BTreeSet<ChangeHash>,
    ) -> Result<(), DraftError> {
        for change in self.outbox().await?.iter().filter(|change| change.record == record) {
            if change_hash(&change.bytes).is_some_and(|hash| hashes.contains(&hash)) {
                self.writer.delete(Table::Outbox, change.key.clone());
                self.update_row(record, |row| row.unsent = row.unsent.saturating_sub(1));
            }
        }
        for (key, held) in self.held_rows().await? {
            if change_hash(&held.bytes).is_some_and(|hash| hashes.contains(&hash)) {
                self.writer.delete(Table::Held, key);
                self.update_row(record, |row| row.held = row.held.saturating_sub(1));
            }
        }
        Ok(())
    }

    async fn next_journal_number(&self, record: RecordId) -> Result<u64, DraftError> {
        let (rows, _) = self.writer.scan(Table::Journal, &keys::of_record(record)).await?;
        Ok(rows.last().map_or(0, |(key, _)| keys::number(key) + 1))
    }
}

impl Device {
    /// The answers that changes gave, as edits that give them again.
    async fn answers_of(
        &self,
        record: RecordId,
        audience: Audience,
        changes: &BTreeSet<ChangeHash>,
    ) -> Result<Vec<Edit>, DraftError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let documents = Documents::load(&self.writer, record, self.actor()).await?;
        let mut documents = documents.ok_or(DraftError::NotHere)?;
        let form_id = documents.main.header().form_id;
        let form = self.current_form(&form_id).map(|info| info.form);
        let main = documents.main.answers();
        let document = documents.of(record, audience, self.actor())?;
        let steps = document.fields_of(changes);
        let answers = document.answers();
        let mut edits: Vec<Edit> = Vec::new();
        let mut add = |edit: Edit| {
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        };
        for field in steps.iter().flat_map(|(_, fields)| fields) {
            for edit in items_of(&field.path.items, &main.items) {
                add(edit);
            }
            match field.part {
                Part::Answer | Part::Option => {
                    let node = form
                        .as_ref()
                        .and_then(|form| Some(form.node(binding::locate(form, &field.path)?.0)));
                    let kind = match (node, field.part) {
                        (Some(node), _) => binding::value_kind(node),
                        (None, Part::Option) => ValueKind::Multiple,
                        (None, _) => ValueKind::Plain,
                    };
                    let value = answers.value(&field.path).to_owned();
                    add(Edit::Set { path: field.path.clone(), value, kind, audience });
                }
                Part::Header => add(Edit::header(&field.path.key, field.after.clone())),
                Part::Item | Part::Review => {}
            }
        }
        Ok(edits)
    }

    /// The open record and the list follow what is stored now.
    async fn read_again(&self, record: RecordId) -> Result<(), DraftError> {
        if let Some(draft) = self.open_draft(record) {
            loop {
                let before = self.row_revision(record);
                let anew = self.read_draft(record).await?;
                if self.row_revision(record) == before {
                    *draft.borrow_mut() = anew;
                    return Ok(());
                }
            }
        }
        let Some(mut row) = self.row(record) else { return Ok(()) };
        match Documents::load(&self.writer, record, self.actor()).await? {
            Some(mut documents) => {
                self.describe(&mut documents, &mut row);
                self.put_row(row);
            }
            None if row.open_edits => {}
            None => {
                self.remove_record(record).await?;
            }
        }
        Ok(())
    }
}

/// Edits that make sure of repeat items, outermost first.
fn items_of(around: &[(String, String)], known: &[Item]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (depth, (repeat, item)) in around.iter().enumerate() {
        let path = FieldPath { items: around[..depth].to_vec(), key: repeat.clone() };
        let Some(found) = known.iter().find(|other| other.repeat == path && other.id == *item)
        else {
            continue;
        };
        let order = found.order.clone();
        edits.push(Edit::AddItem { repeat: path.clone(), item: item.clone(), order });
        if found.removed {
            edits.push(Edit::RemoveItem { repeat: path, item: item.clone(), removed: true });
        }
    }
    edits
}
