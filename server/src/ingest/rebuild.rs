//! Stored documents that are not as they were stored, and the same documents made from the log: the log is the
//! truth, a document what was made of it. Runs in a worker process.

use super::record::NOBODY;
use crate::worker::message::{Changes, NewState, RebuiltDocument, StoredDocument};
use minicbor::bytes::ByteVec;
use shared::id::ChangeHash;
use shared::record::Document;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The document, if it is as it was stored.
pub fn open(stored: &StoredDocument<'_>) -> Option<Document> {
    let (document, heads) = read(stored)?;
    // No bytes are a document too, without heads.
    (heads == told(stored) && !heads.is_empty()).then_some(document)
}

/// Those that are not, made anew as far as the log is whole.
pub fn damaged(stored: &[StoredDocument<'_>], log: &[Changes<'_>]) -> Vec<RebuiltDocument> {
    let damaged = stored.iter().filter(|stored| open(stored).is_none());
    let rebuilt = damaged.filter_map(|stored| {
        let log = log.iter().find(|log| log.audience == stored.audience)?;
        let state = catch_unwind(AssertUnwindSafe(|| from_log(stored, log))).ok().flatten()?;
        Some(RebuiltDocument { audience: stored.audience, state })
    });
    rebuilt.collect()
}

/// Nothing is missing in the log, and nothing in it is altered, when it leads to the heads that stand beside the
/// document; or to those of the document, should it be they that are damaged. Where the whole row is gone, no
/// heads stand in its place, and the log alone counts.
fn from_log(stored: &StoredDocument<'_>, log: &Changes<'_>) -> Option<NewState> {
    let changes: Vec<Vec<u8>> = log.changes.iter().map(|change| change.to_vec()).collect();
    let mut document = Document::empty(stored.audience, NOBODY);
    document.receive(&changes).ok()?;
    let (snapshot, heads) = (document.save(), document.heads());
    let mut again = Document::load(&snapshot, stored.audience, NOBODY).ok()?;
    let told = told(stored);
    let gone = told.is_empty() && stored.snapshot.is_empty();
    let agrees = gone || heads == told || read(stored).is_some_and(|(_, read)| read == heads);
    let whole = agrees && !heads.is_empty() && again.heads() == heads;
    whole.then(|| NewState { heads, snapshot: snapshot.into() })
}

/// All changes of those stored documents that can be read.
pub fn stored_changes(stored: &[StoredDocument<'_>]) -> Vec<ByteVec> {
    let read = stored.iter().filter_map(read);
    read.flat_map(|(mut document, _)| document.changes()).map(|of| of.bytes.into()).collect()
}

fn read(stored: &StoredDocument<'_>) -> Option<(Document, Vec<ChangeHash>)> {
    let read = || Document::load(stored.snapshot, stored.audience, NOBODY).ok();
    let mut document = catch_unwind(AssertUnwindSafe(read)).ok().flatten()?;
    let heads = document.heads();
    Some((document, heads))
}

fn told(stored: &StoredDocument<'_>) -> Vec<ChangeHash> {
    let mut heads = stored.heads.clone();
    heads.sort();
    heads
}
