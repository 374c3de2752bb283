//! Phones and the codes that enrol them, for administrators.

use super::body::JsonBody;
use super::{hex, parse_uuid, users::audit, view};
use crate::auth::{Office, token::Code};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::id::DeviceId;
use shared::policy::Action;

/// An enrolment code works this long.
pub const CODE_MS: i64 = 15 * 60_000;
/// Codes stay listed this long.
const LISTED_MS: i64 = 7 * 24 * 3_600_000;

/// `GET /api/devices`
pub async fn list(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    office.needs(Action::ManagePeople)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let unprojected = view::unprojected(&tx.unprojected(view::UNPROJECTED).await?);
    let devices: Vec<Value> = tx
        .devices()
        .await?
        .iter()
        .filter(|row| !row.office)
        .map(|row| {
            json!({
                "id": hex(&row.device_id),
                "user": { "id": hex(row.user_id.as_bytes()), "name": row.user_name },
                "label": row.label,
                "enrolled_at": row.enrolled_at_ms,
                "last_seen_at": row.last_seen_at_ms,
                "unsent": row.unsent,
                "app_build": row.app_build,
                "revoked_at": row.revoked_at_ms,
                "paused_at": row.quarantined_at_ms,
            })
        })
        .collect();
    Ok(Json(json!({ "devices": devices, "unprojected": unprojected })))
}

/// `POST /api/devices/{id}/revoke`
pub async fn revoke(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    office.needs(Action::ManagePeople)?;
    let unknown = || ApiError::not_found("there is no device with this id");
    let device: DeviceId = id.parse().map_err(|_| unknown())?;
    let mut tx = state.store.begin(office.tenant).await?;
    if !tx.revoke_device(device.as_bytes(), state.now_ms()).await? {
        return Err(unknown());
    }
    let detail = json!({ "device": id });
    audit(&state, &mut tx, &office, "device.revoke", office.user.user_id, detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/devices/{id}/lift`: what a paused device sends is taken in again.
pub async fn lift(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    office.needs(Action::ManagePeople)?;
    let unknown = || ApiError::not_found("there is no paused device with this id");
    let device: DeviceId = id.parse().map_err(|_| unknown())?;
    let mut tx = state.store.begin(office.tenant).await?;
    if !tx.lift_quarantine(device.as_bytes()).await? {
        return Err(unknown());
    }
    let detail = json!({ "device": id });
    audit(&state, &mut tx, &office, "device.lift", office.user.user_id, detail).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/enrolment-codes`
pub async fn codes(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    office.needs(Action::ManagePeople)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let codes: Vec<Value> =
        tx.codes(state.now_ms() - LISTED_MS).await?.iter().map(view::code).collect();
    Ok(Json(json!({ "codes": codes })))
}

#[derive(Deserialize)]
pub struct CreateCode {
    user: String,
}

/// `POST /api/enrolment-codes`
pub async fn create_code(
    State(state): State<AppState>,
    office: Office,
    JsonBody(body): JsonBody<CreateCode>,
) -> ApiResult<(StatusCode, Json<Value>)> {
    office.needs(Action::ManagePeople)?;
    let user_id = parse_uuid(&body.user)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let user = tx.user(user_id).await?.filter(|user| user.active);
    let user = user.ok_or_else(|| ApiError::not_found("there is no active person with this id"))?;
    let code = Code::new(office.tenant);
    let now_ms = state.now_ms();
    let by = Some(office.user.user_id);
    tx.create_code(&code.hash(), user.user_id, by, now_ms, now_ms + CODE_MS).await?;
    audit(&state, &mut tx, &office, "code.create", user_id, json!({})).await?;
    tx.commit().await?;
    let link = format!("{}/enrol#{}", state.site.public_url, code.plain());
    let body = json!({
        "code": code.to_string(),
        "qr_svg": qr_svg(&link),
        "link": link,
        "expires_at": now_ms + CODE_MS,
    });
    Ok((StatusCode::CREATED, Json(body)))
}

/// A QR code as an SVG picture; blank when the text does not fit.
fn qr_svg(text: &str) -> String {
    qrcode::QrCode::new(text)
        .map(|code| code.render::<qrcode::render::svg::Color>().min_dimensions(240, 240).build())
        .unwrap_or_default()
}
