//! The layout of a copy's file: what is needed to decrypt it in front, then the encrypted bytes.
//!
//! ```text
//! "KARDAKAR COPY 1\n"  rounds, 4 bytes, big-endian  salt, 16  nonce, 12  AES-256-GCM of the copy
//! ```
//!
//! The key is PBKDF2-HMAC-SHA-256 of the passphrase. Everything in front is authenticated with the bytes.

/// The first bytes of every copy.
const MARK: &[u8; 16] = b"KARDAKAR COPY 1\n";
/// The length of what stands in front.
const FRONT: usize = MARK.len() + 4 + SALT + NONCE;
/// The length of the salt, bytes.
pub const SALT: usize = 16;
/// The length of the nonce, bytes.
pub const NONCE: usize = 12;
/// Rounds of PBKDF2 in new copies (OWASP Password Storage Cheat Sheet, 2023).
pub const ROUNDS: u32 = 600_000;
/// More rounds than any phone should be made to run.
const MOST_ROUNDS: u32 = 10_000_000;
/// The fewest letters of a passphrase.
pub const SHORTEST: usize = 12;

/// A file in its parts.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Everything in front: authenticated, not encrypted.
    pub front: &'a [u8],
    /// Rounds of PBKDF2.
    pub rounds: u32,
    /// The salt.
    pub salt: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The encrypted bytes with their tag.
    pub sealed: &'a [u8],
}

/// What stands in front of a new copy; `random` is fresh randomness.
pub fn front(random: &[u8; SALT + NONCE]) -> Vec<u8> {
    [MARK.as_slice(), &ROUNDS.to_be_bytes(), random].concat()
}

/// Takes a file apart; `None` when it is none, or asks for a senseless number of rounds.
pub fn parts(file: &[u8]) -> Option<Parts<'_>> {
    let (front, sealed) = file.split_at_checked(FRONT)?;
    let rest = front.strip_prefix(MARK)?;
    let (rounds, random) = rest.split_first_chunk::<4>()?;
    let rounds = u32::from_be_bytes(*rounds);
    let (salt, nonce) = random.split_at_checked(SALT)?;
    (1..=MOST_ROUNDS).contains(&rounds).then_some(Parts { front, rounds, salt, nonce, sealed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_apart_as_it_was_put_together() {
        let random: [u8; SALT + NONCE] = std::array::from_fn(|at| at as u8);
        let mut file = front(&random);
        file.extend_from_slice(b"sealed");
        let parts = parts(&file).unwrap();
        assert_eq!((parts.rounds, parts.sealed), (ROUNDS, b"sealed".as_slice()));
        assert_eq!([parts.salt, parts.nonce].concat(), random);
        assert_eq!(parts.front, &file[..FRONT]);
    }

    #[test]
    fn what_is_no_copy_is_told_apart() {
        let file = front(&[7; SALT + NONCE]);
        for wrong in [
            &[][..],
            &file[..FRONT - 1],
            &[0; 64][..],
            b"PK\x03\x04 something else altogether, and long enough",
        ] {
            assert_eq!(parts(wrong), None);
        }
        let mut rounds = file;
        rounds[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(parts(&rounds), None);
    }
}
