//! The form commands on their own: `formtool form check household.xlsx`.

use std::io::{BufReader, BufWriter, stdin, stdout};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use form::cli::{Host, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut input = BufReader::new(stdin());
    let mut output = BufWriter::new(stdout());
    let mut host = Host { input: &mut input, output: &mut output, now_ms: now.as_millis() as i64 };
    ExitCode::from(run(&arguments, &mut host))
}
