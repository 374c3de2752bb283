//! Sheets as Markdown tables: a first column that names the sheet, then a header, then rows.

use std::collections::BTreeMap;

use super::{Sheet, Sheets};

/// Reads tables; lines that are no table rows are comments.
pub fn read(text: &str) -> Sheets {
    let mut sheets = Sheets::default();
    for line in text.lines() {
        let line = line.trim();
        if !line.starts_with('|') {
            continue;
        }
        let cells = cells(line);
        let is_rule = cells.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' ')))
            && cells.iter().any(|cell| cell.contains('-'));
        if is_rule {
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
            continue;
        }
        let number = sheet.rows.len() as u32 + 2;
        let filled = rest.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let row: BTreeMap<usize, String> = filled.map(|(at, cell)| (at, cell.clone())).collect();
        sheet.rows.push((number, row));
    }
    sheets
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
