//! Bytes that are not here any more, or not as they were.
//!
//! ```text
//! chunk damaged or gone ─┬─ the server has all of it → fetched again
//!                        └─ it has not              → what of it is sound goes on; named to the person
//! row damaged or gone   → made again from what names it, and from the chunks
//! chunks without a row  → removed, when everything is here again that could name them
//! ```
//!
//! One that cannot be sent never stops the others.

use super::{AttachmentRow, Health, chunk_keys};
use crate::device::Device;
use crate::error::DraftError;
use crate::ports::{StoreError, Table};
use crate::records::Documents;
use crate::soundness::Finding;
use crate::{keys, row};
use form::model::pick;
use shared::attachment::{AttachmentRef, PIECE, named_in, names_in, sized_names_in};
use shared::id::{AttachmentHash, DeviceId, RecordId};
use shared::record::FieldPath;
use shared::record::answer::Answers;
use std::collections::{BTreeMap, BTreeSet};

/// What records name: its size, the records, and whether a change of this device names it.
type Named = BTreeMap<AttachmentHash, (u64, Vec<RecordId>, bool)>;

impl Device {
    /// The bytes of an attachment are not what they were, first seen at this row. They are fetched again if the
    /// server has them; else the person is told, once. Who comes a second time has asked the server.
    pub(super) async fn miss(&self, hash: AttachmentHash, key: String) -> Result<(), StoreError> {
        let Some(mut row) = self.attachment_row(hash) else { return Ok(()) };
        if row.health == Health::Lost {
            // The server lacks what is damaged here: the rest is of no use, and nobody would look after it.
            let rest = self.ports.store.scan(Table::Blob, &format!("{hash}/")).await?;
            rest.into_iter().for_each(|(key, _)| self.writer.delete(Table::Blob, key));
            return self.save().await;
        }
        let before = row.clone();
        let whole = row.health == Health::Sound && row.here == row.size;
        let found = if row.own && (row.epoch.is_none() || row.health != Health::Sound) {
            row.health = Health::Lost;
            row.epoch = None;
            let (record, question) = self.place_of(&row).await;
            Some(Finding::Attachment { hash, record, question })
        } else {
            row.health = Health::Missing;
            // Of one that was only half here nothing was promised.
            let key = key.trim_start_matches("blob/").to_owned();
            whole.then(|| Finding::Row { table: Table::Blob.name().to_owned(), key })
        };
        row.here = 0;
        // What of it is sound may be of use still.
        let mut damaged = Vec::new();
        for key in chunk_keys(hash, row.size) {
            if !self.is_sound(&key).await? {
                damaged.push(key);
            }
        }
        // Somebody else saw it meanwhile, and is perhaps fetching it already: what is written then must stay.
        if self.attachment_row(hash) != Some(before) {
            return Ok(());
        }
        self.add_findings(found);
        damaged.into_iter().for_each(|key| self.writer.delete(Table::Blob, key));
        self.put_attachment(row);
        self.save().await
    }

    /// Whether a chunk is here as it was written.
    async fn is_sound(&self, key: &str) -> Result<bool, StoreError> {
        let stored = self.ports.store.scan(Table::Blob, key).await?;
        let stored = stored.iter().find(|(of, _)| of == key);
        Ok(stored.is_some_and(|(_, bytes)| row::open(Table::Blob, key, bytes).is_ok()))
    }

    /// A record and the path of its question that an attachment answers.
    async fn place_of(&self, row: &AttachmentRow) -> (Option<RecordId>, String) {
        let needle = row.hash.to_string();
        for record in &row.records {
            let Ok(Some(answers)) = self.answers_now(*record).await else { continue };
            let found = answers.answers.iter().find(|answer| answer.value.contains(&needle));
            if let Some(answer) = found {
                return (Some(*record), answer.path.to_string());
            }
        }
        (row.records.first().copied(), String::new())
    }

    /// What a question of a record is called; blank when no form here has it.
    pub fn question_name(&self, record: RecordId, path: &str, language: &str) -> String {
        let named = || {
            let row = self.row(record)?;
            let form = match self.current_form(&row.form_id) {
                Some(info) => info.form,
                None => self.form(row.form_version?)?,
            };
            let node = form.node(form.by_key(&path.parse::<FieldPath>().ok()?.key)?);
            Some(pick(&node.label, language, &form.default_language).to_owned())
        };
        named().unwrap_or_default()
    }

    /// What a record answers, with what its journal holds.
    async fn answers_now(&self, record: RecordId) -> Result<Option<Answers>, DraftError> {
        if let Some(draft) = self.open_draft(record) {
            return Ok(Some(draft.borrow().answers()?));
        }
        if self.row(record).is_some_and(|row| row.open_edits)
            && let Ok(draft) = Box::pin(self.read_draft(record)).await
        {
            return Ok(Some(draft.answers()?));
        }
        let Some(documents) = Documents::load(&self.writer, record, self.actor()).await? else {
            return Ok(None);
        };
        let mut answers = documents.main.answers();
        if let Some(companion) = &documents.protection {
            answers.extend(companion.answers());
        }
        Ok(Some(answers))
    }

    /// The findings about an attachment have nothing to say any more.
    pub(super) fn drop_attachment_findings(&self, hash: AttachmentHash) {
        self.drop_findings(
            |found| matches!(found, Finding::Attachment { hash: of, .. } if *of == hash),
        );
    }

    /// The person has read that an attachment is lost.
    pub async fn dismiss_lost(&self, hash: AttachmentHash) -> Result<(), StoreError> {
        self.drop_attachment_findings(hash);
        self.save().await
    }

    /// Looks at the next chunks of the attachments that are here. Whether one was damaged or gone.
    pub(crate) async fn verify_attachments(&self, count: usize) -> Result<bool, StoreError> {
        let mut rows = self.attachments();
        rows.retain(|row| row.is_here() && row.size > 0);
        let all = rows.iter().map(|row| row.size.div_ceil(PIECE) as usize).sum::<usize>();
        let mut found = false;
        for _ in 0..count.min(all) {
            let (hash, number) = self.attachments.verified.get();
            // Behind the last one, in the order of the hashes, and round again.
            let here = rows.iter().find(|row| row.hash == hash);
            let next = here.map(|row| (row, number + 1)).filter(|(row, at)| at * PIECE < row.size);
            let next = next.or_else(|| Some((rows.iter().find(|row| row.hash > hash)?, 0)));
            let Some((row, at)) = next.or_else(|| rows.first().map(|row| (row, 0))) else { break };
            self.attachments.verified.set((row.hash, at));
            let key = keys::blob(row.hash, at);
            let stored = self.ports.store.scan(Table::Blob, &key).await?;
            let stored = stored.iter().find(|(of, _)| *of == key);
            let sound =
                stored.is_some_and(|(_, bytes)| row::open(Table::Blob, &key, bytes).is_ok());
            if !sound && self.attachment_row(row.hash).is_some_and(|now| now.is_here()) {
                self.miss(row.hash, key).await?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Rows that are gone are made again from what records name and from the chunks that are here. What was
    /// named by this device and is not here may have been sent: the server is asked when it is next sent to.
    pub(crate) async fn mend_attachments(&self) -> Result<(), DraftError> {
        let named = self.named_by_records().await?;
        let now = self.ports.clock.now_ms();
        for (hash, (size, records, own)) in &named {
            if self.attachment_row(*hash).is_some() {
                continue;
            }
            let mut row = AttachmentRow::new(*hash, *size, *own, now);
            row.records.clone_from(records);
            let here = match self.read_chunks(*hash, 0, *size).await {
                Ok(bytes) => AttachmentHash::of(&bytes) == *hash,
                Err(StoreError::Damaged(_)) => false,
                Err(error) => return Err(error.into()),
            };
            match here {
                true => row.here = row.size,
                false if !own => continue,
                false => row.health = Health::Unknown,
            }
            self.put_attachment(row);
        }
        Ok(())
    }

    /// Chunks without a row, when everything is here again that could name them: those of others' photos can be
    /// fetched again. What is only in a journal, or waits, is not given up.
    pub(crate) async fn remove_strays(&self) -> Result<(), StoreError> {
        let mut named = BTreeSet::new();
        for table in [Table::Journal, Table::Outbox, Table::Held] {
            let (rows, _) = self.writer.scan(table, "").await?;
            named.extend(rows.iter().flat_map(|(_, payload)| names_in(payload)));
        }
        // A part at a time: all of them may be more than fits into memory.
        for digit in "0123456789abcdef".chars() {
            for (key, _) in self.ports.store.scan(Table::Blob, &digit.to_string()).await? {
                let hash = key.split('/').next().and_then(|hash| hash.parse().ok());
                let kept = |of| self.attachment_row(of).is_some() || named.contains(&of);
                if !hash.is_some_and(kept) {
                    self.writer.delete(Table::Blob, key);
                }
            }
        }
        Ok(())
    }

    async fn named_by_records(&self) -> Result<Named, DraftError> {
        let mut named = Named::new();
        let mut makers = self.former().await?;
        makers.push(self.actor().device);
        for listed in self.list_by_id() {
            let record = listed.record;
            let Ok(Some(answers)) = self.answers_now(record).await else { continue };
            let values = answers.answers.iter().map(|answer| answer.value.parse());
            let found: Vec<AttachmentRef> = values.filter_map(Result::ok).collect();
            if found.is_empty() && !self.has_names(record).await? {
                continue;
            }
            let (made, journal) = self.named_by(record, &makers).await?;
            let found = found.into_iter();
            let found = found.map(|of| (of.hash, of.size, journal.contains(&of.hash)));
            // Also what another answer has replaced: the office has seen its name.
            let made = made.into_iter().map(|(hash, size)| (hash, size, true));
            for (hash, size, own) in found.chain(made) {
                let (_, records, mine) = named.entry(hash).or_insert((size, vec![], false));
                if !records.contains(&record) {
                    records.push(record);
                }
                *mine |= own;
            }
        }
        Ok(named)
    }

    /// Whether any change of a record names an attachment.
    async fn has_names(&self, record: RecordId) -> Result<bool, StoreError> {
        let (changes, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
        Ok(changes.iter().any(|(_, bytes)| names_in(bytes).next().is_some()))
    }

    /// What changes of these devices name in a record, with its size, and what the journal names.
    async fn named_by(
        &self,
        record: RecordId,
        makers: &[DeviceId],
    ) -> Result<(Vec<(AttachmentHash, u64)>, Vec<AttachmentHash>), DraftError> {
        let (journal, _) = self.writer.scan(Table::Journal, &keys::of_record(record)).await?;
        let journal = journal.iter().flat_map(|(_, payload)| named_in(payload)).collect();
        let mut made = Vec::new();
        let documents = Documents::load(&self.writer, record, self.actor()).await?;
        let Some(Documents { mut main, mut protection }) = documents else {
            return Ok((made, journal));
        };
        let whole = |(_, size): &(AttachmentHash, u64)| *size > 0;
        for document in [Some(&mut main), protection.as_mut()].into_iter().flatten() {
            for maker in makers {
                let changes = document.changes_of(*maker);
                let names = changes.iter().flat_map(|(_, change)| sized_names_in(&change.bytes));
                made.extend(names.filter(whole));
            }
        }
        Ok((made, journal))
    }

    /// Brings again what is missing here and the server has. Ends at the first failure of the network.
    pub(super) async fn bring_again(&self) {
        for row in self.attachments() {
            if row.health != Health::Missing {
                continue;
            }
            // Goes on after the sync that runs.
            if self.syncing.get() {
                return;
            }
            let named = AttachmentRef {
                name: String::new(),
                hash: row.hash,
                size: row.size,
                media_type: String::new(),
            };
            match self.fetch_for(row.records.first().copied(), &named).await {
                Ok(_) => {}
                // Not this phone's to read any more, or lost by the server too.
                Err(error) if error.is_final() => {
                    if self.drop_attachment(&row).await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    }
}
