//! Postgres' own programs for dumps.

use super::{BackupError, Target};
use crate::postgres::Binaries;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Writes a compressed dump.
pub async fn dump(
    target: &Target,
    to: &Path,
    binaries: Option<&Binaries>,
) -> Result<(), BackupError> {
    let mut command = command("pg_dump", target, binaries);
    command.args(["--format=custom", "--no-owner", "--file"]).arg(to);
    run("pg_dump", command).await
}

/// Reads a dump into an empty database, all of it or nothing.
pub async fn load(
    target: &Target,
    from: &Path,
    binaries: Option<&Binaries>,
) -> Result<(), BackupError> {
    let mut command = command("pg_restore", target, binaries);
    command.args(["--no-owner", "--exit-on-error", "--single-transaction"]).arg(from);
    run("pg_restore", command).await
}

/// Beside the server's programs where they are, else from the `PATH`.
fn command(program: &'static str, target: &Target, binaries: Option<&Binaries>) -> Command {
    let beside = binaries.map(|binaries| binaries.program(program)).filter(|path| path.is_file());
    let mut command = Command::new(beside.unwrap_or_else(|| PathBuf::from(program)));
    command.arg("--dbname").arg(&target.url).stdin(Stdio::null()).stdout(Stdio::null());
    command.env_remove("PGOPTIONS");
    if let Some(password) = &target.password {
        command.env("PGPASSWORD", password);
    }
    command
}

async fn run(program: &'static str, mut command: Command) -> Result<(), BackupError> {
    let output = command.output().await.map_err(|_| BackupError::NoProgram(program))?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(BackupError::Program { program, output })
}
