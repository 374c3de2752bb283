//! The one codec through which every stored row passes: versioned and checksummed.
//!
//! ```text
//! byte 0      version of the codec (1)
//! bytes 1–8   first eight bytes of SHA-256 over table name, 0, key, 0, payload
//! rest        payload
//! ```
//!
//! The checksum covers the place of the row, so a row that turns up under another key is found out
//! as well. Encryption at rest replaces checksum and payload by an authenticated ciphertext under the
//! next version number, here and nowhere else.

use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const HEAD: usize = 9;

/// Why a row could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// Written by a newer version of the codec.
    TooNew,
    /// Not what was stored at this place.
    Damaged,
}

fn checksum(table: &str, key: &str, payload: &[u8]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(table);
    hash.update([0]);
    hash.update(key);
    hash.update([0]);
    hash.update(payload);
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    first
}

/// Wraps a payload for storage.
pub fn seal(table: &str, key: &str, payload: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(HEAD + payload.len());
    row.push(VERSION);
    row.extend_from_slice(&checksum(table, key, payload));
    row.extend_from_slice(payload);
    row
}

/// Whether a row claims to be written by a newer version of the codec.
pub fn is_newer(row: &[u8]) -> bool {
    row.len() >= HEAD && row[0] > VERSION
}

/// Unwraps a stored row.
pub fn open<'a>(table: &str, key: &str, row: &'a [u8]) -> Result<&'a [u8], Unsound> {
    match row.split_at_checked(HEAD) {
        Some((head, _)) if head[0] > VERSION => Err(Unsound::TooNew),
        Some((head, payload))
            if head[0] == VERSION && head[1..] == checksum(table, key, payload) =>
        {
            Ok(payload)
        }
        _ => Err(Unsound::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_other_place_is_found_out() {
        let row = seal("journal", "k", b"payload");
        assert_eq!(open("journal", "k", &row), Ok(b"payload".as_slice()));
        assert!(open("journal", "other", &row).is_err());
        assert!(open("list", "k", &row).is_err());
        assert!(open("journal", "k", &row[..5]).is_err());
        for bit in 0..row.len() * 8 {
            let mut damaged = row.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open("journal", "k", &damaged).is_err(), "bit {bit}");
        }
        let newer = [vec![VERSION + 1], row[1..].to_vec()].concat();
        assert_eq!(open("journal", "k", &newer), Err(Unsound::TooNew));
    }
}
