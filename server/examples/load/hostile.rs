//! What hostile bytes cost the server: batches of altered changes and small ones that unpack to much, sent
//! to a real server between honest records.

use crate::Outcome;
use crate::corpus::Corpus;
use crate::latency::Latencies;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use crate::phone::FORM;
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::decode;
use shared::sync::message::{DocumentChanges, SyncResponse};
use sqlx::ConnectOptions;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tests::records::{Maker, form};

/// Megabytes by which the server may grow, and that a worker may use.
const GROWTH: f64 = 32.0;
const WORKER: f64 = 256.0;
/// Honest requests first: their records fill the largest response.
const HONEST: usize = 120;
/// As many as in a hostile batch.
const PER_REQUEST: usize = 150;

pub async fn run(changes: usize) -> Outcome {
    // A phone that sends such things is paused soon; what it costs before that is asked here.
    let never = [("KARDAKAR_PAUSE_AFTER", "0".to_owned())];
    let machine = Machine::start_with("hostile", &never).await?;
    let mut office = Office::open(&machine).await?;
    office.publish(FORM).await?;
    office.publish(&form()).await?;
    let user = office.worker("attacker").await?;
    let mut phone = office.phone(&user).await?;
    let neighbour = office.worker("neighbour").await?;
    let mut neighbour = office.phone(&neighbour).await?;
    let mut maker = Maker::new(neighbour.device, neighbour.form.clone(), 1);
    // Caches and pools have their size before anything hostile comes, and a phone that is empty has
    // fetched all there is, as each hostile request does after it.
    for round in 0..HONEST {
        honest(&mut neighbour, &mut maker).await?;
        if round % 10 == 9 {
            fetch(&mut phone).await?;
        }
    }
    let before = machine.usage();
    println!("before anything hostile: {:.1} MB", before.server_mb);
    let (mut sent, mut refused, mut seed) = (0, 0, 0);
    while sent < changes {
        seed += 1;
        let batch = batch(&phone, seed)?;
        sent += batch.iter().map(|document| document.changes.len()).sum::<usize>();
        let answer = phone.send(&phone.request(batch)).await?;
        let mut response: SyncResponse = decode(&answer.body)
            .map_err(|_| format!("a hostile batch: {} {}", answer.status, answer.json()))?;
        response.unpack()?;
        refused += response.refused.len();
        honest(&mut neighbour, &mut maker).await?;
    }
    let after = machine.usage();
    let growth = after.server_mb - before.server_mb;
    println!("{sent} hostile changes, {refused} refused, no neighbour harmed");
    println!(
        "the server grew by {growth:.1} MB (limit {GROWTH}); a worker had {:.0} MB (limit {WORKER})",
        after.worker_mb
    );
    println!(
        "{}",
        json!({ "bench": "hostile", "changes": sent, "refused": refused, "growth_mb": growth,
                "worker_mb": after.worker_mb })
    );
    slow(&machine, &mut office, &mut neighbour, &mut maker).await?;
    println!("after that the server has had {:.1} MB at most", machine.usage().server_mb);
    documents_load(&machine).await?;
    machine.stop().await?;
    if growth > GROWTH || after.worker_mb > WORKER {
        return Err("above the limit".into());
    }
    Ok(())
}

/// Batches of changes that are all in order and take long: they are small on the wire, and each is as large
/// as a change may be. Beside them an honest phone sends one record at a time, and an office opens its list.
async fn slow(
    machine: &Machine,
    office: &mut Office,
    neighbour: &mut Phone,
    maker: &mut Maker,
) -> Outcome {
    let user = office.worker("slow").await?;
    let attacker = office.phone(&user).await?;
    println!(
        "An honest neighbour, beside batches of changes that are in order and take long, in ms"
    );
    Latencies::head();
    let alone = Latencies::take(machine, office, neighbour, maker).await?;
    alone.print("alone");
    let running = Arc::new(AtomicBool::new(true));
    let slow = Arc::new(Slow::new(&attacker)?);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let mut phone = attacker.again();
            let (running, slow) = (running.clone(), slow.clone());
            tokio::spawn(async move {
                let (mut taken, mut later, mut sent) = (0, 0, 0);
                while running.load(Relaxed) {
                    // One large batch, and many small ones beside it.
                    let body = phone.request(slow.batch(if number == 0 { 36 } else { 3 }));
                    sent += body.len();
                    match phone.send(&body).await.map(|answer| answer.status) {
                        Ok(200) => taken += 1,
                        Ok(429 | 503) | Err(_) => {
                            later += 1;
                            tokio::time::sleep(Duration::from_millis(200)).await;
                        }
                        Ok(other) => return Err(format!("a slow batch: {other}").into()),
                    }
                }
                Outcome::Ok((taken, later, sent))
            })
        })
        .collect();
    let beside = Latencies::take(machine, office, neighbour, maker).await;
    running.store(false, Relaxed);
    let (mut taken, mut later, mut sent) = (0, 0, 0);
    for task in tasks {
        let of = task.await??;
        (taken, later, sent) = (taken + of.0, later + of.1, sent + of.2);
    }
    let beside = beside?;
    beside.print("beside slow batches");
    println!("slow batches: {taken} worked on, {later} sent away or cut, {sent} bytes sent");
    println!(
        "{}",
        json!({ "bench": "hostile", "slow": true, "alone": alone.json(), "beside": beside.json(),
                "batches": taken, "later": later, "bytes": sent })
    );
    Ok(())
}

/// As many connections as one phone attacks over.
const CONNECTIONS: usize = 18;
/// Nine changes, each with one letter nearly twenty thousand times. Made once and then given to one new
/// record after the other: making them takes as long as merging them does.
struct Slow {
    record: shared::id::RecordId,
    changes: Vec<Vec<u8>>,
}

/// Behind the magic bytes come the checksum and then what it is made of.
const HASHED: usize = 8;

impl Slow {
    fn new(phone: &Phone) -> Outcome<Self> {
        let actor = shared::record::Actor { device: phone.device, session: rand::random() };
        let record = shared::id::RecordId::v7(1_795_000_000_000, rand::random());
        let mut document = Document::create(record, "test", actor);
        let mut changes = Vec::new();
        for key in 0..9 {
            let path = FieldPath::top(format!("t{key}"));
            let edit = Edit::set(path, "x".repeat(19_900), ValueKind::LongText);
            let made = document.edit(&[edit], 1_795_000_000_000, &phone.form)?;
            changes.extend(made.map(|change| change.bytes));
        }
        Ok(Self { record, changes })
    }

    /// The same for new records: the first change names the record, each other one the hash of the one before.
    fn batch(&self, documents: usize) -> Vec<DocumentChanges> {
        let document = |_| {
            let record = shared::id::RecordId::v7(1_795_000_000_000, rand::random());
            let (mut before, mut now) = (self.record.0.to_vec(), record.0.to_vec());
            let mut changes = Vec::new();
            for change in &self.changes {
                let mut bytes = change.clone();
                let at = bytes.windows(before.len()).position(|part| part == before);
                if let Some(at) = at {
                    bytes[at..at + now.len()].copy_from_slice(&now);
                }
                before = Sha256::digest(&change[HASHED..]).to_vec();
                now = Sha256::digest(&bytes[HASHED..]).to_vec();
                bytes[HASHED - 4..HASHED].copy_from_slice(&now[..4]);
                changes.push(bytes.into());
            }
            DocumentChanges { record, audience: Audience::Main, changes }
        };
        (0..documents).map(document).collect()
    }
}

/// Everything from the beginning, which is not kept.
async fn fetch(phone: &mut Phone) -> Outcome {
    let answer = phone.send(&phone.request(Vec::new())).await?;
    let mut response: SyncResponse = decode(&answer.body)?;
    response.unpack()?;
    Ok(())
}

/// Every record of an honest phone is taken.
async fn honest(phone: &mut Phone, maker: &mut Maker) -> Outcome {
    let mut documents = Vec::with_capacity(PER_REQUEST);
    for _ in 0..PER_REQUEST {
        let (id, _, bytes) = maker.record()?;
        documents.push(push(id, bytes));
    }
    let body = phone.request(documents);
    phone.sync(&body).await?;
    Ok(())
}

fn batch(phone: &Phone, seed: u64) -> Outcome<Vec<DocumentChanges>> {
    let source = crate::phone::Phone {
        device: phone.device,
        token: String::new(),
        store: phone.store,
        cursor: 0,
        directory: 0,
        ticket: None,
        version: phone.form.clone(),
        forms: phone.forms.clone(),
    };
    let mut corpus = Corpus::new(&source, seed);
    let mut samples = corpus.altered(150);
    samples.extend(corpus.bombs());
    Ok(samples
        .into_iter()
        .map(|sample| DocumentChanges {
            record: sample.record,
            audience: Audience::Main,
            changes: sample.changes.into_iter().map(Into::into).collect(),
        })
        .collect())
}

/// What is stored loads, and has the heads that its row says.
async fn documents_load(machine: &Machine) -> Outcome {
    let mut connection = machine.owner().connect().await?;
    let rows: Vec<(Vec<u8>, Vec<Vec<u8>>)> =
        sqlx::query_as("SELECT snapshot, heads FROM documents").fetch_all(&mut connection).await?;
    let reader = shared::record::Actor { device: shared::id::DeviceId([1; 8]), session: [1; 8] };
    for (snapshot, heads) in &rows {
        let mut document = Document::load(snapshot, Audience::Main, reader)?;
        let found: Vec<Vec<u8>> = document.heads().iter().map(|head| head.0.to_vec()).collect();
        if found != *heads {
            return Err("a stored document has other heads than its row says".into());
        }
    }
    println!("{} stored documents load with the heads of their rows", rows.len());
    Ok(())
}
