//! Map keys as "what usually follows the key before", with the ids of repeat items taken out.

use super::stream::{Reader, put_slice, put_uleb};
use std::collections::BTreeMap;

/// The place before the first key of a change.
const START: usize = usize::MAX;
/// How many item ids are remembered.
const REMEMBERED: usize = 255;
/// What may follow one key by number; the rest is written out.
const MOST_FOLLOWERS: usize = 254;

/// Lists of what followed, the latest first.
#[derive(Default)]
struct Followers(BTreeMap<usize, Vec<usize>>);

impl Followers {
    fn position(&self, before: usize, base: usize) -> Option<usize> {
        self.0.get(&before)?.iter().position(|other| *other == base)
    }

    fn at(&self, before: usize, position: usize) -> Option<usize> {
        self.0.get(&before)?.get(position).copied()
    }

    fn note(&mut self, before: usize, base: usize) {
        let list = self.0.entry(before).or_default();
        list.retain(|other| *other != base);
        list.insert(0, base);
        list.truncate(MOST_FOLLOWERS);
    }
}

/// Item ids, the latest first.
#[derive(Default)]
struct Recent(Vec<Vec<u8>>);

impl Recent {
    fn note(&mut self, item: &[u8]) {
        self.0.retain(|other| other != item);
        self.0.insert(0, item.to_vec());
        self.0.truncate(REMEMBERED);
    }
}

fn opens_item(byte: u8) -> bool {
    matches!(byte, b'#' | b'[')
}

/// Writes keys.
#[derive(Default)]
pub struct Keys {
    bases: BTreeMap<Option<Vec<u8>>, usize>,
    followers: Followers,
    recent: Recent,
    before: usize,
    symbols: Vec<u8>,
    names: Vec<u8>,
    references: Vec<u8>,
    items: Vec<u8>,
}

impl Keys {
    /// A change with this many keys follows.
    pub fn begin(&mut self, count: usize) {
        put_uleb(&mut self.symbols, count as u64);
        self.before = START;
    }

    /// Writes a key; the number of its base.
    pub fn push(&mut self, key: Option<&[u8]>) -> usize {
        let name = key.map(|key| self.take_items(key));
        let known = self.bases.get(&name).copied();
        let base = known.unwrap_or(self.bases.len());
        match known.and_then(|base| self.followers.position(self.before, base)) {
            Some(position) => self.symbols.push(position as u8 + 1),
            None => {
                self.symbols.push(0);
                put_uleb(&mut self.names, known.map_or(0, |base| base as u64 + 1));
                if known.is_none() {
                    match &name {
                        None => put_uleb(&mut self.names, 0),
                        Some(name) => {
                            put_uleb(&mut self.names, name.len() as u64 + 1);
                            self.names.extend_from_slice(name);
                        }
                    }
                    self.bases.insert(name, base);
                }
            }
        }
        self.followers.note(self.before, base);
        self.before = base;
        base
    }

    /// The key without the letters and digits that follow `#` and `[`.
    fn take_items(&mut self, key: &[u8]) -> Vec<u8> {
        let mut base = Vec::with_capacity(key.len());
        let mut at = 0;
        while at < key.len() {
            base.push(key[at]);
            at += 1;
            if opens_item(key[at - 1]) {
                let rest = &key[at..];
                let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                self.item(&rest[..length]);
                at += length;
            }
        }
        base
    }

    fn item(&mut self, item: &[u8]) {
        match self.recent.0.iter().position(|other| other == item) {
            Some(position) => put_uleb(&mut self.references, position as u64 + 1),
            None => {
                self.references.push(0);
                put_slice(&mut self.items, item);
            }
        }
        self.recent.note(item);
    }

    /// The streams: symbols, names, references, items.
    pub fn finish(self) -> (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>) {
        (self.symbols, self.names, self.references, self.items)
    }
}

/// Reads keys.
pub struct KeysReader<'a> {
    symbols: Reader<'a>,
    names: Reader<'a>,
    references: Reader<'a>,
    items: Reader<'a>,
    bases: Vec<Option<Vec<u8>>>,
    followers: Followers,
    recent: Recent,
    /// How many bytes of keys may still be written.
    room: usize,
}

impl<'a> KeysReader<'a> {
    pub fn new(symbols: &'a [u8], names: &'a [u8], references: &'a [u8], items: &'a [u8]) -> Self {
        Self {
            symbols: Reader::new(symbols),
            names: Reader::new(names),
            references: Reader::new(references),
            items: Reader::new(items),
            bases: Vec::new(),
            followers: Followers::default(),
            recent: Recent::default(),
            room: super::MAX_UNPACKED,
        }
    }

    /// How many bases there are so far.
    pub fn bases(&self) -> usize {
        self.bases.len()
    }

    /// The keys of a change, each with the number of its base.
    pub fn change(&mut self) -> Option<Vec<(usize, Option<Vec<u8>>)>> {
        let mut before = START;
        let mut keys = Vec::new();
        for _ in 0..self.symbols.uleb()? {
            let base = match self.symbols.byte()? {
                0 => self.named()?,
                symbol => self.followers.at(before, usize::from(symbol) - 1)?,
            };
            self.followers.note(before, base);
            before = base;
            let key = self.with_items(base)?;
            self.room = self.room.checked_sub(key.as_ref().map_or(0, Vec::len) + 8)?;
            keys.push((base, key));
        }
        Some(keys)
    }

    fn named(&mut self) -> Option<usize> {
        if let Some(known) = usize::try_from(self.names.uleb()?).ok()?.checked_sub(1) {
            return (known < self.bases.len()).then_some(known);
        }
        let name = match usize::try_from(self.names.uleb()?).ok()?.checked_sub(1) {
            None => None,
            Some(length) => Some(self.names.take(length)?.to_vec()),
        };
        self.bases.push(name);
        Some(self.bases.len() - 1)
    }

    fn with_items(&mut self, base: usize) -> Option<Option<Vec<u8>>> {
        let Some(name) = self.bases[base].clone() else { return Some(None) };
        if !name.iter().any(|byte| opens_item(*byte)) {
            return Some(Some(name));
        }
        let mut key = Vec::with_capacity(name.len() + 10);
        for byte in name {
            key.push(byte);
            if opens_item(byte) {
                let item = match usize::try_from(self.references.uleb()?).ok()?.checked_sub(1) {
                    None => self.items.slice()?.to_vec(),
                    Some(position) => self.recent.0.get(position)?.clone(),
                };
                self.recent.note(&item);
                key.extend_from_slice(&item);
            }
        }
        Some(Some(key))
    }
}
