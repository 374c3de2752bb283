//! Finished records of the standard workload, made without a device core.

use crate::standard::{HOUSEHOLD, MEMBER, value};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::id::{DeviceId, RecordId};
use shared::record::review::Review;
use shared::record::{Actor, Document, DocumentError, Edit, FieldPath, ValueKind};

const AT_MS: i64 = 1_795_000_000_000;

/// The form of the workload as text.
pub fn form() -> String {
    let mut lines = vec!["| survey | | |".to_owned(), "| | type | name | label |".to_owned()];
    let mut question = |name: &str| lines.push(format!("| | text | {name} | {name} |"));
    HOUSEHOLD.iter().for_each(|(name, _)| question(name));
    lines.push("| | begin_repeat | members | Members |".into());
    MEMBER.iter().for_each(|(name, _)| lines.push(format!("| | text | {name} | {name} |")));
    lines.push("| | end_repeat | | |".into());
    lines.push("| settings | | | |".into());
    lines.push("| | form_id | form_title | roster | place |".into());
    lines.push("| | standard | Standard | members | village |".into());
    lines.join("\n")
}

/// Makes records for one phone.
pub struct Maker {
    random: StdRng,
    actor: Actor,
    version: String,
    /// The settlement of all records, instead of one by chance.
    pub place: Option<String>,
}

impl Maker {
    /// Of a device, under a form version.
    pub fn new(device: DeviceId, version: String, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let actor = Actor { device, session: random.random() };
        Self { random, actor, version, place: None }
    }

    /// A finished record: its id, its document and its one change.
    pub fn record(&mut self) -> Result<(RecordId, Document, Vec<u8>), DocumentError> {
        let id = RecordId::v7(AT_MS, self.random.random());
        let mut document = Document::create(id, "standard", self.actor);
        let mut edits = vec![Edit::header("kind", "household")];
        for (name, values) in HOUSEHOLD {
            let mut value = value(values, &mut self.random);
            if let Some(place) = self.place.as_ref().filter(|_| name == "village") {
                value.clone_from(place);
            }
            match name {
                "head_name" => edits.push(Edit::header("title", &value)),
                "village" => edits.push(Edit::header("place", &value)),
                _ => {}
            }
            edits.push(Edit::set(FieldPath::top(name), value, ValueKind::Plain));
        }
        for number in 0..3 {
            let letters = (0..10).map(|_| self.random.random_range(b'a'..=b'z') as char);
            let item: String = letters.collect();
            let repeat = FieldPath::top("members");
            let order = format!("a{number}");
            edits.push(Edit::AddItem { repeat, item: item.clone(), order });
            for (name, values) in MEMBER {
                let path = FieldPath::in_item("members", &item, name);
                edits.push(Edit::set(path, value(values, &mut self.random), ValueKind::Plain));
            }
        }
        edits.extend(Review::finish(&document.header()));
        let change = document.edit(&edits, AT_MS, &self.version)?.ok_or_else(unchanged)?;
        Ok((id, document, change.bytes))
    }

    /// An edit of one field.
    pub fn edit(&mut self, document: &mut Document) -> Result<Vec<u8>, DocumentError> {
        let value = self.random.random_range(0..1_000_000).to_string();
        let edit = Edit::set(FieldPath::top("notes"), value, ValueKind::Plain);
        Ok(document.edit(&[edit], AT_MS, &self.version)?.ok_or_else(unchanged)?.bytes)
    }
}

fn unchanged() -> DocumentError {
    DocumentError::Unreadable("the edits change nothing".into())
}
