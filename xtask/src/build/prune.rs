//! Leaves out code that cannot run on a phone but that the linker must keep, because the decision falls
//! at run time in somebody else's crate.
//!
//! Each entry of [`PRUNED`] says why its functions never run. Their bodies become `unreachable`, and what
//! only they used goes with them: the splitter takes no table along that nothing refers to. A function
//! that ran all the same would stop the app at once and loudly; it could not do anything wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result};

use super::app::leb128;

/// A part of the names of functions, and why they never run. A crate's name alone is too wide: generic code of
/// another crate bears it too, when that crate happens to be the first that asks for it.
pub const PRUNED: [(&str, &str); 5] = [
    (
        "zlib_rs5crc32",
        "the checksum of gzip; our streams and Automerge's are deflate without a frame",
    ),
    (
        "unicode_segmentation8grapheme",
        "letters as readers count them; documents count code points, and `record::document::text` \
         compares long texts",
    ),
    (
        "automerge7storage6bundle",
        "chunks that hold many changes; `record::document` reads plain changes only",
    ),
    (
        "core9panicking9panic_fmt",
        "what a panic says; nobody hears it in a browser, where the program stops either way",
    ),
    ("std9panicking15panic_with_hook", "the same, for the panics of the standard library itself"),
];

const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;

/// A module without the pruned functions' code. Names what was not found, which a new version of a
/// crate or of the compiler may bring about: the app works then, and is larger.
pub fn prune(wasm: &[u8]) -> Result<(Vec<u8>, Vec<&'static str>)> {
    shortened(wasm).context("the module's sections are not laid out as the linker lays them out")
}

struct Section {
    kind: u8,
    whole: Range<usize>,
    payload: Range<usize>,
}

fn shortened(wasm: &[u8]) -> Option<(Vec<u8>, Vec<&'static str>)> {
    let sections = sections(wasm)?;
    let of = |kind: u8| sections.iter().find(|section| section.kind == kind);
    let named = |name: &str| {
        let named = |section: &&Section| custom(wasm, section).is_some_and(|found| found.0 == name);
        sections.iter().filter(|section| section.kind == CUSTOM).find(named)
    };
    let code = of(CODE)?;
    let names = function_names(&wasm[custom(wasm, named("name")?)?.1])?;
    let first = of(IMPORTS).map_or(Some(0), |section| imported(&wasm[section.payload.clone()]))?;
    let bodies = bodies(wasm, &code.payload)?;

    let mut bare = wasm.to_vec();
    let mut gone = Vec::new();
    let mut missing: Vec<&str> = PRUNED.iter().map(|(name, _)| *name).collect();
    for (at, body) in bodies.into_iter().enumerate() {
        let Some(name) = names.get(&(first + at)) else { continue };
        let Some((hit, _)) = PRUNED.iter().find(|(part, _)| name.contains(part)) else { continue };
        missing.retain(|part| part != hit);
        // No locals, `unreachable`, nothing, `end`: as long as before, so that other offsets stay.
        if let [locals, trap, nothing @ .., end] = &mut bare[body.clone()] {
            (*locals, *trap, *end) = (0x00, 0x00, 0x0b);
            nothing.fill(0x01);
            gone.push(body.start - code.payload.start..body.end - code.payload.start);
        }
    }
    // The splitter needs them; a module that is not split has none.
    let Some(relocations) = named("reloc.CODE") else { return Some((bare, missing)) };
    let (_, entries) = custom(wasm, relocations)?;
    let kept = without(&wasm[entries], &gone)?;
    let mut section = Vec::new();
    put(&mut section, "reloc.CODE".len());
    section.extend_from_slice(b"reloc.CODE");
    section.extend_from_slice(&kept);
    let mut done = bare[..relocations.whole.start].to_vec();
    done.push(CUSTOM);
    put(&mut done, section.len());
    done.extend_from_slice(&section);
    done.extend_from_slice(&bare[relocations.whole.end..]);
    Some((done, missing))
}

fn sections(wasm: &[u8]) -> Option<Vec<Section>> {
    let mut found = Vec::new();
    let mut at = 8;
    while let Some(kind) = wasm.get(at) {
        let (length, digits) = leb128(wasm.get(at + 1..)?)?;
        let start = at + 1 + digits;
        let payload = start..start.checked_add(length)?;
        wasm.get(payload.clone())?;
        found.push(Section { kind: *kind, whole: at..payload.end, payload: payload.clone() });
        at = payload.end;
    }
    Some(found)
}

/// Reads on in `bytes`.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn number(&mut self) -> Option<usize> {
        let (value, digits) = leb128(self.bytes.get(self.at..)?)?;
        self.at += digits;
        Some(value)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }
}

/// A custom section's name, and where its content is.
fn custom<'a>(wasm: &'a [u8], section: &Section) -> Option<(&'a str, Range<usize>)> {
    let mut cursor = Cursor::new(&wasm[section.payload.clone()]);
    let name = cursor.text()?;
    Some((name, section.payload.start + cursor.at..section.payload.end))
}

/// How many functions are imported: their numbers come first.
fn imported(payload: &[u8]) -> Option<usize> {
    let mut cursor = Cursor::new(payload);
    let mut functions = 0;
    for _ in 0..cursor.number()? {
        cursor.text()?;
        cursor.text()?;
        let limits = |cursor: &mut Cursor| {
            let flags = cursor.number()?;
            cursor.number()?;
            if flags & 1 == 1 { cursor.number() } else { Some(0) }
        };
        match cursor.byte()? {
            0 => {
                cursor.number()?;
                functions += 1;
            }
            1 => {
                cursor.byte()?;
                limits(&mut cursor)?;
            }
            2 => drop(limits(&mut cursor)?),
            3 => drop(cursor.take(2)?),
            _ => return None,
        }
    }
    Some(functions)
}

/// Names by function, from the content of the section `name`.
fn function_names(content: &[u8]) -> Option<BTreeMap<usize, &str>> {
    const FUNCTIONS: u8 = 1;
    let mut cursor = Cursor::new(content);
    while let Some(kind) = cursor.byte() {
        let length = cursor.number()?;
        let part = cursor.take(length)?;
        if kind == FUNCTIONS {
            let mut cursor = Cursor::new(part);
            let count = cursor.number()?;
            return (0..count).map(|_| Some((cursor.number()?, cursor.text()?))).collect();
        }
    }
    None
}

/// Where the functions' bodies are, without their lengths.
fn bodies(wasm: &[u8], payload: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let mut cursor = Cursor::new(&wasm[payload.clone()]);
    let count = cursor.number()?;
    (0..count)
        .map(|_| {
            let length = cursor.number()?;
            let start = payload.start + cursor.at;
            cursor.take(length)?;
            Some(start..start + length)
        })
        .collect()
}

/// A section of relocations without those inside `gone`, which is in order.
fn without(content: &[u8], gone: &[Range<usize>]) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(content);
    let section = cursor.number()?;
    let count = cursor.number()?;
    let (mut kept, mut entries) = (0, Vec::new());
    for _ in 0..count {
        let start = cursor.at;
        let kind = cursor.byte()?;
        let offset = cursor.number()?;
        cursor.number()?;
        // Those that point into memory or into sections carry an addend. Its sign needs no care here.
        if matches!(kind, 3..=5 | 8 | 9 | 11 | 14..=17 | 21..=23 | 25) {
            while cursor.byte()? & 0x80 != 0 {}
        }
        let after = gone.partition_point(|range| range.end <= offset);
        if gone.get(after).is_none_or(|range| offset < range.start) {
            entries.extend_from_slice(&content[start..cursor.at]);
            kept += 1;
        }
    }
    let mut bytes = Vec::new();
    put(&mut bytes, section);
    put(&mut bytes, kept);
    bytes.extend_from_slice(&entries);
    Some(bytes)
}

fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(kind: u8, payload: &[u8]) -> Vec<u8> {
        [&[kind, payload.len() as u8], payload].concat()
    }

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        section(CUSTOM, &[&[name.len() as u8], name.as_bytes(), content].concat())
    }

    /// One import, then two functions; relocations in both bodies, the second with an addend.
    fn module(first: &str, second: &str) -> Vec<u8> {
        let code = [2, 5, 0, 0x41, 7, 0x1a, 0x0b, 6, 0, 0x41, 0x88, 0, 0x1a, 0x0b];
        let name = |at: u8, name: &str| [&[at, name.len() as u8], name.as_bytes()].concat();
        let names = [&[2], name(1, first).as_slice(), &name(2, second)].concat();
        let names = [&[1, names.len() as u8], names.as_slice()].concat();
        [
            b"\0asm\x01\0\0\0".as_slice(),
            &section(IMPORTS, &[1, 1, b'a', 1, b'b', 0, 0]),
            &section(CODE, &code),
            &custom("reloc.CODE", &[2, 2, 0, 4, 1, 4, 10, 2, 0x7f]),
            &custom("name", &names),
        ]
        .concat()
    }

    #[test]
    fn bodies_and_their_relocations_go() {
        let (bare, missing) = prune(&module("kept", "a7zlib_rs5crc32b")).unwrap();
        let code = section(CODE, &[2, 5, 0, 0x41, 7, 0x1a, 0x0b, 6, 0, 0, 1, 1, 1, 0x0b]);
        assert!(bare.windows(code.len()).any(|part| part == code));
        let relocations = custom("reloc.CODE", &[2, 1, 0, 4, 1]);
        assert!(bare.windows(relocations.len()).any(|part| part == relocations));
        assert_eq!(missing.len(), PRUNED.len() - 1);

        let module = module("kept", "too");
        let (bare, missing) = prune(&module).unwrap();
        assert_eq!((bare, missing.len()), (module, PRUNED.len()));
        assert!(prune(b"\0asm\x01\0\0\0").is_err());
    }
}
