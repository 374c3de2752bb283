//! `cargo xtask bench NAME`: prints a table and one JSON line per row.

use std::process::ExitCode;
use tests::bench::{history, merge, queue, sync};

fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    match name.as_deref() {
        None | Some("sync") => bytes(),
        Some("merge") => merge::print(4_000),
        Some("queue") => queue::print(),
        Some("first") => first_sync(),
        Some("history") => history::print(),
        Some(other) => {
            eprintln!(
                "no benchmark is called {other}; there are: sync, first, merge, queue, history, size"
            );
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn bytes() {
    report("standard records (40 fields, 3 members of 16 fields)", &sync::standard());
    report("hh_core with every question answered", &sync::questionnaire());
}

/// An empty phone fetches ten thousand records over a line that breaks twenty times.
fn first_sync() {
    const RECORDS: usize = 10_000;
    const CUTS: u32 = 20;
    let (calm, cut, syncs) = sync::first_sync_cut(RECORDS, CUTS);
    let ratio = cut as f64 / calm as f64;
    println!("First sync of {RECORDS} standard records: {calm} bytes down");
    println!("cut {CUTS} times: {cut} bytes in {syncs} syncs, {ratio:.3} times as many, limit 1.1");
    println!(
        "{{\"bench\":\"first\",\"records\":{RECORDS},\"bytes\":{calm},\"cut\":{cut},\"ratio\":{ratio:.4}}}"
    );
}

fn report(what: &str, workload: &sync::Workload) {
    const RECORDS: usize = 1000;
    let (json, mut lines) = sync::run_all(workload, RECORDS);
    lines.extend(sync::alone(workload));
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
