//! Rows that could not be made when their record changed are made later.
//!
//! A fault of ours, or a damaged row of the database, must not hide a family: the document is safe, but lists,
//! search and other phones go by rows. So such a record is marked, and tried again at the start and every few
//! minutes until the rows are there. Meanwhile the office sees the mark.

use super::batch::stored_document;
use super::rows::rebuilt_documents;
use super::{Failure, WAITING_MS, compiled_forms, note_rebuilt, rosters_of_stored, work};
use crate::events;
use crate::state::AppState;
use crate::store::{ProjectionBatch, StoreResult, TenantId, TenantTx};
use crate::worker::Outcome;
use crate::worker::message::RecordJob;
use shared::id::{DeviceId, FormVersionId, RecordId};
use shared::scan::scan;
use std::time::Duration;
use uuid::Uuid;

/// How often marks are looked at.
const PAUSE: Duration = Duration::from_secs(600);
/// How many in one go.
const AT_ONCE: i64 = 200;
/// A waiting change of which nobody has heard for so long is forgotten.
const FORGOTTEN_MS: i64 = 52 * WAITING_MS;

/// Heals in every municipality, at once and then every few minutes.
pub async fn forever(state: AppState) {
    let mut first = true;
    loop {
        for tenant in state.store.tenants().await.unwrap_or_default() {
            match heal(&state, tenant, first).await {
                Ok((0, 0)) => {}
                Ok((made, left)) => tracing::info!(tenant = tenant.0, made, left, "rows made anew"),
                Err(error) => tracing::warn!(tenant = tenant.0, %error, "rows were not made anew"),
            }
        }
        first = false;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes the rows of marked records; how many it could, and how many it could not. `search`: looks for records
/// without a row that nobody has marked, too.
pub async fn heal(state: &AppState, tenant: TenantId, search: bool) -> StoreResult<(usize, usize)> {
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(tenant).await?;
    if search {
        tx.mark_rowless(now_ms).await?;
    }
    tx.forget_waiting(now_ms - FORGOTTEN_MS).await?;
    let marks = tx.unprojected(AT_ONCE).await?;
    tx.commit().await?;
    let (mut made, mut left) = (0, 0);
    for mark in marks {
        // One at a time: what fails must not keep the others from it.
        let mut tx = state.store.begin(tenant).await?;
        match project(state, &mut tx, mark.record_id).await {
            Ok(true) => {
                tx.unmark_unprojected(&[mark.record_id]).await?;
                made += 1;
            }
            Ok(false) | Err(Failure::Worker(_)) => {
                tx.mark_unprojected(&[mark.record_id], now_ms).await?;
                left += 1;
            }
            Err(Failure::Store(error)) => return Err(error),
        }
        tx.commit().await?;
    }
    if left > 0 {
        tracing::error!(tenant = tenant.0, left, "the rows of records cannot be made");
    }
    Ok((made, left))
}

/// Makes a record's documents anew from the log where storage has damaged them, and its rows; whether that
/// could be done.
pub async fn mend(state: &AppState, tenant: TenantId, record: Uuid) -> StoreResult<bool> {
    let mut tx = state.store.begin(tenant).await?;
    let made = match project(state, &mut tx, record).await {
        Ok(made) => made,
        Err(Failure::Worker(_)) => false,
        Err(Failure::Store(error)) => return Err(error),
    };
    if made {
        tx.unmark_unprojected(&[record]).await?;
    }
    tx.commit().await?;
    Ok(made)
}

/// Makes the rows of one record from its documents.
async fn project(state: &AppState, tx: &mut TenantTx, record: Uuid) -> Result<bool, Failure> {
    tx.stand_in(&[record], state.now_ms()).await?;
    let stored = tx.lock_documents(&[record]).await?;
    let Some(logged) = tx.logged_record(record).await? else { return Ok(false) };
    // The row may be missing, or of an earlier time: the newest change names the form.
    let known = stored.iter().find_map(|row| FormVersionId::from_slice(row.version.as_deref()?));
    let named = || scan(&logged.newest).ok()?.message.parse::<FormVersionId>().ok();
    let version = named().or(known);
    let forms = compiled_forms(&state.forms, tx, version.into_iter()).await?;
    let id = RecordId(*record.as_bytes());
    let device = DeviceId::from_slice(&logged.device_id).unwrap_or(DeviceId([0; 8]));
    let job = RecordJob {
        device,
        problems: stored.iter().find_map(|row| row.problems).unwrap_or(0),
        version,
        forms: forms.keys().copied().collect(),
        roster: rosters_of_stored(tx, &stored).await?.remove(&id),
        ..RecordJob::anew(id, stored.iter().filter_map(stored_document).collect(), state.now_ms())
    };
    let outcome = work(state, tx, &[job], &forms).await?.pop();
    let Some(Outcome::Done(result)) = outcome else { return Ok(false) };
    let known = |audience| stored.iter().find(|of| of.audience == audience).map(|of| &of.changes);
    let rebuilt = rebuilt_documents(record, result.rebuilt, known);
    note_rebuilt(tx.tenant(), rebuilt.len());
    tx.store_documents(&rebuilt, state.now_ms()).await?;
    let Some(mut row) = result.projection else { return Ok(false) };
    // Under a number of the change log, so that phones that have passed the record by are sent it.
    row.seq = tx.take_seq(1).await?;
    let seq = row.seq;
    let batch = ProjectionBatch {
        author: logged.user_id.unwrap_or(Uuid::nil()),
        device,
        now_ms: state.now_ms(),
        records: vec![row],
    };
    tx.store_details(&batch).await?;
    tx.store_record_rows(&batch).await?;
    for payload in events::payloads(tx.tenant(), seq, &[id.to_string()]) {
        tx.notify(&payload).await?;
    }
    Ok(true)
}
