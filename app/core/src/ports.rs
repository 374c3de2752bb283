//! What the device needs of its surroundings.

use std::future::Future;
use std::pin::Pin;

/// A future on the one thread that a device lives on.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The tables of the device's store. Keys are text, values opaque bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Identity, sync state, directory.
    Meta,
    /// Changes of documents: `record/audience/hash`.
    Change,
    /// Edits not yet made into a change: `record/number`.
    Journal,
    /// Changes that the server has not acknowledged, in order.
    Outbox,
    /// Changes that the server refused for good, with its reason.
    Held,
    /// One row per record for the lists.
    List,
    /// Compiled forms by version.
    Form,
    /// What is known of each attachment: `hash`.
    Attachment,
    /// The bytes of attachments in chunks: `hash/number`. Large: never read as a whole.
    Blob,
    /// A request that the service worker may send while the app is closed, and its answer.
    Parcel,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 10] = [
        Self::Meta,
        Self::Change,
        Self::Journal,
        Self::Outbox,
        Self::Held,
        Self::List,
        Self::Form,
        Self::Attachment,
        Self::Blob,
        Self::Parcel,
    ];

    /// The name of the table in a store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Change => "change",
            Self::Journal => "journal",
            Self::Outbox => "outbox",
            Self::Held => "held",
            Self::List => "list",
            Self::Form => "form",
            Self::Attachment => "attachment",
            Self::Blob => "blob",
            Self::Parcel => stored::parcel::TABLE,
        }
    }
}

/// What happens to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Stores a value, replacing what stands there.
    Put(Table, String, Vec<u8>),
    /// Removes a row; removing nothing is no error.
    Delete(Table, String),
}

/// Writes that happen all or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteSet(pub Vec<Write>);

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room left.
    #[error("the device is full")]
    Full,
    /// The connection to the database is lost; opening again may help.
    #[error("the connection to the device's database was lost")]
    Closed,
    /// Another tab writes.
    #[error("another window of the app is open")]
    Locked,
    /// A newer version of the app has changed the database.
    #[error("the database belongs to a newer version of the app")]
    TooNew,
    /// A row is damaged.
    #[error("a stored row is damaged: {0}")]
    Damaged(String),
    /// Anything else, in the platform's words.
    #[error("the device's database failed: {0}")]
    Other(String),
}

/// Rows of a table, by key.
pub type Rows = Vec<(String, Vec<u8>)>;

/// Durable storage. Errors are part of the contract: a write that failed has not happened.
pub trait Store {
    /// The rows whose key begins with `prefix`, in key order.
    fn scan<'a>(&'a self, table: Table, prefix: &'a str) -> Local<'a, Result<Rows, StoreError>>;

    /// Performs all writes or none. When it returns `Ok` they survive a crash.
    fn commit(&self, writes: WriteSet) -> Local<'_, Result<(), StoreError>>;

    /// A few words kept outside the database, by which its loss is noticed; `None` when there are none.
    fn witness(&self) -> Option<String> {
        None
    }

    /// Keeps other words. Best effort: the database counts, not the witness.
    fn set_witness(&self, _words: &str) {}
}

/// What came back from the network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters.
    pub media_type: String,
    /// `Retry-After`, milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// The way to the server.
pub trait Transport {
    /// Sends a POST request. `None` means that nothing answered.
    fn post<'a>(
        &'a self,
        path: &'a str,
        token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>>;
}

/// The device's clock.
pub trait Clock {
    /// Unix milliseconds.
    fn now_ms(&self) -> i64;
    /// Minutes to add to UTC for local time.
    fn utc_offset_minutes(&self) -> i32;
}

/// Randomness.
pub trait Entropy {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}
