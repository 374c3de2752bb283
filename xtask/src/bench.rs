//! `cargo xtask bench` and `cargo xtask sim`.

mod browser;
mod forms;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::build::{self, compress, site::Site};
use crate::tools;

/// Bytes over the wire that a phone's first visit may cost in all.
const FIRST_VISIT: usize = 550 * 1000;
/// Until that is reached it may not grow beyond this: tests fail when it does. Who has a reason to raise it
/// says so where they do: the last two thousand before 947 are for adding one of 500 items faster on a slow phone, the
/// five after it for follow-ups that go to the household chosen, one for adding again: its entry of the history is
/// made behind the frame, the last three for photos that are fetched anew and syncs that are asked for during another.
const CEILING: usize = 956 * 1000;

/// Runs one benchmark or all of them.
pub fn bench(name: Option<&str>, count: Option<usize>) -> Result<()> {
    if name.is_none_or(|name| name == "size") {
        size(&build::build(build::Mode::Release)?)?;
    }
    match name {
        Some("size") => return Ok(()),
        Some("phone") => return browser::phone(),
        Some("serve") => return browser::serve(),
        Some("forms") => return forms::both(),
        _ => {}
    }
    if let Some(name) = name.filter(|name| LOADS.contains(name)) {
        return load(name, count);
    }
    let mut cargo = tools::cargo();
    cargo.args(["run", "--release", "--package", "tests", "--bin", "bench", "--"]);
    tools::run(cargo.args(name))?;
    match name {
        None => load("ingest", None),
        // What the messages measure, then what passes a real wire, beside other systems.
        Some("sync") => load("link", None),
        Some(_) => Ok(()),
    }
}

/// Benchmarks of a real server with its Postgres. The long ones run when they are named.
const LOADS: [&str; 8] =
    ["ingest", "growth", "link", "lossy", "devices", "hostile", "silent", "disk"];

fn load(name: &str, count: Option<usize>) -> Result<()> {
    crate::postgres::for_tests()?;
    tools::run(tools::cargo().args(["build", "--release", "--package", "server"]))?;
    let mut cargo = tools::cargo();
    cargo.args(["run", "--release", "--package", "server", "--example", "load", "--", name]);
    tools::run(cargo.args(count.map(|count| count.to_string())))
}

/// Plays the simulation.
pub fn simulate(arguments: &[String]) -> Result<()> {
    let mut cargo = tools::cargo();
    cargo.args(["run", "--release", "--package", "tests", "--bin", "sim", "--"]);
    tools::run(cargo.args(arguments))
}

/// A line of the table: its name, and which paths it counts that no line before it took.
struct Part {
    name: &'static str,
    belongs: fn(&str) -> bool,
}

/// The questionnaires that a new installation publishes; the answer to an enrolment carries them.
const FORMS: [&str; 4] = ["hh_core", "child_core", "followup", "concern"];

const PARTS: [Part; 8] = [
    Part { name: "forms, by the API", belongs: |path| path == "/api/enrol" },
    Part { name: "app, wasm", belongs: |path| path.ends_with("/app_bg.wasm") },
    Part { name: "service worker", belongs: |path| path == "/sw.js" || path.contains("/worker") },
    Part { name: "JavaScript", belongs: |path| path.ends_with(".js") },
    Part { name: "styles", belongs: |path| path.ends_with(".css") },
    Part { name: "fonts", belongs: |path| path.contains("/fonts/") },
    Part { name: "texts", belongs: |path| path.contains("/locale.") },
    Part { name: "page and the rest", belongs: |_| true },
];

/// The shipped forms as an enrolment brings them: bytes and brotli. The rest of that answer, names and a
/// token, is some hundred bytes.
fn forms() -> Result<(usize, usize)> {
    let mut bytes = Vec::new();
    for name in FORMS {
        let source = tools::read_text(&tools::root().join(format!("forms/{name}.md")))?;
        let form = form::read::from_markdown(&source).form;
        bytes.extend(form.with_context(|| format!("forms/{name}.md has errors"))?.to_bytes());
    }
    Ok((bytes.len(), compress::brotli(&bytes, 11)?.len()))
}

/// What a phone's first visit transfers, part by part: bytes, and bytes over the wire without HTTP's own
/// headers. The service worker takes what the page loaded from the browser's cache, so each file counts once.
fn parts(site: &Site) -> Result<[(usize, usize); PARTS.len()]> {
    let mut sums = [(0, 0); PARTS.len()];
    sums[0] = forms()?;
    for file in site.files.iter().filter(|file| file.core || file.path == "/sw.js") {
        if let Some(at) = PARTS.iter().position(|part| (part.belongs)(&file.path)) {
            sums[at].0 += file.bytes;
            sums[at].1 += file.wire;
        }
    }
    Ok(sums)
}

fn sum(parts: &[(usize, usize)]) -> (usize, usize) {
    parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
}

/// Refuses an app whose first visit has grown.
pub fn keep_small(site: &Site) -> Result<()> {
    let (_, wire) = sum(&parts(site)?);
    if wire > CEILING {
        bail!(
            "the first visit costs {wire} bytes, more than the {CEILING} it may; \
             `cargo xtask bench size` says where they are"
        );
    }
    println!("    the first visit costs {wire} bytes (at most {CEILING})");
    Ok(())
}

fn size(site: &Site) -> Result<()> {
    let sums = parts(site)?;
    let (bytes, wire) = sum(&sums);
    println!("{:<20}{:>12}{:>12}", "first visit", "bytes", "brotli");
    for (part, (bytes, wire)) in PARTS.iter().zip(sums) {
        println!("{:<20}{bytes:>12}{wire:>12}", part.name);
    }
    println!("{:<20}{bytes:>12}{wire:>12}   limit {FIRST_VISIT}", "total");
    for file in site.files.iter().filter(|file| !file.core && file.path.ends_with(".wasm")) {
        println!("when opened: {}  {} brotli", file.path, file.wire);
    }
    let parts = PARTS.iter().zip(sums).map(|(part, sum)| (part.name.to_owned(), sum.1.into()));
    let parts: serde_json::Map<_, _> = parts.collect();
    println!(
        "{}",
        json!({"bench": "size", "build": site.build, "wire": wire, "raw": bytes,
               "limit": FIRST_VISIT, "parts": parts})
    );
    if wire > FIRST_VISIT {
        bail!("the first visit costs {wire} bytes, {} more than allowed", wire - FIRST_VISIT);
    }
    Ok(())
}
