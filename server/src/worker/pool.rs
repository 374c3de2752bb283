//! The parent's side: a few children, kept warm, each doing one batch at a time.

use super::message::{
    Answer, EditJob, EditedDocument, Job, ReadDocument, RecordJob, RecordResult, SourceResult,
    StoredDocument,
};
use super::{frame, limits};
use futures_util::future::try_join_all;
use minicbor::bytes::ByteSlice;
use shared::id::FormVersionId;
use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

/// No answer within this time means that the child is stuck or the machine is; the limit of processor
/// time has ended an honest job's child long before.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same for a form: it may use the processor for longer, and its administrator waits.
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

/// The program of the children.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

impl Program {
    /// This program itself, as it runs: also after its file was replaced by a newer one.
    pub fn own() -> Self {
        Self { path: "/proc/self/exe".into(), arguments: vec!["worker".into()] }
    }
}

/// Why there is no answer. Nothing was wrong with what was sent.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("cannot start a worker process: {0}")]
    Start(std::io::Error),
    #[error("the worker process was stopped or does not answer")]
    Gone,
    #[error("the worker process said something else than expected")]
    Confused,
}

/// What became of a record.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are records")]
pub enum Outcome {
    Done(RecordResult),
    /// Decoding it panics.
    Panicked,
    /// Decoding it alone used up a child's memory or time.
    Exhausting,
    /// Too many others of the same batch were like that, or they took all the time that a batch has; it was
    /// not tried.
    NotTried,
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

/// A running child.
#[derive(Debug)]
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The forms it was given.
    forms: HashSet<FormVersionId>,
    jobs: usize,
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

/// How a child failed.
enum Failure {
    /// It ran out of memory or time, or of stack. How many seconds of the processor are known to be gone.
    Limits(u64),
    /// Somebody else ended it.
    Killed,
    Error(WorkerError),
}

/// Compiled forms by version.
pub type CompiledForms = HashMap<FormVersionId, Arc<[u8]>>;

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
            worker = self.start()?;
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
        self.idle().iter().filter_map(|worker| worker.child.id()).collect()
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
        let mut worker = if *killed { self.start()? } else { self.take()? };
        match worker.records(jobs, forms, turn, progress, outcomes).await {
            Ok(()) => self.give_back(worker),
            Err(Failure::Error(error)) => return Err(error),
            Err(Failure::Killed) if !*killed => *killed = true,
            Err(Failure::Killed) => return Err(WorkerError::Gone),
            Err(Failure::Limits(seconds)) => {
                // Perhaps it was what others had left behind in that child.
                progress.deaths.fetch_add(1, Relaxed);
                progress.used(seconds * 1_000_000);
                let mut fresh = self.start()?;
                let at = outcomes.len() - before;
                let Some(suspect) = jobs.get(at..=at) else { return Err(WorkerError::Confused) };
                match fresh.records(suspect, forms, turn, progress, outcomes).await {
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
            if matches!(worker.child.try_wait(), Ok(None)) {
                return Ok(worker);
            }
        }
        drop(idle);
        self.start()
    }

    fn give_back(&self, worker: Worker) {
        if worker.jobs < JOBS_PER_LIFE {
            self.idle().push(worker);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.inner.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn start(&self) -> Result<Worker, WorkerError> {
        let program = &self.inner.program;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).env_clear().current_dir("/").kill_on_drop(true);
        // The allocator would set a gigabyte of addresses aside, past the limit of `limits`.
        command.env("MIMALLOC_ARENA_RESERVE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(WorkerError::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(WorkerError::Gone);
        };
        let output = BufReader::with_capacity(64 << 10, output);
        Ok(Worker { child, input, output, forms: HashSet::new(), jobs: 0 })
    }
}

impl Worker {
    /// Sends all jobs and reads the answers as they come, at least one and as many as the turn lasts. After
    /// a failure `outcomes` has those that came before.
    async fn records(
        &mut self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
        turn: Duration,
        progress: &Progress,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failure> {
        let mut frames = Vec::with_capacity(jobs.len() * 4096);
        frame::append(&Job::Turn(turn.as_micros() as u64), &mut frames);
        for job in jobs {
            for version in &job.forms {
                if let Some(compiled) = forms.get(version)
                    && self.forms.insert(*version)
                {
                    let compiled = <&ByteSlice>::from(&compiled[..]);
                    frame::append(&Job::Form(*version, compiled), &mut frames);
                }
            }
            frame::append(&Job::Record(job.clone()), &mut frames);
        }
        self.jobs += jobs.len();
        let Self { child, input, output, .. } = self;
        let read = async {
            let mut over = false;
            for at in 0..jobs.len() {
                match read_answer(output, PATIENCE).await? {
                    Answer::Record(result) if !over => {
                        progress.used(result.used_us);
                        outcomes.push(Outcome::Done(result));
                    }
                    Answer::Panicked if !over => outcomes.push(Outcome::Panicked),
                    Answer::Later if at > 0 => over = true,
                    _ => return Err(Failure::Error(WorkerError::Confused)),
                }
            }
            Ok(())
        };
        explain(child, exchange(input, &frames, read).await).await
    }

    async fn ask(&mut self, frames: &[u8], patience: Duration) -> Result<Answer, Failure> {
        self.jobs += 1;
        let Self { child, input, output, .. } = self;
        explain(child, exchange(input, frames, read_answer(output, patience)).await).await
    }
}

/// Writes and reads at once: both pipes are shorter than a batch.
async fn exchange<T>(
    input: &mut ChildStdin,
    frames: &[u8],
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let write = async {
        // When this fails the child is gone, and reading says so too.
        let _ = input.write_all(frames).await;
        let _ = input.flush().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = read => result,
        () = write => Err(Failure::Error(WorkerError::Gone)),
    }
}

async fn read_answer(
    output: &mut BufReader<ChildStdout>,
    patience: Duration,
) -> Result<Answer, Failure> {
    let gone = || Failure::Error(WorkerError::Gone);
    let frame = async {
        let length = output.read_u32_le().await? as usize;
        let mut frame = Vec::with_capacity(length.min(1 << 20));
        let read = output.take(length.min(frame::LONGEST) as u64).read_to_end(&mut frame).await?;
        if read == length { Ok(frame) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    };
    let frame: std::io::Result<Vec<u8>> =
        tokio::time::timeout(patience, frame).await.map_err(|_| gone())?;
    minicbor::decode(&frame.map_err(|_| gone())?).map_err(|_| Failure::Error(WorkerError::Confused))
}

/// A child that is gone says by its end whether it met its limits.
async fn explain<T>(child: &mut Child, result: Result<T, Failure>) -> Result<T, Failure> {
    if !matches!(result, Err(Failure::Error(WorkerError::Gone))) {
        return result;
    }
    let waited = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
    let signal = match waited {
        Ok(Ok(status)) => status.signal(),
        // It lives: it was only slow. It is killed when it is dropped.
        _ => None,
    };
    match signal.and_then(rustix::process::Signal::from_named_raw) {
        Some(rustix::process::Signal::XCPU) => Err(Failure::Limits(limits::SECONDS)),
        Some(
            rustix::process::Signal::ABORT
            | rustix::process::Signal::SEGV
            | rustix::process::Signal::BUS,
        ) => Err(Failure::Limits(0)),
        Some(rustix::process::Signal::KILL) => Err(Failure::Killed),
        _ => result,
    }
}
