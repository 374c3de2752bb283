//! Many devices in one process.

use super::ports::{Http, System};
use super::store::FileStore;
use super::{answers, enrol_device};
use crate::cli::CommandError;
use clap::Args;
use device::device::{Device, Ports};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

#[derive(Debug, Args)]
pub struct Load {
    /// The server's address.
    #[arg(long)]
    server: String,
    /// A file with one enrolment code a line: as many devices as codes.
    #[arg(long)]
    codes: PathBuf,
    /// A file with lines of JSON as for `fill`: every device fills in each of them.
    #[arg(long)]
    records: PathBuf,
    /// How often each device fills them in.
    #[arg(long, default_value_t = 1)]
    times: usize,
    /// Where the devices are kept.
    #[arg(long, default_value = ".kardakar-devices")]
    dir: PathBuf,
}

struct Running {
    device: Device,
    http: Rc<Http>,
}

/// Enrols, fills in, then has all devices sync at once.
pub async fn run(load: Load) -> Result<(), CommandError> {
    let codes = std::fs::read_to_string(&load.codes)?;
    let lines = std::fs::read_to_string(&load.records)?;
    let records = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>()
        .map_err(|error| CommandError::Other(error.to_string()))?;
    let mut running = Vec::new();
    for (number, code) in codes.split_whitespace().enumerate() {
        running.push(begin(&load, number, code, &records).await?);
    }
    let started = Instant::now();
    let outcomes = join_all(running.iter().map(|of| of.device.sync())).await;
    let seconds = started.elapsed().as_secs_f64();
    let sum = |count: fn(&Http) -> u64| running.iter().map(|of| count(&of.http)).sum::<u64>();
    let sent: usize = outcomes.iter().map(|outcome| outcome.sent).sum();
    let failed: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| outcome.failure)
        .map(|failure| format!("{failure:?}"))
        .collect();
    let report = json!({
        "devices": running.len(),
        "records": records.len() * load.times * running.len(),
        "sent": sent,
        "seconds": seconds,
        "requests": sum(|http| http.requests.get()),
        "up": sum(|http| http.up.get()),
        "down": sum(|http| http.down.get()),
        "failed": failed,
    });
    super::say(report)?;
    Ok(())
}

async fn begin(
    load: &Load,
    number: usize,
    code: &str,
    records: &[Value],
) -> Result<Running, CommandError> {
    let http = Rc::new(Http::new(&load.server)?);
    let ports = Ports {
        store: Rc::new(FileStore::open(&load.dir.join(number.to_string()))?),
        transport: http.clone(),
        clock: Rc::new(System),
        entropy: Rc::new(System),
    };
    let opened = Device::open(ports, "kardakar load".to_owned()).await;
    let device = opened.map_err(|error| CommandError::Other(error.to_string()))?;
    enrol_device(&device, code, &format!("load {number}")).await?;
    for _ in 0..load.times {
        for record in records {
            answers::fill(&device, record, "hh_core").await.map_err(CommandError::Other)?;
        }
    }
    Ok(Running { device, http })
}
