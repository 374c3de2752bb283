//! Sheets in, form and problems out.
//!
//! Every rule that refuses a form names the cell. All problems of a workbook are collected; only a
//! missing `survey` sheet or column ends the reading at once.

mod appearances;
mod calls;
mod check;
mod choices;
mod columns;
mod entities;
mod instances;
mod literals;
mod markdown;
mod parameters;
mod paths;
mod references;
mod scopes;
mod survey;
mod text;
mod tree;
mod types;
#[cfg(feature = "workbook")]
mod workbook;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Form;
pub(crate) use entities::entity_named;
pub use entities::places as entity_places;
pub use instances::{Row, rows_of_csv};
pub(crate) use markdown::is_rule;
pub(crate) use references::is_tag;
pub use tree::{XformNode, xform_nodes};

/// Something the author has to know, with the cell it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Stable name of the rule, `unknown_reference`.
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sheet: String,
    /// Row of the sheet, the header being row 1; 0 when the problem is not of a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub row: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
}

fn is_zero(row: &u32) -> bool {
    *row == 0
}

impl Problem {
    pub(crate) fn new(code: &str, message: impl Into<String>, sheet: &str) -> Problem {
        Problem {
            code: code.to_owned(),
            message: message.into(),
            sheet: sheet.to_owned(),
            ..Problem::default()
        }
    }

    pub(crate) fn at(mut self, row: u32, column: &str) -> Problem {
        self.row = row;
        self.column = column.to_owned();
        self
    }
}

/// What reading gave: a form when there are no errors.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    pub form: Option<Form>,
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// A workbook as text: sheets by name, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    pub sheets: Vec<Sheet>,
    /// File name without extension: the form id when `settings` gives none.
    pub file_name: String,
}

/// One sheet. A row keeps its number so that problems can name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    pub name: String,
    pub header: Vec<String>,
    pub rows: Vec<(u32, BTreeMap<usize, String>)>,
}

impl Sheets {
    /// The sheet of this name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name.trim().eq_ignore_ascii_case(name))
    }
}

/// Reads an `.xlsx` or `.xls` workbook, told apart by content.
#[cfg(feature = "workbook")]
pub fn from_workbook(bytes: &[u8]) -> Compiled {
    match sheets_of_workbook(bytes) {
        Ok(sheets) => from_sheets(&sheets),
        Err(problem) => Compiled { errors: vec![problem], ..Compiled::default() },
    }
}

/// The sheets of a workbook as text.
#[cfg(feature = "workbook")]
pub fn sheets_of_workbook(bytes: &[u8]) -> Result<Sheets, Problem> {
    workbook::read(bytes)
}

/// The text of a file: UTF-8 with or without a mark, or UTF-16 with one.
pub fn text_of_bytes(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    text::of_bytes(bytes)
}

/// Reads the Markdown text form: `| survey | | |` tables.
pub fn from_markdown(text: &str) -> Compiled {
    from_sheets(&markdown::read(text))
}

/// The sheets of the Markdown text form.
pub fn sheets_of_markdown(text: &str) -> Sheets {
    markdown::read(text)
}

/// Reads sheets that are already text.
pub fn from_sheets(sheets: &Sheets) -> Compiled {
    let mut reader = survey::Reader::new(sheets);
    let form = reader.read();
    let mut compiled = Compiled { form: None, errors: reader.errors, warnings: reader.warnings };
    if let Some(form) = form {
        // References first: an expression with a wrong name is reported once, for the name.
        references::check(sheets, &form, &mut compiled.errors);
        check::check(&form, &mut compiled);
        if compiled.errors.is_empty() {
            compiled.form = Some(form);
        }
    }
    compiled.errors.sort_by_key(|problem| (problem.sheet.clone(), problem.row));
    compiled
}
