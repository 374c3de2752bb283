//! What travels for attachments: each message in the form of `sync::message`, at `POST` routes of its
//! own, so that records never wait for them.

use crate::id::{AttachmentHash, RecordId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Where a device sends an [`Upload`].
pub const UPLOAD: &str = "/api/attachments";
/// Where a device sends a [`Fetch`].
pub const FETCH: &str = "/api/attachments/fetch";

/// A piece of an attachment, or with no bytes the question how much the server has.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Upload {
    /// The attachment.
    #[n(0)]
    pub hash: AttachmentHash,
    /// The size of the whole.
    #[n(1)]
    pub size: u64,
    /// Where the piece begins.
    #[n(2)]
    pub offset: u64,
    /// The piece.
    #[n(3)]
    pub bytes: ByteVec,
}

/// How much of an attachment the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Stored {
    /// The number of bytes from the beginning; the next piece begins here.
    #[n(0)]
    pub received: u64,
    /// Whether it has all of them, and they have the hash.
    #[n(1)]
    pub complete: bool,
}

/// Asks for a piece of an attachment that a record names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Fetch {
    /// The record whose answer names it.
    #[n(0)]
    pub record: RecordId,
    /// The attachment.
    #[n(1)]
    pub hash: AttachmentHash,
    /// Where the piece shall begin.
    #[n(2)]
    pub offset: u64,
    /// How long it may be.
    #[n(3)]
    pub length: u64,
}

/// Where a device sends a [`FetchFormFile`].
pub const FORM_FILE: &str = "/api/forms/file";

/// Asks for a piece of a file that came with a form; the answer is a [`Piece`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FetchFormFile {
    /// The file.
    #[n(0)]
    pub hash: AttachmentHash,
    /// Where the piece shall begin.
    #[n(1)]
    pub offset: u64,
    /// How long it may be.
    #[n(2)]
    pub length: u64,
}

/// A piece of an attachment for a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Piece {
    /// The size of the whole; 0 when the server knows nothing of it yet.
    #[n(0)]
    pub size: u64,
    /// How much the server has: less than the size while another phone still sends it.
    #[n(1)]
    pub received: u64,
    /// The piece; none unless the server has the whole.
    #[n(2)]
    pub bytes: ByteVec,
}
