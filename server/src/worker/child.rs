//! The child: reads jobs from standard input, writes answers to standard output, and knows nothing else.

use super::message::{Answer, Job, SourceResult};
use super::{frame, limits, open};
use crate::forms::{self, Source};
use crate::ingest::rebuild::stored_changes;
use crate::ingest::record::{Forms, merge_and_project};
use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Works until standard input ends.
pub fn run() -> ExitCode {
    // What panics say could hold answers; where they happen cannot.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(at) = panic.location() {
            eprintln!("kardakar worker: panic at {}:{}", at.file(), at.line());
        }
    }));
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kardakar worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> std::io::Result<()> {
    limits::begin()?;
    let mut input = BufReader::with_capacity(64 << 10, std::io::stdin().lock());
    let mut output = std::io::stdout().lock();
    let mut forms = Forms::default();
    let (mut job, mut answer) = (Vec::new(), Vec::new());
    // Until when the turn lasts, by the processor's clock; 0 while nothing of it is done.
    let (mut turn_us, mut turn_ends) = (u64::MAX, 0);
    while frame::read(&mut input, &mut job)? {
        limits::next_job()?;
        let Ok(decoded) = minicbor::decode::<Job<'_>>(&job) else {
            return Err(std::io::ErrorKind::InvalidData.into());
        };
        let answered = match decoded {
            Job::Form(version, compiled) => {
                forms.add(version, compiled);
                continue;
            }
            Job::Turn(length_us) => {
                (turn_us, turn_ends) = (length_us, 0);
                continue;
            }
            Job::Record(_) if turn_ends > 0 && limits::used_us() >= turn_ends => Answer::Later,
            Job::Record(record) => {
                let begun = limits::used_us();
                if turn_ends == 0 {
                    turn_ends = begun.saturating_add(turn_us).max(1);
                }
                let mut answer = guarded(|| Answer::Record(merge_and_project(&record, &forms)));
                if let Answer::Record(result) = &mut answer {
                    result.used_us = limits::used_us() - begun;
                }
                answer
            }
            Job::Source(media_type, source) => {
                limits::form()?;
                guarded(|| Answer::Source(compile(media_type, source)))
            }
            Job::Read(documents, history) => guarded(|| open::read(&documents, history)),
            Job::Changes(documents) => guarded(|| Answer::Changes(stored_changes(&documents))),
            Job::Edit(edit) => guarded(|| open::edit(&edit)),
        };
        answer.clear();
        frame::append(&answered, &mut answer);
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}

fn guarded(work: impl FnOnce() -> Answer) -> Answer {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Answer::Panicked)
}

fn compile(media_type: &str, source: &[u8]) -> SourceResult {
    let Some(Source { compiled, files }) = forms::compile(media_type, source) else {
        return SourceResult { unknown_type: true, ..SourceResult::default() };
    };
    let form = compiled.form.filter(|_| compiled.errors.is_empty());
    let json = |problems| serde_json::to_string(problems).unwrap_or_default();
    SourceResult {
        unknown_type: false,
        compiled: form.map(|form| form.to_bytes().into()),
        errors: json(&compiled.errors),
        warnings: json(&compiled.warnings),
        files,
    }
}
