//! `form convert`.

use std::path::Path;

use super::Host;
use super::check::load;
use super::ordered::Written;
use crate::read::{self, Sheets};
use crate::write;

pub fn run(arguments: &[&str], host: &mut Host) -> std::io::Result<u8> {
    let option = |name: &str| {
        let at = arguments.iter().position(|word| *word == name)?;
        arguments.get(at + 1).copied()
    };
    let (to, out) = (option("--to"), option("--out"));
    let is_file =
        |word: &&&str| !word.starts_with("--") && Some(**word) != to && Some(**word) != out;
    let (Some(file), Some(to)) = (arguments.iter().find(is_file), to) else {
        writeln!(host.output, "usage: form convert FILE --to xlsx|md|json|xform [--out FILE]")?;
        return Ok(2);
    };
    let made = load(Path::new(file))
        .map_err(|problem| problem.message)
        .and_then(|sheets| make(&sheets, to));
    match (made, out) {
        (Ok(bytes), Some(path)) => std::fs::write(path, bytes)?,
        (Ok(bytes), None) => host.output.write_all(&bytes)?,
        (Err(message), _) => {
            // Standard output is for the form; what went wrong goes beside it.
            eprintln!("{file}: {message}");
            return Ok(1);
        }
    }
    Ok(0)
}

fn make(sheets: &Sheets, to: &str) -> Result<Vec<u8>, String> {
    match to {
        "md" => Ok(write::to_markdown(sheets).into_bytes()),
        "json" => serde_json::to_vec(&Written(sheets)).map_err(|error| error.to_string()),
        "xlsx" => write::to_workbook(sheets).map_err(|problem| problem.message),
        "xform" => {
            let compiled = read::from_sheets(sheets);
            let problem = compiled.errors.first().map_or("", |problem| &problem.message).to_owned();
            compiled.form.map(|form| write::to_xform(&form).into_bytes()).ok_or(problem)
        }
        other => Err(format!("'{other}' is not one of xlsx, md, json, xform.")),
    }
}
