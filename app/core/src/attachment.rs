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
mod missing;
mod send;
#[cfg(test)]
mod tests;

pub use fetch::FetchError;
pub use send::AttachmentOutcome;

use crate::device::Device;
use crate::keys;
use crate::ports::{Rows, StoreError, Table};
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
    /// The server's epoch in which it said that it has all of them, or gave them.
    #[n(7)]
    pub epoch: Option<Epoch>,
    /// When it said so, Unix milliseconds.
    #[n(8)]
    pub acknowledged_ms: i64,
    /// The server's code when it will not take it; blank otherwise.
    #[n(9)]
    pub refused: String,
    /// Whether its bytes were found to be damaged or gone.
    #[n(10)]
    #[cbor(default)]
    pub health: Health,
}

/// What was found out about bytes that should be on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Health {
    /// Nothing against them.
    #[default]
    #[n(0)]
    Sound,
    /// Damaged or gone here. The server has them: they are fetched again.
    #[n(1)]
    Missing,
    /// Damaged or gone here, and the server has not said that it has all of them.
    #[n(2)]
    Lost,
    /// The row was gone, and the bytes are not here: they may have been sent, and removed since. The server
    /// is asked.
    #[n(3)]
    Unknown,
}

impl AttachmentRow {
    /// One of which nothing is here yet.
    fn new(hash: AttachmentHash, size: u64, own: bool, made_ms: i64) -> Self {
        Self {
            hash,
            size,
            here: 0,
            records: Vec::new(),
            own,
            made_ms,
            received: 0,
            epoch: None,
            acknowledged_ms: 0,
            refused: String::new(),
            health: Health::Sound,
        }
    }

    /// Whether all of it is on this device.
    pub fn is_here(&self) -> bool {
        self.here == self.size && self.health == Health::Sound
    }
}

/// The attachments of a device.
#[derive(Default)]
pub(crate) struct Attachments {
    rows: RefCell<BTreeMap<AttachmentHash, AttachmentRow>>,
    /// How far [`Device::verify_attachments`] has come: the chunk that it looked at last.
    verified: Cell<(AttachmentHash, u64)>,
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
    /// How many were damaged here before the server had them.
    pub lost: usize,
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

impl Attachments {
    /// What the stored rows say.
    pub fn of(rows: Rows) -> Self {
        let rows = rows.into_iter().filter_map(|(_, payload)| minicbor::decode(&payload).ok());
        let rows = form::order::map(rows.map(|row: AttachmentRow| (row.hash, row)));
        Self { rows: RefCell::new(rows), ..Self::default() }
    }
}

impl Device {
    /// Everything known of attachments.
    pub fn attachments(&self) -> Vec<AttachmentRow> {
        self.attachments.rows.borrow().values().cloned().collect()
    }

    /// What is known of one attachment.
    pub fn attachment_row(&self, hash: AttachmentHash) -> Option<AttachmentRow> {
        self.attachments.rows.borrow().get(&hash).cloned()
    }

    /// Whether the server has an attachment, as far as this device knows. Under another epoch it may have lost what
    /// it gave, and its maker may not have it any more.
    pub fn is_received(&self, row: &AttachmentRow) -> bool {
        let given = !row.own && (row.epoch.is_none() || row.records.is_empty());
        given || (row.epoch.is_some() && row.epoch == self.engine.borrow().state().epoch)
    }

    /// What waits to be sent: of one record, or in all.
    pub fn attachments_waiting(&self, record: Option<RecordId>) -> Waiting {
        let mut waiting = Waiting::default();
        for row in self.attachments() {
            let of_it = record.is_none_or(|record| row.records.contains(&record));
            if !of_it || self.is_received(&row) {
                continue;
            }
            waiting.lost += usize::from(row.health == Health::Lost);
            if !row.is_here() {
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
        self.attachments.rows.borrow_mut().insert(row.hash, row);
    }

    fn forget_attachment(&self, hash: AttachmentHash) {
        self.writer.delete(Table::Attachment, hash.to_string());
        self.attachments.rows.borrow_mut().remove(&hash);
        self.drop_attachment_findings(hash);
    }
}

/// The keys of the chunks of an attachment of this size.
fn chunk_keys(hash: AttachmentHash, size: u64) -> impl Iterator<Item = String> {
    (0..size.div_ceil(PIECE)).map(move |number| keys::blob(hash, number))
}
