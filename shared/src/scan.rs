//! What a change would unpack to, found out without unpacking it.
//!
//! An Automerge change is a table whose columns are run-length coded: a few bytes can stand for
//! millions of rows. [`scan`] adds up the runs, in time and memory bounded by the bytes themselves, so
//! that nobody begins to unpack what is too large. What it passes may still be wrong in other ways:
//! that is for whoever decodes it, out of reach of everybody else's work.
//!
//! The layout is that of Automerge's storage format (chunks of type 1, uncompressed).

mod column;
mod reader;

use crate::id::DeviceId;
use column::Columns;
use reader::Reader;

/// The most operations that one change may carry. A finished household form has under 400.
pub const MAX_OPERATIONS: usize = 20_000;
/// The most bytes that a change's texts may measure when every repeated one is written out.
pub const MAX_TEXT: usize = 4 << 20;
/// The most other changes that one change may name, as what it knew or whose values it replaced.
const MAX_NAMED: usize = 2_000;
/// Automerge counts operations in 32 bits, and some of its arithmetic goes no further.
const MAX_COUNTER: u64 = i32::MAX as u64;
/// The longest actor. Ours have 16 bytes.
const MAX_ACTOR: usize = 64;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The chunk type of an uncompressed change.
const CHANGE: u8 = 1;

/// What the head of a change says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The device that its actor names; `None` for an actor that is no device's.
    pub device: Option<DeviceId>,
    /// Its message: the form version under which the answers were given.
    pub message: String,
    /// How many operations it carries.
    pub operations: usize,
}

/// Why a change need not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The bytes are not one uncompressed change.
    #[error("the bytes are not a change")]
    Malformed,
    /// It would unpack to more than a survey can hold.
    #[error("the change is too large")]
    TooLarge,
}

/// Reads a change's head and adds up its runs.
pub fn scan(bytes: &[u8]) -> Result<Scanned, ScanError> {
    let mut reader = Reader::new(bytes);
    if reader.take(4)? != MAGIC {
        return Err(ScanError::Malformed);
    }
    let _checksum = reader.take(4)?;
    if reader.byte()? != CHANGE || reader.length()? != reader.left() {
        return Err(ScanError::Malformed);
    }
    let named = reader.count(MAX_NAMED)?;
    let _hashes = reader.take(named * 32)?;
    let actor = actor(&mut reader)?;
    let device = (actor.len() == 16).then(|| DeviceId::from_slice(&actor[..8])).flatten();
    let sequence = reader.unsigned()?;
    let start = reader.unsigned()?;
    let _time = reader.signed()?;
    let message = reader.text()?.to_owned();
    let others = reader.count(MAX_NAMED)?;
    for _ in 0..others {
        actor_of_other(&mut reader)?;
    }
    let operations = Columns::read(&mut reader)?.operations(others + 1)?;
    let end = start.checked_add(operations as u64).ok_or(ScanError::Malformed)?;
    if sequence == 0 || start == 0 || sequence > MAX_COUNTER || end > MAX_COUNTER {
        return Err(ScanError::Malformed);
    }
    Ok(Scanned { device, message, operations })
}

fn actor<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], ScanError> {
    let length = reader.length()?;
    if length > MAX_ACTOR { Err(ScanError::Malformed) } else { reader.take(length) }
}

fn actor_of_other(reader: &mut Reader<'_>) -> Result<(), ScanError> {
    actor(reader).map(drop)
}

#[cfg(test)]
mod tests;
