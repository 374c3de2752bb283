//! Records on their way out: answers that name an attachment become its file name, and where the file is
//! stands beside the answers.

use serde_json::{Value, json};
use shared::attachment::AttachmentRef;

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

#[cfg(test)]
mod tests {
    use super::*;

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
