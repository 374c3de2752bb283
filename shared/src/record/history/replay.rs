//! What some changes did to fields, found by making the document once more up to them. Automerge's
//! comparison of two versions tells the same sooner; but the phone would have to download it, and asks
//! only about changes that the office holds back.

use super::{FieldStep, Part, locate};
use crate::id::ChangeHash;
use crate::record::document::{Document, ITEM, OPTION, REMOVED, lexical};
use automerge::{AutoCommit, Change, ObjId, ObjType, ROOT, ReadDoc, ValueRef};
use std::collections::{BTreeMap, BTreeSet};

/// Between the keys of maps in a path. No key that is written has it.
const BETWEEN: char = '\u{1f}';
/// Stands for the value of a map.
const PRESENT: &str = "added";

/// Every entry of every map: its keys from the root down, and its value.
type Entries = BTreeMap<String, String>;

impl Document {
    /// What each of these changes did, as [`Document::history`] tells it; each after those it knew of.
    pub fn fields_of(
        &mut self,
        hashes: &BTreeSet<ChangeHash>,
    ) -> Vec<(ChangeHash, Vec<FieldStep>)> {
        let all = self.doc.get_changes(&[]);
        let mut found = Vec::new();
        for (at, change) in all.iter().enumerate() {
            let hash = ChangeHash(change.hash().0);
            if hashes.contains(&hash) {
                found.push((hash, self.altered_by(change, &all[..at])));
            }
        }
        found
    }

    /// What [`Document::altered_since`] tells.
    pub(super) fn replayed_since(&mut self, heads: &[automerge::ChangeHash]) -> Vec<FieldStep> {
        let all = self.doc.get_changes(&[]);
        let mut doc = AutoCommit::new();
        let Ok(()) = doc.apply_changes(basis(heads, &all)) else { return Vec::new() };
        let (before, after) = (entries(&doc), entries(&self.doc));
        self.differences(&before, &after)
    }

    /// The fields that `change` altered; `earlier` holds all that it builds on.
    fn altered_by(&self, change: &Change, earlier: &[Change]) -> Vec<FieldStep> {
        let mut doc = AutoCommit::new();
        // What this document took in, another one takes in too.
        let Ok(()) = doc.apply_changes(basis(change.deps(), earlier)) else { return Vec::new() };
        let before = entries(&doc);
        let Ok(()) = doc.apply_changes([change.clone()].to_vec()) else { return Vec::new() };
        self.differences(&before, &entries(&doc))
    }

    fn differences(&self, before: &Entries, after: &Entries) -> Vec<FieldStep> {
        let gone = before.keys().filter(|path| !after.contains_key(*path));
        let altered = after.keys().chain(gone).filter_map(|path| {
            let value = |of: &Entries| of.get(path).cloned().unwrap_or_default();
            self.field(path, value(before), value(after))
        });
        altered.collect()
    }

    fn field(&self, path: &str, before: String, after: String) -> Option<FieldStep> {
        if before == after {
            return None;
        }
        let keys: Vec<&str> = path.split(BETWEEN).collect();
        let (key, around) = keys.split_last()?;
        let (part, path) = locate(self.audience(), around, key)?;
        let (before, after) = match part {
            Part::Option => {
                let option = key.split_once(OPTION)?.1;
                let mark = |of: String| if of.is_empty() { "" } else { option }.to_owned();
                (mark(before), mark(after))
            }
            Part::Item if *key != REMOVED => (String::new(), PRESENT.to_owned()),
            _ => (before, after),
        };
        Some(FieldStep { part, path, before, after })
    }
}

/// These changes and all that they build on, each after what it builds on itself.
fn basis(heads: &[automerge::ChangeHash], earlier: &[Change]) -> Vec<Change> {
    let mut wanted = heads.to_vec();
    let mut found = Vec::new();
    for other in earlier.iter().rev() {
        if wanted.contains(&other.hash()) {
            wanted.retain(|hash| *hash != other.hash());
            wanted.extend_from_slice(other.deps());
            found.push(other.clone());
        }
    }
    found.reverse();
    found
}

fn entries(doc: &AutoCommit) -> Entries {
    let mut found = Entries::new();
    add(doc, &ROOT, "", &mut found);
    found
}

fn add(doc: &AutoCommit, map: &ObjId, around: &str, found: &mut Entries) {
    for entry in doc.map_range(map, ..) {
        let mut path = around.to_owned();
        if !path.is_empty() {
            path.push(BETWEEN);
        }
        path.push_str(&entry.key);
        if let ValueRef::Object(ObjType::Map) = entry.value {
            add(doc, &entry.id(), &path, found);
            if entry.key.contains(ITEM) {
                found.insert(path, PRESENT.to_owned());
            }
        } else {
            let value = lexical(doc, &entry.value.clone().into_value(), &entry.id());
            found.insert(path, value);
        }
    }
}
