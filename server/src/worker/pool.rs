//! The parent's side: a few children, kept warm, each doing one batch at a time.

use super::frame;
use super::message::{
    Answer, EditJob, EditedDocument, Job, ReadDocument, RecordJob, RecordResult, SourceResult,
    StoredDocument,
};
use minicbor::bytes::ByteSlice;
use shared::id::FormVersionId;
use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
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
/// A child is replaced after this many jobs, so that whatever it leaks goes with it.
const JOBS_PER_LIFE: usize = 50_000;

/// Said of stored documents that a child could not read within its limits.
const EXHAUSTED: &str = "reading it uses up a worker process";

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
    /// Too many others of the same batch were like that; it was not tried.
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

/// How a child failed.
enum Failure {
    /// It ran out of memory or time, or of stack.
    Limits,
    /// Somebody else ended it.
    Killed,
    Error(WorkerError),
}

/// Compiled forms by version.
pub type CompiledForms = HashMap<FormVersionId, Arc<[u8]>>;

impl Workers {
    /// At most `most` children at once, started when they are needed.
    pub fn new(program: Program, most: usize) -> Self {
        let most = most.max(1);
        let (places, idle) = (Semaphore::new(most), Mutex::default());
        Self { inner: Arc::new(Inner { program, most, places, idle }) }
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
        let shares = jobs.chunks(each).map(|share| self.share(share, forms));
        let outcomes = futures_util::future::try_join_all(shares).await?;
        Ok(outcomes.into_iter().flatten().collect())
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
            Err(Failure::Limits) => Ok(None),
            Err(Failure::Killed) => Err(WorkerError::Gone),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// The process ids of the children that wait for work.
    pub fn ids(&self) -> Vec<u32> {
        self.idle().iter().filter_map(|worker| worker.child.id()).collect()
    }

    async fn share(
        &self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
    ) -> Result<Vec<Outcome>, WorkerError> {
        let _place = self.place().await?;
        let mut outcomes = Vec::with_capacity(jobs.len());
        let mut deaths = 0;
        // A child that was ended from outside while it waited may still look alive when it is taken.
        let mut killed = false;
        while outcomes.len() < jobs.len() {
            if deaths == MOST_DEATHS {
                outcomes.push(Outcome::NotTried);
                continue;
            }
            let mut worker = if killed { self.start()? } else { self.take()? };
            match worker.records(&jobs[outcomes.len()..], forms, &mut outcomes).await {
                Ok(()) => self.give_back(worker),
                Err(Failure::Error(error)) => return Err(error),
                Err(Failure::Killed) if !killed => killed = true,
                Err(Failure::Killed) => return Err(WorkerError::Gone),
                Err(Failure::Limits) => {
                    // Perhaps it was what others had left behind in that child.
                    deaths += 1;
                    let mut fresh = self.start()?;
                    let suspect = &jobs[outcomes.len()..=outcomes.len()];
                    match fresh.records(suspect, forms, &mut outcomes).await {
                        Ok(()) => self.give_back(fresh),
                        Err(Failure::Limits) => {
                            metrics::counter!("kardakar_worker_deaths_total").increment(1);
                            tracing::warn!("a record used up a worker process; it is refused");
                            outcomes.push(Outcome::Exhausting);
                        }
                        Err(Failure::Killed) => return Err(WorkerError::Gone),
                        Err(Failure::Error(error)) => return Err(error),
                    }
                }
            }
        }
        Ok(outcomes)
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
    /// Sends all jobs and reads the answers as they come. After a failure `outcomes` has those that came
    /// before.
    async fn records(
        &mut self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failure> {
        let mut frames = Vec::with_capacity(jobs.len() * 4096);
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
            for _ in jobs {
                outcomes.push(match read_answer(output, PATIENCE).await? {
                    Answer::Record(result) => Outcome::Done(result),
                    Answer::Panicked => Outcome::Panicked,
                    _ => return Err(Failure::Error(WorkerError::Confused)),
                });
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
        Some(
            rustix::process::Signal::ABORT
            | rustix::process::Signal::SEGV
            | rustix::process::Signal::BUS
            | rustix::process::Signal::XCPU,
        ) => Err(Failure::Limits),
        Some(rustix::process::Signal::KILL) => Err(Failure::Killed),
        _ => result,
    }
}
