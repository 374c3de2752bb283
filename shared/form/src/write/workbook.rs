//! Sheets → `.xlsx`; every cell is text, so that `007` stays what it is.

use rust_xlsxwriter::{Format, Workbook};

use crate::read::{Problem, Sheets};

/// Writes a workbook.
pub fn to_workbook(sheets: &Sheets) -> Result<Vec<u8>, Problem> {
    let mut book = Workbook::new();
    write(&mut book, sheets).and_then(|()| book.save_to_buffer()).map_err(|error| Problem {
        code: "workbook".to_owned(),
        message: std::format!("The workbook cannot be written: {error}."),
        ..Problem::default()
    })
}

fn write(book: &mut Workbook, sheets: &Sheets) -> Result<(), rust_xlsxwriter::XlsxError> {
    let bold = Format::new().set_bold();
    for sheet in &sheets.sheets {
        let page = book.add_worksheet();
        page.set_name(&sheet.name)?;
        page.set_freeze_panes(1, 0)?;
        for (column, header) in sheet.header.iter().enumerate() {
            page.write_string_with_format(0, column as u16, header, &bold)?;
        }
        for (row, cells) in &sheet.rows {
            for (column, text) in cells {
                page.write_string(row.saturating_sub(1), *column as u16, text)?;
            }
        }
    }
    Ok(())
}
