//! Benchmarks with a browser or a whole run: what a worker and a developer wait for.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{build, postgres, serve, test, tools};

/// Seconds that a warm `cargo xtask serve` may take until it is ready.
const READY_SECONDS: f64 = 10.0;
/// Warm starts that are timed.
const STARTS: usize = 3;

/// `cargo xtask bench phone`: cold start, saves and repaints in Chromium.
pub fn phone() -> Result<()> {
    let binaries = postgres::for_tests()?;
    test::install_browser()?;
    build::build(build::Mode::Release)?;
    serve::server_binary()?;
    let mut node = Command::new("node");
    node.current_dir(test::end_to_end()).arg("bench/phone.mjs");
    test::set_browser(&mut node, binaries.as_deref());
    tools::run(&mut node)
}

/// `cargo xtask bench serve`: from the command to the line that says that the server is ready, with
/// everything built and the database made.
pub fn serve() -> Result<()> {
    let data = folder()?;
    let result = serve_in(&data);
    std::fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    result
}

fn serve_in(data: &Path) -> Result<()> {
    let first = start(data)?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(start(data)?);
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    println!("{:<28}{first:>8.1} s", "first start, builds included");
    for time in &times {
        println!("{:<28}{time:>8.1} s", "warm start to ready");
    }
    println!("{:<28}{slowest:>8.1} s   limit {READY_SECONDS}", "slowest warm start");
    println!(
        "{}",
        json!({"bench": "serve", "seconds": times, "slowest": slowest, "limit": READY_SECONDS})
    );
    if slowest > READY_SECONDS {
        bail!("a warm start took {slowest:.1} s, {READY_SECONDS} are allowed");
    }
    Ok(())
}

/// A folder whose path is short, because the database's socket lies in it.
fn folder() -> Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("kd-serve-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    // Started as root, Postgres runs as another user, who must be able to enter.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

/// Runs `cargo xtask serve` until it is ready, stops it, and returns the seconds that passed.
fn start(data: &Path) -> Result<f64> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut cargo = tools::cargo();
    cargo.args(["xtask", "serve", "--port", &port.to_string(), "--data"]).arg(data);
    let begun = Instant::now();
    let mut child =
        cargo.stdout(Stdio::piped()).spawn().context("cannot start cargo xtask serve")?;
    let ready = wait(&mut child);
    let seconds = begun.elapsed().as_secs_f64();
    let stopped = stop(&mut child);
    ready?;
    stopped?;
    Ok(seconds)
}

fn wait(child: &mut Child) -> Result<()> {
    let output = child.stdout.take().context("cargo xtask serve has no output")?;
    let mut lines = BufReader::new(output).lines();
    for line in &mut lines {
        if line?.starts_with("Ctrl-C stops it.") {
            // Goes on reading, so that the server can go on writing.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(());
        }
    }
    bail!("cargo xtask serve ended before it was ready")
}

fn stop(child: &mut Child) -> Result<()> {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // Has it ended already, there is nothing to stop.
    let _ = kill_process(id.context("process id out of range")?, Signal::TERM);
    child.wait()?;
    Ok(())
}
