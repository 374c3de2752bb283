//! Frames on the pipes: the length as four bytes, little-endian, then that much CBOR.

use minicbor::Encode;
use std::io::{ErrorKind, Read};

/// A longer frame is not ours.
pub const LONGEST: usize = 64 << 20;

/// Appends a message as a frame.
pub fn append<T: Encode<()>>(message: &T, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0; 4]);
    // Writing to a vector cannot fail.
    let _ = minicbor::encode(message, &mut *out);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Reads the next frame into `buffer`; false at the end of the stream.
pub fn read(from: &mut impl Read, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    buffer.clear();
    let read = from.take(length as u64).read_to_end(buffer)?;
    if read == length { Ok(true) } else { Err(ErrorKind::UnexpectedEof.into()) }
}
