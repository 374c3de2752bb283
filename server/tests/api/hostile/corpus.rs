//! Makes hostile changes: by hand where one knows how, by chance everywhere else.

use crate::phone::{Phone, change};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use server::testing::TestError;
use sha2::{Digest, Sha256};
use shared::id::{DeviceId, RecordId};
use shared::record::{Document, Edit, FieldPath, ValueKind};
use std::io::Write;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Changes of one record.
pub struct Sample {
    pub record: RecordId,
    pub changes: Vec<Vec<u8>>,
    /// The code with which they have to be refused.
    pub code: &'static str,
}

/// Columns of a change: number and bytes.
type Columns = Vec<(u64, Vec<u8>)>;

pub struct Corpus<'a> {
    phone: &'a Phone,
    random: StdRng,
}

impl<'a> Corpus<'a> {
    pub fn new(phone: &'a Phone, seed: u64) -> Self {
        Self { phone, random: StdRng::seed_from_u64(seed) }
    }

    fn id(&mut self) -> RecordId {
        RecordId::v7(1_795_000_000_000, self.random.random())
    }

    /// A change that nobody may be given to decode: two million operations in a few bytes.
    pub fn explosive(&self) -> Vec<u8> {
        let count = 2_000_000;
        let columns =
            [(0x15, run(count, &[1, b'a'])), (0x34, number(count)), (0x42, run(count, &[1]))];
        chunk(1, &body(self.phone.device, 0, 0, &columns))
    }

    /// Small changes that unpack to much, and such that name what they should not.
    pub fn bombs(&mut self) -> Vec<Sample> {
        let device = self.phone.device;
        let put = |count: u64| {
            vec![(0x15, run(count, &[1, b'a'])), (0x34, number(count)), (0x42, run(count, &[1]))]
        };
        let columns: Vec<(&str, Columns)> = vec![
            ("too_large", put(2_000_000)),
            ("too_large", put(1 << 40)),
            ("too_large", vec![(0x42, [&[0][..], &number(1 << 33)].concat())]),
            ("too_large", vec![(0x15, run(19_999, &text(&[b'k'; 2000]))), (0x42, run(1, &[1]))]),
            ("too_large", vec![(0x42, run(9, &[1])), (0x70, run(9, &number(1 << 30)))]),
            ("malformed", vec![(0x01, run(5, &number(7))), (0x42, run(5, &[1]))]),
            ("malformed", vec![(0x42, run(5, &[1])), (0x56, run(5, &number(1 << 20)))]),
            // A compressed column, and one that nobody knows.
            ("malformed", vec![(0x4a, vec![0; 30])]),
            ("malformed", vec![(0x0fff_fff2, vec![0; 30])]),
        ];
        let mut samples: Vec<Sample> = columns
            .into_iter()
            .map(|(code, columns)| {
                let body = body(device, 0, 0, &columns);
                Sample { record: self.id(), changes: vec![chunk(1, &body)], code }
            })
            .collect();
        // A deflated change of four megabytes of nothing; more actors and dependencies than there are.
        let mut deflated =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        let packed = deflated.write_all(&vec![0; 4 << 20]).and_then(|()| deflated.finish());
        let more = [
            ("malformed", chunk(2, &packed.expect("it compresses"))),
            ("too_large", chunk(1, &body(device, 1 << 40, 0, &[]))),
            ("too_large", chunk(1, &body(device, 0, 1 << 40, &[]))),
        ];
        for (code, bytes) in more {
            samples.push(Sample { record: self.id(), changes: vec![bytes], code });
        }
        samples
    }

    /// New records whose only change was altered.
    pub fn altered(&mut self, count: usize) -> Vec<Sample> {
        (0..count)
            .map(|_| {
                let (record, _, changes) = self.phone.household("altered", "");
                let mut bytes = changes.changes[0].to_vec();
                for _ in 0..self.random.random_range(1..4) {
                    self.alter(&mut bytes);
                }
                Sample { record, changes: vec![with_checksum(&bytes)], code: "" }
            })
            .collect()
    }

    /// Altered edits of a record, which is left as it is.
    pub fn altered_edits(
        &mut self,
        id: RecordId,
        document: &mut Document,
        count: usize,
    ) -> Vec<Vec<u8>> {
        let saved = document.save();
        (0..count)
            .map(|number| {
                let audience = shared::record::Audience::Main;
                let mut copy = Document::load(&saved, audience, self.phone.actor())
                    .expect("a saved document loads");
                let value = number.to_string();
                let edits = [
                    Edit::set(FieldPath::top("rooms"), &value, ValueKind::Integer),
                    Edit::set(FieldPath::top("head"), "long text ".repeat(9), ValueKind::LongText),
                ];
                let made = change(id, &mut copy, &edits, &self.phone.version);
                let mut bytes = made.changes[0].to_vec();
                self.alter(&mut bytes);
                with_checksum(&bytes)
            })
            .collect()
    }

    fn alter(&mut self, bytes: &mut Vec<u8>) {
        // Behind the magic, the checksum and the kind; the actor mostly stays.
        let from = if self.random.random_range(0..4) == 0 { 9 } else { 40.min(bytes.len() - 1) };
        let at = self.random.random_range(from..bytes.len());
        match self.random.random_range(0..6) {
            0 => bytes[at] ^= 1 << self.random.random_range(0..8),
            1 => bytes[at] = self.random.random(),
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.random.random_range(0..5)],
            3 => drop(bytes.remove(at)),
            4 => bytes.insert(at, self.random.random()),
            _ => bytes.truncate(at.max(12)),
        }
    }
}

/// Puts length and checksum right again, so that decoding goes on behind them.
fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut at = 9;
    while at < bytes.len() - 1 && bytes[at] & 0x80 != 0 {
        at += 1;
    }
    chunk(1, &bytes[at + 1..])
}

fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut checked = vec![kind];
    checked.extend(number(body.len() as u64));
    checked.extend(body);
    let hash = Sha256::digest(&checked);
    [&MAGIC[..], &hash[..4], &checked].concat()
}

fn body(device: DeviceId, named: u64, actors: u64, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut body = number(named);
    body.push(16);
    body.extend(device.0);
    body.extend([7; 8]);
    body.extend([1, 1, 0, 0]);
    body.extend(number(actors));
    body.extend(number(columns.len() as u64));
    for (specification, bytes) in columns {
        body.extend(number(*specification));
        body.extend(number(bytes.len() as u64));
    }
    for (_, bytes) in columns {
        body.extend(bytes);
    }
    body
}

fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn text(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len() as u64), bytes].concat()
}

/// A run of one value; the count is a signed number.
fn run(count: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = number(count);
    if let Some(last) = bytes.last_mut()
        && *last & 0x40 != 0
    {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes.extend(value);
    bytes
}

/// A workbook whose list of sheets is a gigabyte of spaces: one packed mebibyte, again and again.
pub fn workbook_bomb() -> Result<Vec<u8>, TestError> {
    let mut deflated = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflated.write_all(&[b' '; 1 << 20])?;
    deflated.flush()?;
    let packed = deflated.get_ref().repeat(1024);
    let name = b"xl/workbook.xml";
    // A local header, the bytes, one entry of the directory and its end (PKWARE's APPNOTE, 4.3).
    let sizes = [0, packed.len() as u32, 1 << 30].map(u32::to_le_bytes).concat();
    let common =
        [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..], &sizes, &[name.len() as u8, 0, 0, 0]].concat();
    let mut file = [b"PK\x03\x04", &common[..], name, &packed].concat();
    let directory = file.len() as u32;
    file.extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 14], name].concat());
    let length = file.len() as u32 - directory;
    file.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    file.extend(length.to_le_bytes());
    file.extend(directory.to_le_bytes());
    file.extend([0, 0]);
    Ok(file)
}
