//! After an outage: every phone comes back within a minute, each with a record to send.

use crate::Outcome;
use crate::http::Connection;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use rand::RngExt;
use serde_json::json;
use server::auth::token::Token;
use server::store::TenantId;
use shared::id::{DeviceId, StoreId};
use sqlx::ConnectOptions;
use sqlx::{AssertSqlSafe, Executor};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tests::records::{Maker, form};

const WITHIN: Duration = Duration::from_secs(60);
/// Phones of one area, which get each other's records.
const AREA: usize = 20;
/// Phones of one municipality.
const MUNICIPALITY: usize = 200;

#[derive(Default)]
struct Tally {
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    waits_ms: Vec<f64>,
    done_s: Vec<f64>,
}

pub async fn run(count: usize) -> Outcome {
    let machine = Machine::start("devices").await?;
    let mut office = Office::open(&machine).await?;
    office.publish(&form()).await?;
    let user = office.worker("everybody").await?;
    let sample = office.phone(&user).await?;
    let phones = enrol(&machine, &sample, count).await?;
    println!("{count} phones of {} municipalities", count.div_ceil(MUNICIPALITY));
    println!("They come back within {} s, each with a new record", WITHIN.as_secs());
    let before = machine.usage();
    let begun = Instant::now();
    let tally = Arc::new(Mutex::new(Tally::default()));
    let tasks: Vec<_> = phones
        .into_iter()
        .map(|(phone, body)| {
            let (tally, address) = (tally.clone(), machine.address);
            tokio::spawn(async move {
                let at = WITHIN.mul_f64(rand::random::<f64>());
                tokio::time::sleep(at).await;
                come_back(phone, &body, address, begun, &tally).await;
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let usage = machine.usage();
    let tally = std::mem::take(&mut *tally.lock().map_err(|_| "poisoned")?);
    report(count, seconds, tally, usage.server_mb, usage.postgres - before.postgres);
    machine.stop().await
}

/// Phones as rows: asking for ten thousand codes is not what is measured.
async fn enrol(machine: &Machine, sample: &Phone, count: usize) -> Outcome<Vec<(Phone, Vec<u8>)>> {
    let mut connection = machine.owner().connect().await?;
    let tenants = count.div_ceil(MUNICIPALITY);
    let municipalities = format!(
        "INSERT INTO tenant_directory SELECT 'm' || i, i FROM generate_series(2, {tenants}) i;
         INSERT INTO tenants (tenant_id, slug, name, epoch, created_at_ms)
             SELECT i, 'm' || i, t.name, t.epoch, 0 FROM generate_series(2, {tenants}) i,
             (SELECT * FROM tenants WHERE tenant_id = 1) t;
         INSERT INTO forms SELECT i, f.form_id, f.title, f.current_version, f.position
             FROM generate_series(2, {tenants}) i, (SELECT * FROM forms WHERE tenant_id = 1) f;
         CREATE TEMP TABLE versions AS SELECT i, v.*
             FROM generate_series(2, {tenants}) i,
             (SELECT * FROM form_versions WHERE tenant_id = 1) v;
         UPDATE versions SET tenant_id = i;
         ALTER TABLE versions DROP COLUMN i;
         INSERT INTO form_versions SELECT * FROM versions;"
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(municipalities))).await?;
    let mut phones = Vec::with_capacity(count);
    let (mut users, mut devices) = (Vec::new(), Vec::new());
    for number in 0..count {
        let tenant = number / MUNICIPALITY + 1;
        let token = Token::new(TenantId(tenant as i32));
        let device = DeviceId(rand::random());
        let area = number / AREA;
        if number % AREA == 0 {
            users.push(format!(
                "({tenant}, '{area:032x}', 'w{area}', 'w', 'worker', '{{A{area}}}', 0)"
            ));
        }
        devices.push(format!(
            "({tenant}, '\\x{device}', '{area:032x}', '\\x{}', 0)",
            token.hash().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        ));
        let mut phone = sample.like(device, StoreId(rand::random()), &token.to_string());
        let mut maker = Maker::new(phone.device, phone.form.clone(), number as u64);
        maker.place = Some(format!("A{area}"));
        let (id, _, bytes) = maker.record()?;
        phone.directory = 0;
        let body = phone.request(vec![push(id, bytes)]);
        phones.push((phone, body));
    }
    for (table, rows) in [
        ("users (tenant_id, user_id, login, name, role, villages, created_at_ms)", users),
        ("devices (tenant_id, device_id, user_id, token_hash, enrolled_at_ms)", devices),
    ] {
        for rows in rows.chunks(1000) {
            let statement = format!("INSERT INTO {table} VALUES {}", rows.join(", "));
            connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
        }
    }
    connection.execute("ANALYZE").await?;
    Ok(phones)
}

/// Tries as phones do: waits as told, else twice as long each time, spread by chance.
async fn come_back(
    mut phone: Phone,
    body: &[u8],
    address: std::net::SocketAddr,
    begun: Instant,
    tally: &Mutex<Tally>,
) {
    let mut pause = Duration::from_secs(5);
    loop {
        phone.connection = Connection::new(address);
        let asked = Instant::now();
        let answer = phone.send(body).await;
        let waited = asked.elapsed().as_secs_f64() * 1000.0;
        let mut told = None;
        if let Ok(mut tally) = tally.lock() {
            match &answer {
                Ok(answer) => {
                    *tally.statuses.entry(answer.status).or_default() += 1;
                    told = answer.header("retry-after").and_then(|seconds| seconds.parse().ok());
                    if answer.status == 200 {
                        tally.waits_ms.push(waited);
                        tally.done_s.push(begun.elapsed().as_secs_f64());
                        return;
                    }
                }
                Err(_) => tally.broken += 1,
            }
        }
        let spread = pause.mul_f64(rand::rng().random_range(0.5..1.0));
        tokio::time::sleep(spread.max(Duration::from_secs(told.unwrap_or(0)))).await;
        pause = (pause * 2).min(Duration::from_secs(900));
    }
}

fn report(count: usize, seconds: f64, mut tally: Tally, server_mb: f64, postgres: f64) {
    tally.waits_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (tally.waits_ms.len() as f64 * share) as usize;
        tally
            .waits_ms
            .get(place.min(tally.waits_ms.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    };
    let sent_away = tally.statuses.get(&429).copied().unwrap_or(0);
    let wrong: u64 = tally
        .statuses
        .iter()
        .filter(|(status, _)| **status != 200 && **status != 429)
        .map(|(_, count)| count)
        .sum();
    println!("synced {} of {count} after {seconds:.1} s", tally.done_s.len());
    println!("answers by status: {:?}, connections that broke: {}", tally.statuses, tally.broken);
    println!(
        "a sync took {:.0} ms in the middle, {:.0} ms at 95 %, {:.0} ms at 99 %",
        at(0.5),
        at(0.95),
        at(0.99)
    );
    println!("server memory at most {server_mb:.0} MB, Postgres {postgres:.1} processor seconds");
    let line = json!({ "bench": "devices", "devices": count, "seconds": seconds,
        "synced": tally.done_s.len(), "sent_away": sent_away, "other": wrong,
        "broken": tally.broken, "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99),
        "postgres_s": postgres, "server_mb": server_mb });
    println!("{line}");
}
