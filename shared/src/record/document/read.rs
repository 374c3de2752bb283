//! Answers, header and review read back from the document.

use super::{Document, ID, ITEM, OPTION, ORDER, REMOVED, REVIEW};
use crate::id::RecordId;
use crate::record::answer::{Answer, Answers, Item};
use crate::record::{Audience, FieldPath, Header, RecordState, SubjectKind};
use automerge::iter::MapRangeItem;
use automerge::{AutoCommit, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, Value, ValueRef};
use std::collections::BTreeMap;

impl Document {
    /// The header; entries that are missing are blank.
    pub fn header(&self) -> Header {
        let text = |name: &str| scalar_at(&self.doc, &ROOT, name);
        Header {
            form_id: text("form"),
            kind: SubjectKind::from_name(&text("kind")),
            household: text("household").parse::<RecordId>().ok(),
            member: text("member"),
            state: RecordState::from_name(&text("state")),
            round: text("round").parse().unwrap_or(0),
            title: text("title"),
            place: text("place"),
        }
    }

    /// What the worker said of answers, by the answer's path: header entries named `kind#path`.
    pub fn marks(&self, kind: &str) -> BTreeMap<String, String> {
        let marks = self.doc.keys(ROOT).filter_map(|name| {
            let path = name.strip_prefix(kind)?.strip_prefix('#')?;
            Some((path.to_owned(), scalar_at(&self.doc, &ROOT, &name)))
        });
        form::order::map(marks)
    }

    /// All answers and repeat items.
    pub fn answers(&self) -> Answers {
        let mut found = Answers::default();
        if let Some(map) = self.answers_map() {
            collect(&self.doc, self.audience(), &map, &[], &mut found);
        }
        form::order::sort_by(&mut found.items, |a, b| {
            (&a.repeat, &a.order, &a.id).cmp(&(&b.repeat, &b.order, &b.id))
        });
        found
    }

    /// The entries of the review map.
    pub fn review_entries(&self) -> BTreeMap<String, String> {
        let Some(map) = object_at(&self.doc, &ROOT, REVIEW) else { return BTreeMap::new() };
        let mut entries = BTreeMap::new();
        for entry in self.doc.map_range(&map, ..) {
            entries.insert(entry.key.as_ref().to_owned(), shown(&self.doc, &entry));
        }
        entries
    }
}

fn object_at(doc: &AutoCommit, map: &ObjId, key: &str) -> Option<ObjId> {
    match doc.get(map, key) {
        Ok(Some((Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    }
}

fn scalar_at(doc: &AutoCommit, map: &ObjId, key: &str) -> String {
    match doc.get(map, key) {
        Ok(Some((value, id))) => lexical(doc, &value, &id),
        _ => String::new(),
    }
}

/// The lexical form of an entry's value. The entry has it at hand; asking for the key searches again.
fn shown(doc: &AutoCommit, entry: &MapRangeItem<'_>) -> String {
    match &entry.value {
        ValueRef::Scalar(ScalarValueRef::Str(text)) => text.as_ref().to_owned(),
        value => lexical(doc, &value.clone().into_value(), &entry.id()),
    }
}

/// A value's lexical form.
pub(in crate::record) fn lexical(doc: &AutoCommit, value: &Value<'_>, id: &ObjId) -> String {
    if let Value::Object(ObjType::Text) = value {
        return doc.text(id).unwrap_or_default();
    }
    if let Some(text) = value.as_str() {
        return text.to_owned();
    }
    if let Some(number) = value.as_i64() {
        return number.to_string();
    }
    match value.as_bool() {
        Some(flag) => flag.to_string(),
        None => String::new(),
    }
}

fn collect(
    doc: &AutoCommit,
    audience: Audience,
    map: &ObjId,
    inside: &[(String, String)],
    found: &mut Answers,
) {
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in doc.map_range(map, ..) {
        let key = entry.key.as_ref();
        if key == ORDER || key == REMOVED || key == ID {
            continue;
        }
        if let Some((question, option)) = key.split_once(OPTION) {
            options.entry(question.to_owned()).or_default().push(option.to_owned());
        } else if let Some((repeat, item)) = key.split_once(ITEM) {
            if !matches!(entry.value, ValueRef::Object(ObjType::Map)) {
                continue;
            }
            let id = entry.id();
            found.items.push(Item {
                repeat: FieldPath { items: inside.to_vec(), key: repeat.to_owned() },
                id: item.to_owned(),
                order: scalar_at(doc, &id, ORDER),
                removed: scalar_at(doc, &id, REMOVED) == "true",
            });
            let mut deeper = inside.to_vec();
            deeper.push((repeat.to_owned(), item.to_owned()));
            collect(doc, audience, &id, &deeper, found);
        } else if let Some(path) = path_of(audience, inside, key) {
            found.answers.push(Answer { path, value: shown(doc, &entry) });
        }
    }
    for (question, options) in options {
        if let Some(path) = path_of(audience, inside, &question) {
            found.answers.push(Answer { path, value: options.join(" ") });
        }
    }
}

/// The path that a key stands for; `None` for a key that no version of ours writes.
pub(in crate::record) fn path_of(
    audience: Audience,
    inside: &[(String, String)],
    key: &str,
) -> Option<FieldPath> {
    match audience {
        Audience::Main => Some(FieldPath { items: inside.to_vec(), key: key.to_owned() }),
        Audience::Protection => key.parse().ok(),
    }
}
