//! What a device and a server can do beside the version of the protocol that they speak, and what of it they
//! use with each other. Each says what it knows; the server answers with what both know. Numbers that one
//! side does not know are passed over, so that the other may be newer or older by any number of releases.

use form::model::FORMATS;
use minicbor::{Decode, Encode};

/// Encodings of messages, by their first byte: plain, and one raw deflate stream. The plain one is always
/// understood.
pub const ENCODINGS: [u32; 2] = [0, 1];
/// The number of deflate among them.
const DEFLATE: u32 = 1;

/// Features by number. A number is never used again.
pub mod feature {
    /// Changes as one block (see [`super::super::pack`]).
    pub const BLOCKS: u32 = 1;
    /// Requests and responses go on after a cut (see [`super::super::transfer`]).
    pub const TRANSFERS: u32 = 2;
    /// Attachments are kept, in parts.
    pub const ATTACHMENTS: u32 = 3;
    /// All of them.
    pub const ALL: [u32; 3] = [BLOCKS, TRANSFERS, ATTACHMENTS];
}

/// The most bytes of changes, before compression, that one message carries; a record that comes whole may
/// measure more.
pub const MOST_PAGE: u32 = 4 << 20;
/// Whoever asks for less is given so much.
pub const LEAST_PAGE: u32 = 32 << 10;

/// What one side can do, or both. An entry that is left out is what a version of the protocol has by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Abilities {
    /// Encodings of messages that it reads.
    #[n(0)]
    pub encodings: Option<Vec<u32>>,
    /// Formats of compiled forms that it reads, by their first byte.
    #[n(1)]
    pub forms: Option<Vec<u32>>,
    /// Features.
    #[n(2)]
    pub features: Option<Vec<u32>>,
    /// About how many bytes of changes, before compression, a message to it may carry.
    #[n(3)]
    pub page: Option<u32>,
}

impl Abilities {
    /// Of this build.
    pub fn own() -> Self {
        Self {
            encodings: Some(ENCODINGS.to_vec()),
            forms: Some(FORMATS.map(u32::from).to_vec()),
            features: Some(feature::ALL.to_vec()),
            page: Some(MOST_PAGE),
        }
    }

    /// Of whoever speaks a version and says nothing else.
    fn of_version(protocol: u16) -> Self {
        match protocol {
            // Files of forms, and all features, came with version 2.
            0 | 1 => Self {
                forms: Some(vec![u32::from(FORMATS[0])]),
                features: Some(Vec::new()),
                ..Self::own()
            },
            _ => Self { forms: Some(FORMATS.map(u32::from).to_vec()), ..Self::own() },
        }
    }

    /// What somebody who speaks a version can do: what they say, and where they say nothing, what comes with
    /// the version.
    pub fn said(protocol: u16, theirs: Option<&Self>) -> Self {
        let usual = Self::of_version(protocol);
        let Some(theirs) = theirs.filter(|_| protocol >= 2).cloned() else { return usual };
        Self {
            encodings: theirs.encodings.or(usual.encodings),
            forms: theirs.forms.or(usual.forms),
            features: theirs.features.or(usual.features),
            page: theirs.page.or(usual.page),
        }
    }

    /// What both can do.
    pub fn and(&self, other: &Self) -> Self {
        let both = |mine: &Option<Vec<u32>>, theirs: &Option<Vec<u32>>| {
            let theirs = theirs.as_deref().unwrap_or_default();
            let mine = mine.as_deref().unwrap_or_default();
            Some(mine.iter().copied().filter(|number| theirs.contains(number)).collect())
        };
        Self {
            encodings: both(&self.encodings, &other.encodings),
            forms: both(&self.forms, &other.forms),
            features: both(&self.features, &other.features),
            page: Some(self.page().min(other.page()) as u32),
        }
    }

    /// Whether messages to it may be compressed.
    pub fn deflate(&self) -> bool {
        has(&self.encodings, DEFLATE)
    }

    /// Whether it reads compiled forms of a format.
    pub fn reads_form(&self, format: u8) -> bool {
        has(&self.forms, u32::from(format))
    }

    /// Whether it has a feature.
    pub fn has(&self, feature: u32) -> bool {
        has(&self.features, feature)
    }

    /// About how many bytes of changes a message to it may carry.
    pub fn page(&self) -> usize {
        self.page.unwrap_or(MOST_PAGE).clamp(LEAST_PAGE, MOST_PAGE) as usize
    }
}

fn has(list: &Option<Vec<u32>>, number: u32) -> bool {
    list.as_ref().is_some_and(|list| list.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_know_is_used_and_the_rest_passed_over() {
        let newer = Abilities {
            encodings: Some(vec![0, 7]),
            forms: Some(vec![2, 3]),
            features: Some(vec![feature::BLOCKS, 99]),
            page: Some(100_000),
        };
        let both = Abilities::own().and(&Abilities::said(2, Some(&newer)));
        assert_eq!((both.encodings, both.forms), (Some(vec![0]), Some(vec![2])));
        assert_eq!((both.features, both.page), (Some(vec![feature::BLOCKS]), Some(100_000)));
    }

    #[test]
    fn who_says_nothing_has_what_the_version_has() {
        let own = Abilities::own();
        assert_eq!(own.and(&Abilities::said(2, None)), own);
        let silent = Abilities::default();
        assert_eq!(own.and(&Abilities::said(2, Some(&silent))), own);
        let first = own.and(&Abilities::said(1, Some(&own)));
        assert!(first.deflate() && first.reads_form(1) && !first.reads_form(2));
        assert!(feature::ALL.iter().all(|feature| !first.has(*feature)));
    }

    #[test]
    fn pages_have_bounds() {
        for (asked, given) in [(0, LEAST_PAGE), (50_000, 50_000), (u32::MAX, MOST_PAGE)] {
            let wish = Abilities { page: Some(asked), ..Abilities::default() };
            assert_eq!(Abilities::own().and(&wish).page(), given as usize, "{asked}");
        }
    }
}
