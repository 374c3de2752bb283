//! Identifiers: fixed-size byte strings, written as lower-case hexadecimal.

use std::fmt;
use std::str::FromStr;

/// A text that is not the hexadecimal form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits")]
pub struct IdError {
    /// How many digits the identifier has.
    pub expected: usize,
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let error = IdError { expected: N * 2 };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(error);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = (pair[0] as char).to_digit(16).ok_or(error.clone())?;
        let low = (pair[1] as char).to_digit(16).ok_or(error.clone())?;
        *byte = (high * 16 + low) as u8;
    }
    Ok(bytes)
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; $size]);

        impl $name {
            /// The identifier as bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// Reads an identifier from exactly its own number of bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                out: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                out.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                input: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::from_slice(input.bytes()?)
                    .ok_or_else(|| minicbor::decode::Error::message("identifier of wrong length"))
            }
        }
    };
}

identifier!(
    /// One record: a UUID version 7 (RFC 9562), made by the device that begins the record.
    RecordId, 16
);
identifier!(
    /// One enrolled device, or one office account acting as a device. Issued by the server.
    DeviceId, 8
);
identifier!(
    /// One life of a device's local database. A new one is drawn when the database is created, so
    /// that a device whose storage was lost is sent its own earlier changes again.
    StoreId, 8
);
identifier!(
    /// The hash by which Automerge knows a change.
    ChangeHash, 32
);
identifier!(
    /// A published form version: the first 16 bytes of the SHA-256 of its compiled form.
    FormVersionId, 16
);
identifier!(
    /// An attachment: the SHA-256 of its bytes.
    AttachmentHash, 32
);
identifier!(
    /// One life of the server's database. It changes when a backup is restored.
    Epoch, 16
);

impl RecordId {
    /// A UUID version 7 from Unix time in milliseconds and ten random bytes (RFC 9562 §5.7).
    pub fn v7(now_ms: i64, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(bytes)
    }
}

impl AttachmentHash {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl FormVersionId {
    /// The version of a compiled form, given its encoded bytes.
    pub fn of(compiled: &[u8]) -> Self {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(compiled);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }
}

/// The identifier of a repeat item: ten letters and digits from eight random bytes.
///
/// Unique within a record even when two devices add items at the same time without contact.
pub fn item_id(random: [u8; 8]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = u64::from_be_bytes(random);
    let mut text = String::with_capacity(10);
    for _ in 0..10 {
        text.push(DIGITS[(rest % 62) as usize] as char);
        rest /= 62;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_round_trips_and_refuses_other_text() {
        let id = RecordId::v7(1_700_000_000_000, [0xab; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("xy".parse::<DeviceId>(), Err(IdError { expected: 16 }));
        assert_eq!("zz00000000000000".parse::<DeviceId>(), Err(IdError { expected: 16 }));
        assert!("é00000000000000".parse::<DeviceId>().is_err());
    }

    #[test]
    fn record_ids_carry_version_7_and_sort_by_time() {
        let early = RecordId::v7(1, [0xff; 10]);
        let late = RecordId::v7(2, [0; 10]);
        assert!(early < late);
        assert_eq!(early.0[6] >> 4, 7);
        assert_eq!(early.0[8] >> 6, 2);
    }

    #[test]
    fn item_ids_are_ten_letters_or_digits() {
        let id = item_id([0xff; 8]);
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(item_id([0; 8]), id);
    }
}
