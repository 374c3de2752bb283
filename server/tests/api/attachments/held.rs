//! What only a change names that is not part of a record yet: it is kept for the day on which the change is taken
//! in, and shown to nobody before.

use super::*;
use serde_json::json;

/// What a colleague brings, and only its maker may send: a record that names these bytes, which are there.
struct Scene {
    world: World,
    maker: Phone,
    messenger: Phone,
    record: RecordId,
    change: DocumentChanges,
    named: AttachmentRef,
}

async fn scene() -> Result<Scene, TestError> {
    let world = World::new().await?;
    let (admin, maker) = start(&world).await?;
    let user = world.person(world.tenant, "mari", Role::Worker).await?;
    let mut messenger = enrol(&world, &admin, user).await?;
    world.person(world.tenant, "nino", Role::Reviewer).await?;
    let whole = picture(500);
    let (record, change, named) = naming(&maker, "GE-1", &whole);
    send(&world, &maker, &whole).await?;
    let refused = messenger.sync(&world, vec![change.clone()]).await?.refused;
    assert!(refused.iter().all(|of| of.permanent && of.code == "foreign_actor"), "{refused:?}");
    assert_eq!(refused.len(), 2);
    Ok(Scene { world, maker, messenger, record, change, named })
}

impl Scene {
    /// How many are removed now, long after it came.
    async fn collect(&self) -> Result<usize, TestError> {
        self.world.advance_ms(UNNAMED_MS + 1);
        Ok(collect(&self.world.state, self.world.tenant).await?)
    }

    async fn shown(&self) -> Result<Answer, TestError> {
        let nino = self.world.sign_in("nino", "first").await?;
        let path = format!("/api/records/{}/attachments/{}", self.record, self.named.hash);
        Ok(self.world.get(&path, Some(&nino)).await)
    }

    async fn decide(&self, decision: serde_json::Value) -> Outcome {
        let nino = self.world.sign_in("nino", "first").await?;
        for bytes in &self.change.changes {
            let hash = shared::record::document::change_hash(bytes).ok_or("no change")?;
            let path = format!("/api/wedged/{hash}");
            let answer = self.world.json(Method::POST, &path, Some(&nino), &decision).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.json());
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_a_held_change_names_is_kept_and_shown_to_nobody() -> Outcome {
    let scene = scene().await?;
    assert_eq!(scene.collect().await?, 0);
    assert_eq!(scene.shown().await?.code(), "not_found");
    for phone in [&scene.maker, &scene.messenger] {
        let answer = fetch(&scene.world, phone, scene.record, scene.named.hash).await;
        assert_eq!(answer.code(), "not_found");
    }
    scene.decide(json!({ "action": "accept" })).await?;
    let shown = scene.shown().await?;
    assert_eq!((shown.status, shown.bytes), (StatusCode::OK, picture(500)));
    assert_eq!(scene.collect().await?, 0, "the record names it now");
    Ok(())
}

#[tokio::test]
async fn what_a_change_named_that_is_left_out_goes() -> Outcome {
    let scene = scene().await?;
    scene.decide(json!({ "action": "discard", "reason": "twice" })).await?;
    assert_eq!(scene.collect().await?, 1);
    assert!(scene.world.state.blobs.list(scene.world.tenant).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_its_maker_sends_after_all_is_the_records() -> Outcome {
    let mut scene = scene().await?;
    assert_eq!(scene.collect().await?, 0);
    let push = vec![scene.change.clone()];
    assert!(scene.maker.sync(&scene.world, push).await?.refused.is_empty());
    assert_eq!(scene.collect().await?, 0);
    assert_eq!(scene.shown().await?.status, StatusCode::OK);
    let mut connection = sqlx::ConnectOptions::connect(&scene.world.owner).await?;
    let left = sqlx::query_scalar("SELECT count(*) FROM held_attachments");
    let left: i64 = left.fetch_one(&mut connection).await?;
    assert_eq!(left, 0);
    Ok(())
}

/// It waits for another change; the phone sends both in the end, and has no copy of the bytes any more.
#[tokio::test]
async fn what_a_waiting_change_names_is_kept() -> Outcome {
    let world = World::new().await?;
    let (_, mut phone) = start(&world).await?;
    world.person(world.tenant, "nino", Role::Reviewer).await?;
    let whole = picture(700);
    let (id, mut both, named) = naming(&phone, "GE-1", &whole);
    send(&world, &phone, &whole).await?;
    let second = DocumentChanges { changes: both.changes.split_off(1), ..both.clone() };
    let refused = phone.sync(&world, vec![second.clone()]).await?.refused;
    assert!(!refused[0].permanent && refused[0].code == "missing_dependency");
    world.advance_ms(UNNAMED_MS + 1);
    assert_eq!(collect(&world.state, world.tenant).await?, 0);
    assert_eq!(fetch(&world, &phone, id, named.hash).await.code(), "not_found");
    assert!(phone.sync(&world, vec![both, second]).await?.refused.is_empty());
    let path = format!("/api/records/{id}/attachments/{}", named.hash);
    let cookie = world.sign_in("nino", "first").await?;
    assert_eq!(world.get(&path, Some(&cookie)).await.bytes, whole);
    Ok(())
}
