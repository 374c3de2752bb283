//! What sync costs on the wire: `kardakar device` against the real server through a proxy that counts every
//! byte, headers included, on a plain and on a slow link; beside other systems where they are at hand.

use crate::Outcome;
use crate::machine::Machine;
use crate::office::Office;
use crate::peers;
use crate::proxy::{Passed, Proxy, Slowness};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tests::records::form;
use tests::standard::{HOUSEHOLD, MEMBER, value};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Records that are edited.
const EDITS: usize = 100;
/// Of a village without good coverage.
const SLOW: Slowness =
    Slowness { round_trip: Duration::from_millis(300), bits_per_second: 100_000 };
/// Seconds on the slow link may be this much more than its bytes and round trips take.
const OVERHEAD: f64 = 1.15;

/// One step on one link.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    pub up: u64,
    pub down: u64,
}

pub async fn run(records: usize) -> Outcome {
    println!("{records} standard records, {EDITS} edits; bytes as they pass, headers included\n");
    let plain = link("plain", None, records).await?;
    link("300 ms, 100 kbit/s", Some(SLOW), records).await?;
    peers::compare(records, &plain).await
}

async fn link(name: &str, slowness: Option<Slowness>, records: usize) -> Outcome<Vec<Step>> {
    let machine = Machine::start("link").await?;
    let mut office = Office::open(&machine).await?;
    office.publish(&form()).await?;
    let proxy = Proxy::open(machine.address, slowness).await?;
    let user = office.worker("mariam").await?;
    let folder = machine.data.join("devices");
    let first = Phone::connect(&mut office, &user, &proxy, folder.join("a")).await?;
    let second = Phone::connect(&mut office, &user, &proxy, folder.join("b")).await?;
    let made = first.fill(&lines(records)).await?;

    println!("{name}");
    println!(
        "  {:<34}{:>9}{:>9}{:>7}{:>9}{:>11}{:>12}",
        "", "up B", "down B", "conn", "seconds", "server ms", "workers ms"
    );
    let mut meter = Meter { machine: &machine, proxy: &proxy, slowness, steps: Vec::new() };
    meter.step("W1 new records go up", first.sync()).await?;
    meter.step("W2 an empty phone fetches all", second.sync()).await?;
    let edited = &made[..EDITS.min(made.len())];
    first.fill(&edit(edited, "rooms", "7")).await?;
    meter.step("W3 one field of each changes", first.sync()).await?;
    second.sync().await?;
    proxy.take();
    first.fill(&edit(edited, "roof", "roof_77")).await?;
    second.fill(&edit(edited, "wall", "wall_77")).await?;
    meter.step("W4 two phones, until both have both", both(&first, &second)).await?;
    meter.step("W5 nothing new", first.sync()).await?;
    let usage = machine.usage();
    println!(
        "  memory at most: server {:.0} MB, a worker {:.0} MB\n",
        usage.server_mb, usage.worker_mb
    );
    let steps = meter.steps;
    machine.stop().await?;
    Ok(steps)
}

/// The first sends, the second sends and receives, the first receives.
async fn both(first: &Phone, second: &Phone) -> Outcome<Value> {
    first.sync().await?;
    second.sync().await?;
    first.sync().await
}

struct Meter<'a> {
    machine: &'a Machine,
    proxy: &'a Proxy,
    slowness: Option<Slowness>,
    steps: Vec<Step>,
}

impl Meter<'_> {
    async fn step(&mut self, name: &str, work: impl Future<Output = Outcome<Value>>) -> Outcome {
        self.proxy.take();
        let before = self.machine.usage();
        let begun = Instant::now();
        work.await.map_err(|error| format!("{name}: {error}"))?;
        let seconds = begun.elapsed().as_secs_f64();
        let after = self.machine.usage();
        let Passed { up, down, connections, .. } = self.proxy.take();
        let server = (after.server - before.server) * 1000.0;
        let workers = (after.workers - before.workers) * 1000.0;
        println!(
            "  {name:<34}{up:>9}{down:>9}{connections:>7}{seconds:>9.2}{server:>11.0}{workers:>12.0}"
        );
        println!(
            "{}",
            json!({ "bench": "link", "slow": self.slowness.is_some(), "step": name, "up": up,
                    "down": down, "connections": connections, "seconds": seconds,
                    "server_ms": server, "workers_ms": workers })
        );
        self.judge(name, up, down, connections, seconds);
        self.steps.push(Step { name: name.to_owned(), up, down });
        Ok(())
    }

    /// On a slow link: what bytes and round trips alone take.
    fn judge(&self, name: &str, up: u64, down: u64, connections: u64, seconds: f64) {
        let Some(slowness) = self.slowness else { return };
        let bits = (up + down) as f64 * 8.0;
        // A connection costs a round trip, and what is asked over it one at least.
        let trips = 2.0 * connections as f64 * slowness.round_trip.as_secs_f64();
        let link = bits / slowness.bits_per_second as f64 + trips;
        let ratio = seconds / link;
        let word = if ratio > OVERHEAD { "ABOVE" } else { "met" };
        println!(
            "    {name}: {ratio:.2} times the {link:.2} s of its bytes and connections, limit {OVERHEAD} {word}"
        );
    }
}

/// A phone in a directory of its own, worked through `kardakar device`.
pub struct Phone {
    folder: PathBuf,
}

impl Phone {
    pub async fn connect(
        office: &mut Office,
        user: &str,
        proxy: &Proxy,
        folder: PathBuf,
    ) -> Outcome<Self> {
        let made = office.post("/api/enrolment-codes", &json!({ "user": user })).await?;
        let code = made["code"].as_str().ok_or("no code")?;
        let server = format!("http://{}", proxy.address);
        let phone = Self { folder };
        phone.device(&["enrol", "--server", &server, "--code", code], String::new()).await?;
        // The first contact brings the directory; it is no part of the workload.
        phone.sync().await?;
        Ok(phone)
    }

    /// From now on it reaches the server this way.
    pub fn move_to(&self, proxy: &Proxy) -> Outcome {
        Ok(std::fs::write(self.folder.join("server"), format!("http://{}", proxy.address))?)
    }

    /// Sends and receives; everything has to arrive.
    pub async fn sync(&self) -> Outcome<Value> {
        let said = self.device(&["sync"], String::new()).await?;
        let report: Value = serde_json::from_str(&said)?;
        match (report["waiting"].as_u64(), report["held"].as_u64()) {
            (Some(0), Some(0)) => Ok(report),
            _ => Err(format!("not everything was taken: {report}").into()),
        }
    }

    /// Fills in records from lines; returns their ids.
    pub async fn fill(&self, lines: &[Value]) -> Outcome<Vec<String>> {
        let input = lines.iter().map(|line| format!("{line}\n")).collect();
        let said = self.device(&["fill"], input).await?;
        let id = |line: &str| {
            let done: Value = serde_json::from_str(line).ok()?;
            Some(done["record"].as_str()?.to_owned())
        };
        Ok(said.lines().filter_map(id).collect())
    }

    pub async fn device(&self, arguments: &[&str], input: String) -> Outcome<String> {
        let mut command = Command::new(program()?);
        command.arg("device").args(arguments).arg("--dir").arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let mut stdin = child.stdin.take().ok_or("no input")?;
        let feeding = tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("kardakar device {}: {said}", arguments[0]).into());
        }
        feeding.await??;
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn program() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().and_then(Path::parent).ok_or("no build folder")?.join("kardakar"))
}

pub fn lines(records: usize) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(7);
    let mut fields = |fields: &[(&str, tests::standard::Values)]| -> Map<String, Value> {
        let one = |(name, values): &(&str, _)| {
            ((*name).to_owned(), Value::from(value(*values, &mut random)))
        };
        fields.iter().map(one).collect()
    };
    let record = |_| {
        let answers = fields(&HOUSEHOLD);
        let members: Vec<_> = (0..3).map(|_| fields(&MEMBER)).collect();
        json!({ "form": "standard", "answers": answers, "repeats": { "members": members },
                "finish": true })
    };
    (0..records).map(record).collect()
}

fn edit(records: &[String], question: &str, answer: &str) -> Vec<Value> {
    let one = |record| json!({ "record": record, "answers": { question: answer } });
    records.iter().map(one).collect()
}
