//! A phone trades a one-time code for its identity.

use super::body::Message;
use super::session::From;
use crate::auth::token::{Code, Token};
use crate::directory::{directory, published};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::AuditEntry;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minicbor::bytes::ByteVec;
use serde_json::json;
use shared::id::DeviceId;
use shared::sync::ability::Abilities;
use shared::sync::codec::{MEDIA_TYPE, encode_for, encode_plain};
use shared::sync::message::{EnrolRequest, EnrolResponse, MOST_FORMER, PROTOCOL};
use std::io::Write as _;
use uuid::Uuid;

const LONGEST_LABEL: usize = 100;

/// `POST /api/enrol`
pub async fn enrol(
    State(state): State<AppState>,
    From(address): From,
    headers: HeaderMap,
    Message(request): Message<EnrolRequest>,
) -> ApiResult<Response> {
    state.limits.code(address)?;
    let unknown =
        || ApiError::code_unknown("this code does not work; ask the administrator for a new one");
    let code: Code = request.code.parse().map_err(|_| unknown())?;
    let now_ms = state.now_ms();
    let mut tx = state.store.begin(code.tenant()).await?;
    let device: [u8; 8] = rand::random();
    let user_id = tx.use_code(&code.hash(), &device, now_ms).await?.ok_or_else(unknown)?;
    let token = Token::new(code.tenant());
    let shown = |text: &str| -> String {
        let letters = text.trim().chars().filter(|letter| !letter.is_control());
        letters.take(LONGEST_LABEL).collect()
    };
    let label = shown(&request.label);
    tx.create_device(&device, user_id, &token.hash(), &label, now_ms).await?;
    tx.touch_device(&device, now_ms, 0, &shown(&request.build)).await?;
    let claimed = request.former.unwrap_or_default().into_iter().rev().take(MOST_FORMER);
    let mut claimed: Vec<[u8; 8]> = claimed.map(|device| device.0).collect();
    claimed.reverse();
    let former = match claimed.is_empty() {
        true => Vec::new(),
        false => {
            let no_tokens: Vec<[u8; 32]> = claimed.iter().map(|_| rand::random()).collect();
            tx.note_former(&device, user_id, &claimed, &no_tokens, now_ms).await?
        }
    };
    let former: Vec<String> = former.iter().map(|name| super::hex(name)).collect();
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: now_ms,
        user_id: Some(user_id),
        device_id: Some(&device),
        action: "device.enrol",
        subject: &super::hex(&device),
        detail: match former.is_empty() {
            true => json!({ "label": label }),
            false => json!({ "label": label, "former": former }),
        },
    })
    .await?;
    let row = tx.device_by_token(&token.hash()).await?.filter(|row| row.active);
    let row = row.ok_or_else(unknown)?;
    let tenant = tx.tenant_row().await?;
    let directory = directory(&mut tx, &tenant, &row).await?;
    // Who says nothing reads what came with version 2.
    let said = Abilities::said(PROTOCOL, request.abilities.as_ref());
    let forms = published(&mut tx, &directory.current_forms, &said).await?;
    tx.commit().await?;
    let response = EnrolResponse {
        device: DeviceId(device),
        token: ByteVec::from(token.bytes().to_vec()),
        directory,
        forms,
        protocol: Some(PROTOCOL),
        abilities: request.abilities.is_some().then(|| Abilities::own().and(&said)),
    };
    let brotli = headers.get(header::ACCEPT_ENCODING).is_some_and(takes_brotli);
    let packed =
        tokio::task::spawn_blocking(move || packed(&response, brotli, said.deflate())).await;
    packed.map_err(|_| ApiError::internal("the answer could not be packed"))
}

fn takes_brotli(accepted: &HeaderValue) -> bool {
    let names = accepted.to_str().unwrap_or_default().split(',');
    names.map(|name| name.split(';').next().unwrap_or_default().trim()).any(|name| name == "br")
}

/// How hard brotli tries. Unoptimised, its best takes a second of the processor for each phone, thirty times as long as
/// this; on a busy machine, tests waited half a minute to connect one.
const QUALITY: u32 = if cfg!(debug_assertions) { 5 } else { 11 };

/// The answer carries all forms, most of what a first visit fetches from the API. Brotli takes a quarter
/// off what the message's own compression leaves, and browsers undo it by themselves.
fn packed(response: &EnrolResponse, brotli: bool, deflate: bool) -> Response {
    let content_type = (header::CONTENT_TYPE, MEDIA_TYPE);
    if brotli {
        let mut packed = Vec::new();
        let mut encoder = brotli::CompressorWriter::new(&mut packed, 1 << 16, QUALITY, 22);
        let written = encoder.write_all(&encode_plain(response));
        drop(encoder);
        if written.is_ok() {
            return ([content_type, (header::CONTENT_ENCODING, "br")], packed).into_response();
        }
    }
    ([content_type], encode_for(response, deflate)).into_response()
}
