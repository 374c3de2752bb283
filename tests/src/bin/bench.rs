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
    report("standard records (40 fields, 3 members of 16 fields)", &sync::standard());
    report("hh_core with every question answered", &sync::questionnaire());
}

fn report(what: &str, workload: &sync::Workload) {
    const RECORDS: usize = 1000;
    let (json, lines) = sync::run_all(workload, RECORDS);
    println!("Sync of {RECORDS} {what}, {json} bytes each as JSON");
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
            "{{\"bench\":\"sync\",\"form\":\"{}\",\"name\":\"{}\",\"records\":{},\"up\":{},\"down\":{},\"trips\":{}}}",
            workload.form.form_id, line.name, line.records, line.up, line.down, line.trips
        );
    }
}
