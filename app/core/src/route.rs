//! The addresses of the app's pages.

use shared::id::RecordId;
use std::fmt::Write;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Connecting the phone.
    Enrol,
    /// What there is to do today.
    Today,
    /// All households.
    Families,
    /// One household.
    Household(RecordId),
    /// Filling in a record, at the path of a question or where the worker stopped.
    Fill(RecordId, Option<String>),
    /// What is still to fix before a record can be finished.
    Check(RecordId),
    /// The receipt of a finished record.
    Finished(RecordId),
    /// The fields of a record that have two answers.
    TwoAnswers(RecordId),
    /// What the office wants corrected.
    Returned(RecordId),
    /// What waits to be sent.
    Sending,
    /// Settings.
    More,
    /// How much room is left, and what to do when there is little.
    Storage,
    /// The office; the rest of the path begins with `/` or is blank.
    Office(String),
    /// The administration, as the office.
    Admin(String),
    /// Setting up the first administrator, as the office.
    Setup(String),
    /// No page has this address.
    Unknown,
}

/// Which part of the app a page belongs to. Going from one area to another loads the page anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The phone's pages, over the device's store.
    Field,
    /// The office and the administration, over the server's API.
    Office,
}

impl Route {
    /// The address.
    pub fn path(&self) -> String {
        let record = |id: &RecordId, page: &str| format!("/record/{id}{page}");
        match self {
            Self::Enrol => "/enrol".into(),
            Self::Today | Self::Unknown => "/".into(),
            Self::Families => "/families".into(),
            Self::Household(id) => format!("/household/{id}"),
            Self::Fill(id, None) => record(id, ""),
            Self::Fill(id, Some(at)) => record(id, &format!("/at/{}", encode(at))),
            Self::Check(id) => record(id, "/check"),
            Self::Finished(id) => record(id, "/finished"),
            Self::TwoAnswers(id) => record(id, "/two-answers"),
            Self::Returned(id) => record(id, "/returned"),
            Self::Sending => "/sending".into(),
            Self::More => "/more".into(),
            Self::Storage => "/storage".into(),
            Self::Office(rest) => format!("/office{rest}"),
            Self::Admin(rest) => format!("/admin{rest}"),
            Self::Setup(rest) => format!("/setup{rest}"),
        }
    }

    /// The page of an address: a path, with the query where a page has one.
    pub fn parse(address: &str) -> Self {
        for (prefix, route) in [
            ("/office", Self::Office as fn(String) -> Self),
            ("/admin", Self::Admin),
            ("/setup", Self::Setup),
        ] {
            if let Some(rest) = address.strip_prefix(prefix)
                && (rest.is_empty() || rest.starts_with(['/', '?']))
            {
                return route(rest.to_owned());
            }
        }
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.strip_prefix('/').unwrap_or(path).splitn(3, '/');
        let first = parts.next().unwrap_or_default();
        let id = parts.next().map(str::parse::<RecordId>);
        match (first, id, parts.next()) {
            ("", None, _) => Self::Today,
            ("enrol", None, _) => Self::Enrol,
            ("families", None, _) => Self::Families,
            ("sending", None, _) => Self::Sending,
            ("more", None, _) => Self::More,
            ("storage", None, _) => Self::Storage,
            ("household", Some(Ok(id)), None) => Self::Household(id),
            ("record", Some(Ok(id)), rest) => Self::parse_record(id, rest),
            _ => Self::Unknown,
        }
    }

    fn parse_record(id: RecordId, rest: Option<&str>) -> Self {
        match rest {
            None => Self::Fill(id, None),
            Some("check") => Self::Check(id),
            Some("finished") => Self::Finished(id),
            Some("two-answers") => Self::TwoAnswers(id),
            Some("returned") => Self::Returned(id),
            Some(other) => match other.strip_prefix("at/").and_then(decode) {
                Some(at) if !at.is_empty() => Self::Fill(id, Some(at)),
                _ => Self::Unknown,
            },
        }
    }

    /// The area it belongs to.
    pub fn area(&self) -> Area {
        match self {
            Self::Office(_) | Self::Admin(_) | Self::Setup(_) => Area::Office,
            _ => Area::Field,
        }
    }

    /// The record that the page is about.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Household(id)
            | Self::Fill(id, _)
            | Self::Check(id)
            | Self::Finished(id)
            | Self::TwoAnswers(id)
            | Self::Returned(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether a record is being filled in: then nothing may reload the app.
    pub fn is_filling(&self) -> bool {
        matches!(self, Self::Fill(..) | Self::Check(_))
    }
}

/// Percent-encodes everything but letters, digits, `-._~/`.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || (rest.next()? as char).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_again_under_its_address() {
        let id = RecordId([0xab; 16]);
        let routes = [
            Route::Enrol,
            Route::Today,
            Route::Families,
            Route::Household(id),
            Route::Fill(id, None),
            Route::Fill(id, Some("members/a1b2/m_age".into())),
            Route::Fill(id, Some("ჯგუფი/100 % [x]?#".into())),
            Route::Check(id),
            Route::Finished(id),
            Route::TwoAnswers(id),
            Route::Returned(id),
            Route::Sending,
            Route::More,
            Route::Storage,
            Route::Office(String::new()),
            Route::Office("/records?q=a&page=2".into()),
            Route::Admin("/devices".into()),
            Route::Setup("/token".into()),
            Route::Setup("?token=1".into()),
        ];
        for route in routes {
            assert_eq!(Route::parse(&route.path()), route, "{}", route.path());
        }
    }

    #[test]
    fn foreign_addresses_are_unknown() {
        for address in [
            "/nothing",
            "/household",
            "/household/12",
            "/household/zz",
            "/record/abababababababababababababababab/at/%e1%83",
            "/record/abababababababababababababababab/at/",
            "/record/abababababababababababababababab/other",
            "/enrol/more",
            "/officer",
        ] {
            assert_eq!(Route::parse(address), Route::Unknown, "{address}");
        }
        assert_eq!(Route::parse("/families/"), Route::Families);
        assert_eq!(Route::parse("/?source=pwa"), Route::Today);
        assert_eq!(Route::parse(""), Route::Today);
    }
}
