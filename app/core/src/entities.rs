//! Entities on the device: the households and people that forms of other tools choose from, and the household
//! that a record goes to by its `entity_id`.

use crate::device::Device;
use crate::draft::Draft;
use crate::keys;
use crate::ports::{StoreError, Table};
use crate::records::Documents;
use crate::writer::Writer;
use form::model::Form;
use shared::id::RecordId;
use shared::project::entity::{self, HOUSEHOLD, ITEM, LIST, List, PLACE, Row};
use shared::project::setting;
use shared::record::{Edit, Header, SubjectKind};

/// Keeps what a record makes and alters beside its list row.
pub(crate) fn keep(writer: &Writer, form: &Form, record: RecordId, documents: &Documents) {
    if form.entities.is_empty() {
        return;
    }
    let (header, answers) = (documents.main.header(), documents.main.answers());
    let made = entity::made(form, record, &header, &answers);
    writer.put_message(Table::Meta, keys::entities_of(record), &made);
}

/// A row as forms read it: with the settlement of a household, or the household of a person.
fn offered(mut row: Row, list: List) -> Row {
    let (column, value) = match list {
        List::Household => ("village", row.get(PLACE).cloned()),
        _ => {
            let household = row.get(HOUSEHOLD).and_then(|id| id.parse().ok());
            ("household", household.map(entity::of_record))
        }
    };
    row.entry(column.to_owned()).or_insert_with(|| value.unwrap_or_default());
    row
}

impl Device {
    /// The rows of the instances that are lists of entities here: what is on the device of them.
    pub(crate) async fn entity_instances(
        &self,
        form: &Form,
        about: RecordId,
    ) -> Result<Vec<(String, Vec<Row>)>, StoreError> {
        let forms = self.forms();
        let kind = |name: &str| {
            let others = forms.iter().find_map(|info| entity::list(&info.form, name));
            entity::list(form, name).or(others)
        };
        let wanted = form.instances.keys().filter_map(|name| Some((name, kind(name)?)));
        let wanted: Vec<(&String, List)> = wanted.collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        // Families of forms that know of no entities are some too.
        let mut all: Vec<Row> = Vec::new();
        for row in self.list_by_id() {
            if row.kind == SubjectKind::Household.name() {
                let id = entity::of_record(row.record);
                all.push(entity::row(List::Household, id, row.record, "", &row.title, &row.place));
            }
        }
        let (kept, _) = self.writer.scan(Table::Meta, keys::ENTITIES).await?;
        for (_, made) in kept {
            all.extend(minicbor::decode::<Vec<Row>>(&made).unwrap_or_default());
        }
        let (known, about) = (entity::latest(all), about.to_string());
        let rows = |list: List| {
            let here = known.values().filter(|row| {
                row.get(LIST).is_some_and(|of| of == list.name())
                    && row.get(HOUSEHOLD).is_some_and(|of| *of != about)
                    && row.contains_key("label")
            });
            here.map(|row| offered(row.clone(), list)).collect::<Vec<Row>>()
        };
        let rows = wanted.into_iter().map(|(name, list)| (name.clone(), rows(list)));
        Ok(rows.filter(|(_, rows)| !rows.is_empty()).collect())
    }
}

impl Draft {
    /// What the entity of a whole record says of its header: whether it makes a household, and to which one it
    /// goes when it is about one that there is. `before` are the edits that are made with it.
    pub(crate) fn entity_edits(&self, header: &Header, before: &[Edit]) -> Vec<Edit> {
        let form = self.session().form();
        let Some(whole) = entity::whole(form) else { return Vec::new() };
        let holds = |condition: &str| {
            self.session().text_of(&["boolean(", condition, ")"].concat()) == "true"
        };
        let [id, create, update] =
            ["entity_id", "create_if", "update_if"].map(|name| whole.cell(name));
        let mut edits = Vec::new();
        let mut set = |name: &str, stored: &str, value: String| {
            let made = before.iter().rev().find_map(|edit| match edit {
                Edit::Header { name: of, value } if of == name => Some(value.as_str()),
                _ => None,
            });
            if made.unwrap_or(stored) != value {
                edits.push(Edit::header(name, value));
            }
        };
        let makes = match create {
            "" => id.is_empty(),
            condition => holds(condition),
        };
        let kind = match whole.list {
            List::Household if makes => SubjectKind::Household,
            List::Child if makes => SubjectKind::Child,
            _ => SubjectKind::Other,
        };
        if !form.settings.contains_key(setting::SUBJECT) {
            set("kind", header.kind.name(), kind.name().to_owned());
        }
        if id.is_empty() {
            return edits;
        }
        let chosen = match update.is_empty() || holds(update) {
            true => self.session().text_of(id),
            false => String::new(),
        };
        let rows = self.session().context().external.values().flatten();
        let found = rows.filter(|row| row.contains_key(HOUSEHOLD));
        let found = found.into_iter().find(|row| row.get("name") == Some(&chosen));
        let blank = Row::new();
        let Some(row) = found.or_else(|| chosen.is_empty().then_some(&blank)) else {
            // Of another phone's area: what the record says stays.
            return edits;
        };
        let column = |name: &str| row.get(name).cloned().unwrap_or_default();
        let household = header.household.map_or_else(String::new, |of| of.to_string());
        set("household", &household, column(HOUSEHOLD));
        set("member", &header.member, column(ITEM));
        if !form.settings.contains_key(setting::PLACE) {
            set("place", &header.place, column(PLACE));
        }
        edits
    }
}
