//! `form check`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::{Host, each_line};
use crate::read::{self, Compiled, Problem, Sheet, Sheets};

pub fn run(arguments: &[&str], host: &mut Host) -> std::io::Result<u8> {
    if arguments.contains(&"--lines") {
        return each_line(host, &mut |asked| {
            let sheets = sheets_of_json(asked.get("sheets").unwrap_or(&Json::Null));
            let mut report = report(&read::from_sheets(&sheets));
            report["id"] = asked.get("id").cloned().unwrap_or(Json::Null);
            Ok(report)
        });
    }
    let as_json = arguments.contains(&"--json");
    let mut status = 0;
    for file in arguments.iter().filter(|word| !word.starts_with("--")) {
        let compiled = match load(Path::new(file)) {
            Ok(sheets) => read::from_sheets(&sheets),
            Err(problem) => Compiled { errors: vec![problem], ..Compiled::default() },
        };
        status |= u8::from(compiled.form.is_none());
        if as_json {
            let mut report = report(&compiled);
            report["file"] = json!(file);
            writeln!(host.output, "{report}")?;
        } else {
            for (kind, problems) in [("error", &compiled.errors), ("warning", &compiled.warnings)] {
                for problem in problems {
                    writeln!(host.output, "{file}: {}", told(kind, problem))?;
                }
            }
            let verdict = if compiled.form.is_some() { "valid" } else { "not valid" };
            writeln!(host.output, "{file}: {verdict}")?;
        }
    }
    Ok(status)
}

fn told(kind: &str, problem: &Problem) -> String {
    let place = match (problem.sheet.as_str(), problem.row) {
        ("", _) => String::new(),
        (sheet, 0) => format!("{sheet}: "),
        (sheet, row) => format!("{sheet} row {row} {}: ", problem.column),
    };
    format!("{kind}: {place}{}", problem.message)
}

/// The sheets of a file, told apart by content.
pub fn load(path: &Path) -> Result<Sheets, Problem> {
    let failed =
        |message: String| Problem { code: "file".to_owned(), message, ..Problem::default() };
    let bytes = std::fs::read(path)
        .map_err(|error| failed(format!("The file cannot be read: {error}.")))?;
    let mut sheets = if bytes.starts_with(b"PK") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        read::sheets_of_workbook(&bytes)?
    } else {
        let text = String::from_utf8_lossy(&bytes);
        match serde_json::from_str::<Json>(&text) {
            Ok(json) => sheets_of_json(json.get("sheets").unwrap_or(&json)),
            Err(_) => read::sheets_of_markdown(&text),
        }
    };
    sheets.file_name =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok(sheets)
}

/// Sheets in the shape `{"survey": [{column: value}, …]}`.
pub fn sheets_of_json(json: &Json) -> Sheets {
    let mut sheets = Sheets::default();
    for (name, rows) in json.as_object().into_iter().flatten() {
        let mut header: Vec<String> = Vec::new();
        let mut read: Vec<(u32, BTreeMap<usize, String>)> = Vec::new();
        for (at, row) in rows.as_array().into_iter().flatten().enumerate() {
            let mut cells = BTreeMap::new();
            for (column, value) in row.as_object().into_iter().flatten() {
                let place = header.iter().position(|known| known == column).unwrap_or_else(|| {
                    header.push(column.clone());
                    header.len() - 1
                });
                cells.insert(place, cell(value));
            }
            read.push((at as u32 + 2, cells));
        }
        sheets.sheets.push(Sheet { name: name.clone(), header, rows: read });
    }
    sheets
}

fn cell(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        Json::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        other => other.to_string(),
    }
}

fn report(compiled: &Compiled) -> Json {
    let mut report = json!({
        "valid": compiled.form.is_some(),
        "errors": compiled.errors,
        "warnings": compiled.warnings,
    });
    if let Some(form) = &compiled.form {
        let languages: Vec<&str> = form.languages.iter().map(|found| found.name.as_str()).collect();
        report["form_id"] = json!(form.form_id);
        report["version"] = json!(form.version);
        report["languages"] = json!(languages);
        report["nodes"] = json!(read::xform_nodes(form));
    }
    report
}
