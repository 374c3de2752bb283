//! Attachments on the device: kept in chunks beside the records, sent and fetched in pieces.
//!
//! ```text
//! bytes → chunks on disk → the answer names them → pieces to the server → kept a while → gone
//! ```
//!
//! An attachment is on disk before an answer names it. Records never wait for attachments: sending stops
//! between two pieces as soon as records are to be sent.

mod fetch;
mod keep;
mod send;
#[cfg(test)]
mod tests;

pub use fetch::FetchError;
pub use send::AttachmentOutcome;

use crate::device::Device;
use crate::keys;
use crate::ports::{StoreError, Table};
use minicbor::{Decode, Encode};
use shared::attachment::PIECE;
use shared::id::{AttachmentHash, Epoch, RecordId};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// How long an attachment stays on the device after the server has it, milliseconds.
pub const KEEP_MS: i64 = 14 * 24 * 3_600_000;
/// The most that may wait on a device, bytes.
pub const MOST_WAITING: u64 = 500 << 20;
/// Chunks written in one transaction.
const CHUNKS_AT_ONCE: usize = 8;

/// What is known of one attachment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AttachmentRow {
    /// Its hash.
    #[n(0)]
    pub hash: AttachmentHash,
    /// Its size, bytes.
    #[n(1)]
    pub size: u64,
    /// How many of them are on this device, from the beginning.
    #[n(2)]
    pub here: u64,
    /// Records that name it.
    #[n(3)]
    pub records: Vec<RecordId>,
    /// Whether it was made here: then the server gets it from us.
    #[n(4)]
    pub own: bool,
    /// When it was made or fetched, Unix milliseconds.
    #[n(5)]
    pub made_ms: i64,
    /// How many bytes the server has, as far as we know.
    #[n(6)]
    pub received: u64,
    /// The server's epoch in which it said that it has all of them.
    #[n(7)]
    pub epoch: Option<Epoch>,
    /// When it said so, Unix milliseconds.
    #[n(8)]
    pub acknowledged_ms: i64,
    /// The server's code when it will not take it; blank otherwise.
    #[n(9)]
    pub refused: String,
}

impl AttachmentRow {
    /// Whether all of it is on this device.
    pub fn is_here(&self) -> bool {
        self.here == self.size
    }
}

/// The attachments of a device.
#[derive(Default)]
pub(crate) struct Attachments {
    rows: RefCell<Option<BTreeMap<AttachmentHash, AttachmentRow>>>,
    sending: Cell<bool>,
    /// How many are being written right now.
    writing: Cell<u32>,
}

/// How attachments wait to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many.
    pub count: usize,
    /// Their size, bytes.
    pub size: u64,
    /// How many bytes of them the server has.
    pub received: u64,
    /// How many the server will not take.
    pub refused: usize,
}

/// Why an attachment cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is larger than [`shared::attachment::LARGEST`].
    #[error("the file is too large")]
    TooLarge,
    /// [`MOST_WAITING`] wait already.
    #[error("too much waits to be sent; connect to the internet first")]
    TooMany,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Device {
    /// Reads what is known of attachments, once.
    pub async fn load_attachments(&self) -> Result<(), StoreError> {
        if self.attachments.rows.borrow().is_some() {
            return Ok(());
        }
        let (rows, _) = self.writer.scan(Table::Attachment, "").await?;
        let rows = rows
            .into_iter()
            .filter_map(|(_, payload)| minicbor::decode::<AttachmentRow>(&payload).ok())
            .map(|row| (row.hash, row));
        let rows = form::order::map(rows);
        // Another caller may have read them meanwhile, and altered them since.
        self.attachments.rows.borrow_mut().get_or_insert(rows);
        Ok(())
    }

    /// Everything known of attachments; empty before [`Device::load_attachments`].
    pub fn attachments(&self) -> Vec<AttachmentRow> {
        let rows = self.attachments.rows.borrow();
        rows.iter().flat_map(|rows| rows.values().cloned()).collect()
    }

    /// What is known of one attachment.
    pub fn attachment_row(&self, hash: AttachmentHash) -> Option<AttachmentRow> {
        self.attachments.rows.borrow().as_ref()?.get(&hash).cloned()
    }

    /// Whether the server has an attachment, as far as this device knows.
    pub fn is_received(&self, row: &AttachmentRow) -> bool {
        !row.own || (row.epoch.is_some() && row.epoch == self.engine.borrow().state().epoch)
    }

    /// What waits to be sent: of one record, or in all.
    pub fn attachments_waiting(&self, record: Option<RecordId>) -> Waiting {
        let mut waiting = Waiting::default();
        for row in self.attachments() {
            let of_it = record.is_none_or(|record| row.records.contains(&record));
            if !of_it || !row.is_here() || self.is_received(&row) {
                continue;
            }
            if !row.refused.is_empty() {
                waiting.refused += 1;
                continue;
            }
            waiting.count += 1;
            waiting.size += row.size;
            waiting.received += row.received.min(row.size);
        }
        waiting
    }

    /// Alters the row of an attachment and queues it.
    fn put_attachment(&self, row: AttachmentRow) {
        self.writer.put_message(Table::Attachment, row.hash.to_string(), &row);
        if let Some(rows) = self.attachments.rows.borrow_mut().as_mut() {
            rows.insert(row.hash, row);
        }
    }

    fn forget_attachment(&self, hash: AttachmentHash) {
        self.writer.delete(Table::Attachment, hash.to_string());
        if let Some(rows) = self.attachments.rows.borrow_mut().as_mut() {
            rows.remove(&hash);
        }
    }
}

/// The keys of the chunks of an attachment of this size.
fn chunk_keys(hash: AttachmentHash, size: u64) -> impl Iterator<Item = String> {
    (0..size.div_ceil(PIECE)).map(move |number| keys::blob(hash, number))
}
