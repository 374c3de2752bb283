//! The only way into records: phones, reviewers and the demonstration all write through here.
//!
//! scan (what a change would unpack to) → lock the documents → merge and project (pure, in worker
//! processes) → one transaction. A batch that was sent twice, or five times at once, is stored once.

mod batch;
mod heal;
mod log;
mod project;
pub(crate) mod rebuild;
pub mod record;
mod rows;
mod scrub;

pub use batch::{heads, stored_documents};
pub use heal::{forever as heal_forever, heal, mend};
pub(crate) use log::make_sound;
pub use scrub::{forever as scrub_forever, look_through};

use crate::error::{ApiError, ApiResult};
use crate::events;
use crate::forms::FormCache;
use crate::roster;
use crate::state::AppState;
use crate::store::{
    LockedDocument, LoggedChange, ProjectionBatch, StoreError, StoreResult, TenantId, TenantTx,
};
use crate::worker::message::{Changes, RecordJob, Roster};
use crate::worker::{CompiledForms, Outcome as Worked, WorkerError};
use batch::Batch;
use minicbor::bytes::ByteSlice;
use rows::Rows;
use shared::id::{DeviceId, FormVersionId, RecordId, StoreId};
use shared::merge::Refusal;
use shared::record::Audience;
use shared::sync::message::{DocumentChanges, MOST_FORMER, RefusedChange};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    pub tenant: TenantId,
    pub user: Uuid,
    pub device: DeviceId,
    pub former: Former,
    pub store: StoreId,
    /// Whether the review map may be changed.
    pub may_review: bool,
    /// Whether protection documents may be written.
    pub may_protect: bool,
}

/// The names that a phone had before it was connected again: what it made under them is its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Former {
    names: [[u8; 8]; MOST_FORMER],
    count: usize,
}

impl Former {
    /// The latest of these.
    pub fn of(names: &[Vec<u8>]) -> Self {
        let mut former = Self::default();
        let names = names.iter().rev().filter_map(|name| <[u8; 8]>::try_from(&name[..]).ok());
        for name in names.take(MOST_FORMER) {
            former.names[former.count] = name;
            former.count += 1;
        }
        former
    }

    /// As a list.
    pub fn list(&self) -> Vec<DeviceId> {
        self.names.iter().take(self.count).map(|name| DeviceId(*name)).collect()
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Changes that were not taken; everything else is committed.
    pub refused: Vec<RefusedChange>,
    /// How many changes were new.
    pub accepted: usize,
    /// How many changes there were, new ones, that no honest app sends.
    pub offences: usize,
    /// The processor time of the merges.
    pub used: Duration,
}

/// Another batch with the same new records committed first this often, at most.
const TRIES: usize = 6;

/// How long a batch waits for others that are being merged.
const PATIENCE: Duration = Duration::from_secs(15);
/// A change that has waited so long for one that it builds on is shown to a person: what has not come in a
/// week of syncs is probably nowhere any more.
pub const WAITING_MS: i64 = 7 * 24 * 3_600_000;

/// What no honest app sends, however it is used. (Others' changes come back after a restore, and what does
/// not fit into a record can be a fault of ours.)
const OFFENCES: [Refusal; 4] =
    [Refusal::Malformed, Refusal::TooLarge, Refusal::NotAllowed, Refusal::UnknownRecord];

/// Takes a batch in and answers after the commit.
pub async fn ingest(
    state: &AppState,
    author: Author,
    documents: Vec<DocumentChanges>,
) -> ApiResult<Outcome> {
    let batch = Batch::scan(documents);
    let Some(mut turn) = state.merges.turn((author.tenant, author.device), PATIENCE).await else {
        let busy = ApiError::busy("others are writing; this comes again later");
        return Err(busy.retry_after(5));
    };
    for _ in 0..TRIES {
        match attempt(state, author, &batch).await {
            // Another request stored the same change or began the same record meanwhile, or stood in
            // the way. Now it is done, and the next try finds what it left.
            Err(Failure::Store(error)) if error.is_passing() => {}
            Err(failure) => return Err(failure.into()),
            Ok(outcome) => {
                turn.used(outcome.used);
                return Ok(outcome);
            }
        }
    }
    Err(ApiError::unavailable("others are writing the same records; try again").retry_after(1))
}

pub(crate) enum Failure {
    Store(StoreError),
    Worker(WorkerError),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Worker(error) => {
                tracing::error!(%error, "a worker process did not do what it was asked");
                let detail = "the server cannot merge at the moment; try again";
                Self::unavailable(detail).retry_after(5)
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        Self::Worker(error)
    }
}

/// What the changes of stored documents measure.
async fn logged(
    tx: &mut TenantTx,
    stored: &[LockedDocument],
) -> StoreResult<HashMap<RecordId, BTreeMap<Audience, u64>>> {
    let records: BTreeSet<Uuid> = stored.iter().map(|row| row.record_id).collect();
    let mut logged: HashMap<RecordId, BTreeMap<Audience, u64>> = HashMap::new();
    if records.is_empty() {
        return Ok(logged);
    }
    let records: Vec<Uuid> = records.into_iter().collect();
    for (record, audience, bytes) in tx.logged_bytes(&records).await? {
        let audience = u8::try_from(audience).ok().and_then(Audience::from_number);
        if let Some(audience) = audience {
            let of = logged.entry(RecordId(*record.as_bytes())).or_default();
            of.insert(audience, bytes.unsigned_abs());
        }
    }
    Ok(logged)
}

async fn attempt(state: &AppState, author: Author, batch: &Batch) -> Result<Outcome, Failure> {
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(author.tenant).await?;
    let records = batch.records();
    let mut stored = match records.is_empty() {
        true => Vec::new(),
        false => tx.lock_documents(&records).await?,
    };
    let mut worked = merge(state, &mut tx, author, batch, &stored, now_ms).await?;
    if worked.iter().any(lacks_document) && tx.stand_in(&records, now_ms).await? > 0 {
        // Storage has lost the rows of documents, not their log.
        stored = tx.lock_documents(&records).await?;
        worked = merge(state, &mut tx, author, batch, &stored, now_ms).await?;
    }
    let mut rows = Rows::gather(batch, &stored, worked, author, now_ms);
    let waits = !rows.waiting.is_empty();
    if waits {
        let waiting: Vec<(&[u8], Uuid)> =
            rows.waiting.iter().map(|(_, hash, record)| (&hash[..], *record)).collect();
        let since = tx.note_waiting(author.device.as_bytes(), &waiting, now_ms).await?;
        tx.note_held_attachments(rows.waiting_changes(batch)).await?;
        let overdue = since.into_iter().filter(|(_, since)| now_ms - since >= WAITING_MS);
        let overdue = overdue.filter_map(|(hash, _)| hash.try_into().ok()).collect();
        rows.give_up(batch, &overdue, author);
    }
    let Rows { changes, documents, mut projections, names, wedged, refused, .. } = rows;
    let (accepted, used) = (changes.len(), rows.used);
    note_rebuilt(author.tenant, rows.rebuilt);
    let mut offences = 0;
    if !wedged.is_empty() {
        let new = tx.keep_wedged(&wedged, now_ms).await?;
        let offends = |reason: &&String| OFFENCES.iter().any(|of| of.code() == reason.as_str());
        offences = new.iter().filter(offends).count();
        // Office pages list them.
        let records: BTreeSet<Uuid> = wedged.iter().map(|row| row.change.record_id).collect();
        let records: Vec<String> = records.iter().map(|id| id.simple().to_string()).collect();
        for payload in events::payloads(author.tenant, 0, &records) {
            tx.notify(&payload).await?;
        }
    }
    // Also those that were only made anew.
    tx.store_documents(&documents, now_ms).await?;
    if accepted > 0 {
        tx.store_details(&projections).await?;
        tx.note_attachments(&changes).await?;
        // As late as possible: from here on other batches of this municipality wait.
        let count = accepted as i64;
        let last_seq = tx.take_seq(count).await?;
        for record in &mut projections.records {
            record.seq += last_seq - count;
        }
        tx.log_changes(&changes, last_seq, now_ms).await?;
        tx.store_record_rows(&projections).await?;
        note_unprojected(&mut tx, &rows.unprojected, &stored, &projections, now_ms).await?;
        for payload in events::payloads(author.tenant, last_seq, &names) {
            tx.notify(&payload).await?;
        }
    }
    if !wedged.is_empty() {
        let hashes: Vec<&[u8]> = wedged.iter().map(|row| &row.change.hash[..]).collect();
        tx.repeat_decisions(&hashes).await?;
    }
    if !documents.is_empty() || !wedged.is_empty() || waits {
        tx.commit().await?;
    }
    metrics::counter!("kardakar_changes_accepted_total").increment(accepted as u64);
    metrics::counter!("kardakar_changes_refused_total").increment(refused.len() as u64);
    Ok(Outcome { refused, accepted, offences, used })
}

/// Whether changes build on what is not there.
fn lacks_document(worked: &Worked) -> bool {
    let Worked::Done(result) = worked else { return false };
    let refused = result.documents.iter().flat_map(|document| &document.refused);
    let mut refusals = refused.filter_map(|refused| Refusal::from_code(&refused.code));
    refusals.any(|of| matches!(of, Refusal::MissingDependency | Refusal::UnknownRecord))
}

/// Says that storage had damaged documents, which are whole again.
fn note_rebuilt(tenant: TenantId, count: usize) {
    if count > 0 {
        metrics::counter!("kardakar_documents_rebuilt_total").increment(count as u64);
        tracing::error!(
            tenant = tenant.0,
            count,
            "stored documents were damaged and have been made anew from the log; look at the database's disk"
        );
    }
}

/// Marks records whose rows could not be made, and takes the mark off those whose rows are there again.
async fn note_unprojected(
    tx: &mut TenantTx,
    failed: &[Uuid],
    stored: &[LockedDocument],
    made: &ProjectionBatch,
    now_ms: i64,
) -> StoreResult<()> {
    if !failed.is_empty() {
        metrics::counter!("kardakar_rows_not_made_total").increment(failed.len() as u64);
        tracing::error!(records = ?failed, "the rows of records cannot be made; they stay as they were");
        tx.mark_unprojected(failed, now_ms).await?;
    }
    let made: BTreeSet<Uuid> =
        made.records.iter().map(|row| Uuid::from_bytes(row.record_id.0)).collect();
    let marked = stored.iter().filter(|row| row.unprojected).map(|row| row.record_id);
    let healed: Vec<Uuid> = marked.filter(|record| made.contains(record)).collect();
    if !healed.is_empty() {
        tx.unmark_unprojected(&healed).await?;
    }
    Ok(())
}

/// Has every record of the batch merged and projected.
async fn merge(
    state: &AppState,
    tx: &mut TenantTx,
    author: Author,
    batch: &Batch,
    stored: &[LockedDocument],
    now_ms: i64,
) -> Result<Vec<Worked>, Failure> {
    let known = stored.iter().filter_map(|row| FormVersionId::from_slice(row.version.as_deref()?));
    let forms = compiled_forms(&state.forms, tx, batch.versions().chain(known)).await?;
    let rosters = rosters_of_stored(tx, stored).await?;
    let logged = logged(tx, stored).await?;
    let mut jobs = batch.jobs(author, stored, logged, &forms, now_ms);
    for job in &mut jobs {
        job.roster = rosters.get(&job.record).cloned();
    }
    work(state, tx, &jobs, &forms).await
}

/// Has workers do the jobs.
async fn work(
    state: &AppState,
    tx: &mut TenantTx,
    jobs: &[RecordJob<'_>],
    forms: &CompiledForms,
) -> Result<Vec<Worked>, Failure> {
    let mut worked = state.workers.records(jobs, forms).await?;
    let damaged: Vec<usize> = worked
        .iter()
        .enumerate()
        .filter(|(_, outcome)| matches!(outcome, Worked::Done(result) if result.wants_log))
        .map(|(at, _)| at)
        .collect();
    if damaged.is_empty() {
        return with_rosters(state, tx, jobs, forms, worked).await;
    }
    let ids: Vec<Uuid> = damaged.iter().map(|at| Uuid::from_bytes(jobs[*at].record.0)).collect();
    let log = tx.logged_changes(&ids).await?;
    let mut jobs = jobs.to_vec();
    for at in &damaged {
        jobs[*at].log = Some(log_of(&log, jobs[*at].record));
    }
    let again: Vec<RecordJob<'_>> = damaged.iter().map(|at| jobs[*at].clone()).collect();
    let outcomes = state.workers.records(&again, forms).await?;
    for (at, outcome) in damaged.into_iter().zip(outcomes) {
        worked[at] = outcome;
    }
    with_rosters(state, tx, &jobs, forms, worked).await
}

/// The logged changes of a record, by document.
fn log_of(log: &[LoggedChange], record: RecordId) -> Vec<Changes<'_>> {
    let mut documents: BTreeMap<Audience, Vec<&ByteSlice>> = BTreeMap::new();
    for change in log.iter().filter(|change| change.record_id.as_bytes() == record.as_bytes()) {
        let audience = u8::try_from(change.audience).ok().and_then(Audience::from_number);
        if let Some(audience) = audience {
            documents.entry(audience).or_default().push(<&ByteSlice>::from(&change.raw[..]));
        }
    }
    documents.into_iter().map(|(audience, changes)| Changes { audience, changes }).collect()
}

/// Has those records worked on again that need the roster of their household.
async fn with_rosters(
    state: &AppState,
    tx: &mut TenantTx,
    jobs: &[RecordJob<'_>],
    forms: &CompiledForms,
    mut worked: Vec<Worked>,
) -> Result<Vec<Worked>, Failure> {
    // New records that are parallel from their beginning: rare, so asked for only now.
    let wanting: Vec<(usize, RecordId)> = worked
        .iter()
        .enumerate()
        .filter_map(|(at, outcome)| match outcome {
            Worked::Done(result) => Some((at, result.wants_roster?)),
            _ => None,
        })
        .collect();
    if wanting.is_empty() {
        return Ok(worked);
    }
    let households: BTreeSet<Uuid> =
        wanting.iter().map(|(_, household)| Uuid::from_bytes(household.0)).collect();
    let rosters = rosters_of(tx, &households).await?;
    let again: Vec<RecordJob<'_>> = wanting
        .iter()
        .map(|(at, household)| {
            let roster = rosters.get(&Uuid::from_bytes(household.0)).cloned();
            RecordJob { roster: Some(roster.unwrap_or_default()), ..jobs[*at].clone() }
        })
        .collect();
    let outcomes = state.workers.records(&again, forms).await?;
    for ((at, _), outcome) in wanting.into_iter().zip(outcomes) {
        worked[at] = outcome;
    }
    Ok(worked)
}

/// These forms, as far as the municipality has them.
async fn compiled_forms(
    cache: &FormCache,
    tx: &mut TenantTx,
    versions: impl Iterator<Item = FormVersionId>,
) -> StoreResult<CompiledForms> {
    let versions: BTreeSet<FormVersionId> = versions.collect();
    let mut forms = CompiledForms::new();
    for version in versions {
        if let Some(compiled) = cache.compiled(tx, version).await? {
            forms.insert(version, compiled);
        }
    }
    Ok(forms)
}

/// The rosters of the households that stored child surveys belong to, by survey.
async fn rosters_of_stored(
    tx: &mut TenantTx,
    stored: &[LockedDocument],
) -> StoreResult<HashMap<RecordId, Roster>> {
    let pairs: BTreeMap<Uuid, Uuid> =
        stored.iter().filter_map(|row| Some((row.record_id, row.household?))).collect();
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let households: BTreeSet<Uuid> = pairs.values().copied().collect();
    let rosters = rosters_of(tx, &households).await?;
    let of = |household| rosters.get(household).cloned().unwrap_or_default();
    Ok(pairs
        .iter()
        .map(|(record, household)| (RecordId(*record.as_bytes()), of(household)))
        .collect())
}

/// The rosters of households.
async fn rosters_of(
    tx: &mut TenantTx,
    households: &BTreeSet<Uuid>,
) -> StoreResult<HashMap<Uuid, Roster>> {
    let households: Vec<Uuid> = households.iter().copied().collect();
    let mut rosters: HashMap<Uuid, Roster> = HashMap::new();
    for (household, item, answers) in tx.rosters(&households).await? {
        rosters.entry(household).or_default().push(member(&item, &answers));
    }
    Ok(rosters)
}

fn member(item: &str, answers: &serde_json::Value) -> BTreeMap<String, String> {
    match answers.as_object() {
        Some(answers) => roster::projected(item, answers),
        None => BTreeMap::new(),
    }
}
