//! An Automerge change chunk taken apart and put together again. Only the frame is read.

use super::stream::{Reader, put_uleb};
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;

/// The parts of a change.
pub struct Chunk<'a> {
    /// Dependencies, actor, numbers, time, message, other actors.
    pub head: &'a [u8],
    /// Columns by kind.
    pub columns: Vec<(u64, &'a [u8])>,
    /// What follows the columns.
    pub tail: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The parts of a change chunk; `None` when [`build`] would not give the same bytes again.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.take(9)?;
        let body = reader.slice()?;
        let mut reader = Reader::new(body);
        let head = take_head(&mut reader)?;
        let mut kinds = Vec::new();
        for _ in 0..reader.uleb()? {
            kinds.push((reader.uleb()?, usize::try_from(reader.uleb()?).ok()?));
        }
        let mut columns = Vec::with_capacity(kinds.len());
        for (kind, length) in kinds {
            columns.push((kind, reader.take(length)?));
        }
        let chunk = Self { head, columns, tail: reader.rest() };
        let columns: Vec<(u64, Vec<u8>)> =
            chunk.columns.iter().map(|(kind, column)| (*kind, column.to_vec())).collect();
        (build(chunk.head, &columns, chunk.tail) == bytes).then_some(chunk)
    }

    /// A column, if the change has it once.
    pub fn column(&self, kind: u64) -> Option<&'a [u8]> {
        let mut found = self.columns.iter().filter(|(of, _)| *of == kind);
        match (found.next(), found.next()) {
            (Some((_, column)), None) => Some(column),
            _ => None,
        }
    }
}

/// What stands before the columns.
pub fn take_head<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let all = reader.rest();
    let dependencies = reader.uleb()?;
    reader.take(usize::try_from(dependencies).ok()?.checked_mul(32)?)?;
    reader.slice()?;
    // Sequence number, first operation, time.
    for _ in 0..3 {
        while reader.byte()? >= 0x80 {}
    }
    reader.slice()?;
    for _ in 0..reader.uleb()? {
        reader.slice()?;
    }
    Some(&all[..all.len() - reader.rest().len()])
}

/// The chunk of these parts, checksum included.
pub fn build(head: &[u8], columns: &[(u64, Vec<u8>)], tail: &[u8]) -> Vec<u8> {
    let mut body = head.to_vec();
    put_uleb(&mut body, columns.len() as u64);
    for (kind, column) in columns {
        put_uleb(&mut body, *kind);
        put_uleb(&mut body, column.len() as u64);
    }
    columns.iter().for_each(|(_, column)| body.extend_from_slice(column));
    body.extend_from_slice(tail);
    let mut framed = vec![CHANGE];
    put_uleb(&mut framed, body.len() as u64);
    framed.extend_from_slice(&body);
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&Sha256::digest(&framed)[..4]);
    bytes.extend_from_slice(&framed);
    bytes
}
