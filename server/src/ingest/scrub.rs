//! Records that nobody touches are looked through in turn, so that what storage does to them is found and put
//! right in days, not in the year in which somebody opens them.

use super::log::look_through_logs;
use super::{Failure, mend, stored_documents};
use crate::state::AppState;
use crate::store::{DocumentRow, StoreResult, TenantId};
use crate::worker::message::RecordJob;
use crate::worker::{CompiledForms, Outcome};
use shared::id::RecordId;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// How long between two pages: some eighty thousand records of each municipality a day.
const PAUSE: Duration = Duration::from_secs(20);
/// Records in a page: few, since each may be of some megabytes.
const PAGE: i64 = 20;

/// Looks through all records of every municipality, and begins again.
pub async fn forever(state: AppState) {
    let mut reached: BTreeMap<i32, Uuid> = BTreeMap::new();
    loop {
        tokio::time::sleep(PAUSE).await;
        for tenant in state.store.tenants().await.unwrap_or_default() {
            let after = reached.get(&tenant.0).copied();
            match look_through(&state, tenant, after).await {
                Ok(Some(last)) => drop(reached.insert(tenant.0, last)),
                Ok(None) => drop(reached.remove(&tenant.0)),
                Err(error) => {
                    tracing::warn!(tenant = tenant.0, %error, "records were not looked through")
                }
            }
        }
    }
}

/// Looks through the records that follow this one: those whose documents are not as they were stored, or
/// gone, are made anew, or marked where that cannot be done; then their logs. The last of them; `None` when there are no more.
pub async fn look_through(
    state: &AppState,
    tenant: TenantId,
    after: Option<Uuid>,
) -> StoreResult<Option<Uuid>> {
    let mut tx = state.store.begin(tenant).await?;
    let rows = tx.documents_after(after, PAGE).await?;
    drop(tx);
    let records: Vec<&[DocumentRow]> =
        rows.chunk_by(|one, next| one.record_id == next.record_id).collect();
    // As if their rows were to be made: of what that gives, only whether they could be opened counts.
    let jobs: Vec<RecordJob<'_>> = records.iter().map(|rows| job(rows, state.now_ms())).collect();
    let outcomes = match state.workers.records(&jobs, &CompiledForms::new()).await {
        Ok(outcomes) => outcomes,
        Err(error) => {
            // What is wrong with the workers is no reason to doubt the records.
            tracing::warn!(%error, "records were not looked through");
            return Ok(after);
        }
    };
    for (rows, outcome) in records.iter().zip(outcomes) {
        let sound = match outcome {
            Outcome::Done(result) => !result.wants_log,
            Outcome::Panicked | Outcome::Exhausting => false,
            Outcome::NotTried => true,
        };
        if !sound {
            mend_or_mark(state, tenant, rows[0].record_id).await?;
        }
    }
    let last = rows.last().map(|row| row.record_id);
    let mut tx = state.store.begin(tenant).await?;
    let gone = tx.without_documents(after, last, PAGE).await?;
    drop(tx);
    for record in gone {
        mend_or_mark(state, tenant, record).await?;
    }
    let ids: Vec<Uuid> = records.iter().map(|rows| rows[0].record_id).collect();
    match look_through_logs(state, tenant, &ids).await {
        Err(Failure::Store(error)) => return Err(error),
        Err(Failure::Worker(error)) => tracing::warn!(%error, "logs were not looked through"),
        Ok(()) => {}
    }
    Ok(last)
}

async fn mend_or_mark(state: &AppState, tenant: TenantId, record: Uuid) -> StoreResult<()> {
    if !mend(state, tenant, record).await? {
        let mut tx = state.store.begin(tenant).await?;
        tx.mark_unprojected(&[record], state.now_ms()).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn job(rows: &[DocumentRow], now_ms: i64) -> RecordJob<'_> {
    RecordJob {
        // So that nobody asks for it.
        roster: Some(Vec::new()),
        ..RecordJob::anew(RecordId(*rows[0].record_id.as_bytes()), stored_documents(rows), now_ms)
    }
}
