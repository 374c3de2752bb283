//! One child: started, asked over its pipes, and what its end says.

use super::message::{Answer, Job, RecordJob, RecordResult};
use super::{frame, limits};
use minicbor::bytes::ByteSlice;
use shared::id::FormVersionId;
use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// No answer within this time means that the child is stuck or the machine is; the limit of processor
/// time has ended an honest job's child long before.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

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

/// Compiled forms by version.
pub type CompiledForms = HashMap<FormVersionId, Arc<[u8]>>;

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

/// A running child.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The forms it was given.
    forms: HashSet<FormVersionId>,
    jobs: usize,
}

/// How a child failed.
pub(super) enum Failure {
    /// It ran out of memory or time, or of stack. How many seconds of the processor are known to be gone.
    Limits(u64),
    /// Somebody else ended it.
    Killed,
    Error(WorkerError),
}

impl Worker {
    pub(super) fn start(program: &Program) -> Result<Self, WorkerError> {
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

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How many it has had.
    pub(super) fn jobs(&self) -> usize {
        self.jobs
    }

    /// Sends all jobs and reads the answers as they come, at least one and as many as the turn lasts. After
    /// a failure `outcomes` has those that came before.
    pub(super) async fn records(
        &mut self,
        jobs: &[RecordJob<'_>],
        forms: &CompiledForms,
        turn: Duration,
        used: impl Fn(u64),
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
                        used(result.used_us);
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

    pub(super) async fn ask(
        &mut self,
        frames: &[u8],
        patience: Duration,
    ) -> Result<Answer, Failure> {
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
