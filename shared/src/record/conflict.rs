//! Two answers: concurrent values of one field made visible, with who and when.

use super::document::{Actor, Document, ID, ITEM, OPTION, ORDER, REMOVED};
use super::document::{lexical, path_of};
use super::{Audience, FieldPath};
use crate::id::DeviceId;
use automerge::{AutoCommit, ObjId, ObjType, ReadDoc, ValueRef};
use minicbor::{Decode, Encode};

/// A field with more than one current value.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TwoAnswers {
    /// Which field.
    #[n(0)]
    #[cbor(with = "crate::record::path::parts")]
    pub path: FieldPath,
    /// Its values, oldest first (never fewer than two, all different).
    #[n(1)]
    pub values: Vec<Competing>,
}

/// One of several current values of a field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Competing {
    /// The value in XForms lexical form.
    #[n(0)]
    pub value: String,
    /// The device that gave it.
    #[n(1)]
    pub device: Option<DeviceId>,
    /// When, by that device's clock, in Unix seconds.
    #[n(2)]
    pub at: i64,
    /// Whether it is the one that the record shows for now.
    #[n(3)]
    pub shown: bool,
}

impl Document {
    /// The fields with two answers, by path. Calculated fields are among them: their conflict is a
    /// consequence, and whoever knows the form leaves them out.
    pub fn two_answers(&mut self) -> Vec<TwoAnswers> {
        let audience = self.audience();
        let mut found = Vec::new();
        // One change competes with nobody, and looking at every field takes long.
        if self.doc.stats().num_changes <= 1 {
            return Vec::new();
        }
        if let Some(map) = self.answers_map() {
            collect(&self.doc, audience, &map, &[], &mut found);
        }
        form::order::sort_by(&mut found, |a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(path, raw)| self.dated(path, raw)).collect()
    }

    fn dated(&mut self, path: FieldPath, raw: Vec<Raw>) -> TwoAnswers {
        let mut values: Vec<Competing> = raw
            .into_iter()
            .map(|raw| {
                let change = raw.hash.and_then(|hash| self.doc.get_change_meta_by_hash(&hash));
                let (device, at) = change.map_or((None, 0), |change| {
                    (Actor::device_of(&change.actor), change.timestamp)
                });
                Competing { value: raw.value, device, at, shown: raw.shown }
            })
            .collect();
        form::order::sort_by(&mut values, |a, b| (a.at, &a.value).cmp(&(b.at, &b.value)));
        TwoAnswers { path, values }
    }
}

/// A competing value and the change that wrote it.
struct Raw {
    value: String,
    hash: Option<automerge::ChangeHash>,
    shown: bool,
}

fn collect(
    doc: &AutoCommit,
    audience: Audience,
    map: &ObjId,
    inside: &[(String, String)],
    found: &mut Vec<(FieldPath, Vec<Raw>)>,
) {
    for entry in doc.map_range(map, ..) {
        let key = entry.key.as_ref();
        if key == ORDER || key == REMOVED || key == ID || key.contains(OPTION) {
            continue;
        }
        if let Some((repeat, item)) = key.split_once(ITEM) {
            if matches!(entry.value, ValueRef::Object(ObjType::Map)) {
                let mut deeper = inside.to_vec();
                deeper.push((repeat.to_owned(), item.to_owned()));
                collect(doc, audience, &entry.id(), &deeper, found);
            }
            continue;
        }
        // Looking at all values of a key takes long.
        if !entry.conflict {
            continue;
        }
        let values = competing(doc, map, key);
        if values.len() > 1
            && let Some(path) = path_of(audience, inside, key)
        {
            found.push((path, values));
        }
    }
}

fn competing(doc: &AutoCommit, map: &ObjId, key: &str) -> Vec<Raw> {
    let Ok(all) = doc.get_all(map, key) else { return Vec::new() };
    let mut values: Vec<Raw> = Vec::new();
    for (index, (value, id)) in all.iter().enumerate() {
        let value = lexical(doc, value, id);
        // Automerge lists the winner last.
        let shown = index + 1 == all.len();
        match values.iter_mut().find(|other| other.value == value) {
            Some(same) => same.shown |= shown,
            None => values.push(Raw { value, hash: doc.hash_for_opid(id), shown }),
        }
    }
    values
}
