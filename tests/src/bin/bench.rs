//! `cargo xtask bench NAME`: prints a table and one JSON line per row.

use std::process::ExitCode;
use tests::bench::sync;

fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    match name.as_deref() {
        None | Some("sync") => bytes(),
        Some(other) => {
            eprintln!("no benchmark is called {other}; there are: sync, size");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn bytes() {
    const RECORDS: usize = 1000;
    let (json, lines) = sync::run_all(RECORDS);
    println!(
        "Sync of {RECORDS} filled household questionnaires (hh_core), {json} bytes of answers each"
    );
    println!(
        "{:<34}{:>10}{:>10}{:>8}{:>12}{:>12}",
        "", "up", "down", "trips", "up/record", "down/record"
    );
    for line in &lines {
        let each = |bytes: usize| bytes as f64 / line.records as f64;
        println!(
            "{:<34}{:>10}{:>10}{:>8}{:>12.1}{:>12.1}",
            line.name,
            line.up,
            line.down,
            line.trips,
            each(line.up),
            each(line.down)
        );
    }
    for line in &lines {
        println!(
            "{{\"bench\":\"sync\",\"name\":\"{}\",\"records\":{},\"up\":{},\"down\":{},\"trips\":{}}}",
            line.name, line.records, line.up, line.down, line.trips
        );
    }
}
