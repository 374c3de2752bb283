//! After a restore the phones bring back what others had made, and a person vouches for all of it at once.

use super::{highest_audience, maker_of, trusted_author};
use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::events;
use crate::http::body::JsonBody;
use crate::http::hex;
use crate::ingest::ingest;
use crate::state::AppState;
use crate::store::{AuditEntry, WedgedChange};
use axum::Json;
use axum::extract::State;
use minicbor::bytes::ByteVec;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::id::RecordId;
use shared::merge::Refusal;
use shared::policy::Action;
use shared::record::Audience;
use shared::sync::message::DocumentChanges;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many changes are taken in at once.
const PAGE: i64 = 200;
/// After about as many a request is answered: no proxy waits for minutes, and whoever asked sees that it goes on.
const MOST: usize = 400;

#[derive(Deserialize)]
pub struct All {
    action: String,
    code: String,
}

/// `POST /api/wedged`: `accept` takes in everything that waits as `foreign_actor`, each change as that of
/// whoever made it. With `more` in the answer, the same request goes on.
pub async fn decide_all(
    State(state): State<AppState>,
    office: Office,
    JsonBody(body): JsonBody<All>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::Review)?;
    if body.action != "accept" {
        return Err(ApiError::field("action: accept"));
    }
    if body.code != Refusal::ForeignActor.code() {
        return Err(ApiError::field("code: foreign_actor"));
    }
    // Gone through again and again: what one device made may build on what another made.
    let mut taken = 0;
    let more = loop {
        let in_this = pass(&state, &office, MOST.saturating_sub(taken)).await?;
        taken += in_this;
        if in_this == 0 || taken >= MOST {
            break in_this > 0;
        }
    };
    let mut tx = state.store.begin(office.tenant).await?;
    if taken > 0 {
        tx.audit(&AuditEntry {
            entry_id: Uuid::from_bytes(rand::random()),
            at_ms: state.now_ms(),
            user_id: Some(office.user.user_id),
            device_id: None,
            action: "wedged.accept_all",
            subject: "",
            detail: json!({ "code": body.code, "taken": taken }),
        })
        .await?;
    }
    let counts = tx.wedged_counts(highest_audience(&office)).await?;
    tx.commit().await?;
    let left = counts.iter().find(|(code, _)| *code == body.code).map_or(0, |(_, count)| *count);
    Ok(Json(json!({ "taken": taken, "left": left, "more": more && left > 0 })))
}

/// Goes through the list once, or until enough is taken in; how many changes that were.
async fn pass(state: &AppState, office: &Office, most: usize) -> ApiResult<usize> {
    let (mut taken, mut after_ms, mut after) = (0, i64::MIN, Vec::new());
    loop {
        // Until this page is done nobody else decides.
        let mut turn = state.store.begin(office.tenant).await?;
        turn.decide_alone().await?;
        let mut tx = state.store.begin(office.tenant).await?;
        let place = (after_ms, &after[..]);
        let reason = Refusal::ForeignActor.code();
        let rows = tx.wedged_page(reason, highest_audience(office), place, PAGE).await?;
        drop(tx);
        let Some(last) = rows.last() else { return Ok(taken) };
        (after_ms, after) = (last.received_at_ms, last.hash.clone());
        let mut makers: BTreeMap<[u8; 8], Vec<WedgedChange>> = BTreeMap::new();
        for row in rows {
            if let Some(maker) = maker_of(&row) {
                makers.entry(maker.0).or_default().push(row);
            }
        }
        for rows in makers.values() {
            taken += take_in(state, office, rows).await?;
        }
        if taken >= most {
            return Ok(taken);
        }
    }
}

/// Takes in what one device made, and notes what is in now.
async fn take_in(state: &AppState, office: &Office, rows: &[WedgedChange]) -> ApiResult<usize> {
    let Some(first) = rows.first() else { return Ok(0) };
    let author = trusted_author(state, first, office).await?;
    let mut places: BTreeMap<(Uuid, i16), Vec<&WedgedChange>> = BTreeMap::new();
    for row in rows {
        places.entry((row.record_id, row.audience)).or_default().push(row);
    }
    let mut documents = Vec::new();
    let mut sources = Vec::new();
    for ((record, audience), rows) in places {
        let Some(audience) = u8::try_from(audience).ok().and_then(Audience::from_number) else {
            continue;
        };
        let changes = rows.iter().map(|row| ByteVec::from(row.raw.clone())).collect();
        documents.push(DocumentChanges { record: RecordId(*record.as_bytes()), audience, changes });
        sources.push(rows);
    }
    let outcome = ingest(state, author, documents).await?;
    let refused: BTreeSet<(usize, usize)> =
        outcome.refused.iter().map(|of| (of.document as usize, of.change as usize)).collect();
    let (mut hashes, mut records) = (Vec::new(), BTreeSet::new());
    for (document, rows) in sources.iter().enumerate() {
        for (change, row) in rows.iter().enumerate() {
            if !refused.contains(&(document, change)) {
                hashes.push(&row.hash[..]);
                records.insert(hex(row.record_id.as_bytes()));
            }
        }
    }
    if hashes.is_empty() {
        return Ok(0);
    }
    let (by, now_ms) = (office.user.user_id, state.now_ms());
    let mut tx = state.store.begin(office.tenant).await?;
    tx.decide_wedged(&hashes, "accepted", "", by, now_ms).await?;
    let records: Vec<String> = records.into_iter().collect();
    for payload in events::payloads(office.tenant, 0, &records) {
        tx.notify(&payload).await?;
    }
    tx.commit().await?;
    Ok(hashes.len())
}
