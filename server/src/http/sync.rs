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
use crate::store::StoreResult;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use shared::policy::{Action, may};
use shared::sync::codec::{MEDIA_TYPE, decode, encode};
use shared::sync::message::{OLDEST_PROTOCOL, PROTOCOL, SyncRequest, common_protocol};
use shared::sync::transfer::{KEPT_MS, PART, TransferId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What one request may carry beside its size limit: each document costs a merge.
const MOST_DOCUMENTS: usize = 10_000;

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
    match given == MEDIA_TYPE {
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
        ApiError::field(format!(
            "protocol: this server speaks versions {OLDEST_PROTOCOL} to {PROTOCOL}; update the app"
        ))
    })?;
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
    let response = carry_out(state, device, author, request, protocol).await?;
    let modern = protocol >= 2;
    let bytes = tokio::task::spawn_blocking(move || {
        let mut response = response;
        if modern {
            response.pack();
        }
        encode(&response)
    })
    .await
    .map_err(|_| ApiError::internal("the response could not be written"))?;
    if modern && (bytes.len() > PART || packed > PART) {
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
    protocol: u16,
) -> ApiResult<shared::sync::message::SyncResponse> {
    let push = std::mem::take(&mut request.push);
    let pushed: BTreeSet<Uuid> =
        push.iter().map(|document| Uuid::from_bytes(document.record.0)).collect();
    let outcome = match push.is_empty() {
        true => Outcome::default(),
        false => ingest(state, author, push).await?,
    };
    let records: Vec<Uuid> = pushed.into_iter().collect();
    let pushed = pull::Pushed { records: &records, accepted: outcome.accepted > 0 };
    let mut response = pull::pull(state, device, author, &request, pushed, protocol).await?;
    response.refused = outcome.refused;
    Ok(response)
}

async fn keep(state: &AppState, device: &Device, body: &Bytes, response: &[u8]) -> StoreResult<()> {
    let id = TransferId::of(body);
    let mut tx = state.store.begin(device.tenant).await?;
    let until = state.now_ms() + KEPT_MS;
    tx.keep_response(device.id.as_bytes(), &id.0, body.len(), response, until).await?;
    tx.commit().await?;
    Ok(())
}
