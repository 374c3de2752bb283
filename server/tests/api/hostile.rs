//! Hostile bytes: a corpus of our own making, sent to a real server with real worker processes. Nothing
//! in it may end the server, cost anybody else anything, or be stored as part of a document.

mod corpus;
mod large;

use super::Outcome;
use super::phone::{FORM, Phone, enrol};
use corpus::{Corpus, Sample};
use minicbor::bytes::{ByteSlice, ByteVec};
use server::testing::{TestError, World};
use server::worker::message::{Changes, RecordJob, StoredDocument};
use server::worker::{Allowance, CompiledForms, Outcome as Worked, Program, Workers};
use shared::id::{ChangeHash, RecordId};
use shared::policy::Role;
use shared::record::{Actor, Audience, Document};
use shared::sync::message::DocumentChanges;
use sqlx::ConnectOptions;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

async fn world() -> Result<(World, Phone), TestError> {
    // A phone that sends such things is paused soon (`fairness.rs`); what they do before that is asked here.
    let world = World::new().await?.with_state(|state| state.quarantine_after = 0);
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = enrol(&world, &admin, user).await?;
    Ok((world, phone))
}

fn document(record: RecordId, changes: Vec<Vec<u8>>) -> DocumentChanges {
    let changes = changes.into_iter().map(ByteVec::from).collect();
    DocumentChanges { record, audience: Audience::Main, changes }
}

/// Every stored document loads and has the heads that its row says.
async fn documents_load(world: &World) -> Result<usize, TestError> {
    let mut connection = world.owner.connect().await?;
    let rows: Vec<(Vec<u8>, Vec<Vec<u8>>)> =
        sqlx::query_as("SELECT snapshot, heads FROM documents").fetch_all(&mut connection).await?;
    let reader = Actor { device: shared::id::DeviceId([1; 8]), session: [1; 8] };
    for (snapshot, heads) in &rows {
        let mut document = Document::load(snapshot, Audience::Main, reader)?;
        let found: Vec<Vec<u8>> = document.heads().iter().map(|head| head.0.to_vec()).collect();
        assert_eq!(&found, heads);
    }
    Ok(rows.len())
}

#[tokio::test]
async fn bombs_are_refused_and_their_neighbours_stored() -> Outcome {
    let (world, phone) = world().await?;
    let mut corpus = Corpus::new(&phone, 1);
    let mut push = Vec::new();
    let mut expected: BTreeMap<usize, &str> = BTreeMap::new();
    for Sample { code, changes, record, .. } in corpus.bombs() {
        push.push(phone.household("a neighbour", "").2);
        expected.insert(push.len(), code);
        push.push(document(record, changes));
    }
    push.push(phone.household("the last", "").2);
    let neighbours = push.len() - expected.len();
    let response = phone.ask(&world, &phone.request(push)).await?;
    let refused: BTreeMap<usize, &str> = response
        .refused
        .iter()
        .map(|refused| (refused.document as usize, refused.code.as_str()))
        .collect();
    assert_eq!(refused, expected);
    assert_eq!(documents_load(&world).await?, neighbours);
    Ok(())
}

/// Changes whose bytes were altered and whose checksums were put right again, alone and on top of good
/// documents; cut ones, doubled ones, and such with dependencies that do not exist.
#[tokio::test]
async fn altered_changes_harm_nobody() -> Outcome {
    let (world, phone) = world().await?;
    let (good, mut mine, first) = phone.household("good", "");
    let before = mine.changes().len();
    phone.ask(&world, &phone.request(vec![first])).await?;
    let mut corpus = Corpus::new(&phone, 2);
    let mut neighbours = 1;
    for _ in 0..12 {
        let mut push = Vec::new();
        for sample in corpus.altered(150) {
            push.push(document(sample.record, sample.changes));
        }
        for bytes in corpus.altered_edits(good, &mut mine, 50) {
            push.push(document(good, vec![bytes]));
        }
        let (neighbour, _, changes) = phone.household("neighbour", "");
        push.push(changes);
        let at = push.len() - 1;
        let response = phone.ask(&world, &phone.request(push)).await?;
        assert!(response.refused.iter().all(|refused| refused.document as usize != at));
        let mut tx = world.state.store.begin(world.tenant).await?;
        assert!(tx.record(uuid::Uuid::from_bytes(neighbour.0)).await?.is_some());
        neighbours += 1;
    }
    assert!(documents_load(&world).await? >= neighbours);
    assert_eq!(mine.changes().len(), before, "the corpus must not change its source");
    Ok(())
}

fn job<'a>(phone: &Phone, record: RecordId, change: &'a [u8]) -> RecordJob<'a> {
    RecordJob {
        record,
        device: phone.device,
        may_review: false,
        may_protect: true,
        now_ms: 0,
        stored: Vec::new(),
        batch: vec![Changes {
            audience: Audience::Main,
            changes: vec![<&ByteSlice>::from(change)],
        }],
        version: None,
        problems: 0,
        forms: Vec::new(),
        roster: None,
        former: Vec::new(),
        logged: BTreeMap::new(),
        anew: false,
        log: None,
    }
}

/// What the scan would have stopped, handed to the workers all the same: the records around it are done.
#[tokio::test]
async fn an_explosive_record_is_refused_alone() -> Outcome {
    let (world, phone) = world().await?;
    let bomb = Corpus::new(&phone, 3).explosive();
    let made: Vec<_> = (0..3).map(|_| phone.household("a neighbour", "")).collect();
    let mut jobs: Vec<_> =
        made.iter().map(|(record, _, changes)| job(&phone, *record, &changes.changes[0])).collect();
    let (snapshot, heads) = (<&ByteSlice>::from(&bomb[..]), vec![ChangeHash([1; 32])]);
    jobs[1].stored.push(StoredDocument { audience: Audience::Main, snapshot, heads });
    let outcomes = world.state.workers.records(&jobs, &CompiledForms::new()).await?;
    let done =
        |outcome: &Worked| matches!(outcome, Worked::Done(done) if done.projection.is_some());
    assert!(done(&outcomes[0]) && !done(&outcomes[1]) && done(&outcomes[2]), "{outcomes:?}");
    Ok(())
}

/// Workers that always die at their limits: each record is tried alone before it is refused, and after
/// a few of them the rest of the batch has to wait.
#[tokio::test]
async fn deaths_are_counted_against_the_batch() -> Outcome {
    let (_world, phone) = world().await?;
    let arguments = vec!["-c".to_owned(), "kill -ABRT $$".to_owned()];
    let workers = Workers::new(Program { path: "/bin/sh".into(), arguments }, 1);
    let made: Vec<_> = (0..10).map(|_| phone.household("a", "")).collect();
    let jobs: Vec<_> =
        made.iter().map(|(record, _, changes)| job(&phone, *record, &changes.changes[0])).collect();
    let outcomes = workers.records(&jobs, &CompiledForms::new()).await?;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Worked::Exhausting)).count();
    let waiting = outcomes.iter().filter(|outcome| matches!(outcome, Worked::NotTried)).count();
    assert_eq!((refused, waiting), (8, 2));
    Ok(())
}

fn one_worker(allowance: Allowance) -> Result<Workers, TestError> {
    let program = Program { path: server::testing::program()?, arguments: vec!["worker".into()] };
    Ok(Workers::with_allowance(program, 1, allowance))
}

/// One child, and a batch that is worked on already: another one's only record is done before that batch is.
#[tokio::test]
async fn a_long_batch_gives_way_to_a_short_one() -> Outcome {
    let (_world, phone) = world().await?;
    let workers = one_worker(Allowance { turn: Duration::ZERO, batch: Duration::MAX })?;
    let made: Vec<_> = (0..40).map(|_| phone.household("a", "")).collect();
    let jobs: Vec<_> =
        made.iter().map(|(record, _, changes)| job(&phone, *record, &changes.changes[0])).collect();
    let (forms, order) = (CompiledForms::new(), Mutex::new(Vec::new()));
    let send = async |name: &'static str, jobs: &[RecordJob<'_>]| {
        let outcomes = workers.records(jobs, &forms).await?;
        let done = outcomes.iter().filter(|outcome| matches!(outcome, Worked::Done(_))).count();
        order.lock().expect("nobody panics").push((name, done));
        Outcome::Ok(())
    };
    let (long, short) = tokio::join!(send("long", &jobs), send("short", &jobs[..1]));
    long?;
    short?;
    assert_eq!(*order.lock().expect("nobody panics"), [("short", 1), ("long", 40)]);
    Ok(())
}

/// What a batch is not given time for comes again, and nothing of it is lost or held.
#[tokio::test]
async fn a_batch_that_takes_long_is_taken_in_parts() -> Outcome {
    let (world, phone) = world().await?;
    let allowance = Allowance { turn: Duration::ZERO, batch: Duration::ZERO };
    let world = world.with_workers(one_worker(allowance)?);
    let mut push: Vec<_> = (0..3).map(|_| phone.household("a", "").2).collect();
    for left in [2, 1, 0] {
        let response = phone.ask(&world, &phone.request(push.clone())).await?;
        assert!(response.refused.iter().all(|refused| !refused.permanent));
        push = response.refused.iter().map(|of| push[of.document as usize].clone()).collect();
        assert_eq!(push.len(), left);
    }
    assert_eq!(documents_load(&world).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced() -> Outcome {
    let (world, mut phone) = world().await?;
    phone.sync(&world, vec![phone.household("before", "").2]).await?;
    for child in world.state.workers.ids() {
        let _ = std::process::Command::new("kill").args(["-9", &child.to_string()]).status()?;
    }
    let response = phone.sync(&world, vec![phone.household("after", "").2]).await?;
    assert!(response.refused.is_empty());
    assert_eq!(documents_load(&world).await?, 2);
    Ok(())
}

/// A workbook that unpacks to far more than a worker may use, and one that is none.
#[tokio::test]
async fn workbooks_are_read_at_arms_length() -> Outcome {
    use axum::http::Method;
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    for bytes in [corpus::workbook_bomb()?, b"PK\x03\x04 no".to_vec()] {
        let body = Some((server::forms::WORKBOOK, bytes));
        let answer = world.request(Method::POST, "/api/forms", Some(&admin), body).await;
        assert_eq!(answer.code(), "form_invalid");
    }
    let body = Some((server::forms::MARKDOWN, FORM.as_bytes().to_vec()));
    let answer = world.request(Method::POST, "/api/forms", Some(&admin), body).await;
    assert_eq!(answer.json()["form"]["form_id"], "test");
    Ok(())
}
