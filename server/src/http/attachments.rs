//! Attachments: pieces from phones, pieces to phones, and files for the office.

use super::body::Message;
use super::{hex, parse_uuid};
use crate::auth::{Device, Office};
use crate::blob::BlobError;
use crate::error::{ApiError, ApiResult};
use crate::events;
use crate::page;
use crate::state::AppState;
use crate::store::{AttachmentReader, AttachmentRow, Scope, TenantId};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minicbor::bytes::ByteVec;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::attachment::message::{Fetch, Piece, Stored, Upload};
use shared::attachment::sniff::{is_shown, media_type};
use shared::attachment::{
    AttachmentRef, LARGEST, PIECE, PIECES_AT_ONCE, Placing, clean_name, place,
};
use shared::id::AttachmentHash;
use shared::policy::{Action, may};
use shared::sync::codec::{MEDIA_TYPE, encode, encode_plain};
use uuid::Uuid;

/// What one device may have on the way, bytes.
const MOST_ON_THE_WAY: i64 = 600 << 20;

type Cbor = ([(HeaderName, &'static str); 1], Vec<u8>);

fn cbor(bytes: Vec<u8>) -> Cbor {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], bytes)
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        tracing::error!(%error, "the place of attachments failed");
        Self::unavailable("the place of attachments does not answer; try again").retry_after(60)
    }
}

/// `POST /api/attachments`: takes a piece and says how much is there.
pub async fn upload(
    State(state): State<AppState>,
    device: Device,
    Message(upload): Message<Upload>,
) -> ApiResult<Cbor> {
    if !may(device.role, Action::Sync) {
        return Err(ApiError::not_allowed("this role does not work with a phone"));
    }
    if upload.size == 0 || upload.size > LARGEST {
        return Err(ApiError::too_large("an attachment has at most 25 MiB"));
    }
    if upload.bytes.len() as u64 > PIECE * PIECES_AT_ONCE {
        return Err(ApiError::too_large("the piece is too large; send 256 KiB at most"));
    }
    let stored = take(&state, &device, &upload).await?;
    if stored.complete || stored.received < upload.size {
        return Ok(cbor(encode(&stored)));
    }
    finish(&state, device.tenant, upload.hash).await?;
    Ok(cbor(encode(&Stored { received: upload.size, complete: true })))
}

/// Stores a piece where it belongs.
async fn take(state: &AppState, device: &Device, upload: &Upload) -> ApiResult<Stored> {
    let (hash, size) = (upload.hash.as_bytes(), upload.size as i64);
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(device.tenant).await?;
    let mut row = tx.lock_attachment(hash).await?;
    if row.is_none() && upload.bytes.is_empty() {
        return Ok(Stored { received: 0, complete: false });
    }
    if row.is_none() {
        if tx.bytes_on_the_way(device.id.as_bytes()).await? > MOST_ON_THE_WAY {
            let busy = ApiError::too_many("too many unfinished attachments; finish some first");
            return Err(busy.retry_after(3600));
        }
        tx.begin_attachment(hash, size, device.id.as_bytes(), now_ms).await?;
        row = tx.lock_attachment(hash).await?;
    }
    let row = row.ok_or_else(|| ApiError::unavailable("try again").retry_after(1))?;
    if row.complete {
        // Who asks without sending may be about to remove its own copy, perhaps the last but ours.
        if upload.bytes.is_empty() && !is_as_stored(state, device.tenant, upload.hash).await? {
            tx.reopen_attachment(hash, now_ms).await?;
            tx.commit().await?;
            return Ok(Stored { received: 0, complete: false });
        }
        // Whatever size was claimed: the bytes with this hash are here.
        return Ok(Stored { received: row.size.unsigned_abs(), complete: true });
    }
    let mut received = row.received.unsigned_abs();
    if row.size != size {
        // One of the two claims is wrong; the one that ends with the hash will stay.
        tx.restart_attachment(hash, size).await?;
        received = 0;
    }
    match place(received, upload.size, upload.offset, upload.bytes.len() as u64) {
        Placing::Append { skip } => {
            let piece = upload.bytes.get(skip..).unwrap_or_default();
            tx.append_part(hash, received as i64, piece, now_ms).await?;
            received += piece.len() as u64;
        }
        Placing::Known | Placing::Gap => {}
        Placing::Beyond => return Err(ApiError::field("the piece ends behind the attachment")),
    }
    tx.commit().await?;
    Ok(Stored { received, complete: false })
}

/// Whether the place of attachments still has the bytes that were put there.
async fn is_as_stored(state: &AppState, tenant: TenantId, hash: AttachmentHash) -> ApiResult<bool> {
    let _turn = state.blobs.turn().await;
    let bytes = state.blobs.whole(tenant, hash).await?;
    let verified = tokio::task::spawn_blocking(move || {
        bytes.is_some_and(|bytes| AttachmentHash::of(&bytes) == hash)
    });
    let sound = verified.await.map_err(|_| ApiError::internal("it could not be verified"))?;
    if !sound {
        metrics::counter!("kardakar_attachments_damaged_total").increment(1);
        tracing::error!(
            tenant = tenant.0,
            %hash,
            "a stored attachment is damaged or gone; the phone that has it sends it again"
        );
    }
    Ok(sound)
}

/// All bytes are there: verifies them, stores them for good, and tells the office's pages.
async fn finish(state: &AppState, tenant: TenantId, hash: AttachmentHash) -> ApiResult<()> {
    let _turn = state.blobs.turn().await;
    let mut tx = state.store.begin(tenant).await?;
    let bytes = tx.parts(hash.as_bytes()).await?.concat();
    drop(tx);
    let (bytes, right) = tokio::task::spawn_blocking(move || {
        let right = AttachmentHash::of(&bytes) == hash;
        (bytes, right)
    })
    .await
    .map_err(|_| ApiError::internal("the attachment could not be verified"))?;
    if !right {
        let mut tx = state.store.begin(tenant).await?;
        // A faster request may have finished it: then its pieces are gone, and all is well.
        let Some(row) = tx.lock_attachment(hash.as_bytes()).await? else {
            return Err(ApiError::attachment_damaged("send it from the beginning"));
        };
        if row.complete {
            return Ok(());
        }
        tx.restart_attachment(hash.as_bytes(), row.size).await?;
        tx.commit().await?;
        return Err(ApiError::attachment_damaged(
            "the bytes do not have the hash; send them from the beginning",
        ));
    }
    let kind = media_type(&bytes);
    state.blobs.put(tenant, hash, bytes).await?;
    let mut tx = state.store.begin(tenant).await?;
    tx.complete_attachment(hash.as_bytes(), kind, state.now_ms()).await?;
    let seq = tx.tenant_row().await?.seq;
    let records = tx.records_naming(hash.as_bytes()).await?;
    let records: Vec<String> = records.iter().map(|record| hex(record.as_bytes())).collect();
    for payload in events::payloads(tenant, seq, &records) {
        tx.notify(&payload).await?;
    }
    tx.commit().await?;
    metrics::counter!("kardakar_attachments_received_total").increment(1);
    Ok(())
}

/// `POST /api/attachments/fetch`: a piece of an attachment for a phone that has the record.
pub async fn fetch(
    State(state): State<AppState>,
    device: Device,
    Message(fetch): Message<Fetch>,
) -> ApiResult<Cbor> {
    if !may(device.role, Action::Sync) {
        return Err(ApiError::not_allowed("this role does not work with a phone"));
    }
    let reader = AttachmentReader {
        audience: i16::from(may(device.role, Action::ReadProtection)),
        scope: Scope { villages: &device.row.villages, user_id: device.row.user_id },
    };
    let mut tx = state.store.begin(device.tenant).await?;
    let record = Uuid::from_bytes(fetch.record.0);
    let row = tx.attachment_of(record, fetch.hash.as_bytes(), &reader).await?;
    drop(tx);
    let (size, received, complete) = match row.ok_or_else(no_such)? {
        None => (0, 0, false),
        Some(row) => (row.size.unsigned_abs(), row.received.unsigned_abs(), row.complete),
    };
    let mut bytes = Vec::new();
    if complete && fetch.offset < size {
        let length = fetch.length.clamp(1, PIECE * PIECES_AT_ONCE);
        let end = fetch.offset.saturating_add(length).min(size);
        bytes = state.blobs.get(device.tenant, fetch.hash, fetch.offset..end).await?;
    }
    Ok(cbor(encode_plain(&Piece { size, received, bytes: ByteVec::from(bytes) })))
}

fn no_such() -> ApiError {
    ApiError::not_found("no record that you may read names this attachment")
}

/// `GET /api/records/{id}/attachments`: what the record names, and whether it is here.
pub async fn list(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let named = page::attachments(&state, &mut tx, &office, id).await?;
    let hashes: Vec<&[u8]> = named.iter().map(|(_, of)| of.hash.as_bytes()).collect();
    let known = tx.attachments(&hashes).await?;
    let items: Vec<Value> = named.iter().map(|(path, of)| item(path, of, &known)).collect();
    let waiting = items.iter().filter(|item| item["state"] != "received").count();
    Ok(Json(json!({ "attachments": items, "waiting": waiting })))
}

fn item(path: &str, named: &AttachmentRef, known: &[AttachmentRow]) -> Value {
    let row = known.iter().find(|row| row.hash == named.hash.as_bytes());
    let state = match row {
        None => "waiting",
        Some(row) if row.complete => "received",
        Some(_) => "arriving",
    };
    let kind = match row {
        Some(row) if row.complete => row.media_type.as_str(),
        _ => named.media_type.as_str(),
    };
    json!({
        "path": path,
        "name": named.name,
        "hash": named.hash.to_string(),
        "size": named.size,
        "media_type": kind,
        "state": state,
        "received": row.map_or(0, |row| row.received),
        "shown": is_shown(kind),
    })
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct FileQuery {
    /// The file name for the person's disk.
    name: String,
    /// 1: to be saved, never shown.
    download: u8,
}

/// `GET /api/records/{id}/attachments/{hash}`: the bytes, whole or one range of them.
pub async fn file(
    State(state): State<AppState>,
    office: Office,
    Path((id, hash)): Path<(String, String)>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let hash: AttachmentHash = hash.parse().map_err(|_| no_such())?;
    let reader = AttachmentReader {
        audience: i16::from(may(office.role, Action::ReadProtection)),
        scope: Scope { villages: &[], user_id: office.user.user_id },
    };
    let mut tx = state.store.begin(office.tenant).await?;
    let row = tx.attachment_of(id, hash.as_bytes(), &reader).await?.ok_or_else(no_such)?;
    drop(tx);
    let row = row.filter(|row| row.complete);
    let row = row.ok_or_else(|| ApiError::not_found("it is still on the phone that made it"))?;
    let size = row.size.unsigned_abs();
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let range = asked.and_then(|text| range(text, size));
    let (start, end) = range.unwrap_or((0, size));
    let bytes = state.blobs.get(office.tenant, hash, start..end).await?;
    let mut response = Response::new(Body::from(bytes));
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let text = format!("bytes {start}-{}/{size}", end - 1);
        insert(&mut response, header::CONTENT_RANGE, &text);
    }
    dress(&mut response, &row.media_type, &query);
    Ok(response.into_response())
}

/// Headers under which bytes from a phone can do nothing: they are what the server found them to be, they
/// run nothing, and what a browser need not show is saved to disk.
fn dress(response: &mut Response, kind: &str, query: &FileQuery) {
    let shown = is_shown(kind);
    let kind = if shown { kind } else { "application/octet-stream" };
    let how = if shown && query.download == 0 { "inline" } else { "attachment" };
    let name: String = clean_name(&query.name)
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    insert(response, header::CONTENT_TYPE, kind);
    insert(response, header::CONTENT_DISPOSITION, &format!("{how}; filename*=UTF-8''{name}"));
    insert(response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    insert(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(response, header::ACCEPT_RANGES, "bytes");
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// One range of bytes, end excluded. Anything else asks for the whole.
fn range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (from.parse::<u64>().ok(), to.parse::<u64>().ok()) {
        (Some(start), Some(last)) => (start, last.saturating_add(1).min(size)),
        (Some(start), None) if to.is_empty() => (start, size),
        (None, Some(last)) if from.is_empty() => (size.saturating_sub(last), size),
        _ => return None,
    };
    (start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_ignored() {
        for (text, expected) in [
            ("bytes=0-", Some((0, 100))),
            ("bytes=10-19", Some((10, 20))),
            ("bytes=-5", Some((95, 100))),
            ("bytes=90-1000", Some((90, 100))),
            ("bytes=100-", None),
            ("bytes=5-2", None),
            ("bytes=a-b", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
        ] {
            assert_eq!(range(text, 100), expected, "{text}");
        }
    }
}
