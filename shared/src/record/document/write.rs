//! Edits become Automerge operations.

use super::text::{Splice, splices};
use super::{ANSWERS, DocumentError, ITEM, OPTION, ORDER, REMOVED, REVIEW};
use crate::record::{Audience, Edit, FieldPath, ValueKind};
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};

pub(super) fn apply(
    doc: &mut AutoCommit,
    audience: Audience,
    edit: &Edit,
) -> Result<(), DocumentError> {
    match edit {
        Edit::Set { path, value, kind, .. } => {
            let (map, key) = place(doc, audience, path)?;
            set(doc, &map, &key, value, *kind)
        }
        Edit::AddItem { repeat, item, order } => {
            let map = item_map(doc, &answers(doc)?, &repeat.items)?;
            let key = item_key(&repeat.key, item);
            let item = match child(doc, &map, &key)? {
                Some(item) => item,
                None => doc.put_object(&map, key, ObjType::Map)?,
            };
            let kept = doc.get(&item, ORDER)?;
            if kept.is_none_or(|(kept, _)| kept.as_str() != Some(order.as_str())) {
                doc.put(&item, ORDER, order.as_str())?;
            }
            Ok(())
        }
        Edit::RemoveItem { repeat, item, removed } => {
            let map = item_map(doc, &answers(doc)?, &repeat.items)?;
            let map = child(doc, &map, &item_key(&repeat.key, item))?
                .ok_or_else(|| DocumentError::UnknownItem(item.clone()))?;
            if *removed {
                doc.put(&map, REMOVED, true)?;
            } else if doc.get(&map, REMOVED)?.is_some() {
                doc.delete(&map, REMOVED)?;
            }
            Ok(())
        }
        Edit::Header { name, value } => set(doc, &ROOT, name, value, ValueKind::Plain),
        Edit::Review { name, value } => {
            let map = child(doc, &ROOT, REVIEW)?.ok_or_else(no_map)?;
            set(doc, &map, name, value, ValueKind::Plain)
        }
    }
}

fn no_map() -> DocumentError {
    DocumentError::Unreadable("a part of the record is missing".into())
}

pub(super) fn item_key(repeat: &str, item: &str) -> String {
    format!("{repeat}{ITEM}{item}")
}

fn answers(doc: &AutoCommit) -> Result<ObjId, DocumentError> {
    child(doc, &ROOT, ANSWERS)?.ok_or_else(no_map)
}

fn child(doc: &AutoCommit, map: &ObjId, key: &str) -> Result<Option<ObjId>, DocumentError> {
    Ok(match doc.get(map, key)? {
        Some((Value::Object(ObjType::Map), id)) => Some(id),
        _ => None,
    })
}

fn item_map(
    doc: &AutoCommit,
    answers: &ObjId,
    items: &[(String, String)],
) -> Result<ObjId, DocumentError> {
    items.iter().try_fold(answers.clone(), |map, (repeat, item)| {
        child(doc, &map, &item_key(repeat, item))?
            .ok_or_else(|| DocumentError::UnknownItem(item.clone()))
    })
}

/// The map and the key of an answer. The companion document has no item maps: the whole path is the
/// key there, because the items belong to the main document.
fn place(
    doc: &AutoCommit,
    audience: Audience,
    path: &FieldPath,
) -> Result<(ObjId, String), DocumentError> {
    match audience {
        Audience::Main => Ok((item_map(doc, &answers(doc)?, &path.items)?, path.key.clone())),
        Audience::Protection => Ok((ROOT, path.to_string())),
    }
}

fn set(
    doc: &mut AutoCommit,
    map: &ObjId,
    key: &str,
    value: &str,
    kind: ValueKind,
) -> Result<(), DocumentError> {
    match kind {
        ValueKind::Multiple => set_options(doc, map, key, value),
        ValueKind::LongText if !value.is_empty() => {
            let text = match doc.get(map, key)? {
                Some((Value::Object(ObjType::Text), id)) => id,
                _ => doc.put_object(map, key, ObjType::Text)?,
            };
            for Splice { at, remove, insert } in splices(&doc.text(&text)?, value) {
                doc.splice_text(&text, at, remove as isize, &insert)?;
            }
            Ok(())
        }
        _ if value.is_empty() => {
            if doc.get(map, key)?.is_some() {
                doc.delete(map, key)?;
            }
            Ok(())
        }
        ValueKind::Integer => put(doc, map, key, integer(value)),
        _ => put(doc, map, key, ScalarValue::Str(value.into())),
    }
}

/// A whole number whose text is exactly its number; everything else stays the text that was typed.
fn integer(value: &str) -> ScalarValue {
    match value.parse::<i64>() {
        Ok(number) if number.to_string() == value => ScalarValue::Int(number),
        _ => ScalarValue::Str(value.into()),
    }
}

/// Writes unless the value stands there already and nobody disputes it: an answer that was only
/// looked at must not become a parallel edit.
fn put(
    doc: &mut AutoCommit,
    map: &ObjId,
    key: &str,
    value: ScalarValue,
) -> Result<(), DocumentError> {
    let present = doc.get_all(map, key)?;
    let same = matches!(present.as_slice(), [(Value::Scalar(old), _)] if **old == value);
    if !same {
        doc.put(map, key, value)?;
    }
    Ok(())
}

fn set_options(
    doc: &mut AutoCommit,
    map: &ObjId,
    key: &str,
    value: &str,
) -> Result<(), DocumentError> {
    let prefix = format!("{key}{OPTION}");
    let present: Vec<String> = doc
        .keys(map)
        .filter_map(|name| name.strip_prefix(prefix.as_str()).map(str::to_owned))
        .collect();
    let wanted: Vec<&str> = value.split_whitespace().collect();
    for option in present.iter().filter(|option| !wanted.contains(&option.as_str())) {
        doc.delete(map, format!("{prefix}{option}"))?;
    }
    for option in wanted.iter().filter(|option| !present.iter().any(|name| name == *option)) {
        doc.put(map, format!("{prefix}{option}"), true)?;
    }
    Ok(())
}
