//! What the office does to a record: decisions, remarks, settling two answers. Each is an ordinary
//! change of the record, made in the name of the person's office device.

use super::body::JsonBody;
use super::parse_uuid;
use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::ingest::{Author, Former, ingest};
use crate::page::{self, Opened};
use crate::state::AppState;
use crate::store::AuditEntry;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::id::{DeviceId, StoreId};
use shared::policy::{Action, may};
use shared::record::review::{Flag, Review, ReviewState, Seen};
use shared::record::said::{Opinion, Settled};
use shared::record::{Actor, Audience, Edit, FieldPath, ValueKind, binding};
use shared::sync::message::DocumentChanges;
use uuid::Uuid;

const LONGEST_TEXT: usize = 4000;
/// The newest changes of a record that hundreds of phones have altered without contact, in words.
const MOST_SEEN: usize = 1 << 16;

#[derive(Deserialize)]
pub struct Decision {
    action: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    flags: Vec<Remark>,
    /// What the person has seen of the record, as its page told it; blank for what there is now.
    #[serde(default)]
    seen: String,
}

#[derive(Deserialize)]
pub struct Remark {
    path: String,
    text: String,
}

/// `POST /api/records/{id}/review`
pub async fn review(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Decision>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::Review)?;
    let id = parse_uuid(&id)?;
    let (opened, actor) = open(&state, &office, id).await?;
    let edits = decide(&state, &office, &body, &opened)?;
    write(&state, &office, id, (&opened, actor), &edits, &format!("record.{}", body.action)).await
}

fn decide(
    state: &AppState,
    office: &Office,
    body: &Decision,
    opened: &Opened,
) -> ApiResult<Vec<Edit>> {
    let (header, before) = (&opened.main.header, opened.review());
    let reason = body.reason.trim();
    if reason.len() > LONGEST_TEXT || body.flags.iter().any(|flag| flag.text.len() > LONGEST_TEXT) {
        return Err(ApiError::field("reason and flags: at most 4000 bytes each"));
    }
    let (decided, needs_reason) = match body.action.as_str() {
        "approve" => (ReviewState::Approved, false),
        "return" => (ReviewState::Returned, true),
        "reject" => (ReviewState::Rejected, true),
        "reopen" => (ReviewState::Submitted, false),
        _ => return Err(ApiError::field("action: one of approve, return, reject, reopen")),
    };
    if needs_reason && reason.is_empty() {
        return Err(ApiError::field("reason: say why, the worker reads it"));
    }
    if !page::actions(before.state).contains(&body.action.as_str()) {
        let detail = format!("the record is {}; reload it", before.state.name());
        return Err(ApiError::conflict(detail));
    }
    let flags = body
        .flags
        .iter()
        .map(|remark| {
            let path = parse_path(&remark.path)?;
            Ok(Flag { path, text: remark.text.trim().to_owned() })
        })
        .collect::<ApiResult<Vec<_>>>()?;
    let by = &office.user.name;
    let mut edits = Review::decide(&before, header, decided, reason, by, state.now_ms(), &flags);
    if body.action != "reopen" {
        edits.push(seen(&body.seen, opened)?.edit());
    }
    Ok(edits)
}

/// What the decision covers.
fn seen(told: &str, opened: &Opened) -> ApiResult<Seen> {
    if told.is_empty() {
        return Ok(opened.seen.clone());
    }
    let seen = Some(told).filter(|told| told.len() <= MOST_SEEN).and_then(|told| told.parse().ok());
    seen.ok_or_else(|| ApiError::field("seen: as the record's page told it, or nothing"))
}

fn parse_path(text: &str) -> ApiResult<FieldPath> {
    text.parse().map_err(|_| ApiError::field("path: not the path of an answer"))
}

#[derive(Deserialize)]
pub struct Settlement {
    path: String,
    value: String,
    #[serde(default)]
    reason: String,
}

/// `POST /api/records/{id}/resolve`
pub async fn resolve(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Settlement>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::Review)?;
    let id = parse_uuid(&id)?;
    let path = parse_path(&body.path)?;
    let (opened, actor) = open(&state, &office, id).await?;
    let all = opened.two_answers();
    let contested = all.iter().find(|field| field.path == path);
    let contested = contested
        .ok_or_else(|| ApiError::conflict("this question no longer has two answers; reload it"))?;
    let is_new = contested.values.iter().all(|value| value.value != body.value);
    if is_new && body.reason.trim().is_empty() {
        return Err(ApiError::field("reason: another answer than the two needs a reason"));
    }
    if body.value.len() > LONGEST_TEXT || body.reason.len() > LONGEST_TEXT {
        return Err(ApiError::field("value and reason: at most 4000 bytes each"));
    }
    let place = opened.form.as_ref().and_then(|form| Some((form, binding::locate(form, &path)?.0)));
    let (kind, audience) = place.map_or((ValueKind::Plain, Audience::Main), |(form, node)| {
        (binding::value_kind(form.node(node)), binding::audience(form, node))
    });
    let (by, reason) = (office.user.name.clone(), body.reason.trim().to_owned());
    let settled = Settled { path: path.clone(), at_ms: state.now_ms(), by, reason };
    let said = opened.main.opinions.iter().filter(|opinion| opinion.path == path);
    let mut edits: Vec<Edit> = said.map(Opinion::forgotten).collect();
    // Words on a protection answer stand where everybody of the office reads them: only when there are any.
    if audience == Audience::Main || !settled.reason.is_empty() {
        edits.push(settled.edit());
    }
    edits.push(Edit::Set { path, value: body.value, kind, audience });
    write(&state, &office, id, (&opened, actor), &edits, "record.resolve").await
}

async fn open(state: &AppState, office: &Office, id: Uuid) -> ApiResult<(Opened, Actor)> {
    let mut tx = state.store.begin(office.tenant).await?;
    let now_ms = state.now_ms();
    let (fresh, no_token) = (rand::random(), rand::random());
    let device = tx.office_device(office.user.user_id, &fresh, &no_token, now_ms).await?;
    let actor = Actor { device: DeviceId(device), session: rand::random() };
    let opened = Opened::open(state, &mut tx, office, id, true, false).await?;
    tx.commit().await?;
    Ok((opened, actor))
}

async fn write(
    state: &AppState,
    office: &Office,
    id: Uuid,
    (opened, actor): (&Opened, Actor),
    edits: &[Edit],
    action: &str,
) -> ApiResult<Json<Value>> {
    let now_ms = state.now_ms();
    let documents = opened.edit(state, actor, edits).await?;
    let author = Author {
        tenant: office.tenant,
        user: office.user.user_id,
        device: actor.device,
        former: Former::default(),
        store: StoreId([0; 8]),
        may_review: may(office.role, Action::Review),
        may_protect: may(office.role, Action::ReadProtection),
    };
    commit(state, author, documents).await?;
    let mut tx = state.store.begin(office.tenant).await?;
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: now_ms,
        user_id: Some(office.user.user_id),
        device_id: None,
        action,
        subject: &super::hex(id.as_bytes()),
        detail: json!({}),
    })
    .await?;
    let detail = page::detail(state, &mut tx, office, id, false).await?;
    tx.commit().await?;
    Ok(Json(detail))
}

async fn commit(
    state: &AppState,
    author: Author,
    documents: Vec<DocumentChanges>,
) -> ApiResult<()> {
    let outcome = ingest(state, author, documents).await?;
    match outcome.refused.first() {
        None => Ok(()),
        Some(refused) => {
            tracing::error!(code = refused.code, "the office's own change was refused");
            Err(ApiError::internal("the change could not be stored"))
        }
    }
}
