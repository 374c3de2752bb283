//! The columns of a change's operations: how many rows each unpacks to, and whether its values are in
//! range.

use super::reader::Reader;
use super::{MAX_COUNTER, MAX_OPERATIONS, MAX_TEXT, ScanError};

/// How a column is coded: the low three bits of its specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Group,
    Actor,
    Integer,
    Delta,
    Boolean,
    Text,
    ValueMeta,
    Value,
}

/// The columns that Automerge 0.12 writes: object, key, insert, action, value, predecessors, and the two
/// of marks.
const KNOWN: [u64; 14] =
    [0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5];
const ACTION: u64 = 0x42;
const PREDECESSORS: u64 = 0x70;

fn coding(specification: u64) -> Coding {
    match specification & 7 {
        0 => Coding::Group,
        1 => Coding::Actor,
        2 => Coding::Integer,
        3 => Coding::Delta,
        4 => Coding::Boolean,
        5 => Coding::Text,
        6 => Coding::ValueMeta,
        _ => Coding::Value,
    }
}

/// What a column unpacks to.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    rows: usize,
    /// Of a group: how many rows its members have. Of value metadata: how many bytes the values have.
    /// Of texts: their bytes.
    inner: usize,
}

/// The columns of a change.
#[derive(Debug)]
pub struct Columns<'a> {
    columns: Vec<(u64, &'a [u8])>,
}

impl<'a> Columns<'a> {
    /// Reads the list of columns and takes each one's bytes.
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        let count = reader.unsigned()?;
        if count > KNOWN.len() as u64 {
            return Err(ScanError::Malformed);
        }
        let mut listed: Vec<(u64, usize)> = Vec::with_capacity(KNOWN.len());
        for _ in 0..count {
            let specification = reader.unsigned()?;
            let length = usize::try_from(reader.unsigned()?).map_err(|_| ScanError::Malformed)?;
            let in_order = listed.last().is_none_or(|(before, _)| *before < specification);
            if !in_order || !KNOWN.contains(&specification) {
                return Err(ScanError::Malformed);
            }
            listed.push((specification, length));
        }
        let columns = listed
            .into_iter()
            .map(|(specification, length)| Ok((specification, reader.take(length)?)))
            .collect::<Result<_, ScanError>>()?;
        Ok(Self { columns })
    }

    /// How many operations there are. `actors` is how many actors the change names, its own included.
    pub fn operations(&self, actors: usize) -> Result<usize, ScanError> {
        let mut operations = 0;
        let (mut value_bytes, mut predecessors) = (0, 0);
        for (specification, bytes) in &self.columns {
            let sum = match coding(*specification) {
                Coding::Boolean => booleans(bytes)?,
                Coding::Value if bytes.len() < value_bytes => return Err(ScanError::Malformed),
                Coding::Value => continue,
                coding => runs(bytes, coding, actors)?,
            };
            match *specification {
                ACTION => operations = sum.rows,
                PREDECESSORS => predecessors = sum.inner,
                0x56 => value_bytes = sum.inner,
                _ => {}
            }
        }
        let has_values = self.columns.iter().any(|(specification, _)| *specification == 0x57);
        if value_bytes > 0 && !has_values {
            return Err(ScanError::Malformed);
        }
        if predecessors > MAX_OPERATIONS { Err(ScanError::TooLarge) } else { Ok(operations) }
    }
}

fn add(sum: &mut usize, times: u64, each: u64, most: usize) -> Result<(), ScanError> {
    let more = times.checked_mul(each).and_then(|more| more.checked_add(*sum as u64));
    match more {
        Some(total) if total <= most as u64 => {
            *sum = total as usize;
            Ok(())
        }
        _ => Err(ScanError::TooLarge),
    }
}

/// Runs of one value (a positive count), of single values (a negative one) and of nothing (0 and then
/// the count).
fn runs(bytes: &[u8], coding: Coding, actors: usize) -> Result<Sum, ScanError> {
    let mut reader = Reader::new(bytes);
    let mut sum = Sum::default();
    let mut counter = 0_i64;
    while reader.left() > 0 {
        let count = reader.signed()?;
        match count {
            0 => {
                let nothing = reader.unsigned()?;
                if nothing == 0 {
                    return Err(ScanError::Malformed);
                }
                add(&mut sum.rows, nothing, 1, MAX_OPERATIONS)?;
            }
            1.. => {
                add(&mut sum.rows, count.unsigned_abs(), 1, MAX_OPERATIONS)?;
                let times = count.unsigned_abs();
                one(&mut reader, coding, actors, times, &mut counter, &mut sum)?;
            }
            _ => {
                add(&mut sum.rows, count.unsigned_abs(), 1, MAX_OPERATIONS)?;
                for _ in 0..count.unsigned_abs() {
                    one(&mut reader, coding, actors, 1, &mut counter, &mut sum)?;
                }
            }
        }
    }
    Ok(sum)
}

/// One value that stands `times` times.
fn one(
    reader: &mut Reader<'_>,
    coding: Coding,
    actors: usize,
    times: u64,
    counter: &mut i64,
    sum: &mut Sum,
) -> Result<(), ScanError> {
    match coding {
        Coding::Group => {
            let members = reader.unsigned()?;
            add(&mut sum.inner, times, members, MAX_OPERATIONS)
        }
        Coding::Actor => match reader.unsigned()? {
            actor if actor < actors as u64 => Ok(()),
            _ => Err(ScanError::Malformed),
        },
        Coding::Integer => match reader.unsigned()? {
            number if number <= MAX_COUNTER => Ok(()),
            _ => Err(ScanError::Malformed),
        },
        Coding::Delta => {
            let step = reader.signed()?;
            let moved = step.checked_mul(times as i64).and_then(|by| counter.checked_add(by));
            match moved {
                // A run goes one way: when both its ends are in range, all of it is.
                Some(reached) if reached.unsigned_abs() <= MAX_COUNTER && reached >= 0 => {
                    *counter = reached;
                    Ok(())
                }
                _ => Err(ScanError::Malformed),
            }
        }
        Coding::Text => {
            let length = reader.text()?.len();
            add(&mut sum.inner, times, length as u64, MAX_TEXT)
        }
        // The low four bits are the value's type, the rest its length.
        Coding::ValueMeta => {
            let length = reader.unsigned()? >> 4;
            add(&mut sum.inner, times, length, MAX_TEXT)
        }
        Coding::Boolean | Coding::Value => Ok(()),
    }
}

/// Counts of false and true by turns.
fn booleans(bytes: &[u8]) -> Result<Sum, ScanError> {
    let mut reader = Reader::new(bytes);
    let mut sum = Sum::default();
    while reader.left() > 0 {
        add(&mut sum.rows, reader.unsigned()?, 1, MAX_OPERATIONS)?;
    }
    Ok(sum)
}
