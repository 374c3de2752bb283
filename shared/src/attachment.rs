//! Attachments: photos, sound, signatures and files. They are no part of a document; the answer names
//! one by the hash of its bytes, and the bytes travel beside the records.
//!
//! ```text
//! answer   roof.webp#9f86d081…;48213;image/webp
//! bytes    pieces of at most PIECE bytes, from any offset on, as often as it takes
//! ```

pub mod message;
pub mod sniff;

use crate::id::AttachmentHash;
use std::fmt;
use std::str::FromStr;

/// Bytes of one stored chunk, and of the smallest piece that is sent: three seconds at 100 kbit/s.
pub const PIECE: u64 = 32 << 10;
/// The most pieces sent at once where the network is good.
pub const PIECES_AT_ONCE: u64 = 8;
/// The largest attachment, bytes.
pub const LARGEST: u64 = 25 << 20;
/// The longest file name, bytes of UTF-8.
const LONGEST_NAME: usize = 120;

/// An answer that names an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRef {
    /// The file name, for people and exports: no path, no `#`, never blank.
    pub name: String,
    /// The SHA-256 of the bytes.
    pub hash: AttachmentHash,
    /// How many bytes.
    pub size: u64,
    /// The media type as the device knows it; the server goes by the bytes.
    pub media_type: String,
}

/// A text that names no attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the form name#hash;size;type")]
pub struct NotAnAttachment;

impl AttachmentRef {
    /// Names these bytes.
    pub fn of(name: &str, media_type: &str, bytes: &[u8]) -> Self {
        Self {
            name: clean_name(name),
            hash: AttachmentHash::of(bytes),
            size: bytes.len() as u64,
            media_type: clean_type(media_type),
        }
    }
}

impl fmt::Display for AttachmentRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, hash, size, media_type } = self;
        write!(out, "{name}#{hash};{size};{media_type}")
    }
}

impl FromStr for AttachmentRef {
    type Err = NotAnAttachment;

    fn from_str(text: &str) -> Result<Self, NotAnAttachment> {
        let (name, rest) = text.rsplit_once('#').ok_or(NotAnAttachment)?;
        let mut parts = rest.splitn(3, ';');
        let mut part = || parts.next().ok_or(NotAnAttachment);
        let (hash, size, media_type) = (part()?, part()?, part()?);
        let canonical = hash.bytes().all(|digit| !digit.is_ascii_uppercase());
        Ok(Self {
            name: clean_name(name),
            hash: hash.parse().ok().filter(|_| canonical).ok_or(NotAnAttachment)?,
            size: size.parse().map_err(|_| NotAnAttachment)?,
            media_type: clean_type(media_type),
        })
    }
}

/// The file name of an answer to a question that takes attachments: what exports write.
pub fn file_name(answer: &str) -> String {
    answer.parse::<AttachmentRef>().map_or_else(|_| answer.to_owned(), |named| named.name)
}

/// A name that is safe on every system and in a header: no path, no control or reserved characters,
/// no dot in front; long ones are cut before their ending.
pub fn clean_name(name: &str) -> String {
    let allowed = |letter: char| {
        !letter.is_control()
            && !matches!(letter, '/' | '\\' | '#' | ';' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            // Marks that turn the direction of text hide an ending.
            && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    let clean = clean.trim_start_matches(|letter: char| letter == '.' || letter.is_whitespace());
    let clean = clean.trim_end();
    if clean.is_empty() {
        return "file".to_owned();
    }
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 8 && !stem.is_empty() => (stem, ending),
        _ => (clean, ""),
    };
    if clean.len() <= LONGEST_NAME {
        return clean.to_owned();
    }
    let mut cut = LONGEST_NAME - ending.len() - 1;
    while !stem.is_char_boundary(cut) {
        cut -= 1;
    }
    let stem = stem[..cut].trim_end();
    if ending.is_empty() { stem.to_owned() } else { format!("{stem}.{ending}") }
}

/// `type/subtype` in lower case, without parameters; anything else is `application/octet-stream`.
fn clean_type(text: &str) -> String {
    let plain = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.+".contains(&byte))
    };
    match plain.split_once('/') {
        Some((kind, sub)) if token(kind) && token(sub) && plain.len() <= 100 => plain,
        _ => "application/octet-stream".to_owned(),
    }
}

/// The attachments that the bytes of a change name. A change holds its texts as they are, so the
/// names can be found without decoding it; something that only looks like one does no harm.
pub fn named_in(change: &[u8]) -> Vec<AttachmentHash> {
    let mut found = Vec::new();
    for hash in names_in(change) {
        if !found.contains(&hash) {
            found.push(hash);
        }
    }
    found
}

/// The same one by one, as often as each is named: for changes that may have been made to cost time.
pub fn names_in(change: &[u8]) -> impl Iterator<Item = AttachmentHash> {
    sized_names_in(change).map(|(hash, _)| hash)
}

/// The same with the size that each name gives, bytes; 0 where it gives none.
pub fn sized_names_in(change: &[u8]) -> impl Iterator<Item = (AttachmentHash, u64)> {
    let mut rest = change;
    std::iter::from_fn(move || {
        while let Some(at) = rest.iter().position(|byte| *byte == b'#') {
            rest = &rest[at + 1..];
            let digits = rest.get(..64).filter(|_| rest.get(64) == Some(&b';'));
            let hash = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            if let Some(hash) = hash {
                let digits = rest.iter().skip(65).take_while(|byte| byte.is_ascii_digit());
                let add = |size: u64, digit: &u8| {
                    size.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
                };
                return Some((hash, digits.fold(0, add)));
            }
        }
        None
    })
}

/// What to do with a piece that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// Append it without its first `skip` bytes, which are there.
    Append {
        /// Bytes at its beginning that are there.
        skip: usize,
    },
    /// Everything in it is there.
    Known,
    /// Bytes before it are missing: it is not kept.
    Gap,
    /// It does not fit the size.
    Beyond,
}

/// Where a piece goes when `received` bytes of `size` are there. Pieces may come twice, overlap, or
/// come late: the bytes are known by their hash, so equal places hold equal bytes.
pub fn place(received: u64, size: u64, offset: u64, length: u64) -> Placing {
    let Some(end) = offset.checked_add(length).filter(|end| *end <= size) else {
        return Placing::Beyond;
    };
    if offset > received {
        Placing::Gap
    } else if end <= received {
        Placing::Known
    } else {
        // At most the length of the piece, which is in memory.
        Placing::Append { skip: (received - offset) as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_reads_as_its_file_name_first() {
        let named = AttachmentRef::of("სახურავი.webp", "image/webp", b"abc");
        let text = named.to_string();
        assert!(text.starts_with("სახურავი.webp#ba7816bf8f01cfea"), "{text}");
        assert!(text.ends_with(";3;image/webp"));
        assert_eq!(text.parse(), Ok(named));
        assert_eq!(file_name(&text), "სახურავი.webp");
        assert_eq!(file_name("old.jpg"), "old.jpg");
    }

    #[test]
    fn other_texts_name_nothing() {
        let hash = AttachmentHash::of(b"").to_string();
        for text in [
            String::new(),
            "photo.jpg".into(),
            "photo.jpg#12;3;image/png".into(),
            format!("a#{hash}"),
            format!("a#{hash};x;image/png"),
            format!("a#{};3;image/png", hash.to_uppercase()),
        ] {
            assert_eq!(text.parse::<AttachmentRef>(), Err(NotAnAttachment), "{text}");
        }
    }

    #[test]
    fn names_are_made_harmless() {
        for (given, clean) in [
            ("photo.jpg", "photo.jpg"),
            ("C:\\fake\\ფოტო 1.jpg", "ფოტო 1.jpg"),
            ("../../etc/passwd", "passwd"),
            ("a#b;c.png", "a_b_c.png"),
            (".htaccess", "htaccess"),
            ("a\u{202e}gnp.exe", "a_gnp.exe"),
            ("a\r\nb", "a__b"),
            ("", "file"),
            ("  ", "file"),
        ] {
            assert_eq!(clean_name(given), clean);
        }
        let long = clean_name(&format!("{}.jpeg", "ა".repeat(200)));
        assert!(long.len() <= LONGEST_NAME && long.ends_with(".jpeg"), "{long}");
    }

    #[test]
    fn media_types_are_plain() {
        let of = |text| AttachmentRef::of("a", text, b"").media_type;
        assert_eq!(of("audio/webm;codecs=opus"), "audio/webm");
        assert_eq!(of("Image/JPEG"), "image/jpeg");
        for odd in ["", "image", "image/", "text/html\r\nx: y", "a b/c"] {
            assert_eq!(of(odd), "application/octet-stream", "{odd}");
        }
    }

    #[test]
    fn a_change_is_searched_for_names() {
        let (a, b) = (AttachmentHash::of(b"a"), AttachmentHash::of(b"b"));
        let bytes = format!("\x00x#{a};1;i/j\x01#{b};2#short;##{a};");
        assert_eq!(named_in(bytes.as_bytes()), [a, b]);
        assert!(named_in(b"#").is_empty());
    }

    proptest! {
        #[test]
        fn any_name_survives_its_own_text(name in "\\PC{0,200}", kind in "\\PC{0,40}") {
            let named = AttachmentRef::of(&name, &kind, name.as_bytes());
            prop_assert_eq!(named.to_string().parse(), Ok(named));
        }

        #[test]
        fn pieces_in_any_order_end_with_the_whole(
            size in 1u64..200, pieces in prop::collection::vec((0u64..200, 0u64..60), 0..60),
        ) {
            let whole: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let mut kept: Vec<u8> = Vec::new();
            let in_order = (0..size).step_by(7).map(|at| (at, 7.min(size - at)));
            for (offset, length) in pieces.into_iter().chain(in_order) {
                match place(kept.len() as u64, size, offset, length) {
                    Placing::Append { skip } => {
                        let from = offset as usize + skip;
                        prop_assert_eq!(from, kept.len());
                        kept.extend(&whole[from..(offset + length) as usize]);
                    }
                    Placing::Known => prop_assert!(offset + length <= kept.len() as u64),
                    Placing::Gap => prop_assert!(offset > kept.len() as u64),
                    Placing::Beyond => prop_assert!(offset + length > size),
                }
            }
            prop_assert_eq!(kept, whole);
        }
    }
}
