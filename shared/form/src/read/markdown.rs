//! Sheets as Markdown tables: a first column that names the sheet, then a header, then rows.

use std::collections::BTreeMap;

use super::{Sheet, Sheets};

/// Reads tables; lines that are no table rows are comments.
pub fn read(text: &str) -> Sheets {
    let mut sheets = Sheets::default();
    let mut below_header = false;
    for line in text.lines() {
        let line = line.trim();
        if !line.starts_with('|') {
            continue;
        }
        let cells = cells(line);
        // One below a header, and nowhere else: in a row a dash is what its author wrote.
        if below_header && is_rule(&cells) {
            below_header = false;
            continue;
        }
        let (name, rest) = cells.split_first().map_or(("", &[][..]), |(name, rest)| (name, rest));
        if !name.is_empty() {
            sheets.sheets.push(Sheet { name: name.to_owned(), ..Sheet::default() });
        }
        let Some(sheet) = sheets.sheets.last_mut() else { continue };
        if rest.iter().all(String::is_empty) {
            continue;
        }
        if sheet.header.is_empty() {
            sheet.header = rest.to_vec();
            while sheet.header.last().is_some_and(String::is_empty) {
                sheet.header.pop();
            }
            below_header = true;
            continue;
        }
        below_header = false;
        let number = sheet.rows.len() as u32 + 2;
        let filled = rest.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let row: BTreeMap<usize, String> = filled.map(|(at, cell)| (at, cell.clone())).collect();
        sheet.rows.push((number, row));
    }
    sheets
}

/// Whether a row is the line that Markdown draws below a header.
pub(crate) fn is_rule<T: AsRef<str>>(cells: &[T]) -> bool {
    let drawn =
        |cell: &str| cell.len() >= 3 && cell.chars().all(|letter| matches!(letter, '-' | ':'));
    let mut cells = cells.iter().map(AsRef::as_ref).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(drawn)
}

/// Splits at bars that are not escaped; `<br>` is a line break inside a cell.
fn cells(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut letters = line[1..].chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'|') => {
                letters.next();
                if let Some(last) = found.last_mut() {
                    last.push('|');
                }
            }
            '|' => found.push(String::new()),
            _ => {
                if let Some(last) = found.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    if found.last().is_some_and(|last| last.trim().is_empty()) {
        found.pop();
    }
    found.iter().map(|cell| cell.trim().replace("<br>", "\n")).collect()
}
