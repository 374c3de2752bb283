//! What hostile bytes cost the server: batches of altered changes and small ones that unpack to much, sent
//! to a real server between honest records.

use crate::Outcome;
use crate::corpus::Corpus;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use crate::phone::FORM;
use serde_json::json;
use shared::record::{Audience, Document};
use shared::sync::codec::decode;
use shared::sync::message::{DocumentChanges, SyncResponse};
use sqlx::ConnectOptions;
use tests::records::{Maker, form};

/// Megabytes by which the server may grow, and that a worker may use.
const GROWTH: f64 = 32.0;
const WORKER: f64 = 256.0;
/// Honest requests first: their records fill the largest response.
const HONEST: usize = 120;
/// As many as in a hostile batch.
const PER_REQUEST: usize = 150;

pub async fn run(changes: usize) -> Outcome {
    let machine = Machine::start("hostile").await?;
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
    documents_load(&machine).await?;
    machine.stop().await?;
    if growth > GROWTH || after.worker_mb > WORKER {
        return Err("above the limit".into());
    }
    Ok(())
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
