//! One request of a phone: its changes up, the others' down.

use super::body::Message;
use crate::auth::Device;
use crate::directory::{directory, is_of_other_area, published};
use crate::error::{ApiError, ApiResult};
use crate::ingest::{Author, ingest};
use crate::state::AppState;
use crate::store::{ChangeRow, PullQuery, TenantTx};
use axum::extract::State;
use axum::http::{HeaderName, header};
use minicbor::bytes::ByteVec;
use shared::id::{Epoch, FormVersionId, RecordId};
use shared::policy::{Action, may};
use shared::record::Audience;
use shared::sync::codec::{MEDIA_TYPE, encode};
use shared::sync::message::{DocumentChanges, PROTOCOL, SyncRequest, SyncResponse};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// About how many bytes of changes one response carries, before compression.
const PULL_BYTES: i64 = 4 << 20;
/// What one request may carry beside its size limit: each document costs a merge.
const MOST_DOCUMENTS: usize = 10_000;

/// `POST /api/sync`
pub async fn sync(
    State(state): State<AppState>,
    device: Device,
    Message(mut request): Message<SyncRequest>,
) -> ApiResult<([(HeaderName, &'static str); 1], Vec<u8>)> {
    if request.protocol != PROTOCOL {
        return Err(ApiError::field("protocol: this server speaks version 1"));
    }
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
        store: request.store,
        may_review: may(device.role, Action::Review),
        may_protect: may(device.role, Action::ReadProtection),
    };
    let push = std::mem::take(&mut request.push);
    let refused = match push.is_empty() {
        true => Vec::new(),
        false => ingest(&state, author, push).await?.refused,
    };
    let mut response = pull(&state, &device, author, &request).await?;
    response.refused = refused;
    let bytes = tokio::task::spawn_blocking(move || encode(&response))
        .await
        .map_err(|_| ApiError::internal("the response could not be written"))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], bytes))
}

async fn pull(
    state: &AppState,
    device: &Device,
    author: Author,
    request: &SyncRequest,
) -> ApiResult<SyncResponse> {
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(device.tenant).await?;
    let letters = request.build.chars().filter(|letter| !letter.is_control());
    let build: String = letters.take(100).collect();
    let unsent = i32::try_from(request.unsent).unwrap_or(i32::MAX);
    tx.touch_device(device.id.as_bytes(), now_ms, unsent, &build).await?;
    // Read before the changes: whatever commits after this is for the next request.
    let tenant = tx.tenant_row().await?;
    let epoch = Epoch::from_slice(&tenant.epoch)
        .ok_or_else(|| ApiError::internal("the database has no epoch"))?;
    let anew = request.epoch.is_some_and(|known| known != epoch)
        || is_of_other_area(request.directory_version, &device.row);
    let after = if anew { 0 } else { i64::try_from(request.cursor).unwrap_or(0).min(tenant.seq) };
    let rows = tx
        .pull(&PullQuery {
            after,
            up_to: tenant.seq,
            villages: &device.row.villages,
            user_id: author.user,
            audience: if author.may_protect { 1 } else { 0 },
            own: (author.device.0, author.store.0),
            bytes: PULL_BYTES,
        })
        .await?;
    let sent: i64 = rows.iter().map(|row| row.raw.len() as i64 + 64).sum();
    let more = sent >= PULL_BYTES;
    let cursor = match rows.last() {
        Some(last) if more => last.at,
        _ => tenant.seq,
    };
    let directory = directory(&mut tx, &device.row).await?;
    let forms = missing_forms(&mut tx, &rows, &directory.current_forms, &request.forms).await?;
    tx.commit().await?;
    Ok(SyncResponse {
        protocol: PROTOCOL,
        epoch,
        cursor: cursor.unsigned_abs(),
        more,
        refused: Vec::new(),
        pull: group(rows),
        forms,
        directory: (directory.version != request.directory_version).then_some(directory),
        now_ms,
    })
}

/// The forms in force and those of the records sent, without what the device holds.
async fn missing_forms(
    tx: &mut TenantTx,
    rows: &[ChangeRow],
    current: &[FormVersionId],
    held: &[FormVersionId],
) -> ApiResult<Vec<shared::sync::message::PublishedForm>> {
    let records: BTreeSet<Uuid> = rows.iter().map(|row| row.record_id).collect();
    let records: Vec<Uuid> = records.into_iter().collect();
    let used = match records.is_empty() {
        true => Vec::new(),
        false => tx.versions_of_records(&records).await?,
    };
    let mut wanted: BTreeSet<FormVersionId> =
        used.iter().filter_map(|version| FormVersionId::from_slice(version)).collect();
    wanted.extend(current);
    for version in held {
        wanted.remove(version);
    }
    published(tx, &wanted.into_iter().collect::<Vec<_>>()).await
}

/// Changes of one document together, documents in the order in which they first appear.
fn group(rows: Vec<ChangeRow>) -> Vec<DocumentChanges> {
    let mut places: BTreeMap<(Uuid, i16), usize> = BTreeMap::new();
    let mut documents: Vec<DocumentChanges> = Vec::new();
    for row in rows {
        let Some(audience) = u8::try_from(row.audience).ok().and_then(Audience::from_number) else {
            continue;
        };
        let place = *places.entry((row.record_id, row.audience)).or_insert_with(|| {
            let record = RecordId(*row.record_id.as_bytes());
            documents.push(DocumentChanges { record, audience, changes: Vec::new() });
            documents.len() - 1
        });
        documents[place].changes.push(ByteVec::from(row.raw));
    }
    documents
}
