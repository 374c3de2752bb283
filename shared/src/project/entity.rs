//! Entities as ODK Central knows them, seen from here: an entity of a household list is a household's record,
//! one of a list of people an item of its roster. A form with an `entity_id` is about one that there is
//! already (<https://getodk.github.io/xforms-spec/entities>).

use super::members;
use crate::id::RecordId;
use crate::record::answer::Answers;
use crate::record::{FieldPath, Header, RecordState, SubjectKind};
use form::model::{Form, NodeId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the entities of a list are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Households: records.
    Household,
    /// Children: records about a member, or members.
    Child,
    /// Members of households: items of a roster.
    Member,
}

impl List {
    /// The name in a [`Row`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Child => "child",
            Self::Member => "member",
        }
    }
}

/// The list by its name: one of ours, or one that a setting names.
pub fn list(form: &Form, name: &str) -> Option<List> {
    let named = |key: &str| {
        let names = form.settings.get(key).map_or("", String::as_str);
        names.split_whitespace().any(|one| one == name)
    };
    let known = match name.to_lowercase().as_str() {
        "household" | "households" | "family" | "families" => Some(List::Household),
        "child" | "children" => Some(List::Child),
        "member" | "members" | "person" | "persons" | "people" => Some(List::Member),
        _ => None,
    };
    match () {
        () if named(super::setting::HOUSEHOLDS) => Some(List::Household),
        () if named(super::setting::CHILDREN) => Some(List::Child),
        () if named(super::setting::MEMBERS) => Some(List::Member),
        () => known,
    }
}

/// The lists that a form makes entities of, each with its place in the sheet and the repeat that it stands in.
pub(super) fn lists(form: &Form) -> Vec<(List, usize, Option<NodeId>)> {
    let of = |(at, row): (usize, &BTreeMap<String, String>)| {
        let column = |name: &str| row.get(name).map_or("", |text| text.trim());
        let told = column("repeat").trim_start_matches("${").trim_end_matches('}');
        let repeat = match told {
            "" => {
                let saved = form.ids().find(|id| property(form, *id, at).is_some());
                saved.and_then(|id| form.repeats_of(id).last().copied())
            }
            // One that there is not is a repeat all the same.
            name => Some(form.by_name(name).unwrap_or(NodeId::ROOT)),
        };
        Some((list(form, column("list_name"))?, at, repeat))
    };
    form.entities.iter().enumerate().filter_map(of).collect()
}

/// The property of the entity `at` that a question is saved to.
pub(super) fn property(form: &Form, id: NodeId, at: usize) -> Option<&str> {
    let target = form.node(id).attributes.get("save_to")?;
    let (list, property) = target.split_once('#').unwrap_or(("", target));
    let own = match list {
        "" => at == 0,
        list => form.entities.get(at)?.get("list_name").is_some_and(|name| name == list),
    };
    own.then_some(property)
}

/// The entity that a whole record makes, alters, or both by its conditions.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// What it is.
    pub list: List,
    row: &'a BTreeMap<String, String>,
}

impl<'a> Whole<'a> {
    fn of(form: &'a Form, (list, at, repeat): (List, usize, Option<NodeId>)) -> Option<Self> {
        let row = form.entities.get(at).filter(|_| repeat.is_none())?;
        Some(Self { list, row })
    }

    /// A cell of its row in the sheet: an expression, or blank.
    pub fn cell(&self, column: &str) -> &'a str {
        self.row.get(column).map_or("", |text| form::session::program::logical(text))
    }

    /// Whether it never makes an entity, but is about one that there is.
    pub fn follows(&self) -> bool {
        match self.cell("create_if") {
            "" => !self.cell("entity_id").is_empty(),
            condition => condition == "false()",
        }
    }

    /// The question whose answer is the entity's id, where `entity_id` is nothing else.
    pub fn question(&self, form: &Form) -> Option<NodeId> {
        form.by_name(self.cell("entity_id").strip_prefix("${")?.strip_suffix('}')?.trim())
    }
}

/// The entity of a whole record of the form, when it is a household, a child or a member.
pub fn whole(form: &Form) -> Option<Whole<'_>> {
    lists(form).into_iter().find_map(|found| Whole::of(form, found))
}

/// Whether records of the form go to a household that there is already.
pub fn follows_household(form: &Form) -> bool {
    whole(form).is_some_and(|whole| whole.list == List::Household && whole.follows())
}

/// What a whole record of the form is about.
pub(super) fn subject(form: &Form) -> SubjectKind {
    match whole(form).filter(|whole| !whole.follows()).map(|whole| whole.list) {
        Some(List::Household) => SubjectKind::Household,
        Some(List::Child) => SubjectKind::Child,
        Some(List::Member) | None => SubjectKind::Other,
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = RecordId(bytes).to_string();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// The id of the entity that a whole record makes: the record's.
pub fn of_record(record: RecordId) -> String {
    uuid(record.0)
}

/// The id of the entity that an item of a record's repeat makes: a UUID of version 8 out of both names.
pub fn of_item(record: RecordId, item: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(record.as_bytes());
    hash.update(item.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    uuid(bytes)
}

/// An entity as the row of an instance: its properties by name, and the columns below. An update has those
/// alone that it alters.
pub type Row = BTreeMap<String, String>;

/// Which list it is of: a name of [`List::name`].
pub const LIST: &str = "__list";
/// The household that it is, or belongs to.
pub const HOUSEHOLD: &str = "__household";
/// For a member its item in the roster.
pub const ITEM: &str = "__item";
/// The settlement's code.
pub const PLACE: &str = "__place";
/// There when it is altered only, and not made.
pub const UPDATE: &str = "__update";

/// The row of an entity without its properties.
pub fn row(
    list: List,
    id: String,
    household: RecordId,
    item: &str,
    label: &str,
    place: &str,
) -> Row {
    let columns = [
        ("name", id),
        ("label", label.to_owned()),
        (LIST, list.name().to_owned()),
        (HOUSEHOLD, household.to_string()),
        (ITEM, item.to_owned()),
        (PLACE, place.to_owned()),
    ];
    let columns = columns.into_iter().filter(|(_, value)| !value.is_empty());
    form::order::map(columns.map(|(column, value)| (column.to_owned(), value)))
}

/// The entities that a record makes, and once it is finished those that it alters.
pub fn made(form: &Form, record: RecordId, header: &Header, answers: &Answers) -> Vec<Row> {
    let mut found = Vec::new();
    for (list, at, repeat) in lists(form) {
        // Of the questions inside the entity's own repeat, or outside of all.
        let put = |row: &mut Row, value: &dyn Fn(&str) -> String| {
            for id in form.ids() {
                let Some(property) = property(form, id, at) else { continue };
                let own = form.repeats_of(id).last().copied() == repeat;
                let value = if own { value(&form.node(id).key) } else { String::new() };
                if !value.is_empty() {
                    row.insert(property.to_owned(), value);
                }
            }
        };
        let top = |key: &str| answers.value(&FieldPath::top(key)).to_owned();
        let place = header.place.as_str();
        match (repeat, header.household) {
            (None, Some(household)) if header.kind == SubjectKind::Other => {
                let item = header.member.as_str();
                let whole = list == List::Household;
                if header.state != RecordState::Finished || whole != item.is_empty() {
                    continue;
                }
                let id = if whole { of_record(household) } else { of_item(household, item) };
                let named = form.entities[at].get("label").is_some_and(|label| !label.is_empty());
                let label = if named { header.title.as_str() } else { "" };
                let mut update = row(list, id, household, item, label, "");
                update.insert(UPDATE.to_owned(), "1".to_owned());
                put(&mut update, &top);
                found.push(update);
            }
            (None, _) if list == List::Household && header.kind == SubjectKind::Household => {
                let mut own = row(list, of_record(record), record, "", &header.title, place);
                put(&mut own, &top);
                found.push(own);
            }
            (Some(repeat), _)
                if list != List::Household && header.kind == SubjectKind::Household =>
            {
                let key = form.node(repeat).key.as_str();
                for member in members(Some(form), answers, key).iter().filter(|of| !of.removed) {
                    let item = member.item.as_str();
                    let label = [member.answer("m_first"), member.answer("m_last")].join(" ");
                    let mut own =
                        row(list, of_item(record, item), record, item, label.trim(), place);
                    put(&mut own, &|key| member.answer(key).to_owned());
                    found.push(own);
                }
            }
            _ => {}
        }
    }
    found
}

/// Entities by id as they are after all that records say of them, in the order of the records: what was altered
/// has its new label and properties. What was altered and is not here is left out.
pub fn latest(all: Vec<Row>) -> BTreeMap<String, Row> {
    let mut found: BTreeMap<String, Row> = BTreeMap::new();
    let (updates, made): (Vec<Row>, Vec<Row>) =
        all.into_iter().partition(|row| row.contains_key(UPDATE));
    for mut row in made.into_iter().chain(updates) {
        let id = row.get("name").cloned().unwrap_or_default();
        match found.get_mut(&id) {
            Some(known) => {
                row.remove(UPDATE);
                known.extend(row);
            }
            None if row.contains_key(UPDATE) => {}
            None => drop(found.insert(id, row)),
        }
    }
    found
}

#[cfg(test)]
mod tests;
