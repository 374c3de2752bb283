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

use crate::attachment::AttachmentRow;
use crate::device::{Device, Identity};
use crate::error::DraftError;
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
    /// Files that were too much for the copy: they are only on the device that made it.
    pub left_out: u32,
}

/// What of the attachments does not fit into a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// How many.
    pub count: u32,
    /// What they weigh together, bytes.
    pub size: u64,
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

/// The files that weigh `most` bytes together at most, in their order, and what is too much.
fn fit(rows: impl Iterator<Item = AttachmentRow>, most: u64) -> (Vec<AttachmentRow>, LeftOut) {
    let (mut fitting, mut left_out, mut size) = (Vec::new(), LeftOut::default(), 0);
    for row in rows {
        if size + row.size > most {
            left_out.count += 1;
            left_out.size += row.size;
        } else {
            size += row.size;
            fitting.push(row);
        }
    }
    (fitting, left_out)
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
        let (wanted, left_out) = self.fitting_files();
        let mut files = Vec::new();
        for row in wanted {
            if let Some(bytes) = self.attachment(row.hash).await? {
                let bytes = bytes.into();
                files.push(CopiedFile { hash: row.hash, records: row.records, bytes });
            }
        }
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
            left_out: left_out.count,
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

    /// The files that no server has confirmed, as many as a copy holds, and what does not fit.
    fn fitting_files(&self) -> (Vec<AttachmentRow>, LeftOut) {
        let own = |row: &AttachmentRow| row.own && row.is_here() && !self.is_received(row);
        fit(self.attachments().into_iter().filter(own), MOST_FILES)
    }

    /// What a copy made now would leave out.
    pub fn copy_leaves_out(&self) -> LeftOut {
        self.fitting_files().1
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
        let left_out = copy.left_out;
        let mut taken =
            Taken { records: copy.records.len(), foreign, left_out, ..Taken::default() };
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
            form::order::set(rows.iter().filter_map(|(_, bytes)| change_hash(bytes)));
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
