//! The parent's side: a few children, kept warm, each doing one batch at a time.

use super::frame;
use super::message::{
    Answer, EditJob, EditedDocument, Job, ReadDocument, RecordJob, SourceResult, StoredDocument,
};
use super::process::{CompiledForms, Failure, Outcome, PATIENCE, Program, Worker, WorkerError};
use futures_util::future::try_join_all;
use minicbor::bytes::{ByteSlice, ByteVec};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Like [`PATIENCE`], for a form: it may use the processor for longer, and its administrator waits.
const FORM_PATIENCE: Duration = Duration::from_secs(120);
/// A batch is spread over the children, but no child is bothered with less than this.
const SMALLEST_SHARE: usize = 16;
/// The most records for one child at a time.
const LARGEST_SHARE: usize = 100;
/// A sender on whose records this many children die waits with the rest.
const MOST_DEATHS: usize = 8;
/// What requests are allowed of the processors.
const ALLOWANCE: Allowance =
    Allowance { turn: Duration::from_millis(200), batch: Duration::from_secs(10) };
/// A child is replaced after this many jobs, so that whatever it leaks goes with it.
const JOBS_PER_LIFE: usize = 50_000;

/// Said of stored documents that a child could not read within its limits.
const EXHAUSTED: &str = "reading it uses up a worker process";

/// How much processor time requests get.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// After this much a request gives its child up, and queues for the next one behind those who wait.
    pub turn: Duration,
    /// After this much what is left of a batch has to come again. Something is done in any case.
    pub batch: Duration,
}

/// The children. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Workers {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: Program,
    most: usize,
    allowance: Allowance,
    places: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

/// What the shares of a batch have in common.
#[derive(Debug, Default)]
struct Progress {
    /// The first record that no share has.
    next: AtomicUsize,
    /// How many turns it has had.
    turns: AtomicUsize,
    deaths: AtomicUsize,
    used_us: AtomicU64,
}

impl Progress {
    fn used(&self, microseconds: u64) {
        self.used_us.fetch_add(microseconds, Relaxed);
    }

    /// Whether the batch has had what it is allowed.
    fn is_used_up(&self, allowance: Allowance) -> bool {
        let used = Duration::from_micros(self.used_us.load(Relaxed));
        let has_begun = self.turns.load(Relaxed) > 0;
        self.deaths.load(Relaxed) >= MOST_DEATHS || has_begun && used >= allowance.batch
    }
}

impl Workers {
    /// At most `most` children at once, started when they are needed.
    pub fn new(program: Program, most: usize) -> Self {
        Self::with_allowance(program, most, ALLOWANCE)
    }

    /// The same with another allowance than usual.
    pub fn with_allowance(program: Program, most: usize, allowance: Allowance) -> Self {
        let most = most.max(1);
        let (places, idle) = (Semaphore::new(most), Mutex::default());
        Self { inner: Arc::new(Inner { program, most, allowance, places, idle }) }
    }

    /// One for each processor.
    pub fn own() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self::new(Program::own(), processors)
    }

    /// Merges and projects records; the outcomes are in the order of the jobs.
    pub async fn records(
        &self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
    ) -> Result<Vec<Outcome>, WorkerError> {
        let each = jobs.len().div_ceil(self.inner.most);
        let each = each.clamp(SMALLEST_SHARE, LARGEST_SHARE);
        let progress = Progress::default();
        // No more shares than children queue at a time: others come in between.
        let lanes = (0..jobs.len().div_ceil(each).min(self.inner.most))
            .map(|_| self.lane(jobs, each, forms, &progress));
        let mut shares: Vec<(usize, Vec<Outcome>)> =
            try_join_all(lanes).await?.into_iter().flatten().collect();
        shares.sort_by_key(|(from, _)| *from);
        Ok(shares.into_iter().flat_map(|(_, outcomes)| outcomes).collect())
    }

    /// Compiles a form's source; `None` when it cannot be read at all.
    pub async fn compile(
        &self,
        media_type: &str,
        source: &[u8],
    ) -> Result<Option<SourceResult>, WorkerError> {
        match self.ask(&Job::Source(media_type, <&ByteSlice>::from(source))).await? {
            Some(Answer::Source(result)) => Ok(Some(result)),
            Some(_) => Err(WorkerError::Confused),
            None => Ok(None),
        }
    }

    /// Reads documents; `Err` inside says why it cannot be done.
    pub async fn read(
        &self,
        documents: Vec<StoredDocument<'_>>,
        history: bool,
    ) -> Result<Result<Vec<ReadDocument>, String>, WorkerError> {
        match self.ask(&Job::Read(documents, history)).await? {
            Some(Answer::Read(documents)) => Ok(Ok(documents)),
            Some(Answer::Impossible(reason)) => Ok(Err(reason)),
            Some(_) => Err(WorkerError::Confused),
            None => Ok(Err(EXHAUSTED.into())),
        }
    }

    /// All changes of documents, each after those that it builds on; none of a document that cannot be read.
    pub async fn changes(
        &self,
        documents: Vec<StoredDocument<'_>>,
    ) -> Result<Vec<ByteVec>, WorkerError> {
        match self.ask(&Job::Changes(documents)).await? {
            Some(Answer::Changes(changes)) => Ok(changes),
            Some(Answer::Panicked) | None => Ok(Vec::new()),
            Some(_) => Err(WorkerError::Confused),
        }
    }

    /// Changes documents; those that the edits do not alter are left out.
    pub async fn edit(
        &self,
        job: EditJob<'_>,
    ) -> Result<Result<Vec<EditedDocument>, String>, WorkerError> {
        match self.ask(&Job::Edit(job)).await? {
            Some(Answer::Edited(documents)) => Ok(Ok(documents)),
            Some(Answer::Impossible(reason)) => Ok(Err(reason)),
            Some(_) => Err(WorkerError::Confused),
            None => Ok(Err(EXHAUSTED.into())),
        }
    }

    /// One job by itself; `None` when it panics or uses up its process.
    async fn ask(&self, job: &Job<'_>) -> Result<Option<Answer>, WorkerError> {
        let mut frames = Vec::new();
        frame::append(job, &mut frames);
        let _place = self.place().await?;
        let mut worker = self.take()?;
        let patience = match job {
            Job::Source(..) => FORM_PATIENCE,
            _ => PATIENCE,
        };
        let mut outcome = worker.ask(&frames, patience).await;
        if matches!(outcome, Err(Failure::Killed)) {
            worker = Worker::start(&self.inner.program)?;
            outcome = worker.ask(&frames, patience).await;
        }
        match outcome {
            Ok(answer) => {
                self.give_back(worker);
                Ok(Some(answer).filter(|answer| !matches!(answer, Answer::Panicked)))
            }
            Err(Failure::Limits(_)) => Ok(None),
            Err(Failure::Killed) => Err(WorkerError::Gone),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// The process ids of the children that wait for work.
    pub fn ids(&self) -> Vec<u32> {
        self.idle().iter().filter_map(Worker::id).collect()
    }

    /// One share after the other, until all are taken: each with the place where it begins.
    async fn lane(
        &self,
        jobs: &[RecordJob<'_>],
        each: usize,
        forms: &CompiledForms,
        progress: &Progress,
    ) -> Result<Vec<(usize, Vec<Outcome>)>, WorkerError> {
        let mut shares = Vec::new();
        loop {
            let from = progress.next.fetch_add(each, Relaxed);
            let Some(left) = jobs.get(from..).filter(|left| !left.is_empty()) else {
                return Ok(shares);
            };
            let share = &left[..each.min(left.len())];
            shares.push((from, self.share(share, forms, progress).await?));
        }
    }

    /// A share in one turn, or in several when its records take long.
    async fn share(
        &self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
        progress: &Progress,
    ) -> Result<Vec<Outcome>, WorkerError> {
        let mut outcomes = Vec::with_capacity(jobs.len());
        // A child that was ended from outside while it waited may still look alive when it is taken.
        let mut killed = false;
        let mut length = jobs.len();
        while outcomes.len() < jobs.len() {
            if progress.is_used_up(self.inner.allowance) {
                outcomes.resize_with(jobs.len(), || Outcome::NotTried);
                break;
            }
            let before = outcomes.len();
            let left = &jobs[before..];
            let turn = &left[..length.min(left.len())];
            self.turn(turn, forms, progress, &mut killed, &mut outcomes).await?;
            progress.turns.fetch_add(1, Relaxed);
            let done = outcomes.len() - before;
            // What does not fit into a turn is not sent to the child in vain.
            length = if done < turn.len() { done.max(1) } else { length * 2 };
        }
        Ok(outcomes)
    }

    async fn turn(
        &self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
        progress: &Progress,
        killed: &mut bool,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), WorkerError> {
        let _place = self.place().await?;
        let (before, turn) = (outcomes.len(), self.inner.allowance.turn);
        let mut worker = if *killed { Worker::start(&self.inner.program)? } else { self.take()? };
        match worker.records(jobs, forms, turn, |us| progress.used(us), outcomes).await {
            Ok(()) => self.give_back(worker),
            Err(Failure::Error(error)) => return Err(error),
            Err(Failure::Killed) if !*killed => *killed = true,
            Err(Failure::Killed) => return Err(WorkerError::Gone),
            Err(Failure::Limits(seconds)) => {
                // Perhaps it was what others had left behind in that child.
                progress.deaths.fetch_add(1, Relaxed);
                progress.used(seconds * 1_000_000);
                let mut fresh = Worker::start(&self.inner.program)?;
                let at = outcomes.len() - before;
                let Some(suspect) = jobs.get(at..=at) else { return Err(WorkerError::Confused) };
                match fresh.records(suspect, forms, turn, |us| progress.used(us), outcomes).await {
                    Ok(()) => self.give_back(fresh),
                    Err(Failure::Limits(seconds)) => {
                        progress.used(seconds * 1_000_000);
                        metrics::counter!("kardakar_worker_deaths_total").increment(1);
                        tracing::warn!("a record used up a worker process; it is refused");
                        outcomes.push(Outcome::Exhausting);
                    }
                    Err(Failure::Killed) => return Err(WorkerError::Gone),
                    Err(Failure::Error(error)) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, WorkerError> {
        self.inner.places.acquire().await.map_err(|_| WorkerError::Gone)
    }

    fn take(&self) -> Result<Worker, WorkerError> {
        let mut idle = self.idle();
        while let Some(mut worker) = idle.pop() {
            // It may have been ended from outside while it waited.
            if worker.is_alive() {
                return Ok(worker);
            }
        }
        drop(idle);
        Worker::start(&self.inner.program)
    }

    fn give_back(&self, worker: Worker) {
        if worker.jobs() < JOBS_PER_LIFE {
            self.idle().push(worker);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.inner.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
