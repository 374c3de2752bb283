//! Records merged, projected and durable per second, beside a raw `COPY` of the same bytes.

use crate::Outcome;
use crate::machine::{Machine, Usage};
use crate::office::{Office, push};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use std::time::Instant;
use tests::records::{Maker, form};

/// Records in one request, about what a phone has to send after a week.
const PER_REQUEST: usize = 50;

pub async fn run(records: usize) -> Outcome {
    let machine = Machine::start("ingest").await?;
    let mut office = Office::open(&machine).await?;
    office.publish(&form()).await?;
    println!("Ingest of standard records, {PER_REQUEST} in a request, committed with fsync");
    println!(
        "{:<16}{:>9}{:>10}{:>12}{:>12}{:>12}{:>12}",
        "", "records", "seconds", "records/s", "server ms", "workers ms", "Postgres ms"
    );
    let (mut bytes, mut sent) = (Vec::new(), 0);
    for connections in [1, 8] {
        // The first round warms processes, caches and plans up.
        for (warm, count) in [(true, 800), (false, records)] {
            let round = round(&machine, &mut office, connections, count, (warm, sent)).await?;
            sent += round.len();
            if !warm {
                bytes = round;
            }
        }
    }
    check(&machine, sent).await?;
    copy(&machine, &bytes).await?;
    let usage = machine.usage();
    println!(
        "Memory at most: server {:.0} MB, a worker {:.0} MB",
        usage.server_mb, usage.worker_mb
    );
    machine.stop().await
}

/// Every record was a new one, and is stored.
async fn check(machine: &Machine, sent: usize) -> Outcome {
    let mut connection = machine.owner().connect().await?;
    for table in ["documents", "records", "record_answers"] {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let stored: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await?;
        if stored != sent as i64 {
            return Err(format!("{sent} records were sent, and {table} has {stored} rows").into());
        }
    }
    Ok(())
}

/// Returns the changes it sent. What was sent before is not sent again.
async fn round(
    machine: &Machine,
    office: &mut Office,
    connections: usize,
    records: usize,
    (warm, before): (bool, usize),
) -> Outcome<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    let mut phones = Vec::new();
    for number in 0..connections {
        let user = office.worker(&format!("w{connections}-{number}-{warm}")).await?;
        let mut phone = office.phone(&user).await?;
        // The others' records stay where they are: this is about taking in.
        phone.cursor = u64::MAX >> 1;
        let seed = (before + number) as u64;
        let mut maker = Maker::new(phone.device, phone.form.clone(), seed);
        let mut requests = Vec::new();
        for _ in 0..records.div_ceil(connections * PER_REQUEST) {
            let mut documents = Vec::with_capacity(PER_REQUEST);
            for _ in 0..PER_REQUEST {
                let (id, _, bytes) = maker.record()?;
                all.push(bytes.clone());
                documents.push(push(id, bytes));
            }
            requests.push(phone.request(documents));
        }
        phones.push((phone, requests));
    }
    let before = machine.usage();
    let begun = Instant::now();
    let tasks: Vec<_> = phones
        .into_iter()
        .map(|(mut phone, requests)| {
            tokio::spawn(async move {
                for body in requests {
                    let answer = phone.send(&body).await?;
                    if answer.status != 200 {
                        return Err(format!("{} {}", answer.status, answer.json()).into());
                    }
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    if !warm {
        report(connections, all.len(), seconds, before, machine.usage());
    }
    Ok(all)
}

fn report(connections: usize, records: usize, seconds: f64, before: Usage, after: Usage) {
    let rate = records as f64 / seconds;
    let each = |before: f64, after: f64| (after - before) * 1000.0 / records as f64;
    let (server, workers, postgres) = (
        each(before.server, after.server),
        each(before.workers, after.workers),
        each(before.postgres, after.postgres),
    );
    let name = format!("{connections} connection{}", if connections == 1 { "" } else { "s" });
    println!(
        "{name:<16}{records:>9}{seconds:>10.2}{rate:>12.0}{server:>12.2}{workers:>12.2}{postgres:>12.2}"
    );
    println!(
        "{}",
        json!({ "bench": "ingest", "connections": connections, "records": records,
                "per_second": rate, "cpu_ms": { "server": server, "workers": workers,
                "postgres": postgres } })
    );
}

/// The least that storing the same changes can cost: one column, no index, one statement.
async fn copy(machine: &Machine, changes: &[Vec<u8>]) -> Outcome {
    let mut connection = machine.owner().connect().await?;
    connection.execute("CREATE TABLE copied (raw bytea NOT NULL)").await?;
    let begun = Instant::now();
    let mut copy = connection.copy_in_raw("COPY copied FROM STDIN (FORMAT binary)").await?;
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for change in changes {
        bytes.extend(1_i16.to_be_bytes());
        bytes.extend((change.len() as i32).to_be_bytes());
        bytes.extend(change);
    }
    bytes.extend((-1_i16).to_be_bytes());
    copy.send(bytes).await?;
    copy.finish().await?;
    let seconds = begun.elapsed().as_secs_f64();
    let rate = changes.len() as f64 / seconds;
    println!("{:<16}{:>9}{seconds:>10.2}{rate:>12.0}", "COPY", changes.len());
    println!("{}", json!({ "bench": "ingest", "copy": true, "per_second": rate }));
    Ok(())
}
