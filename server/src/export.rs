//! Records on their way out: answers that name an attachment become its file name, and where the file is
//! stands beside the answers, as do the entities that a record makes or alters.

use form::model::{Form, Kind, NodeId};
use form::session::{Address, Context, EntityAction, Session};
use serde_json::{Map, Value, json};
use shared::attachment::AttachmentRef;
use shared::id::RecordId;
use shared::project::entity;
use shared::record::binding;
use std::sync::Arc;

/// An attachment that a record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The question: its key, below `repeat/item` where it stands in a repeat.
    pub question: String,
    pub attachment: AttachmentRef,
}

impl Named {
    /// Where the file lies in a folder of exported attachments: below the record, under the beginning of
    /// its hash and its own name, so that two files of one name are two.
    pub fn file(&self, record: &str) -> String {
        let hash = self.attachment.hash.to_string();
        format!("{record}/{}-{}", &hash[..8], self.attachment.name)
    }
}

/// Puts file names where answers name attachments, and says which they were, in the order of the answers.
pub fn name_attachments(answers: &mut Value) -> Vec<Named> {
    let mut found = Vec::new();
    walk(answers, "", &mut found);
    found
}

fn walk(value: &mut Value, question: &str, found: &mut Vec<Named>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let deeper = match question {
                    "" => key.clone(),
                    above => format!("{above}/{key}"),
                };
                walk(value, &deeper, found);
            }
        }
        Value::String(text) => {
            if let Ok(attachment) = text.parse::<AttachmentRef>() {
                text.clone_from(&attachment.name);
                found.push(Named { question: question.to_owned(), attachment });
            }
        }
        _ => {}
    }
}

/// What an export says of an attachment. `file` is missing when its bytes were not written.
pub fn described(named: &Named, file: Option<&str>) -> Value {
    let AttachmentRef { name, hash, size, media_type } = &named.attachment;
    json!({ "question": named.question, "name": name, "file": file, "sha256": hash.to_string(),
            "size": size, "type": media_type })
}

/// The entities of a record: its list, id, label and properties, in the words of the ODK specification. A
/// new entity has an id that follows from the record and its place in it, which phones know it by too.
pub fn entities(form: &Arc<Form>, record: RecordId, answers: &Value, now_ms: i64) -> Vec<Value> {
    if form.entities.is_empty() {
        return Vec::new();
    }
    let (mut values, mut items) = (Vec::new(), Vec::new());
    if let Value::Object(answers) = answers {
        read(form, answers, &[], &mut values, &mut items);
    }
    let language = form.default_language.clone();
    let context = Context { now_ms, utc_offset_minutes: 240, language, ..Context::default() };
    let session = Session::load(form.clone(), context, values, items);
    session.entities().iter().map(|found| described_entity(form, record, found)).collect()
}

/// Answers and items at the level of `around`, and below.
fn read(
    form: &Form,
    answers: &Map<String, Value>,
    around: &[String],
    values: &mut Vec<(Address, String)>,
    items: &mut Vec<(Address, String, String)>,
) {
    for (key, value) in answers {
        let Some(node) = form.by_key(key) else { continue };
        let at = Address { items: around.to_vec(), node };
        match value {
            Value::String(text) => values.push((at, text.clone())),
            Value::Object(inside) if form.node(node).kind == Kind::Repeat => {
                for (item, answers) in inside {
                    items.push((at.clone(), item.clone(), item.clone()));
                    let around: Vec<String> = around.iter().chain([item]).cloned().collect();
                    if let Value::Object(answers) = answers {
                        read(form, answers, &around, values, items);
                    }
                }
            }
            _ => {}
        }
    }
}

fn described_entity(form: &Form, record: RecordId, found: &EntityAction) -> Value {
    let EntityAction { dataset, at, id, create, update, label, properties } = found;
    let path = |items: &[String]| binding::path(form, at.node, items).to_string();
    let place = match (at.node, at.items.split_last()) {
        (NodeId::ROOT, _) => String::new(),
        (node, Some((item, around))) if form.node(node).kind == Kind::Repeat => {
            format!("{}[{item}]", path(around))
        }
        _ => path(&at.items),
    };
    let id = match (id.as_str(), at.node, at.items.as_slice()) {
        ("", NodeId::ROOT, _) => entity::of_record(record),
        ("", node, [item]) if form.node(node).kind == Kind::Repeat => entity::of_item(record, item),
        ("", ..) => entity::of_item(record, &format!("{dataset} {place}")),
        (named, ..) => named.to_owned(),
    };
    let properties: Map<String, Value> =
        properties.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({ "dataset": dataset, "id": id, "create": create, "update": update, "label": label,
            "properties": properties, "place": place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_stand_beside_the_answers() {
        let form = |entities: &str| {
            let text = format!(
                "| survey |\n| | type | name | label | save_to | relevant |\n| | text | who | Who | {0} | |\n\
                 | | text | old | Old | | |\n| | begin repeat | r | R | | |\n| | text | first | F | {1} | |\n\
                 | | integer | age | A | {2} | ${{first}} != '' |\n| | end repeat | | | | |\n{entities}",
                if entities.contains("houses") { "houses#head" } else { "" },
                if entities.contains("people") { "people#first" } else { "" },
                if entities.contains("people") { "people#age" } else { "" },
            );
            let compiled = form::read::from_markdown(&text);
            assert_eq!(compiled.errors, []);
            Arc::new(compiled.form.expect("a form"))
        };
        let answers = json!({ "who": "Nino", "old": "h1",
            "r": { "a": { "first": "Gia", "age": "7" }, "b": { "age": "9" } } });
        let people = form(
            "| entities |\n| | list_name | label | create_if |\n| | people | concat(${first}, '!') | ${first} != '' |\n",
        );
        let found = entities(&people, RecordId([1; 16]), &answers, 0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found, entities(&people, RecordId([1; 16]), &answers, 5), "ids stay");
        assert_ne!(
            found,
            entities(&people, RecordId([2; 16]), &answers, 0),
            "another record, another entity"
        );
        let mut first = found[0].clone();
        let id = first["id"].take();
        assert!(uuid::Uuid::parse_str(id.as_str().expect("text")).is_ok());
        let expected = json!({ "dataset": "people", "id": null, "create": true, "update": false,
            "label": "Gia!", "properties": { "first": "Gia", "age": "7" }, "place": "r[a]" });
        assert_eq!(first, expected);

        let houses = form("| entities |\n| | list_name | entity_id |\n| | houses | ${old} |\n");
        let found = entities(&houses, RecordId([1; 16]), &answers, 0);
        let expected = json!([{ "dataset": "houses", "id": "h1", "create": false, "update": true,
            "label": "", "properties": { "head": "Nino" }, "place": "" }]);
        assert_eq!(json!(found), expected);
        assert_eq!(
            entities(&houses, RecordId([1; 16]), &json!({ "who": "Nino" }), 0),
            Vec::<Value>::new()
        );
        assert_eq!(entities(&form(""), RecordId([1; 16]), &answers, 0), Vec::<Value>::new());
    }

    #[test]
    fn a_cell_holds_the_file_name_and_the_rest_stands_apart() {
        let photo = AttachmentRef::of("roof.webp", "image/webp", b"roof");
        let other = AttachmentRef::of("roof.webp", "image/webp", b"another");
        let mut answers = json!({
            "rooms": "3", "a_text": "roof.webp#1", "photo": photo.to_string(),
            "members": { "a1": { "portrait": other.to_string() } },
        });
        let found = name_attachments(&mut answers);
        let expected = json!({
            "rooms": "3", "a_text": "roof.webp#1", "photo": "roof.webp",
            "members": { "a1": { "portrait": "roof.webp" } },
        });
        assert_eq!(answers, expected);
        let questions: Vec<&str> = found.iter().map(|named| named.question.as_str()).collect();
        assert_eq!(questions, ["members/a1/portrait", "photo"]);
        assert_ne!(found[0].file("r"), found[1].file("r"), "two files of one name are two");
        assert!(found[1].file("r").starts_with("r/") && found[1].file("r").ends_with("-roof.webp"));
        assert_eq!(described(&found[1], None)["file"], Value::Null);
        assert_eq!(described(&found[1], Some("x"))["size"], 4);
    }
}
