//! Every key of the device's store, in one place.

use shared::id::{AttachmentHash, ChangeHash, RecordId};
use shared::record::Audience;

pub const IDENTITY: &str = "identity";
pub const SYNC: &str = "sync";
pub const DIRECTORY: &str = "directory";
/// The names that this phone had before it was connected again.
pub const FORMER: &str = "former";
/// Which layout the rows have: readable by every build.
pub const LAYOUT: &str = "layout";
pub const TRANSFER: &str = "transfer";
pub const FINDINGS: &str = "findings";
/// There while what the server has is compared with what is here.
pub const COMPARING: &str = "comparing";
/// There until the rows of attachments were made again from the records that are fetched again.
pub const MENDING: &str = "mending";
/// Under it, by hash, what the office decided against held changes.
pub const DECIDED: &str = "decided/";
/// Under it, by form id, what the next record of the form may know of the one finished last.
pub const LAST_SAVED: &str = "last-saved/";

/// Under it, by record, the entities that it makes and alters.
pub const ENTITIES: &str = "entities/";

/// The entities that a record makes and alters.
pub fn entities_of(record: RecordId) -> String {
    format!("{ENTITIES}{record}")
}

/// All lines of a record's log that stand in no file yet.
pub fn noted_of(record: RecordId) -> String {
    format!("noted/{record}/")
}

/// Lines of a record's log.
pub fn noted(record: RecordId, number: u64) -> String {
    format!("noted/{record}/{number:016x}")
}

/// A change of a document.
pub fn change(record: RecordId, audience: Audience, hash: ChangeHash) -> String {
    format!("{record}/{}/{hash}", audience as u8)
}

/// All rows of a record, in tables whose keys begin with it.
pub fn of_record(record: RecordId) -> String {
    format!("{record}/")
}

/// An edit in a record's journal.
pub fn journal(record: RecordId, number: u64) -> String {
    format!("{record}/{number:016x}")
}

/// An unsent change. Numbers rise with time, so key order is the order of making.
pub fn outbox(number: u64) -> String {
    format!("{number:016x}")
}

/// A chunk of an attachment.
pub fn blob(hash: AttachmentHash, number: u64) -> String {
    format!("{hash}/{number:04x}")
}

/// The number of a journal or outbox key.
pub fn number(key: &str) -> u64 {
    key.rsplit('/').next().and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// The audience of a change row.
pub fn audience(key: &str) -> Option<Audience> {
    key.split('/').nth(1)?.parse().ok().and_then(Audience::from_number)
}

/// The record of a key that begins with one.
pub fn record(key: &str) -> Option<RecordId> {
    key.split('/').next()?.parse().ok()
}
