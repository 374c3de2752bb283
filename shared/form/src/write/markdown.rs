//! Sheets → Markdown tables that [`crate::read::from_markdown`] reads back.

use crate::read::{Sheet, Sheets, is_rule};

/// Writes all sheets, one table each.
pub fn to_markdown(sheets: &Sheets) -> String {
    let tables: Vec<String> = sheets.sheets.iter().map(table).collect();
    tables.join("\n")
}

fn table(sheet: &Sheet) -> String {
    let mut text = line(&sheet.name, &[]);
    text += &line("", &sheet.header.iter().map(String::as_str).collect::<Vec<_>>());
    for (at, (_, cells)) in sheet.rows.iter().enumerate() {
        let row: Vec<&str> =
            (0..sheet.header.len()).map(|at| cells.get(&at).map_or("", String::as_str)).collect();
        if at == 0 && is_rule(&row) {
            // So that the row is not taken for this.
            text += &line("", &vec!["---"; row.len()]);
        }
        text += &line("", &row);
    }
    text
}

fn line(first: &str, cells: &[&str]) -> String {
    let mut text = ["| ", first, " |"].concat();
    for cell in cells {
        text.push(' ');
        text += &escape(cell);
        text += " |";
    }
    text.push('\n');
    text
}

fn escape(cell: &str) -> String {
    cell.trim().replace('|', "\\|").replace("\r\n", "\n").replace('\n', "<br>")
}
