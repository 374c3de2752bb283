//! One record as the office sees it: its answers in form order, who gave each, where two answers
//! stand, and what happened to it.

mod attachments;
mod nodes;
mod shown;
mod words;

pub use attachments::attachments;

use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::http::{forms::names, hex, view};
use crate::ingest::{self, mend};
use crate::roster;
use crate::state::AppState;
use crate::store::{DocumentRow, RecordRow, TenantTx};
use crate::worker::WorkerError;
use crate::worker::message::{EditJob, ReadDocument};
use form::model::Form;
use serde_json::{Value, json};
use shared::id::{ChangeHash, DeviceId, FormVersionId, RecordId};
use shared::policy::{Action, may};
use shared::project::is_calculated;
use shared::record::answer::Answers;
use shared::record::conflict::TwoAnswers;
use shared::record::history::{FieldStep, HistoryStep, Part};
use shared::record::review::{Review, ReviewState, Seen};
use shared::record::{Actor, Audience, Edit, FieldPath, binding};
use shared::sync::message::DocumentChanges;
use shown::Shown;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A record opened by somebody of the office. Its documents were read by a worker process.
pub struct Opened {
    pub main: ReadDocument,
    /// Only for those who may read it.
    pub protection: Option<ReadDocument>,
    pub form: Option<Arc<Form>>,
    pub row: RecordRow,
    /// The newest changes of all documents: what a decision made now covers.
    pub seen: Seen,
    stored: Vec<DocumentRow>,
}

fn not_found() -> ApiError {
    ApiError::not_found("there is no record with this id")
}

impl Opened {
    /// Opens a record; it is not found in another municipality. The protection answers come only when
    /// they are asked for, and then only for those who may read them.
    pub async fn open(
        state: &AppState,
        tx: &mut TenantTx,
        office: &Office,
        id: Uuid,
        protection_too: bool,
        history: bool,
    ) -> ApiResult<Self> {
        let protection_too = protection_too && may(office.role, Action::ReadProtection);
        let row = tx.record(id).await?.ok_or_else(not_found)?;
        let version = FormVersionId::from_slice(&row.form_version);
        let form = match version {
            Some(version) => state.forms.get(tx, version).await?,
            None => None,
        };
        let mut read = Read::of(state, tx, id, protection_too, history).await?;
        if read.documents.is_err() && mend(state, office.tenant, id).await? {
            read = Read::of(state, tx, id, protection_too, history).await?;
        }
        let Read { stored, seen, documents } = read;
        let read = documents.map_err(|error| {
            tracing::error!(record = %id, %error, "a stored document cannot be read");
            ApiError::internal("the stored record cannot be read")
        })?;
        let (mut main, mut protection) = (None, None);
        for document in read {
            match document.audience {
                Audience::Main => main = Some(document),
                Audience::Protection => protection = Some(document),
            }
        }
        let main = main.ok_or_else(not_found)?;
        Ok(Self { main, protection, form, row, seen, stored })
    }

    /// The answers that this person may read.
    pub fn answers(&self) -> Answers {
        let mut answers = self.main.answers.clone();
        if let Some(protection) = &self.protection {
            answers.extend(protection.answers.clone());
        }
        answers
    }

    /// The questions with two answers, calculated ones left out.
    pub fn two_answers(&self) -> Vec<TwoAnswers> {
        let mut found = self.main.two_answers.clone();
        if let Some(protection) = &self.protection {
            found.extend(protection.two_answers.iter().cloned());
        }
        if let Some(form) = &self.form {
            found.retain(|field| !is_calculated(form, &field.path));
        }
        found
    }

    /// What the office says of the record.
    pub fn review(&self) -> Review {
        // The companion document may not have been read: the row knows of it.
        let known = self.row.review_state == ReviewState::Changed.name();
        Review::read(&self.main.header, &self.main.review, || known || !self.altered().is_empty())
    }

    /// What has become of the answers since the last decision, calculated ones left out.
    pub fn altered(&self) -> Vec<FieldStep> {
        let protection = self.protection.iter().flat_map(|document| &document.altered);
        let mut altered: Vec<_> = self.main.altered.iter().chain(protection).cloned().collect();
        if let Some(form) = &self.form {
            altered.retain(|field| !is_calculated(form, &field.path));
        }
        altered
    }

    fn history(&self) -> Vec<HistoryStep> {
        let mut steps = self.main.history.clone();
        if let Some(protection) = &self.protection {
            let made = protection.history.iter().filter(|step| step.device.is_some());
            steps.extend(made.cloned());
        }
        steps.sort_by_key(|step| step.at);
        steps
    }

    /// Makes the changes that the edits amount to, ready for the ingest.
    pub async fn edit(
        &self,
        state: &AppState,
        actor: Actor,
        edits: &[Edit],
    ) -> ApiResult<Vec<DocumentChanges>> {
        let record = RecordId(*self.row.record_id.as_bytes());
        let version = FormVersionId::from_slice(&self.row.form_version);
        let job = EditJob {
            documents: ingest::stored_documents(&self.stored),
            device: actor.device,
            session: actor.session,
            edits: edits.to_vec(),
            now_ms: state.now_ms(),
            version: version.map(|version| version.to_string()).unwrap_or_default(),
        };
        let edited = state.workers.edit(job).await.map_err(|error| no_worker(&error))?;
        let edited = edited.map_err(|error| {
            ApiError::conflict(format!("the record could not be changed: {error}"))
        })?;
        let changed = edited.into_iter().map(|document| DocumentChanges {
            record,
            audience: document.audience,
            changes: vec![document.change],
        });
        Ok(changed.collect())
    }
}

/// What a worker process read of a record's documents.
struct Read {
    stored: Vec<DocumentRow>,
    seen: Seen,
    /// Or why they cannot be read.
    documents: Result<Vec<ReadDocument>, String>,
}

impl Read {
    async fn of(
        state: &AppState,
        tx: &mut TenantTx,
        id: Uuid,
        protection_too: bool,
        history: bool,
    ) -> ApiResult<Self> {
        let mut stored = tx.documents(id).await?;
        stored.sort_by_key(|row| row.audience);
        let seen = Seen {
            main: heads(&stored, Audience::Main),
            protection: heads(&stored, Audience::Protection),
        };
        stored.retain(|row| protection_too || row.audience == Audience::Main as i16);
        let documents = state.workers.read(ingest::stored_documents(&stored), history).await;
        let documents = documents.map_err(|error| no_worker(&error))?;
        Ok(Self { stored, seen, documents })
    }
}

fn heads(stored: &[DocumentRow], audience: Audience) -> Vec<ChangeHash> {
    let document = stored.iter().find(|row| row.audience == audience as i16);
    document.map_or_else(Vec::new, |row| ingest::heads(&row.heads))
}

fn no_worker(error: &WorkerError) -> ApiError {
    tracing::error!(%error, "a record could not be opened");
    ApiError::unavailable("the server cannot open records at the moment; try again").retry_after(5)
}

/// Who stands behind a device.
#[derive(Debug, Clone)]
pub struct Person {
    user: Uuid,
    name: String,
    label: String,
}

/// People by device.
pub type People = BTreeMap<DeviceId, Person>;

async fn people(tx: &mut TenantTx) -> ApiResult<People> {
    let devices = tx.devices().await?;
    Ok(devices
        .into_iter()
        .filter_map(|row| {
            let id = DeviceId::from_slice(&row.device_id)?;
            Some((id, Person { user: row.user_id, name: row.user_name, label: row.label }))
        })
        .collect())
}

/// Who gave an answer and when: `null` for nobody known.
fn by(people: &People, device: Option<DeviceId>, at_s: i64) -> Value {
    let Some(device) = device else { return Value::Null };
    let person = people.get(&device);
    json!({
        "user": person.map(|person| hex(person.user.as_bytes())),
        "name": person.map(|person| person.name.as_str()),
        "device": device.to_string(),
        "device_label": person.map(|person| person.label.as_str()),
        "at": at_s.saturating_mul(1000),
    })
}

/// What a reviewer may do with a record in this state.
pub fn actions(state: ReviewState) -> &'static [&'static str] {
    match state {
        ReviewState::Unfinished => &[],
        ReviewState::Submitted | ReviewState::Changed => &["approve", "return", "reject"],
        ReviewState::Returned => &["approve", "reject", "reopen"],
        ReviewState::Approved => &["return", "reopen"],
        ReviewState::Rejected => &["reopen"],
    }
}

/// `GET /api/records/{id}`
pub async fn detail(
    state: &AppState,
    tx: &mut TenantTx,
    office: &Office,
    id: Uuid,
    protection_too: bool,
) -> ApiResult<Value> {
    let opened = Opened::open(state, tx, office, id, protection_too, true).await?;
    let names = names(state, tx).await?;
    let people = people(tx).await?;
    let household = match opened.row.household_id {
        Some(household) => tx.record(household).await?,
        None => None,
    };
    let roster = match opened.row.household_id {
        Some(household) => tx.roster(household).await?,
        None => Vec::new(),
    };
    let roster = roster
        .iter()
        .filter_map(|(item, answers)| Some(roster::projected(item, answers.as_object()?)))
        .collect();
    let children = tx.children_of(id).await?;
    let header = &opened.main.header;
    let review = opened.review();
    let mut shown = Shown::new(opened.form.clone(), opened.answers(), roster);
    if let Some(family) = &household {
        shown = shown.of_household(RecordId(*family.record_id.as_bytes()), &family.title);
    }
    let two_answers = opened.two_answers();
    let last = last_changes(&opened.history());
    let mut nodes =
        nodes::nodes(&shown, &two_answers, &last, &people, &review, &opened.main, state.now_ms());
    if !protection_too {
        // What was not read is not missing.
        nodes.problems.retain(|problem| !is_protection(shown.form(), &problem["path"]));
    }
    let may_act = may(office.role, Action::Review);
    let allowed = if may_act { actions(review.state) } else { &[] };
    let children: Vec<Value> = children.iter().map(|row| view::item(row, &names)).collect();
    Ok(json!({
        "record": view::item(&opened.row, &names),
        "household": household.map(|row| view::item(&row, &names)),
        "children": children,
        "languages": shown.languages(),
        "default_language": shown.default_language(),
        "nodes": nodes.nodes,
        "seen": opened.seen.to_string(),
        "altered": opened.altered().iter().map(|field| shown.step(field)).collect::<Vec<_>>(),
        "review": {
            "state": review.state.name(),
            "decided": review.decided.name(),
            "reason": review.reason,
            "by": review.by,
            "at": review.at_ms,
            "round": header.round,
            "reply": opened.main.replies.get("").map_or("", String::as_str),
            "flags": review.flags.iter().map(|flag| {
                json!({ "path": flag.path.to_string(), "text": flag.text })
            }).collect::<Vec<_>>(),
        },
        "actions": allowed,
        "problems": nodes.problems,
        "missing_parts": opened.main.is_waiting,
    }))
}

fn is_protection(form: Option<&Arc<Form>>, path: &Value) -> bool {
    let path = path.as_str().and_then(|path| path.parse::<FieldPath>().ok());
    form.zip(path).is_some_and(|(form, path)| {
        let place = binding::locate(form, &path);
        place.is_some_and(|(node, _)| binding::audience(form, node) == Audience::Protection)
    })
}

/// The device and time of the last change of each answer and of each entry of the header.
type LastChanges = BTreeMap<String, (Option<DeviceId>, i64)>;

fn last_changes(steps: &[HistoryStep]) -> LastChanges {
    let mut last = LastChanges::new();
    for step in steps {
        for field in &step.fields {
            if matches!(field.part, Part::Answer | Part::Option | Part::Header) {
                last.insert(field.path.to_string(), (step.device, step.at));
            }
        }
    }
    last
}

/// `GET /api/records/{id}/history`
pub async fn history(
    state: &AppState,
    tx: &mut TenantTx,
    office: &Office,
    id: Uuid,
    protection_too: bool,
) -> ApiResult<Value> {
    let opened = Opened::open(state, tx, office, id, protection_too, true).await?;
    let people = people(tx).await?;
    let received: BTreeMap<Vec<u8>, i64> = tx.change_times(id).await?.into_iter().collect();
    let shown = Shown::new(opened.form.clone(), opened.answers(), Vec::new());
    let changes: Vec<Value> = opened
        .history()
        .iter()
        .rev()
        .map(|step| {
            let edits: Vec<Value> = step.fields.iter().map(|field| shown.step(field)).collect();
            json!({
                "hash": step.hash.to_string(),
                "at": step.at.saturating_mul(1000),
                "received_at": received.get(step.hash.as_bytes()),
                "who": by(&people, step.device, step.at),
                "form_version": step.form_version,
                "parallel": step.parallel,
                "edits": edits,
            })
        })
        .collect();
    Ok(json!({ "changes": changes }))
}
