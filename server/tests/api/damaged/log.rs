//! The log gives changes back otherwise than they were taken in, and the documents beside it are sound.

use super::*;
use sha2::{Digest, Sha256};
use shared::id::StoreId;
use std::collections::BTreeSet;

const LOG_HARMS: [&str; 5] = [
    "UPDATE changes SET raw = set_byte(raw, length(raw) / 2, get_byte(raw, length(raw) / 2) # 4)",
    "UPDATE changes SET raw = substr(raw, 1, length(raw) - 3)",
    "UPDATE changes SET raw = ''",
    // Those of another record.
    "UPDATE changes c SET raw = o.raw FROM changes o
     WHERE o.record_id <> c.record_id AND o.audience = c.audience",
    // Not the change, but the name beside it: two of three agree.
    "UPDATE changes SET hash = set_byte(hash, 3, get_byte(hash, 3) # 1)",
];

impl Scene {
    /// What a phone without anything is sent.
    async fn fetched(&mut self) -> Result<BTreeSet<(RecordId, Vec<u8>)>, TestError> {
        (self.phone.store, self.phone.cursor) = (StoreId(rand::random()), 0);
        let pull = self.phone.sync(&self.world, vec![]).await?.pull;
        let changes = |of: DocumentChanges| {
            of.changes.into_iter().map(move |change| (of.record, Vec::from(change)))
        };
        Ok(pull.into_iter().flat_map(changes).collect())
    }

    /// How many rows the log has, and how many of them are not what their hash says.
    async fn log(&self) -> Result<(i64, i64), TestError> {
        let mut connection = self.world.owner.connect().await?;
        let counts =
            "SELECT count(*), count(*) FILTER (WHERE sha256(substr(raw, 9)) <> hash) FROM changes";
        Ok(sqlx::query_as(counts).fetch_one(&mut connection).await?)
    }
}

#[tokio::test]
async fn a_phone_is_sent_changes_as_they_were_taken_in() -> Outcome {
    let mut scene = scene().await?;
    let whole = scene.fetched().await?;
    let (rows, _) = scene.log().await?;
    for harm in &LOG_HARMS[..4] {
        alter(&scene.world, harm).await?;
        assert_eq!(scene.log().await?, (rows, rows), "{harm}");
        assert_eq!(scene.fetched().await?, whole, "{harm}");
        assert_eq!(scene.log().await?, (rows, 0), "written anew: {harm}");
    }
    alter(&scene.world, LOG_HARMS[4]).await?;
    assert_eq!(scene.fetched().await?, whole);
    Ok(())
}

#[tokio::test]
async fn the_log_of_what_nobody_opens_is_looked_through() -> Outcome {
    let mut scene = scene().await?;
    let whole = scene.fetched().await?;
    let (rows, _) = scene.log().await?;
    let (state, tenant) = (scene.world.state.clone(), scene.world.tenant);
    for harm in &LOG_HARMS[..4] {
        alter(&scene.world, harm).await?;
        look_through(&state, tenant, None).await?;
        assert_eq!(scene.log().await?, (rows, 0), "{harm}");
    }
    // Some rows are gone, then all of them.
    for gone in ["DELETE FROM changes WHERE audience = 1", "DELETE FROM changes"] {
        alter(&scene.world, gone).await?;
        look_through(&state, tenant, None).await?;
        assert_eq!(scene.log().await?, (rows, 0), "{gone}");
        assert_eq!(scene.fetched().await?, whole, "{gone}");
    }
    assert!(state.store.begin(tenant).await?.unprojected(9).await?.is_empty());
    let next = async || state.store.begin(tenant).await?.take_seq(1).await;
    let before = next().await?;
    look_through(&state, tenant, None).await?;
    assert_eq!(next().await?, before, "what is sound is left as it is");
    Ok(())
}

/// Nothing is left of a change but damage: the phone is not sent that, and is sent everything else.
#[tokio::test]
async fn what_cannot_be_made_anew_keeps_nothing_else_back() -> Outcome {
    let mut scene = scene().await?;
    let mut whole = scene.fetched().await?;
    for harm in [HARMS[0], LOG_HARMS[0]] {
        let only = format!("{harm} WHERE record_id = '{}'", uuid::Uuid::from_bytes(scene.id.0));
        let mut connection = scene.world.owner.connect().await?;
        sqlx::query(sqlx::AssertSqlSafe(only)).execute(&mut connection).await?;
    }
    whole.retain(|(record, _)| *record == scene.other);
    assert_eq!(whole.len(), 2);
    assert_eq!(scene.fetched().await?, whole);
    let marked = scene.world.state.store.begin(scene.world.tenant).await?.unprojected(9).await?;
    assert_eq!(marked.len(), 1, "the office is told");
    Ok(())
}

/// The database itself takes nothing back but what had been there.
#[tokio::test]
async fn a_logged_change_cannot_be_replaced() -> Outcome {
    let scene = scene().await?;
    let mut tx = scene.world.state.store.begin(scene.world.tenant).await?;
    let records = [scene.id, scene.other].map(|id| uuid::Uuid::from_bytes(id.0));
    let logged = tx.logged_changes(&records).await?;
    assert_eq!(logged.len(), 4);
    let hashes: Vec<[u8; 32]> =
        logged.iter().map(|row| Sha256::digest(&row.raw[8..]).into()).collect();
    tx.mend_changes(&[(&hashes[0], &logged[0].raw)]).await?;
    assert!(tx.mend_changes(&[(&hashes[0], &logged[1].raw)]).await.is_err());
    let mut tx = scene.world.state.store.begin(scene.world.tenant).await?;
    assert!(tx.mend_changes(&[(&hashes[0], b"")]).await.is_err());
    Ok(())
}
