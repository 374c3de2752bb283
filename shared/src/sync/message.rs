//! What travels. Every message is a CBOR array whose positions are the numbers given here; new fields
//! get new numbers at the end, and a reader passes over numbers it does not know.

use crate::id::{ChangeHash, DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use crate::record::Audience;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// The protocol that this code speaks. A server answers every version down to 1.
pub const PROTOCOL: u16 = 1;

/// From the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
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
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
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
    /// Its id: the first 16 bytes of the SHA-256 of `compiled`.
    #[n(0)]
    pub version: FormVersionId,
    /// The compiled form, CBOR.
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

/// From a phone that is not enrolled yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
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
}

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
}
