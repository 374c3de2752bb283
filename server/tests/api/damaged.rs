//! Storage gives a document back otherwise than it was stored: it is made anew from the log, whoever notices.

mod log;

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::http::StatusCode;
use server::ingest::{heal, look_through, mend};
use server::state::AppState;
use server::store::TenantId;
use server::testing::{TestError, World};
use shared::id::{DeviceId, RecordId};
use shared::policy::Role;
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::message::DocumentChanges;
use sqlx::ConnectOptions;

/// What storage may do to bytes.
const HARMS: [&str; 5] = [
    "UPDATE documents SET snapshot = set_byte(snapshot, length(snapshot) / 2,
                                              get_byte(snapshot, length(snapshot) / 2) # 4)",
    "UPDATE documents SET snapshot = substr(snapshot, 1, length(snapshot) - 3)",
    "UPDATE documents SET snapshot = '\\x00'",
    "UPDATE documents SET snapshot = ''",
    // Those of another record.
    "UPDATE documents d SET snapshot = o.snapshot FROM documents o
     WHERE o.record_id <> d.record_id AND o.audience = d.audience",
];

/// Rows that storage loses.
const GONE: [&str; 3] = [
    "DELETE FROM documents",
    "DELETE FROM documents WHERE audience = 0",
    "DELETE FROM documents WHERE audience = 1",
];

struct Scene {
    world: World,
    phone: Phone,
    other: RecordId,
    id: RecordId,
    document: Document,
    companion: Document,
}

fn flag(value: &str) -> [Edit; 1] {
    let (path, value) = (FieldPath::top("flag"), value.into());
    [Edit::Set { path, value, kind: ValueKind::Plain, audience: Audience::Protection }]
}

/// Two records, each with both documents.
async fn scene() -> Result<Scene, TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    world.office("nino", Role::Reviewer).await?;
    let luka = world.person(world.tenant, "luka", Role::Worker).await?;
    let mut phone = enrol(&world, &admin, luka).await?;
    let mut made = Vec::new();
    for _ in 0..2 {
        let (id, document, first) = phone.household("ბერიძე", "GE-1");
        let mut companion = Document::create_companion(id, phone.actor());
        companion.edit(&flag("physical"), 1_795_000_000_000, &phone.version)?;
        let changes = companion.changes().into_iter().map(|change| change.bytes.into()).collect();
        let second = DocumentChanges { record: id, audience: Audience::Protection, changes };
        assert!(phone.sync(&world, vec![first, second]).await?.refused.is_empty());
        made.push((id, document, companion));
    }
    let (id, document, companion) = made.pop().ok_or("nothing")?;
    let other = made.pop().ok_or("nothing")?.0;
    Ok(Scene { world, phone, other, id, document, companion })
}

async fn alter(world: &World, sql: &'static str) -> Outcome {
    let mut connection = world.owner.connect().await?;
    sqlx::query(sql).execute(&mut connection).await?;
    Ok(())
}

/// Once from the first record to the last; how many there are in the end.
async fn look_through_all(state: &AppState, tenant: TenantId) -> Result<i64, TestError> {
    let mut reached = look_through(state, tenant, None).await?;
    while reached.is_some() {
        reached = look_through(state, tenant, reached).await?;
    }
    let rows = state.store.begin(tenant).await?.documents_after(None, 99).await?;
    Ok(rows.chunk_by(|one, next| one.record_id == next.record_id).count() as i64)
}

impl Scene {
    /// The stored documents, read here; nothing of one that cannot be.
    async fn stored(&self) -> Result<Vec<Option<Document>>, TestError> {
        let mut tx = self.world.state.store.begin(self.world.tenant).await?;
        let rows = tx.documents(uuid::Uuid::from_bytes(self.id.0)).await?;
        let reader = Actor { device: DeviceId([0; 8]), session: [0; 8] };
        let read = rows.into_iter().map(|row| {
            let audience = Audience::from_number(row.audience as u8)?;
            let mut document = Document::load(&row.snapshot, audience, reader).ok()?;
            let heads: Vec<_> = document.heads().iter().map(|head| head.0.to_vec()).collect();
            (heads == row.heads && !heads.is_empty()).then_some(document)
        });
        Ok(read.collect())
    }

    async fn rooms(&mut self, rooms: &str) -> Result<Vec<(String, bool)>, TestError> {
        let edit = [Edit::set(FieldPath::top("rooms"), rooms, ValueKind::Integer)];
        let push = change(self.id, &mut self.document, &edit, &self.phone.version);
        let refused = self.phone.sync(&self.world, vec![push]).await?.refused;
        Ok(refused.into_iter().map(|of| (of.code, of.permanent)).collect())
    }
}

#[tokio::test]
async fn a_damaged_document_takes_the_next_change_in() -> Outcome {
    let mut scene = scene().await?;
    for (number, harm) in HARMS.into_iter().enumerate() {
        alter(&scene.world, harm).await?;
        assert_eq!(scene.stored().await?.iter().flatten().count(), 0, "{harm}");
        let rooms = (number + 1).to_string();
        assert_eq!(scene.rooms(&rooms).await?, [], "{harm}");
        let stored = scene.stored().await?;
        let [Some(main), Some(companion)] = &stored[..] else { return Err(harm.into()) };
        assert_eq!(main.answers().value(&FieldPath::top("rooms")), rooms);
        assert_eq!(companion.answers().value(&FieldPath::top("flag")), "physical");
        let (state, tenant) = (&scene.world.state, scene.world.tenant);
        assert!(state.store.begin(tenant).await?.unprojected(9).await?.is_empty(), "{harm}");
        assert!(mend(state, tenant, uuid::Uuid::from_bytes(scene.other.0)).await?, "{harm}");
    }
    Ok(())
}

#[tokio::test]
async fn a_document_whose_row_is_gone_takes_the_next_change_in() -> Outcome {
    let mut scene = scene().await?;
    for (number, gone) in GONE.into_iter().enumerate() {
        alter(&scene.world, gone).await?;
        let rooms = (number + 1).to_string();
        assert_eq!(scene.rooms(&rooms).await?, [], "{gone}");
        let (state, tenant) = (&scene.world.state, scene.world.tenant);
        // A companion that the change did not touch is found by who looks through the records.
        assert_eq!(look_through_all(state, tenant).await?, 2);
        let stored = scene.stored().await?;
        let [Some(main), Some(companion)] = &stored[..] else { return Err(gone.into()) };
        assert_eq!(main.answers().value(&FieldPath::top("rooms")), rooms);
        assert_eq!(companion.answers().value(&FieldPath::top("flag")), "physical");
        assert!(state.store.begin(tenant).await?.unprojected(9).await?.is_empty(), "{gone}");
    }
    Ok(())
}

#[tokio::test]
async fn documents_whose_rows_are_gone_are_found_by_who_looks_through_the_records() -> Outcome {
    let mut scene = scene().await?;
    let (state, tenant) = (scene.world.state.clone(), scene.world.tenant);
    for gone in GONE {
        alter(&scene.world, gone).await?;
        look_through_all(&state, tenant).await?;
        let stored = scene.stored().await?;
        assert_eq!(stored.iter().flatten().count(), 2, "{gone}");
    }
    // Where the log lacks something too, nothing is made up: the record is marked.
    assert_eq!(scene.rooms("8").await?, []);
    alter(&scene.world, GONE[0]).await?;
    alter(
        &scene.world,
        "DELETE FROM changes WHERE seq IN (SELECT min(seq) FROM changes GROUP BY record_id)",
    )
    .await?;
    look_through_all(&state, tenant).await?;
    assert_eq!(state.store.begin(tenant).await?.unprojected(9).await?.len(), 2);
    assert_eq!(scene.stored().await?.iter().flatten().count(), 1, "the companion's log is whole");
    assert!(!scene.rooms("9").await?.is_empty());
    Ok(())
}

/// Also when nothing that came is new, and when what came is refused for its own sake.
#[tokio::test]
async fn a_damaged_document_is_made_anew_by_what_is_refused() -> Outcome {
    let mut scene = scene().await?;
    let mut other = Document::create(scene.id, "test", scene.phone.actor());
    let edit = [Edit::set(FieldPath::top("rooms"), "9", ValueKind::Integer)];
    change(scene.id, &mut other, &edit, "");
    let late = change(scene.id, &mut other, &[Edit::header("title", "x")], "");
    alter(&scene.world, HARMS[0]).await?;
    let refused = scene.phone.sync(&scene.world, vec![late]).await?.refused;
    assert_eq!((refused[0].code.as_str(), refused[0].permanent), ("missing_dependency", false));
    assert!(scene.stored().await?[0].is_some());
    Ok(())
}

#[tokio::test]
async fn a_damaged_companion_takes_the_next_change_in() -> Outcome {
    let mut scene = scene().await?;
    alter(&scene.world, HARMS[0]).await?;
    let edited = scene.companion.edit(&flag("neglect"), 1_795_000_001_000, &scene.phone.version)?;
    let changes = vec![edited.ok_or("no change")?.bytes.into()];
    let push = DocumentChanges { record: scene.id, audience: Audience::Protection, changes };
    assert!(scene.phone.sync(&scene.world, vec![push]).await?.refused.is_empty());
    let stored = scene.stored().await?;
    let [Some(main), Some(companion)] = &stored[..] else { return Err("damaged".into()) };
    assert_eq!(main.answers().value(&FieldPath::top("rooms")), "3");
    assert_eq!(companion.answers().value(&FieldPath::top("flag")), "neglect");
    Ok(())
}

#[tokio::test]
async fn the_office_opens_a_damaged_record() -> Outcome {
    let scene = scene().await?;
    let nino = scene.world.sign_in("nino", "first").await?;
    let path = format!("/api/records/{}", scene.id);
    let before = scene.world.get(&path, Some(&nino)).await;
    assert_eq!(before.status, StatusCode::OK);
    for harm in &HARMS[..4] {
        alter(&scene.world, harm).await?;
        let shown = scene.world.get(&path, Some(&nino)).await;
        assert_eq!(shown.status, StatusCode::OK, "{harm}: {}", shown.json());
        assert_eq!(shown.json()["nodes"], before.json()["nodes"]);
        assert_eq!(scene.stored().await?.iter().flatten().count(), 2, "{harm}");
    }
    Ok(())
}

/// Nobody touches it, and it is found nevertheless.
#[tokio::test]
async fn what_nobody_opens_is_looked_through() -> Outcome {
    let scene = scene().await?;
    let (state, tenant) = (&scene.world.state, scene.world.tenant);
    let last = uuid::Uuid::from_bytes(scene.id.0.max(scene.other.0));
    // Given back, since nothing is committed.
    let next = async || state.store.begin(tenant).await?.take_seq(1).await;
    for harm in HARMS {
        alter(&scene.world, harm).await?;
        assert_eq!(look_through(state, tenant, None).await?, Some(last), "{harm}");
        assert_eq!(scene.stored().await?.iter().flatten().count(), 2, "{harm}");
    }
    let before = next().await?;
    assert_eq!(look_through(state, tenant, None).await?, Some(last));
    assert_eq!(next().await?, before, "sound records are left as they are");
    assert_eq!(look_through(state, tenant, Some(last)).await?, None);

    alter(&scene.world, HARMS[0]).await?;
    alter(&scene.world, "DELETE FROM changes").await?;
    assert_eq!(look_through(state, tenant, None).await?, Some(last));
    let marked = state.store.begin(tenant).await?.unprojected(9).await?;
    assert_eq!(marked.len(), 2, "what cannot be made anew is marked");
    Ok(())
}

/// The log is damaged as well: nothing is made up. The change is held, and the office is told.
#[tokio::test]
async fn nothing_is_made_of_a_damaged_log() -> Outcome {
    let logs = [
        "UPDATE changes SET raw = set_byte(raw, length(raw) / 2, get_byte(raw, length(raw) / 2) # 4)",
        "DELETE FROM changes",
    ];
    for harm in logs {
        let mut scene = scene().await?;
        alter(&scene.world, HARMS[0]).await?;
        alter(&scene.world, harm).await?;
        assert_eq!(scene.rooms("4").await?, [("not_applicable".to_owned(), true)]);
        assert_eq!(scene.stored().await?.iter().flatten().count(), 0);
        alter(&scene.world, "DELETE FROM records").await?;
        let (made, left) = heal(&scene.world.state, scene.world.tenant, true).await?;
        assert_eq!((made, left), (0, 2), "{harm}");
        let nino = scene.world.sign_in("nino", "first").await?;
        let told = scene.world.get("/api/wedged", Some(&nino)).await.json();
        assert_eq!(told["unprojected"].as_array().map(Vec::len), Some(2));
        assert_eq!(told["counts"]["not_applicable"], 1);
    }
    Ok(())
}

/// The heads beside a document are damaged, not the document: two of three agree.
#[tokio::test]
async fn damaged_heads_are_put_right() -> Outcome {
    let mut scene = scene().await?;
    alter(
        &scene.world,
        "UPDATE documents SET heads = ARRAY[set_byte(heads[1], 3, get_byte(heads[1], 3) # 1)]",
    )
    .await?;
    assert_eq!(scene.stored().await?.iter().flatten().count(), 0);
    assert_eq!(scene.rooms("4").await?, []);
    assert_eq!(scene.stored().await?.iter().flatten().count(), 2);
    Ok(())
}
