//! Removing what nothing names any more.

use super::BlobError;
use crate::error::ApiError;
use crate::state::AppState;
use crate::store::TenantId;
use shared::id::AttachmentHash;
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 3_600_000;
/// An attachment that stopped arriving is given up after this long.
pub const UNFINISHED_MS: i64 = 60 * DAY_MS;
/// An attachment whose record has not arrived is kept this long: the phone may still be on the way.
pub const UNNAMED_MS: i64 = 60 * DAY_MS;
/// An object without a row is left alone this long: its row may be about to be written.
const STRAY_MS: i64 = DAY_MS;

/// Why nothing could be removed.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error("{0}")]
    Database(ApiError),
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Removes attachments that no record names, uploads that were given up, and objects without a row.
/// Returns how many objects went.
pub async fn collect(state: &AppState, tenant: TenantId) -> Result<usize, CollectError> {
    let database = |error: crate::store::StoreError| CollectError::Database(error.into());
    let now = state.now_ms();
    let mut tx = state.store.begin(tenant).await.map_err(database)?;
    let gone = tx.forget_attachments(now - UNFINISHED_MS, now - UNNAMED_MS).await;
    let gone = gone.map_err(database)?;
    tx.commit().await.map_err(database)?;
    let mut removed = 0;
    for hash in gone.iter().filter_map(|hash| AttachmentHash::from_slice(hash)) {
        state.blobs.delete(tenant, hash).await?;
        removed += 1;
    }
    // What a stop between the two left behind.
    let old: Vec<AttachmentHash> = state
        .blobs
        .list(tenant)
        .await?
        .into_iter()
        .filter(|blob| blob.written_ms < now - STRAY_MS)
        .map(|blob| blob.hash)
        .collect();
    for some in old.chunks(1000) {
        let hashes: Vec<&[u8]> = some.iter().map(AttachmentHash::as_bytes).collect();
        let mut tx = state.store.begin(tenant).await.map_err(database)?;
        let known = tx.attachments(&hashes).await.map_err(database)?;
        let known: BTreeSet<Vec<u8>> = known.into_iter().map(|row| row.hash).collect();
        for hash in some.iter().filter(|hash| !known.contains(hash.as_bytes())) {
            state.blobs.delete(tenant, *hash).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Collects in every municipality, an hour after the start and then four times a day.
pub async fn forever(state: AppState) {
    let mut pause = 3600;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(pause)).await;
        pause = 6 * 3600;
        let tenants = match state.store.tenants().await {
            Ok(tenants) => tenants,
            Err(error) => {
                tracing::warn!(%error, "attachments were not collected");
                continue;
            }
        };
        for tenant in tenants {
            match collect(&state, tenant).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(tenant = tenant.0, removed, "attachments collected"),
                Err(error) => tracing::warn!(%error, "attachments were not collected"),
            }
        }
    }
}
