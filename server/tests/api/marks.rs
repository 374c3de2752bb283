//! Records whose rows could not be made, and changes that wait for others: both heal, or are shown to people.

use super::Outcome;
use super::phone::change;
use super::scene::{self, Scene};
use axum::http::{Method, StatusCode};
use serde_json::json;
use server::ingest::{WAITING_MS, heal};
use server::testing::{TestError, World};
use shared::id::RecordId;
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::message::DocumentChanges;
use sqlx::{ConnectOptions, FromRow};

/// The first phone sees the whole municipality, the other the settlement GE-1.
async fn scene() -> Result<Scene, TestError> {
    let scene = scene::scene().await?;
    let path = format!("/api/users/{}", scene.mari.simple());
    let (admin, only) = (Some(&scene.admin[..]), json!({ "villages": ["GE-1"] }));
    let answer = scene.world.json(Method::POST, &path, admin, &only).await;
    assert_eq!(answer.status, StatusCode::OK);
    Ok(scene)
}

async fn rows<T>(world: &World, sql: &'static str) -> Result<Vec<T>, TestError>
where
    T: for<'r> FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    let mut connection = world.owner.connect().await?;
    Ok(sqlx::query_as(sql).fetch_all(&mut connection).await?)
}

async fn alter(world: &World, sql: &'static str) -> Outcome {
    let mut connection = world.owner.connect().await?;
    sqlx::query(sql).execute(&mut connection).await?;
    Ok(())
}

/// The database gives a main document back damaged, and the log from which it could be made anew as well.
const DAMAGE: [&str; 2] = [
    "UPDATE documents SET snapshot = '\\x00' WHERE audience = 0",
    "UPDATE changes SET raw = '\\x00' WHERE audience = 0",
];
/// Both as they were.
const REPAIR: [&str; 2] = [
    "UPDATE documents d SET snapshot = k.snapshot FROM kept k
     WHERE d.record_id = k.record_id AND d.audience = 0",
    "UPDATE changes c SET raw = k.raw FROM kept_log k WHERE c.seq = k.seq",
];

/// A finished household whose companion changes while its main document is damaged: the change is taken in, and its
/// rows cannot be made.
async fn without_row(scene: &mut Scene) -> Result<(RecordId, Document), TestError> {
    let Scene { world, phone, .. } = scene;
    let (id, document, first) = phone.household("ბერიძე", "GE-1");
    phone.sync(world, vec![first]).await?;
    alter(world, "CREATE TABLE kept AS SELECT record_id, snapshot FROM documents").await?;
    alter(world, "CREATE TABLE kept_log AS SELECT seq, raw FROM changes").await?;
    for sql in DAMAGE {
        alter(world, sql).await?;
    }
    let mut companion = Document::create_companion(id, phone.actor());
    let edit = [Edit::Set {
        path: FieldPath::top("flag"),
        value: "physical".into(),
        kind: ValueKind::Plain,
        audience: Audience::Protection,
    }];
    let made = companion.edit(&edit, 1_795_000_000_000, &phone.version)?.ok_or("no change")?;
    let changes = companion.changes().into_iter().map(|change| change.bytes.into()).collect();
    let push = DocumentChanges { record: id, audience: Audience::Protection, changes };
    assert!(!made.bytes.is_empty());
    let response = phone.sync(world, vec![push]).await?;
    assert!(response.refused.is_empty(), "it is taken in: {:?}", response.refused);
    for sql in REPAIR {
        alter(world, sql).await?;
    }
    Ok((id, document))
}

async fn listed(scene: &Scene) -> usize {
    let count = async |path, cookie| {
        let told = scene.world.get(path, Some(cookie)).await.json();
        told["unprojected"].as_array().map(Vec::len)
    };
    let reviewer = count("/api/wedged", &scene.reviewer).await;
    assert_eq!(count("/api/devices", &scene.admin).await, reviewer);
    reviewer.expect("a list")
}

#[tokio::test]
async fn rows_that_could_not_be_made_are_made_by_the_next_change() -> Outcome {
    let mut scene = scene().await?;
    let (id, mut document) = without_row(&mut scene).await?;
    assert_eq!(listed(&scene).await, 1, "the office sees it");
    let edit = [Edit::set(FieldPath::top("rooms"), "4", ValueKind::Integer)];
    let push = change(id, &mut document, &edit, &scene.phone.version.clone());
    scene.phone.sync(&scene.world, vec![push]).await?;
    assert_eq!(listed(&scene).await, 0);
    let answers: Vec<(serde_json::Value,)> =
        rows(&scene.world, "SELECT answers FROM record_answers ORDER BY audience").await?;
    assert_eq!(answers[0].0["rooms"], "4");
    assert_eq!(answers[1].0["flag"], "physical");
    Ok(())
}

#[tokio::test]
async fn rows_that_could_not_be_made_are_made_at_the_start() -> Outcome {
    let mut scene = scene().await?;
    without_row(&mut scene).await?;
    let answers = "SELECT answers FROM record_answers WHERE audience = 1";
    assert!(rows::<(serde_json::Value,)>(&scene.world, answers).await?.is_empty());
    // As long as it cannot be done it stays marked, and is counted.
    for sql in DAMAGE {
        alter(&scene.world, sql).await?;
    }
    assert_eq!(heal(&scene.world.state, scene.world.tenant, true).await?, (0, 1));
    assert_eq!(rows::<(i32,)>(&scene.world, "SELECT tries FROM unprojected").await?, [(2,)]);
    for sql in REPAIR {
        alter(&scene.world, sql).await?;
    }
    assert_eq!(heal(&scene.world.state, scene.world.tenant, true).await?, (1, 0));
    assert_eq!(listed(&scene).await, 0);
    assert_eq!(rows::<(serde_json::Value,)>(&scene.world, answers).await?[0].0["flag"], "physical");
    assert_eq!(heal(&scene.world.state, scene.world.tenant, true).await?, (0, 0));
    Ok(())
}

/// What an older server left: a document that no list has ever known.
#[tokio::test]
async fn a_record_that_never_had_a_row_gets_one_and_reaches_phones() -> Outcome {
    let mut scene = scene().await?;
    let (id, _, first) = scene.phone.household("ბერიძე", "GE-1");
    scene.phone.sync(&scene.world, vec![first]).await?;
    let before =
        "SELECT form_id, title, village, finished, review_state, round, author_id, device_id,
                         started_at_ms / 1000 * 1000, updated_at_ms, household_id FROM records";
    type Row = (
        String,
        String,
        String,
        bool,
        String,
        i32,
        Option<uuid::Uuid>,
        Option<Vec<u8>>,
        i64,
        i64,
        Option<uuid::Uuid>,
    );
    let whole: Vec<Row> = rows(&scene.world, before).await?;
    let form: Vec<(Vec<u8>,)> = rows(&scene.world, "SELECT form_version FROM records").await?;
    for sql in ["DELETE FROM records", "DELETE FROM record_answers", "DELETE FROM members"] {
        alter(&scene.world, sql).await?;
    }
    let there = |pull: &[DocumentChanges]| pull.iter().any(|of| of.record == id);
    let got = scene.colleague.sync(&scene.world, vec![]).await?;
    assert!(!there(&got.pull), "without a row nobody knows where it lies");

    assert_eq!(heal(&scene.world.state, scene.world.tenant, false).await?, (0, 0));
    assert_eq!(heal(&scene.world.state, scene.world.tenant, true).await?, (1, 0));
    assert_eq!(rows::<Row>(&scene.world, before).await?, whole);
    assert_eq!(rows::<(Vec<u8>,)>(&scene.world, "SELECT form_version FROM records").await?, form);
    assert_eq!(rows::<(String,)>(&scene.world, "SELECT name FROM members").await?.len(), 1);
    let got = scene.colleague.sync(&scene.world, vec![]).await?;
    assert!(there(&got.pull), "a phone whose cursor had passed it is sent it");
    Ok(())
}

/// Somebody who sees everything is sent a record also while it has no row.
#[tokio::test]
async fn a_record_without_a_row_is_sent_to_those_who_see_everything() -> Outcome {
    let mut scene = scene().await?;
    let (id, _, first) = scene.colleague.household("x", "GE-1");
    scene.colleague.sync(&scene.world, vec![first]).await?;
    alter(&scene.world, "DELETE FROM records").await?;
    let got = scene.phone.sync(&scene.world, vec![]).await?;
    assert!(got.pull.iter().any(|of| of.record == id));
    Ok(())
}

/// A record, and a change of it that builds on one that never comes.
async fn waiting(scene: &mut Scene) -> Result<(RecordId, DocumentChanges), TestError> {
    let (id, mut document, first) = scene.phone.household("ბერიძე", "GE-1");
    scene.phone.sync(&scene.world, vec![first]).await?;
    let version = scene.phone.version.clone();
    let edit = |rooms: &str| [Edit::set(FieldPath::top("rooms"), rooms, ValueKind::Integer)];
    let _lost = change(id, &mut document, &edit("4"), &version);
    let after = change(id, &mut document, &edit("5"), &version);
    Ok((id, after))
}

#[tokio::test]
async fn a_change_that_waits_in_vain_is_shown_after_a_week() -> Outcome {
    let mut scene = scene().await?;
    let (_, after) = waiting(&mut scene).await?;
    let refused = scene.phone.sync(&scene.world, vec![after.clone()]).await?.refused;
    assert_eq!((refused[0].code.as_str(), refused[0].permanent), ("missing_dependency", false));
    scene.world.advance_ms(WAITING_MS - 1);
    let refused = scene.phone.sync(&scene.world, vec![after.clone()]).await?.refused;
    assert!(!refused[0].permanent, "it may come yet");
    let held = |told: &serde_json::Value| told["changes"].as_array().cloned().unwrap_or_default();
    let path = "/api/wedged";
    let login = scene.world.sign_in("nino", "first").await?;
    assert!(held(&scene.world.get(path, Some(&login)).await.json()).is_empty());

    scene.world.advance_ms(1);
    let refused = scene.phone.sync(&scene.world, vec![after.clone()]).await?.refused;
    assert!(refused[0].permanent, "the phone holds it and says why");
    let login = scene.world.sign_in("nino", "first").await?;
    let list = held(&scene.world.get(path, Some(&login)).await.json());
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["reason"], "missing_dependency");
    // Sent by a copy it is the same change; the office leaves it out, and the phone is told.
    scene.phone.sync(&scene.world, vec![after]).await?;
    let hash = list[0]["hash"].as_str().ok_or("no hash")?;
    assert_eq!(Some(hash.to_owned()), refused[0].hash.map(|hash| hash.to_string()));
    let decision = json!({ "action": "discard", "reason": "ის ტელეფონი დაიკარგა" });
    let path = format!("/api/wedged/{hash}");
    let answer = scene.world.json(Method::POST, &path, Some(&login), &decision).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let settled = scene.phone.sync(&scene.world, vec![]).await?.settled.unwrap_or_default();
    assert_eq!(settled.len(), 1);
    assert!(!settled[0].taken && settled[0].reason.contains("დაიკარგა"));
    Ok(())
}

#[tokio::test]
async fn what_came_after_all_is_taken_in_and_forgotten() -> Outcome {
    let mut scene = scene().await?;
    let (id, mut document, first) = scene.phone.household("ბერიძე", "GE-1");
    let edit = [Edit::set(FieldPath::top("rooms"), "4", ValueKind::Integer)];
    let after = change(id, &mut document, &edit, &scene.phone.version.clone());
    let refused = scene.phone.sync(&scene.world, vec![after.clone()]).await?.refused;
    assert_eq!(refused.len(), 1);
    let waiting = "SELECT hash FROM waiting_changes";
    assert_eq!(rows::<(Vec<u8>,)>(&scene.world, waiting).await?.len(), 1);
    assert!(scene.phone.sync(&scene.world, vec![first]).await?.refused.is_empty());
    assert!(scene.phone.sync(&scene.world, vec![after]).await?.refused.is_empty());
    heal(&scene.world.state, scene.world.tenant, false).await?;
    assert!(rows::<(Vec<u8>,)>(&scene.world, waiting).await?.is_empty());
    Ok(())
}

/// What a colleague brought back waits for its maker; of a maker whose phone is disconnected the office is
/// told that nothing will come.
#[tokio::test]
async fn the_office_sees_that_the_makers_phone_is_gone() -> Outcome {
    let mut scene = scene().await?;
    let (_, _, made) = scene.phone.household("ბერიძე", "GE-1");
    let refused = scene.colleague.sync(&scene.world, vec![made]).await?.refused;
    assert_eq!(refused[0].code, "foreign_actor");
    let gone = async || {
        let told = scene.world.get("/api/wedged", Some(&scene.reviewer)).await.json();
        told["changes"][0]["maker_gone"].as_bool()
    };
    assert_eq!(gone().await, Some(false));
    let path = format!("/api/devices/{}/revoke", scene.phone.device);
    scene.world.json(Method::POST, &path, Some(&scene.admin), &json!({})).await;
    assert_eq!(gone().await, Some(true));
    Ok(())
}
