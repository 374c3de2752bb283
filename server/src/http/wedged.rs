//! Changes that were refused for good: a person reads the reason and decides.

use super::body::JsonBody;
use super::{hex, parse_uuid, view};
use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::events;
use crate::ingest::{Author, Former, ingest};
use crate::state::AppState;
use crate::store::{AuditEntry, DeviceRow, WedgedChange};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use minicbor::bytes::ByteVec;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::id::{ChangeHash, DeviceId, RecordId, StoreId};
use shared::merge::Refusal;
use shared::policy::{Action, Role, may};
use shared::record::Audience;
use shared::sync::message::DocumentChanges;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

mod all;

pub use all::decide_all;

const LONGEST_TEXT: usize = 4000;

/// `GET /api/wedged`
pub async fn list(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    office.needs(Action::Review)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let rows = tx.wedged(highest_audience(&office)).await?;
    let counts = tx.wedged_counts(highest_audience(&office)).await?;
    let counts: BTreeMap<String, i64> = counts.into_iter().collect();
    let devices = tx.devices().await?;
    let works = |row: &&DeviceRow| row.office || row.revoked_at_ms.is_none() && row.active;
    let working: BTreeSet<&[u8]> =
        devices.iter().filter(works).map(|row| &row.device_id[..]).collect();
    // What its maker cannot send any more waits for a person only.
    let is_maker_gone =
        |row: &WedgedChange| maker_of(row).is_some_and(|maker| !working.contains(&maker.0[..]));
    let unprojected = view::unprojected(&tx.unprojected(view::UNPROJECTED).await?);
    let changes: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "hash": hex(&row.hash),
                "record": hex(row.record_id.as_bytes()),
                "title": row.title.clone().unwrap_or_default(),
                "family": row.family,
                "audience": row.audience,
                "reason": row.reason,
                "maker_gone": is_maker_gone(row),
                "bytes": row.raw.len(),
                "device": { "id": hex(&row.device_id), "label": row.device_label },
                "person": row.user_name,
                "received_at": row.received_at_ms,
            })
        })
        .collect();
    Ok(Json(json!({ "changes": changes, "counts": counts, "unprojected": unprojected })))
}

fn highest_audience(office: &Office) -> i16 {
    i16::from(may(office.role, Action::ReadProtection))
}

#[derive(Deserialize)]
pub struct Decision {
    action: String,
    #[serde(default)]
    reason: String,
}

/// `POST /api/wedged/{hash}`: `retry` takes the change in as its sender's if it can be taken now,
/// `accept` takes it in as the change of whoever made it, `discard` leaves it out.
pub async fn decide(
    State(state): State<AppState>,
    office: Office,
    Path(hash): Path<String>,
    JsonBody(body): JsonBody<Decision>,
) -> ApiResult<StatusCode> {
    office.needs(Action::Review)?;
    let unknown = || ApiError::not_found("there is no such change that waits for a decision");
    let hash: ChangeHash = hash.parse().map_err(|_| unknown())?;
    let reason = body.reason.trim();
    if reason.len() > LONGEST_TEXT {
        return Err(ApiError::field("reason: at most 4000 bytes"));
    }
    // Two people who decide at once do it one after the other, the second on what the first left.
    let mut turn = state.store.begin(office.tenant).await?;
    turn.decide_alone().await?;
    let mut tx = state.store.begin(office.tenant).await?;
    let row = tx.wedged_change(hash.as_bytes()).await?.ok_or_else(unknown)?;
    if row.audience > highest_audience(&office) || row.decision.is_some() {
        return Err(unknown());
    }
    drop(tx);
    let decision = match body.action.as_str() {
        "retry" => {
            take_in(&state, &office, &row, author_of(&row, &office)?).await?;
            "retried"
        }
        "accept" => {
            let author = trusted_author(&state, &row, &office).await?;
            take_in(&state, &office, &row, author).await?;
            "accepted"
        }
        "discard" if reason.is_empty() => {
            return Err(ApiError::field("reason: say why, the worker reads it"));
        }
        "discard" => "discarded",
        _ => return Err(ApiError::field("action: one of retry, accept, discard")),
    };
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(office.tenant).await?;
    tx.wedged_change(hash.as_bytes()).await?.ok_or_else(unknown)?;
    let by = office.user.user_id;
    tx.decide_wedged(&[hash.as_bytes()], decision, reason, by, now_ms).await?;
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: now_ms,
        user_id: Some(office.user.user_id),
        device_id: Some(&row.device_id),
        action: &format!("wedged.{}", body.action),
        subject: &hex(row.record_id.as_bytes()),
        detail: json!({ "hash": hash.to_string(), "reason": reason }),
    })
    .await?;
    for payload in events::payloads(office.tenant, 0, &[hex(row.record_id.as_bytes())]) {
        tx.notify(&payload).await?;
    }
    tx.commit().await?;
    drop(turn);
    Ok(StatusCode::NO_CONTENT)
}

fn author_of(row: &WedgedChange, office: &Office) -> ApiResult<Author> {
    let sender = DeviceId::from_slice(&row.device_id);
    let role = row.role.as_deref().and_then(Role::from_name).unwrap_or(Role::Worker);
    Ok(Author {
        tenant: office.tenant,
        user: row.user_id.unwrap_or(office.user.user_id),
        device: sender.ok_or_else(|| ApiError::internal("the stored change has no sender"))?,
        former: Former::default(),
        // Not the storage that sent it: every phone is sent it, also one whose copy had made it.
        store: StoreId([0; 8]),
        may_review: may(role, Action::Review),
        may_protect: may(role, Action::ReadProtection),
    })
}

/// The person vouches for the change: it may be another device's than its sender's, and touch what its
/// sender may not.
async fn trusted_author(
    state: &AppState,
    row: &WedgedChange,
    office: &Office,
) -> ApiResult<Author> {
    let mut author = author_of(row, office)?;
    author.may_review = may(office.role, Action::Review);
    author.may_protect = may(office.role, Action::ReadProtection);
    if let Some(maker) = maker_of(row) {
        let mut tx = state.store.begin(office.tenant).await?;
        let people = tx.people_of(&[maker.as_bytes()]).await?;
        author.user = people.first().map_or(author.user, |(_, user)| *user);
        author.device = maker;
    }
    Ok(author)
}

/// Who made a change that another device brought.
fn maker_of(row: &WedgedChange) -> Option<DeviceId> {
    if row.reason != Refusal::ForeignActor.code() {
        return None;
    }
    let actor = shared::sync::pack::actor_of(&row.raw)?;
    actor.get(..8).and_then(DeviceId::from_slice)
}

async fn take_in(
    state: &AppState,
    office: &Office,
    row: &WedgedChange,
    author: Author,
) -> ApiResult<()> {
    let audience = u8::try_from(row.audience).ok().and_then(Audience::from_number);
    let audience =
        audience.ok_or_else(|| ApiError::internal("the stored change has no document"))?;
    let document = DocumentChanges {
        record: RecordId(*row.record_id.as_bytes()),
        audience,
        changes: vec![ByteVec::from(row.raw.clone())],
    };
    debug_assert_eq!(author.tenant, office.tenant);
    let outcome = ingest(state, author, vec![document]).await?;
    match outcome.refused.first() {
        None => Ok(()),
        Some(refused) => {
            Err(ApiError::conflict(format!("it still cannot be taken in: {}", refused.code))
                .with(json!({ "reason": refused.code })))
        }
    }
}

#[derive(Deserialize)]
pub struct Assignment {
    /// The person; null gives the record back to its settlement.
    user: Option<String>,
}

/// `POST /api/records/{id}/assign`
pub async fn assign(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Assignment>,
) -> ApiResult<StatusCode> {
    if !may(office.role, Action::Review) && !may(office.role, Action::ManagePeople) {
        office.needs(Action::Review)?;
    }
    let id = parse_uuid(&id)?;
    let user = body.user.as_deref().map(parse_uuid).transpose()?;
    let mut tx = state.store.begin(office.tenant).await?;
    if !tx.record_exists(id).await? {
        return Err(ApiError::not_found("there is no record with this id"));
    }
    if let Some(user) = user {
        let found = tx.user(user).await?.filter(|user| user.active);
        found.ok_or_else(|| ApiError::not_found("there is no active person with this id"))?;
    }
    tx.assign_record(id, user).await?;
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: state.now_ms(),
        user_id: Some(office.user.user_id),
        device_id: None,
        action: "record.assign",
        subject: &hex(id.as_bytes()),
        detail: json!({ "user": body.user }),
    })
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
