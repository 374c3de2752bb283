//! The invented municipality of `--demo`: people, a phone, households and child surveys that took the
//! same way as real ones. Names are common ones put together at random; nobody is meant.

mod fill;
mod household;
mod names;

use crate::auth::token::Code;
use crate::error::{ApiError, ApiResult};
use crate::http::devices::CODE_MS;
use crate::ingest::{Author, Former, ingest};
use crate::state::AppState;
use crate::store::{NewUser, StoreResult, TenantId};
use form::model::Form;
use household::{Invented, Surveyor};
use minicbor::bytes::ByteVec;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use shared::id::{DeviceId, FormVersionId, StoreId};
use shared::policy::Role;
use shared::record::review::{Flag, Review, ReviewState, Seen};
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::message::DocumentChanges;
use std::sync::Arc;
use uuid::Uuid;

/// The short name of the demonstration's municipality.
pub const SLUG: &str = "gardabani";
/// The password of all its people. The demonstration holds nothing worth guarding.
const PASSWORD: &str = "demo-gardabani";
const SEED: u64 = 20_261_121;
const DAY_MS: i64 = 24 * 3_600_000;
/// Records a batch: what a phone sends after a few days in the village.
const BATCH: usize = 60;

const PEOPLE: [(&str, &str, Role); 3] = [
    ("mariam", "მარიამ გელაშვილი", Role::Worker),
    ("nino", "ნინო მაისურაძე", Role::Reviewer),
    ("giorgi", "გიორგი ლომიძე", Role::Administrator),
];

/// Its name.
pub fn name() -> Value {
    json!({ "ka": "გარდაბნის მუნიციპალიტეტი", "en": "Gardabani Municipality" })
}

/// Somebody who writes: a person's phone, or their place in the office.
struct Writer {
    author: Author,
    actor: Actor,
}

/// Fills an empty municipality.
pub async fn fill(state: &AppState, tenant: TenantId, households: usize) -> ApiResult<()> {
    println!("Inventing {households} households …");
    let mut random = StdRng::seed_from_u64(SEED);
    let users = make_people(state, tenant, &mut random).await?;
    let worker = make_writer(state, tenant, users[0], "Samsung A15", &mut random).await?;
    let second = make_writer(state, tenant, users[0], "Redmi 12", &mut random).await?;
    let reviewer = make_office(state, tenant, users[1], &mut random).await?;
    let forms = find_forms(state, tenant).await?;
    let now_ms = state.now_ms();
    let mut surveyor = Surveyor { random, forms, actor: worker.actor, now_ms };
    let mut done = 0;
    while done < households {
        let count = BATCH.min(households - done);
        let (back, invented) = tokio::task::spawn_blocking(move || {
            let invented: Vec<Invented> =
                (0..count).flat_map(|at| surveyor.household(done + at)).collect();
            (surveyor, invented)
        })
        .await
        .map_err(|_| ApiError::internal("the demonstration's households could not be made"))?;
        surveyor = back;
        send(state, worker.author, invented.iter().flat_map(|record| &record.first)).await?;
        let writers = [&worker, &second, &reviewer];
        let edits = later_edits(&mut surveyor.random, invented, writers, now_ms)?;
        send(state, worker.author, &edits.first_phone).await?;
        send(state, second.author, &edits.second_phone).await?;
        send(state, reviewer.author, &edits.office).await?;
        done += count;
        println!("  {done} of {households}");
    }
    Ok(())
}

async fn send(
    state: &AppState,
    author: Author,
    documents: impl IntoIterator<Item = &DocumentChanges>,
) -> ApiResult<()> {
    let documents: Vec<DocumentChanges> = documents.into_iter().cloned().collect();
    if documents.is_empty() {
        return Ok(());
    }
    let outcome = ingest(state, author, documents).await?;
    match outcome.refused.first() {
        None => Ok(()),
        Some(refused) => Err(ApiError::internal(format!("a change was refused: {}", refused.code))),
    }
}

async fn make_people(
    state: &AppState,
    tenant: TenantId,
    random: &mut StdRng,
) -> ApiResult<Vec<Uuid>> {
    let hash = state.passwords.hash(PASSWORD).await?;
    let mut tx = state.store.begin(tenant).await?;
    let mut users = Vec::new();
    for (login, name, role) in PEOPLE {
        let user_id = Uuid::from_bytes(random.random());
        tx.create_user(&NewUser {
            user_id,
            login,
            name,
            role: role.name(),
            password_hash: Some(&hash),
            villages: &[],
            now_ms: state.now_ms(),
        })
        .await?;
        users.push(user_id);
    }
    tx.commit().await?;
    Ok(users)
}

async fn make_writer(
    state: &AppState,
    tenant: TenantId,
    user: Uuid,
    label: &str,
    random: &mut StdRng,
) -> ApiResult<Writer> {
    let device: [u8; 8] = random.random();
    let mut tx = state.store.begin(tenant).await?;
    // The hash of no token: these phones exist on paper only.
    tx.create_device(&device, user, &random.random(), label, state.now_ms()).await?;
    tx.commit().await?;
    Ok(writer(tenant, user, device, false, random))
}

async fn make_office(
    state: &AppState,
    tenant: TenantId,
    user: Uuid,
    random: &mut StdRng,
) -> ApiResult<Writer> {
    let (fresh, no_token) = (random.random(), random.random());
    let mut tx = state.store.begin(tenant).await?;
    let device = tx.office_device(user, &fresh, &no_token, state.now_ms()).await?;
    tx.commit().await?;
    Ok(writer(tenant, user, device, true, random))
}

fn writer(
    tenant: TenantId,
    user: Uuid,
    device: [u8; 8],
    may_review: bool,
    random: &mut StdRng,
) -> Writer {
    let device = DeviceId(device);
    let store = StoreId(random.random());
    let former = Former::default();
    let author = Author { tenant, user, device, former, store, may_review, may_protect: true };
    Writer { author, actor: Actor { device, session: random.random() } }
}

/// The household and the child survey.
pub struct Forms {
    pub household: (Arc<Form>, FormVersionId),
    pub child: (Arc<Form>, FormVersionId),
}

async fn find_forms(state: &AppState, tenant: TenantId) -> ApiResult<Forms> {
    let mut tx = state.store.begin(tenant).await?;
    let mut found = Vec::new();
    let rows = tx.forms().await?;
    for wanted in ["hh_core", "child_core"] {
        let missing = || ApiError::internal(format!("the form {wanted} is not published"));
        let row = rows.iter().find(|row| row.form_id == wanted).ok_or_else(missing)?;
        let version = FormVersionId::from_slice(&row.current_version).ok_or_else(missing)?;
        let form = state.forms.get(&mut tx, version).await?.ok_or_else(missing)?;
        found.push((form, version));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(household), Some(child)) => Ok(Forms { household, child }),
        _ => Err(ApiError::internal("the demonstration's forms are missing")),
    }
}

/// What happened to the records of a batch after they were first sent.
#[derive(Default)]
struct Later {
    first_phone: Vec<DocumentChanges>,
    second_phone: Vec<DocumentChanges>,
    office: Vec<DocumentChanges>,
}

fn later_edits(
    random: &mut StdRng,
    invented: Vec<Invented>,
    [worker, second, reviewer]: [&Writer; 3],
    now_ms: i64,
) -> ApiResult<Later> {
    let mut later = Later::default();
    for record in invented {
        // A few households were corrected on two phones without contact.
        if record.finished && !record.is_child && random.random_ratio(1, 40) {
            let stored = record.document.clone().save();
            for (writer, changes, value) in
                [(worker, &mut later.first_phone, "3"), (second, &mut later.second_phone, "4")]
            {
                let mut document = load(&stored, writer.actor)?;
                let edit = Edit::set(FieldPath::top("rooms"), value, ValueKind::Integer);
                add(changes, &record, &mut document, &[edit], record.at_ms + DAY_MS)?;
            }
        } else {
            decide(random, &record, reviewer.actor, now_ms, &mut later)?;
        }
    }
    Ok(later)
}

/// The reviewer's decision on some of the finished records.
fn decide(
    random: &mut StdRng,
    record: &Invented,
    reviewer: Actor,
    now_ms: i64,
    later: &mut Later,
) -> ApiResult<()> {
    let decided = match random.random_range(0..100) {
        _ if !record.finished => return Ok(()),
        0..45 => (ReviewState::Approved, "", ""),
        45..57 => {
            (ReviewState::Returned, "დააზუსტეთ გათბობის წყარო და ოთახების რაოდენობა.", "rooms")
        }
        57..59 => (ReviewState::Rejected, "ოჯახი ორჯერ არის ჩაწერილი.", ""),
        _ => return Ok(()),
    };
    let (to, reason, flagged) = decided;
    let mut document = load(&record.document.clone().save(), reviewer)?;
    let header = document.header();
    let before = Review::read(&header, &document.review_entries(), || false);
    let flags: Vec<Flag> = match flagged {
        "" => Vec::new(),
        _ if record.is_child => Vec::new(),
        key => vec![Flag {
            path: FieldPath::top(key), text: "რამდენი ოთახია?".to_owned()
        }],
    };
    let at_ms = (record.at_ms + 2 * DAY_MS).min(now_ms);
    let mut edits = Review::decide(&before, &header, to, reason, PEOPLE[1].1, at_ms, &flags);
    let seen = Seen { main: document.heads(), protection: record.protection.clone() };
    edits.push(seen.edit());
    add(&mut later.office, record, &mut document, &edits, at_ms)
}

fn load(stored: &[u8], actor: Actor) -> ApiResult<Document> {
    Document::load(stored, Audience::Main, actor)
        .map_err(|error| ApiError::internal(error.to_string()))
}

fn add(
    changes: &mut Vec<DocumentChanges>,
    record: &Invented,
    document: &mut Document,
    edits: &[Edit],
    at_ms: i64,
) -> ApiResult<()> {
    let change = document
        .edit(edits, at_ms, &record.version.to_string())
        .map_err(|error| ApiError::internal(error.to_string()))?;
    changes.extend(change.map(|change| DocumentChanges {
        record: record.id,
        audience: Audience::Main,
        changes: vec![ByteVec::from(change.bytes)],
    }));
    Ok(())
}

/// Prints how to get in, with a fresh enrolment code.
pub async fn announce(state: &AppState, tenant: TenantId) -> ApiResult<()> {
    println!("Demonstration: Gardabani (გარდაბანი), everything in it is invented.");
    println!("  Office: {}/office", state.site.public_url);
    for (login, name, role) in PEOPLE {
        println!("    {login:<8} {PASSWORD}   {} ({name})", role.name());
    }
    match new_code(state, tenant).await {
        Ok(None) => {}
        Ok(Some(code)) => println!(
            "  Phone:  {}/  enrolment code {code} (once, for 15 minutes)",
            state.site.public_url
        ),
        // The server starts all the same.
        Err(error) if error.is_read_only() => {
            println!("  Phone:  no enrolment code while the database takes no writes");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn new_code(state: &AppState, tenant: TenantId) -> StoreResult<Option<Code>> {
    let mut tx = state.store.begin(tenant).await?;
    let Some(worker) = tx.user_by_login(PEOPLE[0].0).await? else { return Ok(None) };
    let (code, now_ms) = (Code::new(tenant), state.now_ms());
    tx.create_code(&code.hash(), worker.user_id, None, now_ms, now_ms + CODE_MS).await?;
    tx.commit().await?;
    Ok(Some(code))
}
