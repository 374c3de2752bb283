//! A copy of what is only on this device, to be kept in a file until it can be sent.
//!
//! A copy holds whole records, so that another device needs nothing else to go on with them, and says
//! which of their changes no server has confirmed. Changes are known by their hash: a copy that is taken in twice,
//! or after its changes were sent, adds nothing.
//!
//! Where the device that takes it in is not connected, it becomes the device that made the copy. Any
//! other device keeps its own name: the office has to accept what it sends of the copy, because
//! authorship cannot be borrowed.

pub mod file;
#[cfg(test)]
mod tests;

use crate::device::{Device, Identity};
use crate::draft::DraftError;
use crate::keys;
use crate::ports::{StoreError, Table};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared::id::{AttachmentHash, ChangeHash, FormVersionId, RecordId};
use shared::record::Audience;
use shared::record::document::change_hash;
use shared::sync::message::{Directory, DocumentChanges, PublishedForm};
use std::collections::{BTreeMap, BTreeSet};

/// The layout of a copy.
const LAYOUT: u32 = 1;
/// The most that the files of a copy weigh together, bytes: it is encrypted as a whole, in memory.
pub const MOST_FILES: u64 = 64 << 20;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Copy {
    /// Its layout.
    #[n(0)]
    pub layout: u32,
    /// When it was made, Unix milliseconds.
    #[n(1)]
    pub made_ms: i64,
    /// The device that made it.
    #[n(2)]
    pub identity: Identity,
    /// Who is who.
    #[n(3)]
    pub directory: Directory,
    /// The questionnaires of that device.
    #[n(4)]
    pub forms: Vec<PublishedForm>,
    /// The records.
    #[n(5)]
    pub records: Vec<CopiedRecord>,
    /// Changes that no server has confirmed, in the order in which they were made.
    #[n(6)]
    pub unsent: Vec<ChangeHash>,
    /// Photos and other files that no server has confirmed.
    #[n(7)]
    pub files: Vec<CopiedFile>,
    /// How many files did not fit.
    #[n(8)]
    pub left_out: u32,
}

/// A record in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CopiedRecord {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its form version on that device.
    #[n(1)]
    pub form_version: Option<FormVersionId>,
    /// Where the worker stopped.
    #[n(2)]
    pub resume: String,
    /// All its changes: audience and bytes.
    #[n(3)]
    pub changes: Vec<(u8, ByteVec)>,
}

/// An attachment in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CopiedFile {
    /// Its hash.
    #[n(0)]
    pub hash: AttachmentHash,
    /// The records that name it.
    #[n(1)]
    pub records: Vec<RecordId>,
    /// Its bytes.
    #[n(2)]
    pub bytes: ByteVec,
}

/// What taking in a copy brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Records in the copy.
    pub records: usize,
    /// Changes that this device did not have.
    pub changes: usize,
    /// Files that this device did not have.
    pub files: usize,
    /// Whether another device made the copy: the office has to accept what is sent of it.
    pub foreign: bool,
}

/// Why a copy cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The bytes are no copy, or one of a later version of the app.
    #[error("this is not a copy that this version of the app can read")]
    Unreadable,
    /// It was made in another municipality, or by a phone that this one has not heard of yet.
    #[error("the copy belongs to a phone that this municipality does not know")]
    Foreign,
    /// A record or the store refused.
    #[error(transparent)]
    Draft(#[from] DraftError),
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Draft(error.into())
    }
}

impl Device {
    /// A copy of what is only on this device, as bytes to be encrypted; `None` while the device is not
    /// connected. What is open becomes a change first.
    pub async fn copy_out(&self) -> Result<Option<Vec<u8>>, DraftError> {
        let Some(identity) = self.identity() else { return Ok(None) };
        self.leave().await?;
        self.close_left_behind().await?;
        let mut unsent = Vec::new();
        let mut records = BTreeSet::new();
        let held = self.held_changes().await?;
        let waiting = self.outbox().await?.into_iter().map(|of| (of.record, of.bytes));
        for (record, bytes) in held.into_iter().chain(waiting) {
            unsent.extend(change_hash(&bytes));
            records.insert(record);
        }
        let (files, left_out) = self.copied_files().await?;
        let mut copied = Vec::new();
        for record in records {
            copied.push(self.copied_record(record).await?);
        }
        let forms = self.stored_forms().await?;
        let copy = Copy {
            layout: LAYOUT,
            made_ms: self.ports.clock.now_ms(),
            identity,
            directory: self.directory(),
            forms,
            records: copied,
            unsent,
            files,
            left_out,
        };
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = minicbor::encode(&copy, &mut bytes);
        Ok(Some(bytes))
    }

    async fn copied_record(&self, record: RecordId) -> Result<CopiedRecord, StoreError> {
        let (rows, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
        let changes = rows
            .into_iter()
            .filter_map(|(key, bytes)| Some((keys::audience(&key)? as u8, ByteVec::from(bytes))));
        let row = self.row(record);
        Ok(CopiedRecord {
            record,
            form_version: row.as_ref().and_then(|row| row.form_version),
            resume: row.map(|row| row.resume).unwrap_or_default(),
            changes: changes.collect(),
        })
    }

    async fn copied_files(&self) -> Result<(Vec<CopiedFile>, u32), StoreError> {
        self.load_attachments().await?;
        let (mut files, mut left_out, mut size) = (Vec::new(), 0, 0);
        for row in self.attachments() {
            if !row.own || !row.is_here() || self.is_received(&row) {
                continue;
            }
            if size + row.size > MOST_FILES {
                left_out += 1;
                continue;
            }
            if let Some(bytes) = self.attachment(row.hash).await? {
                size += row.size;
                files.push(CopiedFile {
                    hash: row.hash,
                    records: row.records,
                    bytes: bytes.into(),
                });
            }
        }
        Ok((files, left_out))
    }

    async fn stored_forms(&self) -> Result<Vec<PublishedForm>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Form, "").await?;
        let forms = rows.into_iter().filter_map(|(key, compiled)| {
            Some(PublishedForm { version: key.parse().ok()?, compiled: compiled.into() })
        });
        Ok(forms.collect())
    }

    /// Takes a copy in. Everything is on disk when this returns; after an error the same copy can be
    /// taken in again.
    pub async fn copy_in(&self, bytes: &[u8]) -> Result<Taken, CopyError> {
        let copy: Copy = minicbor::decode(bytes).map_err(|_| CopyError::Unreadable)?;
        if copy.layout != LAYOUT {
            return Err(CopyError::Unreadable);
        }
        let maker = copy.identity.device;
        match self.identity() {
            None => self.become_the(&copy).await?,
            Some(own) if own.device == maker => {}
            Some(_) if self.directory().people.iter().any(|known| known.device == maker) => {}
            Some(_) => return Err(CopyError::Foreign),
        }
        let foreign = self.actor().device != maker;
        let mut taken = Taken { records: copy.records.len(), foreign, ..Taken::default() };
        let mut wanted = BTreeMap::new();
        for record in &copy.records {
            wanted.extend(self.take_record(record).await?);
        }
        for hash in &copy.unsent {
            if let Some((record, audience, bytes)) = wanted.remove(hash) {
                self.queue_change(record, audience, &bytes);
                taken.changes += 1;
            }
        }
        self.save().await?;
        self.load_attachments().await?;
        for file in &copy.files {
            let known = self.attachment_row(file.hash).is_some();
            for record in &file.records {
                // One that does not fit any more is told of by what is missing then.
                let kept = self.attach(*record, "", "", &file.bytes).await;
                taken.files +=
                    usize::from(kept.is_ok() && !known && Some(record) == file.records.first());
            }
        }
        Ok(taken)
    }

    /// A device that is not connected goes on as the one that made the copy.
    async fn become_the(&self, copy: &Copy) -> Result<(), StoreError> {
        self.set_directory(copy.directory.clone());
        copy.forms.iter().for_each(|form| self.add_form(form));
        self.adopt_identity(&copy.identity);
        self.save().await
    }

    /// Adds a record's changes. Returns those that were not here, by hash.
    async fn take_record(
        &self,
        copied: &CopiedRecord,
    ) -> Result<BTreeMap<ChangeHash, (RecordId, Audience, Vec<u8>)>, DraftError> {
        let record = copied.record;
        let (rows, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
        let known: BTreeSet<ChangeHash> =
            rows.iter().filter_map(|(_, bytes)| change_hash(bytes)).collect();
        let mut fresh = BTreeMap::new();
        for audience in [Audience::Main, Audience::Protection] {
            let changes: Vec<&ByteVec> = copied
                .changes
                .iter()
                .filter(|(of, _)| *of == audience as u8)
                .map(|(_, bytes)| bytes)
                .collect();
            let new = changes.iter().filter_map(|bytes| Some((change_hash(bytes)?, bytes)));
            let new: Vec<_> = new.filter(|(hash, _)| !known.contains(hash)).collect();
            if new.is_empty() {
                continue;
            }
            let changes = changes.iter().map(|bytes| (*bytes).clone()).collect();
            self.receive_changes(&DocumentChanges { record, audience, changes }).await?;
            fresh.extend(
                new.into_iter().map(|(hash, bytes)| (hash, (record, audience, bytes.to_vec()))),
            );
        }
        if rows.is_empty() && !fresh.is_empty() {
            self.update_row(record, |row| {
                row.form_version = copied.form_version;
                row.resume.clone_from(&copied.resume);
            });
        }
        Ok(fresh)
    }
}
