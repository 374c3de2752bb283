//! `${name}` in cells: written well, naming one question.

use std::collections::BTreeMap;

use super::columns::{Table, Which};
use super::{Problem, Sheets};
use crate::expr::lex::{is_name, is_name_start};
use crate::model::Form;

/// Whether a text is a name: a letter or underscore, then letters, digits, `_`, `-`, `.`.
pub fn is_plain_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name)
}

/// The same with one prefix, `ns:name`.
pub fn is_tag(text: &str) -> bool {
    match text.split_once(':') {
        Some((prefix, local)) => is_plain_name(prefix) && is_plain_name(local),
        None => is_plain_name(text),
    }
}

/// References of a text; `Err` with the piece that is not well written.
pub fn references(text: &str) -> Result<Vec<&str>, &str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((name, next)) = after.split_once('}') else { return Err(after) };
        rest = next;
        if name.is_empty() {
            continue;
        }
        let bare = name.strip_prefix("last-saved#").unwrap_or(name);
        if !is_plain_name(bare) {
            return Err(name);
        }
        found.push(bare);
    }
    Ok(found)
}

/// Whether a text is one reference and nothing else.
pub fn is_reference(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|_| references(text).is_ok_and(|found| found.len() == 1))
}

/// Checks every cell that may refer to a question.
pub fn check(sheets: &Sheets, form: &Form, errors: &mut Vec<Problem>) {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for node in form.nodes.iter().skip(1) {
        *names.entry(node.name.as_str()).or_default() += 1;
    }
    names.insert("instanceID", 1);
    let places = [
        ("settings", Which::Settings),
        ("entities", Which::Entities),
        ("survey", Which::Survey),
        ("choices", Which::Choices),
    ];
    for (name, which) in places {
        let Some(sheet) = sheets.get(name) else { continue };
        let table = Table::read(sheet, which, false, &mut Vec::new());
        for row in &table.rows {
            for (column, text) in table.cells(row) {
                let looks = match which {
                    Which::Survey => !matches!(column.key.as_str(), "type" | "name" | "trigger"),
                    Which::Choices => column.key == "label" || column.key.starts_with("media::"),
                    Which::Entities => !matches!(column.key.as_str(), "list_name" | "repeat"),
                    Which::Settings => true,
                };
                if !looks || !text.contains("${") {
                    continue;
                }
                if let Some(message) = wrong(text, &names) {
                    let problem = Problem::new("unknown_reference", message, name);
                    errors.push(problem.at(row.number, &column.header));
                }
            }
        }
    }
}

fn wrong(text: &str, names: &BTreeMap<&str, usize>) -> Option<String> {
    let found = match references(text) {
        Ok(found) => found,
        Err(piece) => {
            return Some(std::format!(
                "'${{{piece}' is not a reference. Write ${{name}} with the name of a question."
            ));
        }
    };
    for name in found {
        match names.get(name) {
            Some(1) => {}
            Some(_) => {
                return Some(std::format!(
                    "There is more than one '{name}', so ${{{name}}} could mean either. Rename one."
                ));
            }
            None => {
                let near = nearest(name, names.keys().copied());
                let hint =
                    near.map_or_else(String::new, |near| std::format!(" Did you mean '{near}'?"));
                return Some(std::format!("There is no question named '{name}'.{hint}"));
            }
        }
    }
    None
}

/// The closest of some names, if one is within two letters.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = name.chars().count();
    names
        .filter(|found| found.chars().count().abs_diff(letters) <= 2)
        .map(|found| (distance(name, found), found))
        .filter(|(far, _)| *far <= 2)
        .min()
        .map(|at| at.1)
}

/// Levenshtein distance, in letters.
pub fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[to.len()]
}
