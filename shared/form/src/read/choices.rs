//! The `choices` and `external_choices` sheets.

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use super::columns::{Row, Table};
use crate::model::{ChoiceItem, ChoiceList, Text};

/// Media of a row by kind.
pub fn media(table: &Table, row: &Row) -> BTreeMap<String, Text> {
    let mut found = BTreeMap::new();
    for kind in MEDIA {
        let files = table.translated(row, &["media::", kind].concat(), "");
        if !files.is_empty() {
            found.insert(kind.to_owned(), files);
        }
    }
    found
}

/// Kinds of media that `media::x` may name.
const MEDIA: [&str; 4] = ["image", "big-image", "audio", "video"];

/// A cell of a media column of a kind there is not: its header.
pub fn unknown_media<'t>(table: &'t Table, row: &'t Row) -> Option<&'t str> {
    let odd = |key: &str| key.strip_prefix("media::").is_some_and(|kind| !MEDIA.contains(&kind));
    let mut found = table.cells(row).filter(|(column, _)| odd(&column.key));
    found.next().map(|(column, _)| column.header.as_str())
}

pub struct Rules<'a> {
    pub sheet: &'a str,
    pub allow_duplicates: bool,
    pub errors: &'a mut Vec<Problem>,
    pub warnings: &'a mut Vec<Problem>,
}

/// Lists by name; rows without a list are comments.
pub fn read(table: &Table, rules: &mut Rules) -> BTreeMap<String, ChoiceList> {
    let mut lists: BTreeMap<String, ChoiceList> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    if !table.rows.is_empty() && !table.has("name") {
        let message = "The column 'name' is missing.";
        rules.errors.push(Problem::new("missing_column", message, rules.sheet).at(1, "name"));
        return lists;
    }
    for column in &table.columns {
        if !column.known && !column.key.is_empty() && column.key.contains(' ') {
            let message = std::format!(
                "The column '{}' is left out: a column for filters has no spaces in its name.",
                column.key
            );
            rules
                .warnings
                .push(Problem::new("column_name", message, rules.sheet).at(1, &column.key));
        }
    }
    for row in &table.rows {
        let list = table.text(row, "list_name");
        if list.is_empty() {
            continue;
        }
        let name = table.text(row, "name");
        let problem = |code: &str, message: &str, column: &str| {
            Problem::new(code, message, rules.sheet).at(row.number, table.header(column))
        };
        if name.is_empty() {
            rules.errors.push(problem("choice_name", "The choice has no name.", "name"));
            continue;
        }
        let label = table.translated(row, "label", "");
        if label.is_empty() {
            rules.warnings.push(problem("choice_label", "The choice has no label.", "label"));
        }
        if !seen.insert((list.to_owned(), name.to_owned())) && !rules.allow_duplicates {
            let message = std::format!(
                "The choice '{name}' is in the list '{list}' twice. If that is meant, set \
                 allow_choice_duplicates in the settings."
            );
            rules.errors.push(problem("duplicate_choice", &message, "name"));
        }
        let mut columns = BTreeMap::new();
        for (column, text) in table.cells(row) {
            let own = column.known && column.key != "geometry";
            if !own && !column.key.is_empty() && !column.key.contains(' ') {
                columns.insert(column.key.clone(), text.to_owned());
            }
        }
        let item = ChoiceItem { name: name.to_owned(), label, media: media(table, row), columns };
        lists.entry(list.to_owned()).or_default().items.push(item);
    }
    lists
}
