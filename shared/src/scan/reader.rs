//! Bytes and LEB128 numbers, each read checked.

use super::ScanError;

/// The rest of some bytes.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], ScanError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(ScanError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, ScanError> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number.
    pub fn unsigned(&mut self) -> Result<u64, ScanError> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ScanError::Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ScanError::Malformed)
    }

    /// A signed LEB128 number.
    pub fn signed(&mut self) -> Result<i64, ScanError> {
        let mut value = 0_i64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = i64::from(byte & 0x7f);
            if shift == 63 && bits != 0 && bits != 0x7f {
                return Err(ScanError::Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if shift < 63 && byte & 0x40 != 0 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(ScanError::Malformed)
    }

    /// A number of bytes that have to be there.
    pub fn length(&mut self) -> Result<usize, ScanError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| ScanError::Malformed)?;
        if length > self.left() { Err(ScanError::Malformed) } else { Ok(length) }
    }

    /// A number of things, at most `most`.
    pub fn count(&mut self, most: usize) -> Result<usize, ScanError> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| ScanError::TooLarge)?;
        if count > most { Err(ScanError::TooLarge) } else { Ok(count) }
    }

    /// A text with its length before it.
    pub fn text(&mut self) -> Result<&'a str, ScanError> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| ScanError::Malformed)
    }
}
