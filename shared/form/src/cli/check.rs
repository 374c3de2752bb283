//! `form check`.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::ordered::Ordered;
use super::{Host, each_line};
use crate::read::{self, Compiled, Problem, Sheets};

pub fn run(arguments: &[&str], host: &mut Host) -> std::io::Result<u8> {
    if arguments.contains(&"--lines") {
        return each_line(host, &mut |asked, line| {
            #[derive(serde::Deserialize)]
            struct Asked {
                #[serde(default)]
                sheets: Ordered,
            }
            let given: Asked = serde_json::from_str(line).map_err(|error| error.to_string())?;
            let mut report = report(&read::from_sheets(&given.sheets.0));
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
        let text = read::text_of_bytes(&bytes);
        match serde_json::from_str::<Ordered>(&text) {
            Ok(sheets) => sheets.0,
            Err(_) => read::sheets_of_markdown(&text),
        }
    };
    sheets.file_name =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    Ok(sheets)
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
