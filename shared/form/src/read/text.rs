//! Bytes of a text file as text, whatever program of Windows saved it.

use std::borrow::Cow;

/// The text of a file: UTF-8, or UTF-16 that says so in its first two bytes. A mark of the byte order is not
/// part of it; what is no text becomes U+FFFD.
pub fn of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |bytes: &[u8], number: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks(2).map(|pair| match pair {
            [low, high] => number([*low, *high]),
            _ => 0xfffd,
        });
        char::decode_utf16(pairs)
            .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(wide(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_programs() {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| {
            let marked = ["\u{feff}", text].concat();
            marked.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        for text in ["", "a", "| ა | \u{1f600} |\r\n"] {
            for bytes in [
                text.as_bytes().to_vec(),
                ["\u{feff}", text].concat().into_bytes(),
                wide(text, u16::to_le_bytes),
                wide(text, u16::to_be_bytes),
            ] {
                assert_eq!(of_bytes(&bytes), text, "{bytes:?}");
            }
        }
        assert_eq!(of_bytes(&[0xff, 0xfe, b'a', 0, b'b']), "a\u{fffd}");
        assert_eq!(of_bytes(&[0xff, 0xfe, 0, 0xd8]), "\u{fffd}");
        assert_eq!(of_bytes(&[b'a', 0xff]), "a\u{fffd}");
    }
}
