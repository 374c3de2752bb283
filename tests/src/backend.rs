//! What the simulation needs of a server: the one in memory and the real router both have it.

use device::ports::Reply;
use shared::id::{AttachmentHash, ChangeHash, DeviceId, RecordId};
use shared::record::Audience;
use shared::record::review::ReviewState;
use std::collections::{BTreeMap, BTreeSet};

/// A committed change, as the checker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub record: RecordId,
    pub audience: Audience,
    pub hash: ChangeHash,
}

/// What the server shows of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projected {
    pub review: String,
    pub two_answers: usize,
    pub title: String,
}

/// Something the office or an administrator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Review(RecordId, ReviewState),
    /// Settles one field with two answers, if the record has one.
    Resolve(RecordId),
    Assign(RecordId, Option<DeviceId>),
    Villages(DeviceId, Vec<String>),
    /// Locks the person of a device out, or lets them in again.
    Active(DeviceId, bool),
    /// Puts the other version of the form in force.
    Publish,
    /// Remembers the database as it is.
    Backup,
    /// The database as it was remembered, under a new epoch.
    Restore,
    /// The next change that arrives is refused, as if a document could not take it.
    Poison,
    /// Everything refused for good is tried again.
    Retry,
    /// One change refused for good is left out.
    Discard(ChangeHash),
    /// Attachments that were given up, and those that nothing names, are removed.
    Collect,
}

/// A server.
pub trait Backend {
    /// A request as it arrives. `cut`: the connection ended within the body.
    fn post(&mut self, device: DeviceId, path: &str, body: &[u8], cut: bool, now_ms: i64) -> Reply;
    /// Carries a deed out; false when the server has no such thing or will not.
    fn act(&mut self, deed: &Deed, now_ms: i64) -> bool;
    /// Makes a device known.
    fn enrol(&mut self, device: DeviceId, villages: &[String]);
    /// A code with which a phone is connected again, for the person who has it.
    fn code(&mut self, device: DeviceId) -> String;
    fn log(&self) -> Vec<Logged>;
    fn documents(&self) -> BTreeMap<(RecordId, Audience), Vec<u8>>;
    /// The records in a device's scope.
    fn scope(&self, device: DeviceId) -> BTreeSet<RecordId>;
    /// The server's own rows, where it keeps any.
    fn rows(&self) -> Option<BTreeMap<RecordId, Projected>>;
    /// The attachments that have arrived.
    fn attachments(&self) -> BTreeMap<AttachmentHash, Vec<u8>>;
    /// How many changes were refused, passing reasons included.
    fn refusals(&self) -> usize;
    /// Every record that has a main document.
    fn records(&self) -> BTreeSet<RecordId> {
        self.documents().keys().filter(|(_, of)| *of == Audience::Main).map(|(id, _)| *id).collect()
    }
}

/// The bearer token of a device in the simulation: the real server knows only its hash.
pub fn token(device: DeviceId) -> String {
    format!("{device}").repeat(4)
}
