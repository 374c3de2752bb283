//! `cargo xtask serve`: from a fresh clone to a running server.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::{build, postgres, tools};

/// The server's exit code for "no Postgres binaries found".
const NO_POSTGRES: i32 = 69;

#[derive(clap::Args)]
pub struct Options {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the database and the uploaded files live
    #[arg(long, default_value = ".kardakar")]
    data: PathBuf,
    /// Also set up a municipality with invented households and logins for each role
    #[arg(long)]
    demo: bool,
    /// Build the app without optimisation: quicker after a change, larger to load
    #[arg(long)]
    dev: bool,
}

/// Builds what changed and runs the server until it is told to stop.
pub fn serve(options: &Options) -> Result<ExitCode> {
    let site = build::build(build::Mode::from_dev(options.dev))?;
    let server = server_binary()?;
    let mut binaries = postgres::unpacked();
    loop {
        eprintln!("==> Starting the server");
        let mut command = Command::new(&server);
        command.current_dir(tools::root()).arg("serve");
        command.args(["--port", &options.port.to_string()]);
        command.arg("--data").arg(&options.data).arg("--site").arg(&site.folder);
        command.args(options.demo.then_some("--demo"));
        if let Some(folder) = &binaries {
            command.env("KARDAKAR_PG_BIN", folder);
        }
        let status = foreground(&mut command, &server)?;
        if status.code() == Some(NO_POSTGRES) && binaries.is_none() {
            binaries = Some(postgres::fetch()?);
            continue;
        }
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
    }
}

/// Compiles the server and returns where its binary is.
pub fn server_binary() -> Result<PathBuf> {
    tools::step("Compiling the server", || {
        tools::run(tools::cargo().args(["build", "--package", "server", "--bin", "kardakar"]))
    })?;
    Ok(tools::target().join("debug/kardakar"))
}

/// Runs a child in a process group of its own and hands it each signal exactly once: a Ctrl+C in
/// the terminal reaches only this process, and this process passes it on.
fn foreground(command: &mut Command, program: &Path) -> Result<ExitStatus> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let target = pid(&child)?;
    let handle = signals.handle();
    let passing = std::thread::spawn(move || {
        for number in signals.forever() {
            let signal = if number == SIGINT { Signal::INT } else { Signal::TERM };
            let _ = kill_process(target, signal);
        }
    });
    let status = child.wait()?;
    handle.close();
    let _ = passing.join();
    Ok(status)
}

fn pid(child: &Child) -> Result<Pid> {
    let number = i32::try_from(child.id()).context("process id out of range")?;
    Pid::from_raw(number).context("process id is zero")
}
