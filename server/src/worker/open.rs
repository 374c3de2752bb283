//! Stored documents opened for somebody of the office. Runs in a worker process, like the merge: what a
//! document takes to read is not known before.

use super::message::{Answer, EditJob, EditedDocument, ReadDocument, StoredDocument};
use shared::id::DeviceId;
use shared::record::header::{CONFIRMED, FIXED, REASON};
use shared::record::review::Seen;
use shared::record::said::{self, OPINION, Opinion, REPLY};
use shared::record::{Actor, Document, DocumentError};

/// Reads documents, each by itself.
pub fn read(documents: &[StoredDocument<'_>], history: bool) -> Answer {
    let nobody = Actor { device: DeviceId([0; 8]), session: [0; 8] };
    // The main document says what was decided, and on which answers.
    let mut seen = None;
    let read = documents.iter().map(|stored| {
        if stored.snapshot.is_empty() {
            return Err(DocumentError::Unreadable("there is nothing".into()));
        }
        let mut document = Document::load(stored.snapshot, stored.audience, nobody)?;
        let review = document.review_entries();
        seen = Seen::read(&review).or(seen.take());
        let covered = seen.as_ref().map(|seen| seen.of(stored.audience));
        // Words back to the office are read of the return that they answer.
        let returned = review.get("at").and_then(|at| at.parse().ok()).unwrap_or(0);
        let altered = covered.map_or(Vec::new(), |heads| document.altered_since(heads));
        Ok(ReadDocument {
            audience: stored.audience,
            header: document.header(),
            review,
            altered,
            confirmed: document.marks(CONFIRMED),
            reasons: document.marks(REASON),
            fixed: document.marks(FIXED),
            opinions: Opinion::all(&document.marks(OPINION)),
            replies: said::replies(&document.marks(REPLY), returned),
            answers: document.answers(),
            two_answers: document.two_answers(),
            history: if history { document.history() } else { Vec::new() },
            is_waiting: document.is_waiting(),
        })
    });
    answer(read.collect(), Answer::Read)
}

/// Makes one change of each document that the edits alter.
pub fn edit(job: &EditJob<'_>) -> Answer {
    let actor = Actor { device: job.device, session: job.session };
    let edited = job.documents.iter().filter_map(|stored| {
        let change = Document::load(stored.snapshot, stored.audience, actor)
            .and_then(|mut document| document.edit(&job.edits, job.now_ms, &job.version));
        let audience = stored.audience;
        let edited = |bytes: Vec<u8>| EditedDocument { audience, change: bytes.into() };
        change.map(|change| change.map(|change| edited(change.bytes))).transpose()
    });
    answer(edited.collect(), Answer::Edited)
}

fn answer<T>(done: Result<T, DocumentError>, wrap: impl FnOnce(T) -> Answer) -> Answer {
    match done {
        Ok(done) => wrap(done),
        Err(error) => Answer::Impossible(error.to_string()),
    }
}
