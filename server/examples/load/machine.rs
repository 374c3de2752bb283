//! The server as a process, and what it and its children use.

use crate::Outcome;
use sqlx::postgres::PgConnectOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct Machine {
    pub address: SocketAddr,
    /// The link of the first administrator.
    pub setup: String,
    pub data: PathBuf,
    child: Child,
}

/// Processor seconds of the server, its workers and its Postgres; the most memory the server itself and
/// any one worker had, in megabytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub server: f64,
    pub workers: f64,
    pub postgres: f64,
    pub server_mb: f64,
    pub worker_mb: f64,
}

impl Machine {
    /// Starts the server that was built beside this program, on an empty data directory.
    pub async fn start(name: &str) -> Outcome<Self> {
        Self::start_with(name, &[]).await
    }

    /// The same with settings from the environment.
    pub async fn start_with(name: &str, settings: &[(&str, String)]) -> Outcome<Self> {
        let own = std::env::current_exe()?;
        let folder = own.parent().and_then(Path::parent).ok_or("no build folder")?;
        let data =
            std::env::temp_dir().join(format!("kardakar-load-{name}-{}", std::process::id()));
        let mut command = Command::new(folder.join("kardakar"));
        command.arg("serve").arg("--port").arg("0").arg("--data").arg(&data);
        command.stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true);
        command.env("KARDAKAR_LOG", "error").envs(settings.iter().cloned());
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let (mut address, mut setup) = (None, None);
        while let Some(line) = lines.next_line().await? {
            if let Some(url) = line.strip_prefix("Kardakar is ready: http://") {
                address = Some(url.parse::<SocketAddr>()?);
            }
            setup = line.split_once("/setup#").map(|(_, token)| token.to_owned()).or(setup);
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = address.ok_or("the server did not start")?;
        Ok(Self { address, setup: setup.unwrap_or_default(), data, child })
    }

    /// Sends the server a signal.
    pub async fn signal(&self, signal: &str) -> Outcome {
        if let Some(id) = self.child.id() {
            Command::new("kill").args([signal, &id.to_string()]).status().await?;
        }
        Ok(())
    }

    /// Waits for its end; whether it was a good one.
    pub async fn ended(&mut self) -> Outcome<bool> {
        let status = self.child.wait().await?;
        let _ = std::fs::remove_dir_all(&self.data);
        Ok(status.success())
    }

    /// How the owner of the machine's own database connects.
    pub fn owner(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.data.join("postgres/socket"))
            .username("kardakar_owner")
            .database("kardakar")
    }

    pub async fn stop(mut self) -> Outcome {
        self.signal("-TERM").await?;
        match self.ended().await? {
            true => Ok(()),
            false => Err("the server did not stop well".into()),
        }
    }

    /// What has been used since the start.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        let Some(root) = self.child.id() else { return usage };
        for process in descendants(root) {
            let seconds = process.seconds;
            if process.id == root {
                usage.server += seconds;
                usage.server_mb = process.peak_mb;
            } else if process.command.contains("worker") {
                usage.workers += seconds;
                usage.worker_mb = usage.worker_mb.max(process.peak_mb);
            } else {
                usage.postgres += seconds;
            }
        }
        usage
    }
}

struct Process {
    id: u32,
    parent: u32,
    command: String,
    seconds: f64,
    peak_mb: f64,
}

fn process(id: u32) -> Option<Process> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}")).ok();
    let stat = read("stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    // Own and ended children's time, a hundred ticks a second on every Linux.
    let seconds = (11..15).filter_map(ticks).sum::<f64>() / 100.0;
    let status = read("status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    Some(Process {
        id,
        parent: fields.get(1)?.parse().ok()?,
        command: read("cmdline")?.replace('\0', " "),
        seconds,
        peak_mb: peak.unwrap_or(0.0) / 1024.0,
    })
}

fn descendants(root: u32) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut left: Vec<Process> = ids.filter_map(process).collect();
    let mut found: Vec<Process> = Vec::new();
    loop {
        let (more, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|process| {
            process.id == root || found.iter().any(|known| known.id == process.parent)
        });
        left = rest;
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}
