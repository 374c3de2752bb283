//! Making, starting and clearing up the cluster.

use super::{Account, Binaries, Durability, OWNER, PostgresError, io_error};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio::process::{Child, ChildStdin};

/// A Unix socket's path has at most 107 bytes; `/.s.PGSQL.5432` takes 15 of them.
const LONGEST_SOCKET_DIRECTORY: usize = 90;

/// The directories of one cluster.
pub struct Places {
    pub cluster: PathBuf,
    pub socket: PathBuf,
    pub log: PathBuf,
}

impl Places {
    /// Under the data directory, unless Postgres' account cannot enter there (a clone under /root)
    /// or the socket's path would be too long.
    pub fn choose(data: &Path, account: &Account) -> Result<Self, PostgresError> {
        let digest = Sha256::digest(data.as_os_str().as_encoded_bytes());
        let short: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        let mut base = data.join("postgres");
        if !account.can_reach(&base.join("cluster")) {
            base = Path::new("/var/lib/kardakar").join(&short);
            tracing::warn!(at = %base.display(),
                "Postgres may not enter the data directory; its cluster is elsewhere");
        }
        std::fs::create_dir_all(&base).map_err(io_error(&base))?;
        let mut socket = base.join("socket");
        if socket.as_os_str().len() > LONGEST_SOCKET_DIRECTORY {
            socket = std::env::temp_dir().join(format!("kardakar-{short}"));
        }
        let places = Self { cluster: base.join("cluster"), socket, log: base.join("log") };
        for directory in [&places.cluster, &places.socket] {
            account.make_directory(directory)?;
        }
        Ok(places)
    }

    /// The end of Postgres' log, for an error message.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// Runs `initdb`. Only the socket's directory guards the cluster: it lets nobody else in, so local
/// connections need no password, and there are no other connections.
pub async fn initialise(
    binaries: &Binaries,
    account: &Account,
    places: &Places,
    durability: Durability,
) -> Result<(), PostgresError> {
    let mut command = Command::new(binaries.program("initdb"));
    command.arg("-D").arg(&places.cluster);
    command.args(["-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust"]);
    command.args(["--auth-host=reject", "--data-checksums"]);
    if durability == Durability::None {
        command.arg("--no-sync");
    }
    run(command, account, &places.cluster, "initdb").await
}

/// A postmaster that outlived its server (killed without a chance to stop it) is stopped first.
pub async fn stop_left_over(
    binaries: &Binaries,
    account: &Account,
    places: &Places,
) -> Result<(), PostgresError> {
    let pid_file = places.cluster.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&pid_file) else { return Ok(()) };
    let pid = text.lines().next().unwrap_or_default().trim().to_owned();
    let command_line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if !String::from_utf8_lossy(&command_line).contains("postgres") {
        return Ok(()); // Postgres clears a stale file itself.
    }
    tracing::warn!(pid, "stopping a Postgres that an earlier server left behind");
    let mut command = Command::new(binaries.program("pg_ctl"));
    command.args(["stop", "-m", "fast", "-w", "-s", "-D"]).arg(&places.cluster);
    run(command, account, &places.cluster, "pg_ctl stop").await
}

async fn run(
    mut command: Command,
    account: &Account,
    directory: &Path,
    program: &str,
) -> Result<(), PostgresError> {
    account.apply(&mut command);
    command.current_dir(directory).stdin(Stdio::null()).env_remove("PGOPTIONS");
    let output = tokio::process::Command::from(command).output().await.map_err(|error| {
        PostgresError::Program { program: program.into(), output: error.to_string() }
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(PostgresError::Program { program: program.into(), output: text })
}

/// Starts Postgres behind a shell that waits on a pipe from us: when the pipe closes, because we
/// closed it or because we are gone, the shell asks Postgres for a fast shutdown.
const LEASH: &str = r#"
exec 3<&0
"$0" "$@" 3<&- </dev/null & postgres=$!
{ cat <&3 >/dev/null; kill -INT "$postgres" 2>/dev/null; } &
wait "$postgres"
"#;

pub fn launch(
    binaries: &Binaries,
    account: &Account,
    places: &Places,
    durability: Durability,
) -> Result<(Child, ChildStdin), PostgresError> {
    use std::os::unix::process::CommandExt;
    let log = File::options().create(true).append(true).open(&places.log);
    let log = log.map_err(io_error(&places.log))?;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(LEASH).arg(binaries.program("postgres"));
    command.arg("-D").arg(&places.cluster).arg("-k").arg(&places.socket);
    for setting in settings(durability) {
        command.args(["-c", setting]);
    }
    account.apply(&mut command);
    // Its own process group: Ctrl-C reaches us first, and we stop it after the last request.
    command.current_dir(&places.cluster).process_group(0).stdin(Stdio::piped());
    command.stdout(log.try_clone().map_err(io_error(&places.log))?).stderr(log);
    let mut child = tokio::process::Command::from(command).spawn().map_err(|error| {
        PostgresError::Program { program: "postgres".into(), output: error.to_string() }
    })?;
    let leash = child.stdin.take().ok_or_else(|| PostgresError::NotUp(String::new()))?;
    Ok((child, leash))
}

fn settings(durability: Durability) -> Vec<&'static str> {
    let mut settings = vec![
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=60",
        "shared_buffers=128MB",
        // Our statements are small and many: compiling them costs more than it saves.
        "jit=off",
        "TimeZone=UTC",
        "log_timezone=UTC",
        "idle_in_transaction_session_timeout=60s",
    ];
    if durability == Durability::None {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
    }
    settings
}
