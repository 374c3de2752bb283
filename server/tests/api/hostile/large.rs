//! Records that are as large as they may be, and larger: those who work in the settlement they move to are
//! sent them in responses that a phone can read.

use super::{document, documents_load};
use crate::Outcome;
use crate::phone::{FORM, Phone, enrol};
use axum::http::Method;
use serde_json::json;
use server::testing::{TestError, World};
use shared::id::RecordId;
use shared::policy::Role;
use shared::record::{Document, Edit, FieldPath, ValueKind};
use shared::sync::message::SyncResponse;
use sqlx::ConnectOptions;
use std::collections::BTreeMap;

/// The first works everywhere, the second in GE-1.
async fn scene() -> Result<(World, Phone, Phone), TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let mut phones = Vec::new();
    for (login, villages) in [("luka", json!([])), ("nino", json!(["GE-1"]))] {
        let user = world.person(world.tenant, login, Role::Worker).await?;
        let path = format!("/api/users/{}", user.simple());
        let body = json!({ "villages": villages });
        world.json(Method::POST, &path, Some(&admin), &body).await;
        phones.push(enrol(&world, &admin, user).await?);
    }
    let second = phones.pop().ok_or("no phone")?;
    Ok((world, phones.pop().ok_or("no phone")?, second))
}

/// One more answer of so many bytes; nothing of it is left when it is sent.
fn more(phone: &Phone, document: &mut Document, edits: &[Edit]) -> Vec<u8> {
    let made = document.edit(edits, 1_795_000_000_000, &phone.version);
    made.expect("an edit").expect("a change").bytes
}

fn text(key: usize, bytes: usize) -> Edit {
    Edit::set(FieldPath::top(format!("t{key}")), "x".repeat(bytes), ValueKind::Plain)
}

/// Everything until nothing is left; in how many responses.
async fn all(
    world: &World,
    phone: &mut Phone,
) -> Result<(usize, BTreeMap<RecordId, usize>), TestError> {
    let (mut responses, mut found) = (0, BTreeMap::new());
    loop {
        let response: SyncResponse = phone.sync(world, Vec::new()).await?;
        responses += 1;
        for pulled in response.pull {
            *found.entry(pulled.record).or_default() += pulled.changes.len();
        }
        if !response.more {
            return Ok((responses, found));
        }
        assert!(responses < 50, "it goes on for ever");
    }
}

#[tokio::test]
async fn a_full_record_that_moves_can_be_received() -> Outcome {
    let (world, luka, mut nino) = scene().await?;
    let mut expected = BTreeMap::new();
    for _ in 0..3 {
        let (id, mut record, first) = luka.household("full", "GE-2");
        let mut changes: Vec<Vec<u8>> = first.changes.into_iter().map(Into::into).collect();
        changes.extend((0..4).map(|key| more(&luka, &mut record, &[text(key, 1_300_000)])));
        let response = luka.ask(&world, &luka.request(vec![document(id, changes)])).await?;
        // The fourth long answer would be too much.
        let refused: Vec<(u32, &str)> =
            response.refused.iter().map(|of| (of.change, of.code.as_str())).collect();
        assert_eq!(refused, [(4, "too_large")]);
        expected.insert(id, 5);
    }
    assert!(all(&world, &mut nino).await?.1.is_empty());
    for id in expected.keys() {
        // As its own phone does after it was told: without what was refused.
        let mut record = stored(&world, *id, &luka).await?;
        let moved = more(&luka, &mut record, &[Edit::header("place", "GE-1")]);
        let response = luka.ask(&world, &luka.request(vec![document(*id, vec![moved])])).await?;
        assert!(response.refused.is_empty(), "{:?}", response.refused);
    }
    let (responses, found) = all(&world, &mut nino).await?;
    assert_eq!(found, expected);
    assert!(responses >= 3, "each comes by itself");
    assert_eq!(documents_load(&world).await?, 3);
    Ok(())
}

async fn stored(world: &World, id: RecordId, phone: &Phone) -> Result<Document, TestError> {
    let mut tx = world.state.store.begin(world.tenant).await?;
    let rows = tx.documents(uuid::Uuid::from_bytes(id.0)).await?;
    let snapshot = &rows.first().ok_or("not stored")?.snapshot;
    // Another start of the app: numbers of the first that were refused are not given again.
    let actor = shared::record::Actor { session: [8; 8], ..phone.actor() };
    Ok(Document::load(snapshot, shared::record::Audience::Main, actor)?)
}

/// What a server has stored that knew no limit.
#[tokio::test]
async fn a_record_that_nobody_can_read_keeps_nobody_from_the_rest() -> Outcome {
    let (world, luka, mut nino) = scene().await?;
    let made: Vec<_> = (0..3).map(|_| luka.household("a neighbour", "GE-1")).collect();
    let ids: Vec<RecordId> = made.iter().map(|(id, ..)| *id).collect();
    let push = made.into_iter().map(|(_, _, changes)| changes).collect();
    luka.ask(&world, &luka.request(push)).await?;
    let mut connection = world.owner.connect().await?;
    sqlx::query("UPDATE changes SET raw = decode(repeat('00', $2), 'hex') WHERE record_id = $1")
        .bind(uuid::Uuid::from_bytes(ids[1].0))
        .bind(13_i32 << 20)
        .execute(&mut connection)
        .await?;
    let (_, found) = all(&world, &mut nino).await?;
    assert_eq!(found, BTreeMap::from([(ids[0], 1), (ids[2], 1)]));
    Ok(())
}
