//! `.xlsx` and `.xls` to text, bounded: a stray cell in column XFD must not cost gigabytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, DataRef, Reader, Sheets as Book, open_workbook_auto_from_rs};

use super::{Problem, Sheet, Sheets};

/// Columns and cells beyond these are not read.
const MOST_COLUMNS: u32 = 1_024;
const MOST_CELLS: usize = 4_000_000;

/// Most bytes that a workbook may unpack to: a small file can hold gigabytes of nothing.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What comes after this many empty rows or headers is no longer part of the table (as in pyxform).
const EMPTY_ROWS: u32 = 60;
const EMPTY_COLUMNS: usize = 20;

type Grid = BTreeMap<u32, BTreeMap<usize, String>>;

fn refused(message: impl Into<String>) -> Problem {
    Problem::new("workbook", message, "")
}

/// Whether the parts of a zip unpack to a size that can be read; what they say about it is not asked.
fn unpacks(bytes: &[u8]) -> bool {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return true };
    let mut left = MOST_BYTES;
    for at in 0..archive.len() {
        // A part that cannot be unpacked is told about by the reader.
        let Ok(part) = archive.by_index(at) else { continue };
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        match left.checked_sub(unpacked.unwrap_or(0)) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

/// Reads all sheets.
pub fn read(bytes: &[u8]) -> Result<Sheets, Problem> {
    if !unpacks(bytes) {
        return Err(refused("The workbook is too large. Delete what the form does not need."));
    }
    let opened = open_workbook_auto_from_rs(Cursor::new(bytes));
    let mut book = opened.map_err(|error| {
        refused(std::format!(
            "This is not an Excel workbook ({error}). Save it as .xlsx and try again."
        ))
    })?;
    let names = book.sheet_names();
    let only = names.len() == 1;
    let mut sheets = Sheets::default();
    for name in names {
        let grid = grid(&mut book, &name)?;
        let known =
            super::survey::SHEETS.iter().any(|known| name.trim().eq_ignore_ascii_case(known));
        // A workbook of one sheet is a survey whatever the sheet is called.
        let name = if only && !known { "survey".to_owned() } else { name };
        sheets.sheets.push(sheet(name, grid));
    }
    Ok(sheets)
}

fn grid(book: &mut Book<Cursor<&[u8]>>, name: &str) -> Result<Grid, Problem> {
    let mut grid = Grid::new();
    let mut count = 0;
    let mut put = |row: u32, column: u32, text: String| {
        if column < MOST_COLUMNS && !text.trim().is_empty() {
            count += 1;
            grid.entry(row).or_default().insert(column as usize, text);
        }
        count <= MOST_CELLS
    };
    let problem =
        |error: String| refused(std::format!("The sheet '{name}' cannot be read: {error}."));
    if let Book::Xlsx(book) = book {
        let reader = book.worksheet_cells_reader(name);
        // Chart sheets and the like hold no cells.
        let Ok(mut reader) = reader else { return Ok(grid) };
        while let Some(cell) = reader.next_cell().map_err(|error| problem(error.to_string()))? {
            let (row, column) = cell.get_position();
            if !put(row, column, reference_text(cell.get_value())) {
                return Err(problem("it has too many cells".to_owned()));
            }
        }
        return Ok(grid);
    }
    let range = book.worksheet_range(name).map_err(|error| problem(error.to_string()))?;
    let (top, left) = range.start().unwrap_or((0, 0));
    for (row, column, value) in range.used_cells() {
        if !put(top + row as u32, left + column as u32, text(value)) {
            return Err(problem("it has too many cells".to_owned()));
        }
    }
    Ok(grid)
}

fn sheet(name: String, mut grid: Grid) -> Sheet {
    let mut header = Vec::new();
    if let Some((_, first)) = grid.pop_first() {
        let width = first.keys().last().map_or(0, |last| last + 1);
        header = vec![String::new(); width];
        for (at, text) in first {
            header[at] = text.trim().to_owned();
        }
    }
    cut_columns(&mut header);
    let named = |at: &usize| header.get(*at).is_some_and(|name| !name.is_empty());
    let mut last = 0;
    let rows = grid
        .into_iter()
        .take_while(|(row, _)| {
            let near = row - last <= EMPTY_ROWS;
            last = *row;
            near
        })
        .map(|(row, mut cells)| {
            cells.retain(|at, _| named(at));
            (row + 1, cells)
        })
        .collect();
    Sheet { name, header, rows }
}

/// Drops headers behind a wide gap: notes beside the table, not columns of it.
fn cut_columns(header: &mut Vec<String>) {
    let mut gap = 0;
    for at in 0..header.len() {
        gap = if header[at].is_empty() { gap + 1 } else { 0 };
        if gap > EMPTY_COLUMNS {
            header.truncate(at);
            return;
        }
    }
}

fn reference_text(value: &DataRef) -> String {
    match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        other => text(&Data::from(other.clone())),
    }
}

/// Whole numbers lose their `.0`, dates become ISO, booleans `TRUE` and `FALSE`.
fn text(value: &Data) -> String {
    match value {
        Data::String(text) => text.clone(),
        Data::Float(number) => crate::expr::number::format(*number),
        Data::Int(number) => number.to_string(),
        Data::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let date = std::format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second) {
                (0, 0, 0) => date,
                _ if moment.as_f64() < 1.0 => std::format!("{hour:02}:{minute:02}:{second:02}"),
                _ => std::format!("{date} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        // What a formula could not compute is said where it stands, not passed over in silence.
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, Data};

    use super::text;

    #[test]
    fn cells_that_are_no_text() {
        for (cell, expected) in [
            (Data::Error(CellErrorType::NA), "#N/A"),
            (Data::Error(CellErrorType::Ref), "#REF!"),
            (Data::Float(2.0), "2"),
            (Data::Float(0.000_000_1), "0.0000001"),
            (Data::Bool(true), "TRUE"),
            (Data::Empty, ""),
        ] {
            assert_eq!(text(&cell), expected);
        }
    }
}
