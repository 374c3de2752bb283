//! Messages as bytes: one byte of format, then CBOR, plain or as one raw deflate stream (RFC 1951).

use flate2::{Compression, Decompress, FlushDecompress, Status, write::DeflateEncoder};
use minicbor::{Decode, Encode};
use std::io::Write;

/// Format byte: CBOR as it is.
const PLAIN: u8 = 0;
/// Format byte: CBOR in a raw deflate stream.
const DEFLATE: u8 = 1;
/// Below this size compression gains nothing.
const SMALL: usize = 96;
/// The most that a message may measure when unpacked, in bytes.
pub const MAX_UNPACKED: usize = 16 << 20;
/// The media type of both directions.
pub const MEDIA_TYPE: &str = "application/vnd.kardakar.sync";

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// No bytes, or a format byte of neither kind: very likely not from Kardakar at all.
    #[error("not a Kardakar message")]
    UnknownFormat,
    /// The stream ends early or is damaged.
    #[error("the message arrived incomplete or damaged")]
    Damaged,
    /// Larger than [`MAX_UNPACKED`].
    #[error("the message is too large; send less at a time")]
    TooLarge,
    /// Valid compression around something else.
    #[error("the message does not have the expected content")]
    Unexpected,
}

/// Packs a message.
pub fn encode<T: Encode<()>>(message: &T) -> Vec<u8> {
    let mut plain = vec![PLAIN];
    // Writing to a vector cannot fail.
    let _ = minicbor::encode(message, &mut plain);
    if plain.len() <= SMALL {
        return plain;
    }
    let mut encoder = DeflateEncoder::new(vec![DEFLATE], Compression::best());
    match encoder.write_all(&plain[1..]).and_then(|()| encoder.finish()) {
        Ok(packed) if packed.len() < plain.len() => packed,
        _ => plain,
    }
}

/// Packs a message for somebody who may not read compressed ones.
pub fn encode_for<T: Encode<()>>(message: &T, deflate: bool) -> Vec<u8> {
    if deflate { encode(message) } else { encode_plain(message) }
}

/// Packs a message of which compression would gain nothing: pictures and sound are packed already.
pub fn encode_plain<T: Encode<()>>(message: &T) -> Vec<u8> {
    let mut plain = vec![PLAIN];
    // Writing to a vector cannot fail.
    let _ = minicbor::encode(message, &mut plain);
    plain
}

/// Unpacks a message. Memory stays below [`MAX_UNPACKED`] whatever the bytes claim.
pub fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, CodecError> {
    let (format, rest) = bytes.split_first().ok_or(CodecError::UnknownFormat)?;
    let unpacked;
    let cbor = match *format {
        PLAIN => rest,
        DEFLATE => {
            unpacked = inflate(rest)?;
            unpacked.as_slice()
        }
        _ => return Err(CodecError::UnknownFormat),
    };
    minicbor::decode(cbor).map_err(|error| match error.is_end_of_input() {
        true => CodecError::Damaged,
        false => CodecError::Unexpected,
    })
}

fn inflate(packed: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut stream = Decompress::new(false);
    let mut unpacked = Vec::with_capacity(packed.len().saturating_mul(4).clamp(4096, 1 << 20));
    loop {
        let read = stream.total_in() as usize;
        let rest = packed.get(read..).unwrap_or_default();
        let status = stream
            .decompress_vec(rest, &mut unpacked, FlushDecompress::Finish)
            .map_err(|_| CodecError::Damaged)?;
        if status == Status::StreamEnd {
            return Ok(unpacked);
        }
        if unpacked.len() >= MAX_UNPACKED {
            return Err(CodecError::TooLarge);
        }
        if unpacked.len() < unpacked.capacity() {
            // Room was left, so the input ended before the stream did.
            return Err(CodecError::Damaged);
        }
        let more = unpacked.capacity().min(MAX_UNPACKED - unpacked.len()).max(1);
        unpacked.reserve_exact(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::message::{EnrolRequest, SyncRequest};
    use proptest::prelude::*;

    fn message(size: usize) -> EnrolRequest {
        let code = "კოდი ".repeat(size);
        EnrolRequest { code, label: "a".into(), build: "b".into(), ..EnrolRequest::default() }
    }

    #[test]
    fn small_and_large_messages_round_trip() {
        for size in [0, 1, 100, 100_000] {
            let packed = encode(&message(size));
            assert_eq!(decode(&packed), Ok(message(size)), "{size}");
        }
        assert!(encode(&message(1000)).len() < 200);
    }

    #[test]
    fn damage_is_named() {
        let packed = encode(&message(1000));
        assert_eq!(decode::<EnrolRequest>(&[]), Err(CodecError::UnknownFormat));
        assert_eq!(decode::<EnrolRequest>(b"<html>"), Err(CodecError::UnknownFormat));
        let cut = &packed[..packed.len() / 2];
        assert_eq!(decode::<EnrolRequest>(cut), Err(CodecError::Damaged));
        assert_eq!(decode::<EnrolRequest>(&[PLAIN, 0x01]), Err(CodecError::Unexpected));
    }

    /// A response that was cut goes on where it stopped, and does not begin again.
    #[test]
    fn a_message_that_was_cut_at_any_byte_is_incomplete() {
        for whole in [encode(&message(100)), encode_plain(&message(100))] {
            for end in 1..whole.len() {
                let cut = decode::<EnrolRequest>(&whole[..end]);
                assert_eq!(cut, Err(CodecError::Damaged), "{end} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = encode(&message(MAX_UNPACKED / 10));
        assert_eq!(decode::<EnrolRequest>(&bomb), Err(CodecError::TooLarge));
    }

    /// What is passed over is not climbed into, and no memory is set aside for what is only claimed.
    #[test]
    fn nesting_and_lengths_are_claims() {
        let request = SyncRequest { protocol: 2, ..SyncRequest::default() };
        let known = minicbor::to_vec(&request).expect("bytes");
        assert_eq!(known[0], 0x8a, "ten entries, those of version 1");
        let nested = |head: u8, last: u8| [vec![head; 100_000], vec![last]].concat();
        let claims = |head: u8| [&[head][..], &[0x7f; 8]].concat();
        let deep = [nested(0x81, 0x80), nested(0xc1, 0x00), nested(0x9f, 0xff)];
        let long = [claims(0x9b), claims(0x5b), claims(0x7b), claims(0xbb)];
        for (number, odd) in deep.iter().chain(&long).enumerate() {
            // As the last entry, which this build does not know.
            let unknown = [&[PLAIN, 0x92][..], &known[1..], &[0xf6; 7], odd].concat();
            let answer = decode::<SyncRequest>(&unknown);
            assert_eq!(answer == Ok(request.clone()), number < 2, "{number}: {answer:?}");
            for place in 0..17 {
                let before = vec![0xf6; place];
                let bytes = [&[PLAIN, 0x91][..], &before, odd].concat();
                assert!(decode::<SyncRequest>(&bytes).is_err(), "{number} as entry {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode::<crate::sync::message::SyncRequest>(&bytes);
        }
    }
}
