//! What people say of a record beside its answers: a worker's opinion on two answers and words back to
//! the office, in the header; how two answers were settled, in the review.
//!
//! ```text
//! opinion#<device>/<path>   "=<value> US <reason>", or "? US <reason>" of who does not know
//! reply#<path>              "<time of the return> <words>"; without a path, on the whole return
//! settled#<path>            "<time> US <by> US <reason>"                              (review)
//! ```
//!
//! Each device has an entry of its own for an opinion, so that two workers who disagree are both heard.
//! Nothing is said of protection answers: their values stand in no other document.

use super::{Edit, FieldPath};
use crate::id::DeviceId;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// The mark of an opinion on a question with two answers.
pub const OPINION: &str = "opinion";
/// The mark of words back to the office.
pub const REPLY: &str = "reply";
const SETTLED: &str = "settled#";
/// Between the parts of an entry. Nobody types it.
const US: char = '\u{1f}';

/// What somebody thinks of a question with two answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Opinion {
    /// The question.
    #[n(0)]
    #[cbor(with = "crate::record::path::parts")]
    pub path: FieldPath,
    /// On which device it was given.
    #[n(1)]
    pub device: DeviceId,
    /// The value that is right; `None` from who does not know.
    #[n(2)]
    pub value: Option<String>,
    /// Why; blank when nothing was said.
    #[n(3)]
    pub reason: String,
}

impl Opinion {
    /// The edit that gives it, in place of an earlier one from the same device.
    pub fn edit(&self) -> Edit {
        let said = match &self.value {
            Some(value) => format!("={value}"),
            None => "?".to_owned(),
        };
        let Self { device, path, reason, .. } = self;
        Edit::header(&format!("{OPINION}#{device}/{path}"), format!("{said}{US}{reason}"))
    }

    /// The edit that takes it back, when the question has one answer again.
    pub fn forgotten(&self) -> Edit {
        Edit::header(&format!("{OPINION}#{}/{}", self.device, self.path), "")
    }

    /// The opinions among the marks of a document, by path and device. What cannot be read is left out.
    pub fn all(marks: &BTreeMap<String, String>) -> Vec<Self> {
        let mut found: Vec<Self> =
            marks.iter().filter_map(|(name, entry)| Self::read(name, entry)).collect();
        form::order::sort_by(&mut found, |a, b| (&a.path, a.device).cmp(&(&b.path, b.device)));
        found
    }

    /// One entry; `name` is its mark's name without the kind.
    pub fn read(name: &str, entry: &str) -> Option<Self> {
        let (device, path) = name.split_once('/')?;
        let (said, reason) = entry.split_once(US)?;
        let value = match said.split_at_checked(1)? {
            ("=", value) => Some(value.to_owned()),
            ("?", "") => None,
            _ => return None,
        };
        let (device, path) = (device.parse().ok()?, path.parse().ok()?);
        Some(Self { path, device, value, reason: reason.to_owned() })
    }
}

/// The edit by which a worker answers a remark of a return, or the return as a whole. `at_ms` is the
/// time of the return; blank words take the answer back.
pub fn reply(path: Option<&FieldPath>, at_ms: i64, words: &str) -> Edit {
    let path = path.map_or_else(String::new, ToString::to_string);
    let entry = if words.is_empty() { String::new() } else { format!("{at_ms} {words}") };
    Edit::header(&format!("{REPLY}#{path}"), entry)
}

/// The words that answer the return of this time, by path; those on the whole under a blank one.
pub fn replies(marks: &BTreeMap<String, String>, at_ms: i64) -> BTreeMap<String, String> {
    let answers = marks.iter().filter_map(|(path, entry)| {
        let (time, words) = entry.split_once(' ')?;
        (time == at_ms.to_string()).then(|| (path.clone(), words.to_owned()))
    });
    form::order::map(answers)
}

/// That the office decided between two answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The question.
    pub path: FieldPath,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who, by name.
    pub by: String,
    /// Why; blank when nothing was said.
    pub reason: String,
}

impl Settled {
    /// The edit that goes with the decision.
    pub fn edit(&self) -> Edit {
        let Self { path, at_ms, by, reason } = self;
        Edit::review(format!("{SETTLED}{path}"), format!("{at_ms}{US}{by}{US}{reason}"))
    }

    /// What was settled, newest first. Entries of an older server say only why.
    pub fn all(review: &BTreeMap<String, String>) -> Vec<Self> {
        let read = |(name, entry): (&String, &String)| {
            let path = name.strip_prefix(SETTLED)?.parse().ok()?;
            let mut parts = entry.splitn(3, US);
            let (first, by, reason) = (parts.next()?, parts.next(), parts.next());
            Some(match (first.parse(), by, reason) {
                (Ok(at_ms), Some(by), Some(reason)) => {
                    Self { path, at_ms, by: by.to_owned(), reason: reason.to_owned() }
                }
                _ => Self { path, at_ms: 0, by: String::new(), reason: entry.clone() },
            })
        };
        let mut found: Vec<Self> = review.iter().filter_map(read).collect();
        form::order::sort_by(&mut found, |a, b| (b.at_ms, &a.path).cmp(&(a.at_ms, &b.path)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and value as the document keeps them; the name without its kind.
    fn entry(edit: &Edit) -> (String, String) {
        match edit {
            Edit::Header { name, value } | Edit::Review { name, value } => {
                let name = name.split_once('#').map_or("", |(_, rest)| rest);
                (name.to_owned(), value.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    fn marks(edits: &[Edit]) -> BTreeMap<String, String> {
        edits.iter().map(entry).collect()
    }

    #[test]
    fn opinions_round_trip() {
        let (one, two) = (DeviceId([1; 8]), DeviceId([2; 8]));
        let paths = ["rooms", "housing/rooms", "members[a1]/m_first", "a[x]/b[y]/c"];
        let mut all = Vec::new();
        for path in paths {
            for (device, value, reason) in [
                (one, Some("3"), "the attic = a room? / yes"),
                (two, None, ""),
                (two, Some(""), ""),
            ] {
                let path = path.parse().expect("a path");
                let value = value.map(str::to_owned);
                all.push(Opinion { path, device, value, reason: reason.to_owned() });
            }
        }
        for opinion in &all {
            assert_eq!(Opinion::all(&marks(&[opinion.edit()])), *std::slice::from_ref(opinion));
            assert_eq!(Opinion::all(&marks(&[opinion.forgotten()])), []);
        }
        // Two of one device on a question: the second stands for both.
        assert_eq!(
            Opinion::all(&marks(&all.iter().map(Opinion::edit).collect::<Vec<_>>())).len(),
            8
        );
        for (name, value) in [("rooms", "=3\u{1f}"), ("xx/rooms", "=3\u{1f}"), ("", "")] {
            let marks = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            assert_eq!(Opinion::all(&marks), [], "{name}");
        }
        for value in ["", "3", "=3", "?3\u{1f}", "\u{1f}why", "ა\u{1f}"] {
            assert_eq!(Opinion::read(&format!("{one}/rooms"), value), None, "{value}");
        }
    }

    #[test]
    fn a_reply_answers_one_return() {
        let rooms: FieldPath = FieldPath::top("rooms");
        let said = marks(&[reply(Some(&rooms), 5, "it is 3, counted"), reply(None, 5, "See you.")]);
        let expected = [("", "See you."), ("rooms", "it is 3, counted")];
        let expected = expected.map(|(path, words)| (path.to_owned(), words.to_owned()));
        assert_eq!(replies(&said, 5), BTreeMap::from(expected));
        assert_eq!(replies(&said, 6), BTreeMap::new());
        assert_eq!(replies(&marks(&[reply(Some(&rooms), 5, "")]), 5), BTreeMap::new());
    }

    #[test]
    fn a_settlement_is_read_also_as_older_servers_wrote_it() {
        let settled = Settled {
            path: FieldPath::top("rooms"),
            at_ms: 7,
            by: "N. Kobalia".into(),
            reason: "asked by telephone".into(),
        };
        let (name, value) = entry(&settled.edit());
        let review = |value: &str| BTreeMap::from([(format!("settled#{name}"), value.to_owned())]);
        assert_eq!(Settled::all(&review(&value)), *std::slice::from_ref(&settled));
        let old = Settled { at_ms: 0, by: String::new(), ..settled };
        assert_eq!(Settled::all(&review("asked by telephone")), [old]);
    }
}
