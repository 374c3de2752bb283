//! Sheets in, form and problems out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Form;

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

/// Reads an `.xlsx` or `.xls` workbook, told apart by content.
#[cfg(feature = "workbook")]
pub fn from_workbook(_bytes: &[u8]) -> Compiled {
    Compiled::default()
}

/// Reads the Markdown text form: `| survey | | |` tables.
pub fn from_markdown(_text: &str) -> Compiled {
    Compiled::default()
}

/// Reads sheets that are already text.
pub fn from_sheets(_sheets: &Sheets) -> Compiled {
    Compiled::default()
}
