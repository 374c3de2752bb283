//! Changes of many documents as one block, like beside like, so that compression finds what repeats.
//!
//! An Automerge change keeps its operations in columns. Two records filled in with the same form have
//! nearly the same columns, but a compressor sees only the last 32 KiB, some dozen records. Here the
//! columns of all changes lie together, question keys are written as "what usually follows", and the
//! values of one question stand beside each other. It takes about 40 % off what deflate alone leaves.
//!
//! Nothing is interpreted: [`unpack`] gives back every change byte for byte, and a change that is not
//! laid out as expected travels as it is. docs/SYNC.md describes the block for other implementations,
//! which may do without it.

mod chunk;
mod keys;
mod stream;

use super::codec::{CodecError, MAX_UNPACKED};
use super::message::DocumentChanges;
use crate::id::RecordId;
use crate::record::Audience;
use chunk::Chunk;
use keys::{Keys, KeysReader};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use stream::{Reader, put_slice, put_uleb};

/// Column of map keys, as Automerge numbers it.
const KEY: u64 = 21;
/// Column of the values' types and lengths.
const VALUE_META: u64 = 86;
/// Column of the values' bytes.
const VALUE: u64 = 87;
/// The answer key whose value is the record's own id.
const ID: &[u8] = b"#id";
/// The most operations of a change whose keys and values are laid out anew.
const MOST_OPERATIONS: usize = 20_000;

/// How a change is laid out in the block.
const OPAQUE: u8 = 0;
const COLUMNS: u8 = 1;
const MODELLED: u8 = 2;

#[derive(Default)]
struct Streams {
    documents: Vec<u8>,
    ids: Vec<u8>,
    heads: Vec<u8>,
    columns: Vec<u8>,
    opaque: Vec<u8>,
    keys: Keys,
    /// Types and lengths of values, by key.
    lengths: Vec<Vec<u8>>,
    /// Values, by key.
    values: Vec<Vec<u8>>,
    plain: BTreeMap<u64, Vec<u8>>,
    check: Sha256,
}

/// The actor of a change, without reading what the change does; `None` when its frame is not sound.
pub fn actor_of(change: &[u8]) -> Option<&[u8]> {
    let chunk = Chunk::parse(change)?;
    let mut head = Reader::new(chunk.head);
    let dependencies = head.uleb()?;
    head.take(usize::try_from(dependencies).ok()?.checked_mul(32)?)?;
    head.slice()
}

/// Packs the changes of documents.
pub fn pack(documents: &[DocumentChanges]) -> Vec<u8> {
    let mut streams = Streams::default();
    put_uleb(&mut streams.documents, documents.len() as u64);
    let mut before: Option<RecordId> = None;
    for document in documents {
        let same = before == Some(document.record);
        streams.documents.push(document.audience as u8 | u8::from(same) << 1);
        put_uleb(&mut streams.documents, document.changes.len() as u64);
        if !same {
            streams.ids.extend_from_slice(document.record.as_bytes());
        }
        before = Some(document.record);
        streams.check.update(document.record.as_bytes());
        streams.check.update([document.audience as u8]);
        for change in &document.changes {
            streams.change(document.record, change);
        }
    }
    streams.finish()
}

impl Streams {
    fn change(&mut self, record: RecordId, bytes: &[u8]) {
        self.check.update(Sha256::digest(bytes));
        let Some(chunk) = Chunk::parse(bytes) else {
            self.documents.push(OPAQUE);
            put_slice(&mut self.opaque, bytes);
            return;
        };
        let modelled = self.model(record, &chunk);
        self.documents.push(if modelled { MODELLED } else { COLUMNS });
        self.heads.extend_from_slice(chunk.head);
        put_uleb(&mut self.columns, chunk.columns.len() as u64);
        for (kind, column) in &chunk.columns {
            put_uleb(&mut self.columns, *kind);
            if modelled && matches!(*kind, KEY | VALUE_META | VALUE) {
                continue;
            }
            put_uleb(&mut self.columns, column.len() as u64);
            self.plain.entry(*kind).or_default().extend_from_slice(column);
        }
        put_slice(&mut self.columns, chunk.tail);
    }

    /// Lays keys and values out anew, if that can be undone exactly.
    fn model(&mut self, record: RecordId, chunk: &Chunk<'_>) -> bool {
        let (Some(keys), Some(meta), Some(raw)) =
            (chunk.column(KEY), chunk.column(VALUE_META), chunk.column(VALUE))
        else {
            return false;
        };
        let Some(keys) = stream::read_texts(keys, MOST_OPERATIONS) else { return false };
        let Some(lengths) = stream::read_numbers(meta, keys.len()) else { return false };
        let total = lengths.iter().try_fold(0u64, |sum, length| sum.checked_add(length >> 4));
        let exact = lengths.len() == keys.len()
            && total == Some(raw.len() as u64)
            && stream::write_texts(&keys) == chunk.column(KEY).unwrap_or_default()
            && stream::write_numbers(&lengths) == meta;
        if !exact {
            return false;
        }
        let mut at = 0;
        self.keys.begin(keys.len());
        for (key, length) in keys.iter().zip(&lengths) {
            let base = self.keys.push(*key);
            if self.lengths.len() <= base {
                self.lengths.resize(base + 1, Vec::new());
                self.values.resize(base + 1, Vec::new());
            }
            put_uleb(&mut self.lengths[base], *length);
            let size = (length >> 4) as usize;
            let value = &raw[at..at + size];
            at += size;
            let start = self.values[base].len();
            self.values[base].extend_from_slice(value);
            if *key == Some(ID) {
                without_id(&mut self.values[base][start..], record);
            }
        }
        true
    }

    fn finish(self) -> Vec<u8> {
        let (symbols, names, references, items) = self.keys.finish();
        let (lengths, values) = (self.lengths.concat(), self.values.concat());
        let mut block = Vec::new();
        for stream in [
            &self.documents,
            &self.ids,
            &self.heads,
            &self.columns,
            &symbols,
            &names,
            &references,
            &items,
            &lengths,
            &values,
            &self.opaque,
        ] {
            put_slice(&mut block, stream);
        }
        put_uleb(&mut block, self.plain.len() as u64);
        for (kind, bytes) in &self.plain {
            put_uleb(&mut block, *kind);
            put_slice(&mut block, bytes);
        }
        block.extend_from_slice(&self.check.finalize()[..8]);
        block
    }
}

/// A value that is the record's id becomes zeros, and zeros become the id.
fn without_id(value: &mut [u8], record: RecordId) {
    if value.len() == record.as_bytes().len() {
        value.iter_mut().zip(record.as_bytes()).for_each(|(byte, id)| *byte ^= id);
    }
}

/// A change of the block before its values are known.
struct Pending {
    mode: u8,
    document: usize,
    head: Vec<u8>,
    columns: Vec<(u64, Vec<u8>)>,
    tail: Vec<u8>,
    keys: Vec<(usize, Option<Vec<u8>>)>,
}

struct Unpacker<'a> {
    documents: Reader<'a>,
    ids: Reader<'a>,
    heads: Reader<'a>,
    columns: Reader<'a>,
    keys: KeysReader<'a>,
    opaque: Reader<'a>,
    plain: BTreeMap<u64, Reader<'a>>,
    /// What may still be written.
    room: usize,
}

/// Unpacks a block. Memory stays within a small multiple of [`MAX_UNPACKED`] whatever the bytes claim.
pub fn unpack(block: &[u8]) -> Result<Vec<DocumentChanges>, CodecError> {
    read(block).ok_or(CodecError::Damaged)?
}

/// `None` when the block ends early or contradicts itself.
fn read(block: &[u8]) -> Option<Result<Vec<DocumentChanges>, CodecError>> {
    let mut outer = Reader::new(block);
    let mut next = || outer.slice();
    let (documents, ids, heads, columns) = (next()?, next()?, next()?, next()?);
    let (symbols, names, references, items) = (next()?, next()?, next()?, next()?);
    let (lengths, values, opaque) = (next()?, next()?, next()?);
    let mut plain = BTreeMap::new();
    for _ in 0..outer.uleb()? {
        let kind = outer.uleb()?;
        plain.insert(kind, Reader::new(outer.slice()?));
    }
    let check = outer.take(8)?;
    if !outer.is_empty() {
        return None;
    }
    let mut unpacker = Unpacker {
        documents: Reader::new(documents),
        ids: Reader::new(ids),
        heads: Reader::new(heads),
        columns: Reader::new(columns),
        keys: KeysReader::new(symbols, names, references, items),
        opaque: Reader::new(opaque),
        plain,
        room: MAX_UNPACKED,
    };
    let (mut found, pending) = unpacker.documents()?;
    let mut values = Values::read(&pending, unpacker.keys.bases(), lengths, values)?;
    let mut hash = Sha256::new();
    let mut begun = 0;
    for change in pending {
        begin(&mut hash, &found, &mut begun, change.document + 1);
        let document = &mut found[change.document];
        let bytes = match change.mode {
            OPAQUE => change.head,
            _ => values.rebuild(document.record, change)?,
        };
        match unpacker.room.checked_sub(bytes.len()) {
            Some(rest) => unpacker.room = rest,
            None => return Some(Err(CodecError::TooLarge)),
        }
        hash.update(Sha256::digest(&bytes));
        document.changes.push(bytes.into());
    }
    let all = found.len();
    begin(&mut hash, &found, &mut begun, all);
    (hash.finalize()[..8] == *check).then_some(Ok(found))
}

/// The check covers where changes belong as well.
fn begin(hash: &mut Sha256, documents: &[DocumentChanges], begun: &mut usize, until: usize) {
    for document in documents.get(*begun..until).unwrap_or_default() {
        hash.update(document.record.as_bytes());
        hash.update([document.audience as u8]);
    }
    *begun = until.max(*begun);
}

impl Unpacker<'_> {
    fn documents(&mut self) -> Option<(Vec<DocumentChanges>, Vec<Pending>)> {
        let mut found: Vec<DocumentChanges> = Vec::new();
        let mut pending = Vec::new();
        for document in 0..self.documents.uleb()? as usize {
            let mark = self.documents.byte()?;
            let count = self.documents.uleb()?;
            let record = match mark & 2 {
                0 => RecordId::from_slice(self.ids.take(16)?)?,
                _ => found.last()?.record,
            };
            let audience = Audience::from_number(mark & !2)?;
            found.push(DocumentChanges { record, audience, changes: Vec::new() });
            for _ in 0..count {
                pending.push(self.change(document)?);
            }
        }
        Some((found, pending))
    }

    fn change(&mut self, document: usize) -> Option<Pending> {
        let mode = self.documents.byte()?;
        let mut change = Pending {
            mode,
            document,
            head: Vec::new(),
            columns: Vec::new(),
            tail: Vec::new(),
            keys: Vec::new(),
        };
        if mode == OPAQUE {
            change.head = self.opaque.slice()?.to_vec();
            return Some(change);
        }
        if mode > MODELLED {
            return None;
        }
        change.head = chunk::take_head(&mut self.heads)?.to_vec();
        for _ in 0..self.columns.uleb()? {
            let kind = self.columns.uleb()?;
            let modelled = mode == MODELLED && matches!(kind, KEY | VALUE_META | VALUE);
            let bytes = match modelled {
                true => Vec::new(),
                false => {
                    let length = self.columns.uleb()?;
                    self.plain.get_mut(&kind)?.take(usize::try_from(length).ok()?)?.to_vec()
                }
            };
            change.columns.push((kind, bytes));
        }
        change.tail = self.columns.slice()?.to_vec();
        if mode == MODELLED {
            change.keys = self.keys.change()?;
        }
        Some(change)
    }
}

/// The values of a block, by key.
struct Values<'a> {
    lengths: Vec<std::vec::IntoIter<u64>>,
    values: Vec<Reader<'a>>,
}

impl<'a> Values<'a> {
    fn read(
        pending: &[Pending],
        bases: usize,
        lengths: &'a [u8],
        values: &'a [u8],
    ) -> Option<Self> {
        let mut counts = vec![0usize; bases];
        for (base, _) in pending.iter().flat_map(|change| &change.keys) {
            *counts.get_mut(*base)? += 1;
        }
        let (mut lengths, mut values) = (Reader::new(lengths), Reader::new(values));
        let mut found = Self { lengths: Vec::new(), values: Vec::new() };
        for count in counts {
            let of_base = (0..count).map(|_| lengths.uleb()).collect::<Option<Vec<u64>>>()?;
            let mut total = 0usize;
            for length in &of_base {
                total = total.checked_add(usize::try_from(length >> 4).ok()?)?;
            }
            found.values.push(Reader::new(values.take(total)?));
            found.lengths.push(of_base.into_iter());
        }
        Some(found)
    }

    fn rebuild(&mut self, record: RecordId, change: Pending) -> Option<Vec<u8>> {
        let Pending { mode, head, mut columns, tail, keys, .. } = change;
        if mode == MODELLED {
            let mut lengths = Vec::with_capacity(keys.len());
            let mut raw = Vec::new();
            for (base, key) in &keys {
                let length = self.lengths.get_mut(*base)?.next()?;
                let start = raw.len();
                raw.extend_from_slice(self.values.get_mut(*base)?.take((length >> 4) as usize)?);
                if key.as_deref() == Some(ID) {
                    without_id(&mut raw[start..], record);
                }
                lengths.push(length);
            }
            let keys: Vec<Option<&[u8]>> = keys.iter().map(|(_, key)| key.as_deref()).collect();
            for (kind, bytes) in &mut columns {
                match *kind {
                    KEY => *bytes = stream::write_texts(&keys),
                    VALUE_META => *bytes = stream::write_numbers(&lengths),
                    VALUE => *bytes = std::mem::take(&mut raw),
                    _ => {}
                }
            }
        }
        Some(chunk::build(&head, &columns, &tail))
    }
}

#[cfg(test)]
mod tests;
