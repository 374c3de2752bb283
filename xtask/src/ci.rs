//! Format, lints and tidiness.

use anyhow::Result;

use crate::{build, tidy, tools};

/// Crates that compile for the machine that builds them.
const NATIVE: [&str; 6] = ["form", "shared", "device", "server", "tests", "xtask"];
/// Crates that only run in a browser.
const WASM: [&str; 2] = ["app", "worker"];

/// Everything that is checked without running the product.
pub fn lint() -> Result<()> {
    tools::step("Format", || tools::run(tools::cargo().args(["fmt", "--all", "--check"])))?;
    tools::step("Tidiness", tidy::check)?;
    tools::step("Lints, native crates", || {
        let mut cargo = tools::cargo();
        cargo.args(["clippy", "--all-targets"]);
        clippy(&mut cargo, &NATIVE)
    })?;
    tools::step("Lints, browser crates", || {
        build::add_target()?;
        clippy(&mut build::wasm_cargo("clippy"), &WASM)
    })
}

fn clippy(cargo: &mut std::process::Command, packages: &[&str]) -> Result<()> {
    for package in packages {
        cargo.args(["--package", package]);
    }
    tools::run(cargo.args(["--", "--deny", "warnings"]))
}
