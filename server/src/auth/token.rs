//! Bearer tokens: 32 bytes, of which the first four number the municipality and the others are random.
//! The database keeps their SHA-256 only.

use crate::store::TenantId;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A token, of a session, a device or a set-up link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 32]);

/// A text that is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

impl Token {
    /// A new token of a municipality.
    pub fn new(tenant: TenantId) -> Self {
        let mut bytes: [u8; 32] = rand::random();
        bytes[..4].copy_from_slice(&tenant.0.to_be_bytes());
        Self(bytes)
    }

    /// The municipality that it belongs to, if it is a real one.
    pub fn tenant(&self) -> TenantId {
        let [a, b, c, d, ..] = self.0;
        TenantId(i32::from_be_bytes([a, b, c, d]))
    }

    /// What is stored. A plain hash suffices: there is nothing to guess in 224 random bits.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The token itself, for the one message that hands it out.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(secret)")
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotAToken);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| NotAToken)?;
        }
        let token = Self(bytes);
        if token.tenant().0 > 0 { Ok(token) } else { Err(NotAToken) }
    }
}

/// An enrolment code: the municipality's number and nine random digits. Digits only, because they can
/// be typed on every keyboard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code {
    tenant: TenantId,
    digits: u32,
}

const NINE_DIGITS: u64 = 1_000_000_000;

impl Code {
    /// A new code of a municipality.
    pub fn new(tenant: TenantId) -> Self {
        Self { tenant, digits: rand::random_range(0..NINE_DIGITS as u32) }
    }

    /// The municipality.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What is stored. The code lives for 15 minutes and tries are limited.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(format!("kardakar enrolment {}", self.plain())).into()
    }

    /// The digits without spaces.
    pub fn plain(&self) -> String {
        format!("{}{:09}", self.tenant.0, self.digits)
    }
}

/// In groups of three from the end: `1 482 193 775`.
impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.digits / 1000, self.digits % 1000);
        write!(out, "{} {:03} {:03} {low:03}", self.tenant.0, high / 1000, high % 1000)
    }
}

impl FromStr for Code {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let digits: String =
            text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '\u{a0}')).collect();
        if !(10..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAToken);
        }
        let number: u64 = digits.parse().map_err(|_| NotAToken)?;
        let tenant = i32::try_from(number / NINE_DIGITS).map_err(|_| NotAToken)?;
        let code = Self { tenant: TenantId(tenant), digits: (number % NINE_DIGITS) as u32 };
        if tenant > 0 { Ok(code) } else { Err(NotAToken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_municipality_and_round_trip() {
        let token = Token::new(TenantId(42));
        assert_eq!(token.tenant(), TenantId(42));
        assert!(token.to_string().parse::<Token>().is_ok_and(|again| again == token));
        assert_eq!(format!("{token:?}"), "Token(secret)");
        for wrong in ["", "00", &"0".repeat(64), &"g".repeat(64), &"é".repeat(32)] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = Code::new(TenantId(12));
        for text in [code.to_string(), code.plain(), code.to_string().replace(' ', "-")] {
            assert!(text.parse::<Code>().is_ok_and(|again| again == code), "{text}");
        }
        for wrong in ["", "123456789", "0123456789", "12345678901234567", "12 345 678 9a0"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }
}
