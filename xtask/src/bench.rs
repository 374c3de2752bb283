//! `cargo xtask bench` and `cargo xtask sim`.

use anyhow::{Result, bail};
use serde_json::json;

use crate::build::{self, site::Site};
use crate::tools;

/// Bytes over the wire that a phone's first visit may cost in all.
const FIRST_VISIT: usize = 550 * 1000;

/// Runs one benchmark or all of them.
pub fn bench(name: Option<&str>) -> Result<()> {
    if name.is_none_or(|name| name == "size") {
        size(&build::build(build::Mode::Release)?)?;
    }
    if name == Some("size") {
        return Ok(());
    }
    let mut cargo = tools::cargo();
    cargo.args(["run", "--release", "--package", "tests", "--bin", "bench", "--"]);
    tools::run(cargo.args(name))
}

/// Plays the simulation.
pub fn simulate(arguments: &[String]) -> Result<()> {
    let mut cargo = tools::cargo();
    cargo.args(["run", "--release", "--package", "tests", "--bin", "sim", "--"]);
    tools::run(cargo.args(arguments))
}

/// What a phone's first visit transfers, part by part, without HTTP's own headers.
pub fn size(site: &Site) -> Result<()> {
    let parts: [(&str, fn(&str) -> bool); 7] = [
        ("app, wasm", |path| path.ends_with("/app_bg.wasm")),
        ("service worker", |path| path == "/sw.js" || path.contains("/worker")),
        ("JavaScript", |path| path.ends_with(".js")),
        ("styles", |path| path.ends_with(".css")),
        ("fonts", |path| path.contains("/fonts/")),
        ("texts", |path| path.contains("/locale.")),
        ("page and the rest", |_| true),
    ];
    let mut sums = [(0, 0); 7];
    for file in site.files.iter().filter(|file| file.core || file.path == "/sw.js") {
        if let Some(at) = parts.iter().position(|(_, belongs)| belongs(&file.path)) {
            sums[at].0 += file.bytes;
            sums[at].1 += file.wire;
        }
    }
    let total = sums.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    println!("{:<20}{:>12}{:>12}", "first visit", "bytes", "brotli");
    for ((name, _), (bytes, wire)) in parts.iter().zip(sums) {
        println!("{name:<20}{bytes:>12}{wire:>12}");
    }
    println!("{:<20}{:>12}{:>12}   limit {FIRST_VISIT}", "total", total.0, total.1);
    for file in site.files.iter().filter(|file| !file.core && file.path.ends_with(".wasm")) {
        println!("when opened: {}  {} brotli", file.path, file.wire);
    }
    let by_part: serde_json::Map<_, _> =
        parts.iter().zip(sums).map(|((name, _), sum)| ((*name).to_owned(), sum.1.into())).collect();
    println!(
        "{}",
        json!({"bench": "size", "build": site.build, "wire": total.1, "raw": total.0,
               "limit": FIRST_VISIT, "parts": by_part})
    );
    if total.1 > FIRST_VISIT {
        bail!(
            "the first visit costs {} bytes, {} more than allowed",
            total.1,
            total.1 - FIRST_VISIT
        );
    }
    Ok(())
}
