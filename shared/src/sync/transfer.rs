//! Requests and responses that are larger than one part can be continued after a cut.
//!
//! A transfer is named by the request's own bytes, so the device needs nothing from the server to go on:
//! it asks how much of the request arrived, sends the rest, and asks for the rest of the answer. The
//! server keeps what it has of both for [`KEPT_MS`], in its database: any node may go on.

use sha2::{Digest, Sha256};

/// Up to this size a request is sent as one, and a response is not kept: a cut costs no more than this.
pub const PART: usize = 32 << 10;
/// The largest request, in bytes as they travel.
pub const MOST_BYTES: usize = 8 << 20;
/// How long the server keeps an unfinished transfer, milliseconds.
pub const KEPT_MS: i64 = 24 * 3_600_000;

/// The name of a transfer: the first 16 bytes of the SHA-256 of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferId(pub [u8; 16]);

impl TransferId {
    /// The name of the transfer of a request.
    pub fn of(request: &[u8]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(request)[..16]);
        Self(id)
    }

    /// Where a part is sent: `size` is the request's size, `at` where the part begins, `from` where the
    /// response shall begin.
    pub fn path(self, size: usize, at: usize, from: usize) -> String {
        let id: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("/api/sync/{id}?size={size}&at={at}&from={from}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_request_and_three_places() {
        let path = TransferId::of(b"request").path(70_000, 32_768, 0);
        assert_eq!(path.len(), "/api/sync/".len() + 32 + "?size=70000&at=32768&from=0".len());
        assert!(path.starts_with("/api/sync/1f58b914"), "{path}");
    }
}
