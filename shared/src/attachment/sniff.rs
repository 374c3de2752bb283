//! What bytes are, by their beginning: names and claims are not believed.

/// The media type of a file.
///
/// Only formats that questions ask for are known; everything else is `application/octet-stream`, HTML,
/// SVG and scripts too, because nothing of that kind is ever shown.
pub fn media_type(bytes: &[u8]) -> &'static str {
    let at = |from: usize, magic: &[u8]| bytes.get(from..from + magic.len()) == Some(magic);
    if at(0, b"\xff\xd8\xff") {
        "image/jpeg"
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        "image/gif"
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        "image/webp"
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        "audio/wav"
    } else if at(4, b"ftyp") {
        base_media(bytes)
    } else if at(0, b"\x1a\x45\xdf\xa3") {
        matroska(bytes)
    } else if at(0, b"OggS") {
        "audio/ogg"
    } else if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") || at(0, b"\xff\xf2") {
        "audio/mpeg"
    } else if at(0, b"#!AMR") {
        "audio/amr"
    } else if at(0, b"\xff\xf1") || at(0, b"\xff\xf9") {
        "audio/aac"
    } else if at(0, b"fLaC") {
        "audio/flac"
    } else if at(0, b"%PDF-") {
        "application/pdf"
    } else if at(0, b"PK\x03\x04") {
        "application/zip"
    } else {
        "application/octet-stream"
    }
}

/// ISO base media files by their brand.
fn base_media(bytes: &[u8]) -> &'static str {
    match bytes.get(8..12) {
        Some(b"M4A " | b"M4B ") => "audio/mp4",
        Some(b"heic" | b"heix" | b"mif1") => "image/heic",
        Some(b"avif") => "image/avif",
        Some([b'3', b'g', ..]) => "video/3gpp",
        Some(b"qt  ") => "video/quicktime",
        _ => "video/mp4",
    }
}

/// Sound alone or pictures too: the codecs stand in the head of the file.
fn matroska(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(4096)];
    let has = |word: &[u8]| head.windows(word.len()).any(|part| part == word);
    if has(b"A_OPUS") && !has(b"V_") { "audio/webm" } else { "video/webm" }
}

/// Whether a browser may show it in a page: pictures, sound and film that cannot run anything.
pub fn is_shown(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/jpeg"
            | "image/png"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "video/mp4"
            | "video/webm"
            | "video/3gpp"
            | "audio/webm"
            | "audio/ogg"
            | "audio/mpeg"
            | "audio/mp4"
            | "audio/wav"
            | "audio/amr"
            | "audio/aac"
            | "audio/flac"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_tell_what_a_file_is() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
            (b"\0\0\0\x20ftypisom", "video/mp4"),
            (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            (b"\0\0\0\x20ftyp3gp4", "video/3gpp"),
            (b"\x1a\x45\xdf\xa3\x9fwebm A_OPUS", "audio/webm"),
            (b"\x1a\x45\xdf\xa3\x9fwebm V_VP8 A_OPUS", "video/webm"),
            (b"%PDF-1.7", "application/pdf"),
        ] {
            assert_eq!(media_type(bytes), expected);
        }
    }

    #[test]
    fn what_could_run_is_only_bytes() {
        for bytes in
            [&b"<svg onload=alert(1)>"[..], b"<!doctype html>", b"<?xml?>", b"#!/bin/sh", b""]
        {
            let found = media_type(bytes);
            assert_eq!(found, "application/octet-stream");
            assert!(!is_shown(found));
        }
        assert!(!is_shown("application/pdf"));
        // A page behind the beginning of a picture is a picture, and is shown as one.
        assert_eq!(media_type(b"GIF89a<script>alert(1)</script>"), "image/gif");
    }
}
