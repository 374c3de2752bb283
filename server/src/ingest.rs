//! The only way into records: phones, reviewers and the demonstration all write through here.
//!
//! lock the documents → merge (pure, `shared::merge`) → project (pure, `shared::project`) → one
//! transaction. A batch that was sent twice, or five times at once, is stored once.

mod context;
mod merge;
mod project;

pub use project::answers_json;

use crate::error::{ApiError, ApiResult};
use crate::events;
use crate::state::AppState;
use crate::store::{
    DocumentRow, NewChange, ProjectionBatch, StoreError, TenantId, TenantTx, WedgedRow,
};
use context::Context;
use merge::MergedRecord;
use shared::id::{DeviceId, StoreId};
use shared::sync::message::{DocumentChanges, RefusedChange};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use uuid::Uuid;

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    pub tenant: TenantId,
    pub user: Uuid,
    pub device: DeviceId,
    pub store: StoreId,
    /// Whether the review map may be changed.
    pub may_review: bool,
    /// Whether protection documents may be written.
    pub may_protect: bool,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Changes that were not taken; everything else is committed.
    pub refused: Vec<RefusedChange>,
    /// How many changes were new.
    pub accepted: usize,
}

/// Another batch with the same new records committed first this often, at most.
const TRIES: usize = 6;

/// Takes a batch in and answers after the commit.
pub async fn ingest(
    state: &AppState,
    author: Author,
    documents: Vec<DocumentChanges>,
) -> ApiResult<Outcome> {
    let documents = Arc::new(documents);
    for _ in 0..TRIES {
        match attempt(state, author, &documents).await {
            // Another request stored the same change or began the same record meanwhile. Now it is
            // visible, and the next try finds it.
            Err(Failure::Store(StoreError::Taken(_))) => {}
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(Failure::Merge) => {
                return Err(ApiError::internal("the changes could not be merged; they are kept"));
            }
            Ok(outcome) => return Ok(outcome),
        }
    }
    Err(ApiError::unavailable("others are writing the same records; try again").retry_after(1))
}

enum Failure {
    Store(StoreError),
    Merge,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn attempt(
    state: &AppState,
    author: Author,
    documents: &Arc<Vec<DocumentChanges>>,
) -> Result<Outcome, Failure> {
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(author.tenant).await?;
    let records: BTreeSet<Uuid> =
        documents.iter().map(|document| Uuid::from_bytes(document.record.0)).collect();
    let records: Vec<Uuid> = records.into_iter().collect();
    let stored = tx.lock_documents(&records).await?;
    let known: BTreeSet<(Uuid, i16)> =
        stored.iter().map(|row| (row.record_id, row.audience)).collect();

    let batch = documents.clone();
    let merged = tokio::task::spawn_blocking(move || merge::merge_all(&batch, stored, author))
        .await
        .map_err(|_| Failure::Merge)?;
    let merge::MergedBatch { records: touched, refused, wedged } = merged;
    let accepted: usize = touched.iter().map(MergedRecord::accepted).sum();
    if !wedged.is_empty() {
        tx.keep_wedged(&wedged, now_ms).await?;
    }
    if accepted > 0 {
        store(state, &mut tx, author, touched, &known, now_ms).await?;
    }
    if accepted > 0 || !wedged.is_empty() {
        tx.commit().await?;
    }
    metrics::counter!("kardakar_changes_accepted_total").increment(accepted as u64);
    metrics::counter!("kardakar_changes_refused_total").increment(refused.len() as u64);
    Ok(Outcome { refused, accepted })
}

async fn store(
    state: &AppState,
    tx: &mut TenantTx,
    author: Author,
    mut touched: Vec<MergedRecord>,
    known: &BTreeSet<(Uuid, i16)>,
    now_ms: i64,
) -> Result<(), Failure> {
    let context = Context::read(&state.forms, tx, &mut touched, now_ms).await?;
    let mut prepared = tokio::task::spawn_blocking(move || prepare(touched, &context, author))
        .await
        .map_err(|_| Failure::Merge)?;
    // As late as possible: from here on other batches of this municipality wait.
    let count = prepared.changes.len() as i64;
    let last_seq = tx.take_seq(count).await?;
    for record in &mut prepared.projections.records {
        record.seq += last_seq - count;
    }
    tx.log_changes(&prepared.changes, last_seq, now_ms).await?;
    tx.store_documents(&prepared.documents, known, now_ms).await?;
    tx.store_projections(&prepared.projections, now_ms).await?;
    for payload in events::payloads(author.tenant, last_seq, &prepared.names) {
        tx.notify(&payload).await?;
    }
    Ok(())
}

/// The rows of a batch.
struct Prepared {
    changes: Vec<NewChange>,
    documents: Vec<DocumentRow>,
    projections: ProjectionBatch,
    names: Vec<String>,
}

/// The numbers of changes count from 1 here; [`store`] moves them to where they belong.
fn prepare(touched: Vec<MergedRecord>, context: &Context, author: Author) -> Prepared {
    let mut prepared = Prepared {
        changes: Vec::new(),
        documents: Vec::new(),
        projections: ProjectionBatch::default(),
        names: Vec::new(),
    };
    for mut record in touched {
        if record.accepted() == 0 {
            continue;
        }
        prepared.changes.extend(record.take_changes(author));
        prepared.documents.extend(record.document_rows());
        let seq = prepared.changes.len() as i64;
        // A document on which projecting panics stays without a row; everybody else's are stored.
        let project = AssertUnwindSafe(|| project::row(&mut record, context, author, seq));
        let row = catch_unwind(project).unwrap_or_else(|_| {
            tracing::error!("a record could not be projected");
            None
        });
        prepared.projections.records.extend(row);
        prepared.names.push(record.id.to_string());
    }
    prepared
}

/// A change that was refused for good, to be kept with its reason.
fn wedge(
    document: &DocumentChanges,
    raw: &[u8],
    hash: [u8; 32],
    reason: &str,
    author: Author,
) -> WedgedRow {
    let change = NewChange {
        record_id: Uuid::from_bytes(document.record.0),
        audience: document.audience as i16,
        hash,
        device_id: author.device.0,
        store_id: author.store.0,
        actor: Vec::new(),
        raw: raw.to_vec(),
    };
    WedgedRow { change, reason: reason.to_owned(), detail: String::new() }
}
