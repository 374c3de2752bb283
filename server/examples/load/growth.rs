//! Whether a sync stays as fast while the database grows.

use crate::Outcome;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use serde_json::json;
use shared::id::RecordId;
use shared::record::Document;
use sqlx::ConnectOptions;
use sqlx::{Executor, PgConnection};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::records::{Maker, form};

/// Changes in one sync.
const CHANGES: usize = 100;
const ROUNDS: usize = 15;

pub async fn run(most: usize) -> Outcome {
    let machine = Machine::start("growth").await?;
    let mut office = Office::open(&machine).await?;
    office.publish(&form()).await?;
    let user = office.worker("writer").await?;
    let mut writer = office.phone(&user).await?;
    let mut reader = office.phone(&user).await?;
    let mut maker = Maker::new(writer.device, writer.form.clone(), 1);
    println!("A sync of {CHANGES} edits, and a phone that fetches them, medians of {ROUNDS}");
    println!(
        "{:>12}{:>12}{:>12}{:>10}{:>12}",
        "records", "send ms", "fetch ms", "ratio", "fsync ms"
    );
    let mut connection = machine.owner().connect().await?;
    let (mut stored, mut base) = (0, None);
    let rested = fsync_ms(&machine.data)?;
    for size in [10_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= most) {
        // New ones each time: merging into a record with a long history takes longer whatever is beside it.
        let mut documents = begin(&mut maker, &mut writer).await?;
        grow(&mut connection, size - stored - CHANGES).await?;
        stored = size;
        let fsync = settle(&machine.data, rested).await?;
        skip(&mut writer).await?;
        skip(&mut reader).await?;
        let (send, fetch) = measure(&mut maker, &mut writer, &mut reader, &mut documents).await?;
        let base = *base.get_or_insert(send + fetch);
        let ratio = (send + fetch) / base;
        println!("{size:>12}{send:>12.1}{fetch:>12.1}{ratio:>10.2}{fsync:>12.2}");
        let line = json!({ "bench": "growth", "records": size, "send_ms": send,
                           "fetch_ms": fetch, "ratio": ratio, "fsync_ms": fsync });
        println!("{line}");
    }
    machine.stop().await
}

/// The records that are edited.
async fn begin(maker: &mut Maker, writer: &mut Phone) -> Outcome<Vec<(RecordId, Document)>> {
    let (mut documents, mut pushes) = (Vec::new(), Vec::new());
    for _ in 0..CHANGES {
        let (id, document, bytes) = maker.record()?;
        documents.push((id, document));
        pushes.push(push(id, bytes));
    }
    let body = writer.request(pushes);
    writer.sync(&body).await?;
    Ok(documents)
}

/// Copies of a stored record under new ids: what a lookup meets is as much as with real ones.
async fn grow(connection: &mut PgConnection, count: usize) -> Outcome {
    let statements = format!(
        "CREATE TEMP TABLE grown AS
             SELECT t.seq + i AS seq, gen_random_uuid() AS record_id
             FROM tenants t, generate_series(1, {count}) AS i;
         UPDATE tenants SET seq = seq + {count};
         INSERT INTO changes SELECT c.tenant_id, g.seq, g.record_id, 0,
             sha256(g.record_id::text::bytea), c.device_id, '\\x0000000000000001', c.actor, c.raw,
             c.received_at_ms FROM grown g, (SELECT * FROM changes ORDER BY seq LIMIT 1) c;
         INSERT INTO documents SELECT d.tenant_id, g.record_id, 0, d.snapshot, d.heads, d.changes,
             d.updated_at_ms FROM grown g, (SELECT * FROM documents LIMIT 1) d;
         CREATE TEMP TABLE one AS SELECT * FROM records ORDER BY seq LIMIT 1;
         CREATE TEMP TABLE many AS SELECT o.*, g.record_id AS new_id, g.seq AS new_seq
             FROM grown g, one o;
         UPDATE many SET record_id = new_id, seq = new_seq, placed_seq = new_seq;
         ALTER TABLE many DROP COLUMN new_id, DROP COLUMN new_seq;
         INSERT INTO records SELECT * FROM many;
         INSERT INTO record_answers SELECT a.tenant_id, g.record_id, 0, a.answers, a.problems
             FROM grown g, (SELECT a.* FROM record_answers a JOIN one USING (record_id)) a;
         INSERT INTO members SELECT m.tenant_id, g.record_id, m.item_id, m.position, m.name,
             m.removed, m.answers
             FROM grown g, (SELECT m.* FROM members m JOIN one USING (record_id)) m;
         DROP TABLE grown, one, many;"
    );
    connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statements))).await?;
    // What autovacuum and the checkpointer do sooner or later is done before anything is measured.
    connection.execute("VACUUM ANALYZE").await?;
    connection.execute("CHECKPOINT").await?;
    Ok(())
}

/// Waits until the disk has put away what the copies cost, or two minutes. What an fsync takes then,
/// milliseconds; `rested` is what it took before anything was copied.
async fn settle(folder: &Path, rested: f64) -> Outcome<f64> {
    for _ in 0..60 {
        let now = fsync_ms(folder)?;
        if now <= rested * 1.25 {
            return Ok(now);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    fsync_ms(folder)
}

/// A small write made durable, the median of many, where the databases lie too.
fn fsync_ms(folder: &Path) -> Outcome<f64> {
    let mut file = File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..101 {
        let begun = Instant::now();
        file.write_all(&[7; 8192])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(times))
}

/// Moves a phone's cursor to the end without fetching what was copied.
async fn skip(phone: &mut Phone) -> Outcome {
    phone.cursor = u64::MAX >> 1;
    let body = phone.request(Vec::new());
    phone.sync(&body).await?;
    Ok(())
}

async fn measure(
    maker: &mut Maker,
    writer: &mut Phone,
    reader: &mut Phone,
    documents: &mut [(RecordId, Document)],
) -> Outcome<(f64, f64)> {
    let (mut sends, mut fetches) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 3 {
        let mut edits = Vec::new();
        for (id, document) in documents.iter_mut() {
            edits.push(push(*id, maker.edit(document)?));
        }
        let body = writer.request(edits);
        let begun = Instant::now();
        writer.sync(&body).await?;
        let sent = begun.elapsed().as_secs_f64() * 1000.0;
        let body = reader.request(Vec::new());
        let begun = Instant::now();
        let response = reader.sync(&body).await?;
        let fetched = begun.elapsed().as_secs_f64() * 1000.0;
        if response.pull.is_empty() && response.packed.is_none() {
            return Err("nothing came".into());
        }
        if round >= 3 {
            sends.push(sent);
            fetches.push(fetched);
        }
    }
    Ok((median(sends), median(fetches)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
