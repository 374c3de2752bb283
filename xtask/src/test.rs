//! `cargo xtask test`: installs what tests need and runs everything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{bench, build, postgres, serve, tools};

/// Property tests play the same cases in each run, so that one tree has one result: others come with
/// `PROPTEST_RNG_SEED` and `PROPTEST_CASES`.
const PROPERTY_SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "1");
const CHROMIUM: &str = "/usr/bin/chromium";
/// The product's crates that can be tested on this machine.
const CRATES: [&str; 7] = ["form", "shared", "device", "worker", "server", "tests", "conformance"];

#[derive(clap::Args)]
pub struct Options {
    /// Leave out the browser
    #[arg(long)]
    no_browser: bool,
}

/// Runs stage after stage; the first failure ends the run.
pub fn test(options: &Options) -> Result<()> {
    let mut stages = Stages::default();
    let result = all(options, &mut stages);
    stages.close(result.is_ok());
    result
}

fn all(options: &Options, stages: &mut Stages) -> Result<()> {
    let binaries = stages.run("Postgres for tests", postgres::for_tests)?;
    stages.run("Python for tests", install_python)?;
    if !options.no_browser {
        stages.run("Browsers and their clients for tests", || {
            install_browser()?;
            install_other_engines()
        })?;
    }
    // By itself, so that its libraries keep the features with which they were just compiled.
    stages.run("The build tool's own tests", || {
        tools::run(tools::cargo().args(["test", "--package", "xtask"]))
    })?;
    // One cargo run: crates are compiled once, with one set of features.
    stages.run("Unit, property, simulation, API and store tests", || {
        let mut cargo = tools::cargo();
        cargo.arg("test");
        set_binaries(&mut cargo, binaries.as_deref());
        let (variable, seed) = PROPERTY_SEED;
        if std::env::var_os(variable).is_none() {
            cargo.env(variable, seed);
        }
        for name in CRATES {
            cargo.args(["--package", name]);
        }
        tools::run(&mut cargo)
    })?;
    let beside: &[&str] = if options.no_browser { &[] } else { &["conformance"] };
    stages.run("Building the app", || {
        bench::keep_small(&build::build_beside(build::Mode::Release, beside)?)
    })?;
    stages.run("Building the server", || serve::server_binary().map(drop))?;
    if !options.no_browser {
        stages.run("Building the statements about the store", || {
            build::conformance::build(build::Mode::Release)
        })?;
        stages.run("Browser tests", || browser(binaries.as_deref()))?;
    }
    Ok(())
}

fn set_binaries(command: &mut Command, binaries: Option<&Path>) {
    if let Some(folder) = binaries {
        command.env("KARDAKAR_PG_BIN", folder);
    }
}

/// What tests and benchmarks with a browser need.
pub fn install_browser() -> Result<()> {
    install_chromium()?;
    install_playwright()
}

pub fn end_to_end() -> PathBuf {
    tools::root().join("tests/e2e")
}

fn install_chromium() -> Result<()> {
    if Path::new(CHROMIUM).exists() || std::env::var_os("KARDAKAR_CHROMIUM").is_some() {
        return Ok(());
    }
    let advice = "the browser tests need Chromium: install it (Debian: `apt-get install chromium`), \
                  set KARDAKAR_CHROMIUM to another one, or pass --no-browser";
    install("chromium", advice)
}

/// The engines that workers' phones have beside Chromium's: (program, package, environment variable that
/// names another one).
const ENGINES: [(&str, &str, &str); 3] = [
    ("/usr/bin/firefox-esr", "firefox-esr", "KARDAKAR_FIREFOX"),
    ("/usr/bin/WebKitWebDriver", "webkit2gtk-driver", "KARDAKAR_WEBKIT_DRIVER"),
    ("/usr/bin/Xvfb", "xvfb", "KARDAKAR_XVFB"),
];

fn install_other_engines() -> Result<()> {
    for (program, package, variable) in ENGINES {
        if !Path::new(program).exists() && std::env::var_os(variable).is_none() {
            let advice = format!(
                "the browser tests need {program}: install it (Debian: `apt-get install \
                 {package}`), set {variable} to another one, or pass --no-browser"
            );
            install(package, &advice)?;
        }
    }
    Ok(())
}

/// A client of the sync protocol in another language is part of the tests.
fn install_python() -> Result<()> {
    if tools::output(Command::new("python3").arg("--version")).is_some() {
        return Ok(());
    }
    install("python3", "the tests of the sync protocol need Python 3: install python3")
}

/// Installs a package where apt is there to do it.
fn install(package: &str, advice: &str) -> Result<()> {
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("{advice}");
    }
    let root = rustix::process::geteuid().is_root();
    let sudo =
        !root && tools::output(Command::new("sudo").args(["--non-interactive", "true"])).is_some();
    if !root && !sudo {
        bail!("{advice}");
    }
    let apt = |arguments: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.arg("apt-get");
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet").args(arguments);
        eprintln!("    apt-get {}", arguments.join(" "));
        tools::run(&mut command).with_context(|| advice.to_owned())
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", package])
}

/// `npm ci` unless the lock file is the one that was installed.
fn install_playwright() -> Result<()> {
    let lock = tools::read(&end_to_end().join("package-lock.json"))?;
    let stamp = end_to_end().join("node_modules/.installed");
    let hash = tools::hex(&tools::plain_sha256(&lock));
    if std::fs::read_to_string(&stamp).is_ok_and(|old| old == hash) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(end_to_end()).args(["ci", "--no-audit", "--no-fund"]);
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    tools::run(&mut npm).context(
        "the browser tests need node 20 or later with npm (Debian: `apt-get install npm`)",
    )?;
    tools::write(&stamp, hash.as_bytes())
}

fn browser(binaries: Option<&Path>) -> Result<()> {
    let mut command = Command::new("npx");
    command.current_dir(end_to_end()).args(["--no-install", "playwright", "test"]);
    set_browser(&mut command, binaries);
    tools::run(&mut command)
}

/// Tells a program of `tests/e2e` where browser, server, app and Postgres are.
pub fn set_browser(command: &mut Command, binaries: Option<&Path>) {
    let chromium = std::env::var_os("KARDAKAR_CHROMIUM").unwrap_or_else(|| CHROMIUM.into());
    command.env("KARDAKAR_CHROMIUM", chromium);
    command.env("KARDAKAR_BINARY", tools::target().join("debug/kardakar"));
    command.env("KARDAKAR_SITE", tools::root().join("target/site"));
    command.env("KARDAKAR_CONFORMANCE", build::conformance::folder());
    set_binaries(command, binaries);
}

/// The stages so far and what each took.
#[derive(Default)]
struct Stages {
    done: Vec<(&'static str, f64)>,
    failed: Option<&'static str>,
}

impl Stages {
    fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        let result = work().with_context(|| name.to_owned());
        let seconds = start.elapsed().as_secs_f64();
        if result.is_ok() {
            eprintln!("=== {name}: {seconds:.1} s");
            self.done.push((name, seconds));
        } else {
            self.failed = Some(name);
        }
        result
    }

    fn close(&self, passed: bool) {
        eprintln!();
        for (name, seconds) in &self.done {
            eprintln!("  passed {seconds:>8.1} s  {name}");
        }
        if let Some(name) = self.failed {
            eprintln!("  FAILED             {name}");
        }
        let total: f64 = self.done.iter().map(|(_, seconds)| seconds).sum();
        let word = if passed { "All stages passed" } else { "Stopped" };
        eprintln!("{word} after {total:.1} s");
    }
}
