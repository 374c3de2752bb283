//! `cargo xtask bench forms`: the form engine natively, with pyxform beside it, and in the browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{build, postgres, serve, test, tools};

/// What the engine is compared with.
const PYXFORM: &str = "pyxform==4.5.0";

/// The engine natively, then large forms in Chromium. A limit that is missed natively fails the run once
/// everything was measured.
pub fn both() -> Result<()> {
    let kept = engine()?;
    let binaries = postgres::for_tests()?;
    test::install_browser()?;
    build::build(build::Mode::Release)?;
    serve::server_binary()?;
    let mut node = Command::new("node");
    node.current_dir(test::end_to_end()).arg("bench/forms.mjs");
    test::set_browser(&mut node, binaries.as_deref());
    tools::run(&mut node)?;
    anyhow::ensure!(kept, "a native figure is above its limit: see the lines marked ABOVE");
    Ok(())
}

/// The engine by itself, then pyxform on the same workbook; whether every limit was kept.
fn engine() -> Result<bool> {
    let file = std::env::temp_dir().join(format!("kd-forms-{}.xlsx", std::process::id()));
    let mut cargo = tools::cargo();
    cargo.args([
        "run",
        "--release",
        "--package",
        "form",
        "--features",
        "cli",
        "--example",
        "bench",
    ]);
    let kept = tools::status(cargo.arg("--").arg(&file))?.success();
    anyhow::ensure!(file.is_file(), "the benchmark of the form engine ended before its workbook");
    match python() {
        Some(python) => {
            let script = tools::root().join("shared/form/compare/pyxform_time.py");
            tools::run(Command::new(python).arg(script).arg(&file))?;
        }
        None => println!("pyxform is not here (it needs Python with venv and pip): no comparison"),
    }
    std::fs::remove_file(file)?;
    Ok(kept)
}

/// A Python that has pyxform, installed under `target` when there is none.
fn python() -> Option<PathBuf> {
    let folder = tools::root().join("target/pyxform");
    let python = folder.join("bin/python");
    let has = |python: &Path| done(Command::new(python).args(["-c", "import pyxform"]));
    if has(&python) {
        return Some(python);
    }
    let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        && done(Command::new(&python).args(["-m", "pip", "install", "--quiet", PYXFORM]));
    (made && has(&python)).then_some(python)
}

fn done(command: &mut Command) -> bool {
    command.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success())
}
