//! What travels. Every message is a CBOR array whose positions are the numbers given here; new fields
//! get new numbers at the end, and a reader passes over numbers it does not know.

use super::ability::Abilities;
use super::codec::CodecError;
use super::pack::{pack, unpack};
use crate::id::{ChangeHash, DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use crate::record::Audience;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// The newest version of the protocol that this code speaks.
pub const PROTOCOL: u16 = 2;
/// The oldest one. A server that drops a version cuts off phones that have been away for long.
pub const OLDEST_PROTOCOL: u16 = 1;

/// The version in which to answer somebody who speaks `oldest` to `newest`; `None` when there is none
/// in common.
pub fn common_protocol(oldest: Option<u16>, newest: u16) -> Option<u16> {
    let common = newest.min(PROTOCOL);
    (common >= oldest.unwrap_or(newest).max(OLDEST_PROTOCOL)).then_some(common)
}

/// From the device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct SyncRequest {
    /// The version of the protocol that the device speaks.
    #[n(0)]
    pub protocol: u16,
    /// The server's epoch as the device knows it.
    #[n(1)]
    pub epoch: Option<Epoch>,
    /// The life of the device's database.
    #[n(2)]
    pub store: StoreId,
    /// The server's sequence number up to which the device has received.
    #[n(3)]
    pub cursor: u64,
    /// Changes that the server has not acknowledged.
    #[n(4)]
    pub push: Vec<DocumentChanges>,
    /// Form versions that the device holds.
    #[n(5)]
    pub forms: Vec<FormVersionId>,
    /// How many changes the device keeps unsent beside those in this request.
    #[n(6)]
    pub unsent: u32,
    /// The app's build, for the administrator's list of devices.
    #[n(7)]
    pub build: String,
    /// The device's clock, Unix milliseconds.
    #[n(8)]
    pub now_ms: i64,
    /// The device's copy of the directory (see [`SyncResponse::directory`]); 0 for none.
    #[n(9)]
    pub directory_version: u64,
    /// The oldest version of the protocol that the device still reads; the same as `protocol` when
    /// left out. Since version 2, like everything below.
    #[n(10)]
    pub oldest: Option<u16>,
    /// Changes as one block (see [`super::pack`]), in place of `push`.
    #[n(11)]
    pub packed: Option<ByteVec>,
    /// The ticket of the last response that the device stored.
    #[n(12)]
    pub ticket: Option<u64>,
    /// Eight random bytes drawn whenever the app opens: the second half of the device's actor.
    #[n(13)]
    pub session: Option<ByteVec>,
    /// What the device can do beside its version.
    #[n(14)]
    pub abilities: Option<Abilities>,
    /// Form versions that records on the device name and that it does not hold.
    #[n(15)]
    pub wanted: Option<Vec<FormVersionId>>,
}

/// Changes of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DocumentChanges {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The audience.
    #[n(1)]
    pub audience: Audience,
    /// Uncompressed Automerge change chunks, each after those it depends on.
    #[n(2)]
    pub changes: Vec<ByteVec>,
}

/// From the server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct SyncResponse {
    /// The version of the protocol in which the server answers.
    #[n(0)]
    pub protocol: u16,
    /// The life of the server's database. When it differs from the device's, the device sends
    /// everything it holds again.
    #[n(1)]
    pub epoch: Epoch,
    /// The sequence number up to which the device has now received.
    #[n(2)]
    pub cursor: u64,
    /// Whether the server has more for the device right now.
    #[n(3)]
    pub more: bool,
    /// Changes of the request that the server did not take. All others are committed.
    #[n(4)]
    pub refused: Vec<RefusedChange>,
    /// Changes of others.
    #[n(5)]
    pub pull: Vec<DocumentChanges>,
    /// Published forms that the device does not hold.
    #[n(6)]
    pub forms: Vec<PublishedForm>,
    /// Who is who and what is published, when the device's copy is not the present one.
    #[n(7)]
    pub directory: Option<Directory>,
    /// The server's clock, Unix milliseconds.
    #[n(8)]
    pub now_ms: i64,
    /// Changes of others as one block (see [`super::pack`]), in place of `pull`. Since version 2, like
    /// everything below.
    #[n(9)]
    pub packed: Option<ByteVec>,
    /// Records that left the device's scope since its cursor.
    #[n(10)]
    pub left: Option<Vec<RecordId>>,
    /// Every record in the device's scope, when the scope itself is another than the device knows.
    #[n(11)]
    pub scope: Option<Vec<RecordId>>,
    /// What a person decided about changes that had been refused for good.
    #[n(12)]
    pub settled: Option<Vec<Settled>>,
    /// To be repeated in the next request: two devices that share one database are found out by it.
    #[n(13)]
    pub ticket: Option<u64>,
    /// The database is in use elsewhere too: the device goes on under a new store id, from cursor 0.
    #[n(14)]
    pub renew: Option<bool>,
    /// What the server uses with this device: what both can do. To those who said what they can.
    #[n(15)]
    pub abilities: Option<Abilities>,
    /// Nothing of what the device sends is taken in until an administrator says otherwise; it keeps it.
    #[n(16)]
    pub paused: Option<bool>,
}

/// The code with which changes are refused for now while their device is paused.
pub const PAUSED: &str = "paused";

/// What became of a change that had been refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Settled {
    /// The change.
    #[n(0)]
    pub hash: ChangeHash,
    /// Whether the office took it in: as it was, or its answers as the office's own. Else it was
    /// discarded, and the device takes it out of its documents.
    #[n(1)]
    pub taken: bool,
    /// Whether the very change is part of the document now.
    #[n(2)]
    pub as_it_was: bool,
    /// The person's words.
    #[n(3)]
    pub reason: String,
}

/// How far a transfer has come: the answer to a part of a request that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TransferState {
    /// How many bytes of the request the server keeps, from its beginning.
    #[n(0)]
    pub received: u32,
}

/// A change that the server did not take.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RefusedChange {
    /// Position of its document in the request's `push`.
    #[n(0)]
    pub document: u32,
    /// Position of the change in that document's list.
    #[n(1)]
    pub change: u32,
    /// Why: a code of [`crate::merge::Refusal`].
    #[n(2)]
    pub code: String,
    /// Whether the device shall keep and show it instead of sending it again.
    #[n(3)]
    pub permanent: bool,
    /// Its hash, where the bytes could be read.
    #[n(4)]
    pub hash: Option<ChangeHash>,
}

/// One published form version.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PublishedForm {
    /// Its id: the first 16 bytes of the SHA-256 of the form as it was published.
    #[n(0)]
    pub version: FormVersionId,
    /// The compiled form in a format that the device reads; as it was published where it reads that.
    #[n(1)]
    pub compiled: ByteVec,
}

/// Slowly changing facts that every phone of a municipality needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Directory {
    /// Changes whenever anything here does.
    #[n(0)]
    pub version: u64,
    /// The municipality's name, Georgian.
    #[n(1)]
    pub municipality: String,
    /// The worker's own name.
    #[n(2)]
    pub person: String,
    /// Who stands behind a device.
    #[n(3)]
    pub people: Vec<DevicePerson>,
    /// The version in force of each form.
    #[n(4)]
    pub current_forms: Vec<FormVersionId>,
    /// Settlement codes of the worker's area; empty means the whole municipality.
    #[n(5)]
    pub places: Vec<String>,
    /// Whom to call: the office's telephone number; blank when none is set.
    #[n(6)]
    pub office_phone: String,
}

/// A device and the person who uses it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DevicePerson {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The person's name.
    #[n(1)]
    pub name: String,
}

/// From a phone that is not enrolled yet, or not any more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct EnrolRequest {
    /// The one-time code, as typed.
    #[n(0)]
    pub code: String,
    /// What the phone calls itself, for the administrator's list.
    #[n(1)]
    pub label: String,
    /// The app's build.
    #[n(2)]
    pub build: String,
    /// The names under which this phone was enrolled before, the latest last: what it made under them is
    /// its own.
    #[n(3)]
    pub former: Option<Vec<DeviceId>>,
    /// What the phone can do beside the versions of the protocol.
    #[n(4)]
    pub abilities: Option<Abilities>,
}

/// How many former names of a phone count.
pub const MOST_FORMER: usize = 8;

/// The answer to a valid code.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EnrolResponse {
    /// The new device.
    #[n(0)]
    pub device: DeviceId,
    /// The bearer token of its requests: 32 random bytes, which the server keeps only as a hash.
    #[n(1)]
    pub token: ByteVec,
    /// Who is who.
    #[n(2)]
    pub directory: Directory,
    /// The published forms, so that work can begin without another request.
    #[n(3)]
    pub forms: Vec<PublishedForm>,
    /// The newest version of the protocol that the server speaks; 1 when left out.
    #[n(4)]
    pub protocol: Option<u16>,
    /// What the server uses with this phone: what both can do. To those who said what they can.
    #[n(5)]
    pub abilities: Option<Abilities>,
}

impl SyncRequest {
    /// Puts the changes into one block: for servers of version 2.
    pub fn pack(&mut self) {
        if !self.push.is_empty() {
            self.packed = Some(pack(&std::mem::take(&mut self.push)).into());
        }
    }

    /// Takes the changes out of their block.
    pub fn unpack(&mut self) -> Result<(), CodecError> {
        if let Some(block) = self.packed.take() {
            if !self.push.is_empty() {
                // Whichever were left out would be taken for acknowledged.
                return Err(CodecError::Unexpected);
            }
            self.push = unpack(&block)?;
        }
        Ok(())
    }
}

impl SyncResponse {
    /// Puts the changes into one block: for devices of version 2.
    pub fn pack(&mut self) {
        if !self.pull.is_empty() {
            self.packed = Some(pack(&std::mem::take(&mut self.pull)).into());
        }
    }

    /// Takes the changes out of their block.
    pub fn unpack(&mut self) -> Result<(), CodecError> {
        if let Some(block) = self.packed.take() {
            self.pull = unpack(&block)?;
        }
        Ok(())
    }
}
