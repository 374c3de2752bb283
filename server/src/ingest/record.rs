//! One record: its changes merged, its rows made. Runs in a worker process, where it may die.

use super::{project, rebuild};
use crate::worker::message::{
    AcceptedChange, Changes, DocumentResult, NewState, RecordJob, RecordResult, RefusedAt,
    StoredDocument,
};
use form::model::Form;
use minicbor::bytes::ByteSlice;
use shared::id::{DeviceId, FormVersionId, RecordId};
use shared::merge::{Accepted, Merged, Refusal, Sender, Stored, merge_onto};
use shared::record::{Actor, Audience, Document};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// More forms than this in use at once are unlikely; past it the cache begins anew.
const MOST_FORMS: usize = 200;
/// Reads documents and never writes them.
pub(super) const NOBODY: Actor = Actor { device: DeviceId([0; 8]), session: [0; 8] };

/// The forms that this process was given.
#[derive(Default)]
pub struct Forms {
    forms: HashMap<FormVersionId, Arc<Form>>,
}

impl Forms {
    /// Keeps a compiled form.
    pub fn add(&mut self, version: FormVersionId, compiled: &[u8]) {
        if self.forms.len() >= MOST_FORMS {
            self.forms.clear();
        }
        if let Ok(form) = Form::from_bytes(compiled) {
            self.forms.insert(version, Arc::new(form));
        }
    }

    /// The form of a version, if the job's municipality has it.
    fn of(&self, version: Option<FormVersionId>, job: &RecordJob<'_>) -> Option<&Arc<Form>> {
        let version = version.filter(|version| job.forms.contains(version))?;
        self.forms.get(&version)
    }
}

/// A record in memory.
struct Open {
    documents: BTreeMap<Audience, Document>,
    accepted: Vec<Accepted>,
    /// Whether somebody else's changes stood beside ours before the batch.
    was_parallel: bool,
    /// Whether a stored document is not as it was.
    damaged: bool,
}

/// Merges what came into what is stored; what of that is damaged is made anew first, once the log is there.
pub fn merge_and_project(job: &RecordJob<'_>, forms: &Forms) -> RecordResult {
    let Some(log) = &job.log else { return merge_onto_stored(job, forms) };
    let rebuilt = rebuild::damaged(&job.stored, log);
    let mut job = job.clone();
    for stored in &mut job.stored {
        if let Some(anew) = rebuilt.iter().find(|anew| anew.audience == stored.audience) {
            stored.snapshot = <&ByteSlice>::from(&anew.state.snapshot[..]);
            stored.heads.clone_from(&anew.state.heads);
        }
    }
    let result = merge_onto_stored(&job, forms);
    RecordResult { rebuilt, ..result }
}

fn merge_onto_stored(job: &RecordJob<'_>, forms: &Forms) -> RecordResult {
    let mut open = Open {
        documents: BTreeMap::new(),
        accepted: Vec::new(),
        was_parallel: job.stored.iter().any(|stored| stored.heads.len() > 1),
        damaged: false,
    };
    let mut result = RecordResult::default();
    for changes in &job.batch {
        result.documents.push(open.take_in(job, changes));
    }
    if !open.accepted.is_empty() || job.anew {
        open.add_untouched(job);
    }
    if open.damaged && job.log.is_none() {
        return RecordResult { wants_log: true, ..RecordResult::default() };
    }
    if open.accepted.is_empty() && !job.anew {
        return result;
    }
    let version = open.named_version().or(job.version);
    let check = job.problems > 0 || open.is_parallel();
    if check && job.roster.is_none() {
        result.wants_roster = open.household();
        if result.wants_roster.is_some() {
            return result;
        }
    }
    let form = forms.of(version, job);
    let roster = check.then(|| job.roster.clone().unwrap_or_default());
    let (record, now_ms) = (job.record, job.now_ms);
    let times = if job.anew { open.times_of_record(record) } else { open.times() };
    // A record whose rows cannot be made keeps those that it had; the document is stored, and the record
    // marked: its rows are made later.
    let project =
        || project::row(record, &mut open.documents, version, form, roster, times, now_ms);
    result.projection = catch_unwind(AssertUnwindSafe(project)).unwrap_or_default();
    result
}

impl Open {
    fn take_in(&mut self, job: &RecordJob<'_>, changes: &Changes<'_>) -> DocumentResult {
        let audience = changes.audience;
        let main_is_there = self.documents.contains_key(&Audience::Main)
            || job.stored.iter().any(|stored| stored.audience == Audience::Main);
        let refusal = match audience {
            Audience::Main => None,
            Audience::Protection if !job.may_protect => Some(Refusal::NotAllowed),
            Audience::Protection if !main_is_there => Some(Refusal::MissingDependency),
            Audience::Protection => None,
        };
        let merged = match refusal {
            Some(refusal) => Err(refusal),
            None => merge_document(job, changes),
        };
        let stored = job.stored.iter().find(|stored| stored.audience == audience);
        self.damaged |= refusal.is_none() && is_suspect(&merged) && !is_sound(stored);
        match merged {
            Ok((merged, stored)) => {
                let refused = merged.refused.iter().map(|(index, hash, refusal)| RefusedAt {
                    index: *index as u32,
                    hash: *hash,
                    code: refusal.code().to_owned(),
                });
                let accepted = merged.accepted.iter().map(|change| AcceptedChange {
                    index: change.index as u32,
                    hash: change.hash,
                    actor: change.actor.clone().into(),
                });
                let result = DocumentResult {
                    accepted: accepted.collect(),
                    refused: refused.collect(),
                    stored,
                };
                self.accepted.extend(merged.accepted);
                self.documents.insert(audience, merged.document);
                result
            }
            Err(refusal) => DocumentResult {
                refused: (0..changes.changes.len() as u32)
                    .map(|index| RefusedAt { index, hash: None, code: refusal.code().to_owned() })
                    .collect(),
                ..DocumentResult::default()
            },
        }
    }

    /// The documents that the batch left alone, for the projection.
    fn add_untouched(&mut self, job: &RecordJob<'_>) {
        for stored in &job.stored {
            if self.documents.contains_key(&stored.audience) {
                continue;
            }
            match rebuild::open(stored) {
                Some(document) => {
                    self.documents.insert(stored.audience, document);
                }
                None => self.damaged = true,
            }
        }
    }

    /// The form version that the newest accepted change names.
    fn named_version(&self) -> Option<FormVersionId> {
        let named = self.accepted.iter().filter(|change| !change.form_version.is_empty());
        named.max_by_key(|change| change.at)?.form_version.parse().ok()
    }

    /// Answers that were valid on both sides can be invalid together: a record that was changed in two
    /// places at once is checked again, and from then on until nothing is wrong.
    fn is_parallel(&mut self) -> bool {
        self.was_parallel || self.documents.values_mut().any(|open| open.heads().len() > 1)
    }

    /// The household that a child survey belongs to.
    fn household(&self) -> Option<RecordId> {
        self.documents.get(&Audience::Main)?.header().household
    }

    /// When the record was begun and last changed, in Unix milliseconds: its id begins with the former.
    fn times_of_record(&mut self, record: RecordId) -> (i64, i64) {
        let begun = record.0[..6].iter().fold(0, |time, byte| time << 8 | i64::from(*byte));
        let changed = self.documents.values_mut().map(Document::changed_ms).max();
        (begun, changed.unwrap_or(begun))
    }

    /// When the first and the last accepted change were made, in Unix milliseconds.
    fn times(&self) -> (i64, i64) {
        // A companion's common first change has no time.
        let times = self.accepted.iter().map(|change| change.at).filter(|at| *at > 0);
        let ms = |at: Option<i64>| at.map_or(0, |at| at.saturating_mul(1000));
        (ms(times.clone().min()), ms(times.max()))
    }
}

/// What came may be refused because of what is stored: because that cannot be read, is empty, or is something
/// else.
fn is_suspect(merged: &Result<(Merged, Option<NewState>), Refusal>) -> bool {
    let of_the_stored = |refusal: &Refusal| {
        matches!(
            refusal,
            Refusal::NotApplicable | Refusal::MissingDependency | Refusal::UnknownRecord
        )
    };
    match merged {
        Ok((merged, _)) => merged.refused.iter().any(|(_, _, refusal)| of_the_stored(refusal)),
        Err(refusal) => of_the_stored(refusal),
    }
}

fn is_sound(stored: Option<&StoredDocument<'_>>) -> bool {
    stored.is_none_or(|stored| rebuild::open(stored).is_some())
}

/// Automerge panics on some damaged changes. Such a panic costs the sender's own document its batch,
/// and nobody else anything.
fn merge_document(
    job: &RecordJob<'_>,
    changes: &Changes<'_>,
) -> Result<(Merged, Option<NewState>), Refusal> {
    let audience = changes.audience;
    let (device, former) = (job.device, &job.former[..]);
    let sender = Sender { device, former, may_review: job.may_review };
    let stored = job.stored.iter().find(|stored| stored.audience == audience);
    let stored = stored.map(|stored| {
        let bytes = job.logged.get(&audience).copied();
        let bytes = bytes.unwrap_or(stored.snapshot.len() as u64);
        Stored { snapshot: stored.snapshot, bytes }
    });
    let changes: Vec<&[u8]> = changes.changes.iter().map(|change| &change[..]).collect();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut merged = merge_onto(job.record, audience, stored, &changes, sender).ok()?;
        if merged.accepted.is_empty() {
            return Some((merged, None));
        }
        let state = saved(&mut merged)?;
        Some((merged, Some(state)))
    }));
    outcome.unwrap_or(None).ok_or(Refusal::NotApplicable)
}

/// Some changes are taken in and then cannot be read back. Only a document that saves, loads and has the
/// same heads is stored; the one read back takes the other's place.
fn saved(merged: &mut Merged) -> Option<NewState> {
    let snapshot = merged.document.save();
    let heads = merged.document.heads();
    let mut again = Document::load(&snapshot, merged.document.audience(), NOBODY).ok()?;
    if again.heads() != heads {
        return None;
    }
    merged.document = again;
    Some(NewState { heads, snapshot: snapshot.into() })
}
