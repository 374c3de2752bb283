//! One request of a phone: its changes up, the others' down. Small ones come as a whole; larger ones,
//! and responses that were cut, go on where they stopped (docs/SYNC.md, "Transfers").

mod pull;
mod transfer;

pub use transfer::transfer;

use super::body::RawBody;
use crate::auth::Device;
use crate::error::{ApiError, ApiResult};
use crate::guard;
use crate::ingest::{Author, Former, Outcome, ingest};
use crate::state::AppState;
use crate::store::{AuditEntry, StoreResult};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde_json::json;
use shared::policy::{Action, may};
use shared::sync::ability::{Abilities, feature};
use shared::sync::codec::{MEDIA_TYPE, decode, encode_for};
use shared::sync::engine::MOST_DOCUMENTS;
use shared::sync::message::{
    DocumentChanges, OLDEST_PROTOCOL, PAUSED, PROTOCOL, RefusedChange, SyncRequest, common_protocol,
};
use shared::sync::transfer::{KEPT_MS, PART, TransferId};
use std::collections::BTreeSet;
use uuid::Uuid;

type Answer = ([(HeaderName, &'static str); 1], Vec<u8>);

fn answer(bytes: Vec<u8>) -> Answer {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], bytes)
}

/// `POST /api/sync`
pub async fn sync(
    State(state): State<AppState>,
    device: Device,
    body: RawBody,
) -> ApiResult<Answer> {
    needs_media_type(&body.media_type)?;
    Ok(answer(run(&state, &device, &body.bytes).await?))
}

fn needs_media_type(given: &str) -> ApiResult<()> {
    match given.eq_ignore_ascii_case(MEDIA_TYPE) {
        true => Ok(()),
        false => Err(ApiError::media_type(format!("send {MEDIA_TYPE}"))),
    }
}

/// Carries out a whole request. A large response is kept, so that it can be continued.
async fn run(state: &AppState, device: &Device, body: &Bytes) -> ApiResult<Vec<u8>> {
    let _alone = guard::alone(state, device).await?;
    let _turn = guard::turn(state).await?;
    let (request, packed) = read(body.clone()).await?;
    let protocol = common_protocol(request.oldest, request.protocol).ok_or_else(|| {
        let behind = if request.protocol < OLDEST_PROTOCOL { "app" } else { "server" };
        ApiError::field(format!(
            "protocol: this server speaks versions {OLDEST_PROTOCOL} to {PROTOCOL}; update the {behind}"
        ))
    })?;
    let said = Abilities::said(protocol, request.abilities.as_ref());
    let answers = protocol >= 2 && request.abilities.is_some();
    if !may(device.role, Action::Sync) {
        return Err(ApiError::not_allowed("this role does not work with a phone"));
    }
    if request.push.len() > MOST_DOCUMENTS {
        return Err(ApiError::too_large("too many documents at once; send less at a time"));
    }
    let author = Author {
        tenant: device.tenant,
        user: device.row.user_id,
        device: device.id,
        former: Former::of(&device.row.former),
        store: request.store,
        may_review: may(device.role, Action::Review),
        may_protect: may(device.role, Action::ReadProtection),
    };
    let mut response = carry_out(state, device, author, request, (protocol, &said)).await?;
    response.abilities = answers.then(|| Abilities::own().and(&said));
    let goes_on = said.has(feature::TRANSFERS);
    let bytes = tokio::task::spawn_blocking(move || {
        if said.has(feature::BLOCKS) {
            response.pack();
        }
        encode_for(&response, said.deflate())
    })
    .await
    .map_err(|_| ApiError::internal("the response could not be written"))?;
    if goes_on && (bytes.len() > PART || packed > PART) {
        match keep(state, device, body, &bytes).await {
            // A phone that gets it whole needs no copy here.
            Err(error) if error.is_read_only() => {}
            kept => kept?,
        }
    }
    Ok(bytes)
}

/// The request and its size on the wire. Unpacking takes time.
async fn read(body: Bytes) -> ApiResult<(SyncRequest, usize)> {
    tokio::task::spawn_blocking(move || {
        let mut request: SyncRequest = decode(&body)?;
        request.unpack()?;
        Ok((request, body.len()))
    })
    .await
    .map_err(|_| ApiError::internal("the request could not be read"))?
    .map_err(|error: shared::sync::codec::CodecError| ApiError::malformed(error.to_string()))
}

async fn carry_out(
    state: &AppState,
    device: &Device,
    author: Author,
    mut request: SyncRequest,
    device_can: (u16, &Abilities),
) -> ApiResult<shared::sync::message::SyncResponse> {
    let push = std::mem::take(&mut request.push);
    let pushed: BTreeSet<Uuid> =
        push.iter().map(|document| Uuid::from_bytes(document.record.0)).collect();
    let (mut paused, outcome) = match device.row.quarantined_at_ms.is_some() {
        true => (true, put_off(&push)),
        false if push.is_empty() => (false, Outcome::default()),
        false => (false, ingest(state, author, push).await?),
    };
    if outcome.offences > 0 {
        paused = strike(state, device, outcome.offences).await?;
    }
    let records: Vec<Uuid> = pushed.into_iter().collect();
    let pushed = pull::Pushed { records: &records, accepted: outcome.accepted > 0 };
    let mut response = pull::pull(state, device, author, &request, pushed, device_can).await?;
    response.refused = outcome.refused;
    response.paused = paused.then_some(true);
    Ok(response)
}

/// Nothing of it is looked at; the device keeps it and sends it again.
fn put_off(push: &[DocumentChanges]) -> Outcome {
    let refused = push.iter().enumerate().flat_map(|(document, of)| {
        (0..of.changes.len()).map(move |change| RefusedChange {
            document: document as u32,
            change: change as u32,
            code: PAUSED.to_owned(),
            permanent: false,
            hash: None,
        })
    });
    Outcome { refused: refused.collect(), ..Outcome::default() }
}

/// Strikes within this time count together.
const STRIKES_WITHIN_MS: i64 = 24 * 3_600_000;

/// A request counts once, and once more for each further so many changes: a fault of an app damages some of what
/// a phone has to send, and a request full of damage is no accident.
const OFFENCES_AT_ONCE: usize = 100;

/// The device has sent what no honest app sends. Who does that again and again keeps workers busy that others
/// need: then nothing of it is taken in until an administrator has looked. Whether that begins now.
async fn strike(state: &AppState, device: &Device, offences: usize) -> ApiResult<bool> {
    if state.quarantine_after == 0 {
        return Ok(false);
    }
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(device.tenant).await?;
    let (id, most) = (device.id.as_bytes(), state.quarantine_after);
    let times = i32::try_from(offences.div_ceil(OFFENCES_AT_ONCE)).unwrap_or(i32::MAX);
    let begins = tx.strike(id, (times, most), STRIKES_WITHIN_MS, now_ms).await?;
    if begins {
        tracing::warn!(device = %device.id, "a device is paused: it sent damaged changes again and again");
        metrics::counter!("kardakar_devices_paused_total").increment(1);
        tx.audit(&AuditEntry {
            entry_id: Uuid::from_bytes(rand::random()),
            at_ms: now_ms,
            user_id: Some(device.row.user_id),
            device_id: Some(id),
            action: "device.pause",
            subject: &device.id.to_string(),
            detail: json!({ "after": most }),
        })
        .await?;
    }
    tx.commit().await?;
    Ok(begins)
}

async fn keep(state: &AppState, device: &Device, body: &Bytes, response: &[u8]) -> StoreResult<()> {
    let id = TransferId::of(body);
    let mut tx = state.store.begin(device.tenant).await?;
    let until = state.now_ms() + KEPT_MS;
    tx.keep_response(device.id.as_bytes(), &id.0, body.len(), response, until).await?;
    tx.commit().await?;
    Ok(())
}
