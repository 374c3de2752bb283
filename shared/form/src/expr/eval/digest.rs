//! `digest(data, algorithm[, encoding])`.

/// The digest, base64 unless `encoding` is `hex`; `None` for an unknown algorithm.
#[cfg(feature = "digest")]
pub fn digest(text: &str, algorithm: &str, encoding: &str) -> Option<String> {
    use sha2::Digest;
    let bytes = text.as_bytes();
    let found = match algorithm {
        "MD5" => md5::Md5::digest(bytes).to_vec(),
        "SHA-1" => sha1::Sha1::digest(bytes).to_vec(),
        "SHA-256" => sha2::Sha256::digest(bytes).to_vec(),
        "SHA-384" => sha2::Sha384::digest(bytes).to_vec(),
        "SHA-512" => sha2::Sha512::digest(bytes).to_vec(),
        _ => return None,
    };
    Some(if encoding == "hex" { hex(&found) } else { base64(&found) })
}

/// Without the feature no algorithm is known.
#[cfg(not(feature = "digest"))]
pub fn digest(_text: &str, _algorithm: &str, _encoding: &str) -> Option<String> {
    None
}

/// A number from a text, for `randomize()`: the first eight bytes of its SHA-256.
#[cfg(feature = "digest")]
pub fn seed(text: &str) -> i64 {
    use sha2::Digest;
    let found = sha2::Sha256::digest(text.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&found[..8]);
    i64::from_be_bytes(first)
}

/// Without the feature a plainer hash (FNV-1a): stable, but another order than elsewhere.
#[cfg(not(feature = "digest"))]
pub fn seed(text: &str) -> i64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    (text.bytes().fold(0xcbf2_9ce4_8422_2325, mix) >> 1) as i64
}

#[cfg(feature = "digest")]
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(feature = "digest")]
fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut found = String::new();
    for chunk in bytes.chunks(3) {
        let at = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = letters[(bits >> (18 - 6 * place) & 63) as usize] as char;
            found.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    found
}
