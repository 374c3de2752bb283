//! The commands `form check`, `form test`, `form convert` and `expr eval` over lines of JSON.
//!
//! The only module that reads files. The clock is passed in.

mod check;
mod convert;
mod evaluate;
mod ordered;
pub mod package;
mod rows;
mod scenario;
mod xml;

use std::io::{BufRead, Write};

use serde_json::{Value as Json, json};

/// What a command may use.
pub struct Host<'a> {
    pub input: &'a mut dyn BufRead,
    pub output: &'a mut dyn Write,
    /// Milliseconds since 1970-01-01T00:00Z.
    pub now_ms: i64,
}

const USAGE: &str = "usage:
  form check FILE... [--json]          check workbooks (.xlsx .xls .md .json)
  form check --lines                   check forms given as lines of JSON
  form test FORM SCENARIOS.jsonl       run scenarios on a form
  form test --lines                    run scenarios that name or contain their form
  form convert FILE --to xlsx|md|json|xform [--out FILE]
  expr eval --lines                    evaluate expressions given as lines of JSON
";

/// Runs a command line without the program name; the answer is the exit status.
pub fn run(arguments: &[String], host: &mut Host) -> u8 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["expr", "eval", ..] => evaluate::lines(host),
        ["form", "check", rest @ ..] => check::run(rest, host),
        ["form", "test", rest @ ..] => scenario::run(rest, host),
        ["form", "convert", rest @ ..] => convert::run(rest, host),
        _ => host.output.write_all(USAGE.as_bytes()).map(|()| 2),
    };
    // A closed pipe is the reader's choice, not a failure worth a message.
    done.and_then(|status| host.output.flush().map(|()| status)).unwrap_or(1)
}

/// Answers each line of JSON with one line of JSON. The line itself is there for what the order of
/// keys matters to.
fn each_line(
    host: &mut Host,
    answer: &mut dyn FnMut(&Json, &str) -> Result<Json, String>,
) -> std::io::Result<u8> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if host.input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let found = match serde_json::from_str::<Json>(&text) {
            Ok(asked) => {
                let id = asked.get("id").cloned().unwrap_or(Json::Null);
                answer(&asked, &text).unwrap_or_else(
                    |message| json!({"id": id, "error": {"code": "input", "message": message}}),
                )
            }
            Err(error) => json!({"error": {"code": "json", "message": error.to_string()}}),
        };
        writeln!(host.output, "{found}")?;
    }
    host.output.flush()?;
    Ok(0)
}

/// A text field, `""` when absent.
fn text<'a>(from: &'a Json, key: &str) -> &'a str {
    from.get(key).and_then(Json::as_str).unwrap_or("")
}
