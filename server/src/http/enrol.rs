//! A phone trades a one-time code for its identity.

use super::body::Message;
use super::session::From;
use crate::auth::token::{Code, Token};
use crate::directory::{directory, published};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::AuditEntry;
use axum::extract::State;
use axum::http::{HeaderName, header};
use minicbor::bytes::ByteVec;
use serde_json::json;
use shared::id::DeviceId;
use shared::sync::codec::{MEDIA_TYPE, encode};
use shared::sync::message::{EnrolRequest, EnrolResponse, PROTOCOL};
use uuid::Uuid;

const LONGEST_LABEL: usize = 100;

/// `POST /api/enrol`
pub async fn enrol(
    State(state): State<AppState>,
    From(address): From,
    Message(request): Message<EnrolRequest>,
) -> ApiResult<([(HeaderName, &'static str); 1], Vec<u8>)> {
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
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: now_ms,
        user_id: Some(user_id),
        device_id: Some(&device),
        action: "device.enrol",
        subject: &super::hex(&device),
        detail: json!({ "label": label }),
    })
    .await?;
    let row = tx.device_by_token(&token.hash()).await?.filter(|row| row.active);
    let row = row.ok_or_else(unknown)?;
    let directory = directory(&mut tx, &row).await?;
    let forms = published(&mut tx, &directory.current_forms).await?;
    tx.commit().await?;
    let response = EnrolResponse {
        device: DeviceId(device),
        token: ByteVec::from(token.bytes().to_vec()),
        directory,
        forms,
        protocol: Some(PROTOCOL),
    };
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], encode(&response)))
}
