//! Signing in and out of the office.

use super::body::JsonBody;
use super::view;
use crate::auth::limit::{Peer, client_address};
use crate::auth::{
    Office, SESSION_IDLE_MS, SESSION_LONGEST_MS, cookie_name, session_token, token::Token,
};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{TenantId, TenantTx, UserRow};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::net::IpAddr;

/// The address that asks, for limits.
pub struct From(pub IpAddr);

impl FromRequestParts<AppState> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let peer = parts.extensions.get::<Peer>().copied();
        Ok(Self(client_address(peer, forwarded, state.site.proxies)))
    }
}

#[derive(Deserialize)]
pub struct SignIn {
    login: String,
    password: String,
    #[serde(default)]
    municipality: Option<String>,
}

/// `POST /api/session`
pub async fn sign_in(
    State(state): State<AppState>,
    From(address): From,
    JsonBody(body): JsonBody<SignIn>,
) -> ApiResult<Response> {
    state.limits.login(address)?;
    let tenant = find_tenant(&state, body.municipality.as_deref()).await?;
    let found = match tenant {
        Some(tenant) => {
            let mut tx = state.store.begin(tenant).await?;
            tx.user_by_login(&body.login.trim().to_lowercase()).await?
        }
        None => None,
    };
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let fits = state.passwords.verify(&body.password, stored).await?;
    match (tenant, found) {
        (Some(tenant), Some(user)) if fits && user.active => {
            let tx = state.store.begin(tenant).await?;
            begin_session(&state, tx, user).await
        }
        _ => Err(ApiError::login_wrong("no such login with this password")),
    }
}

async fn find_tenant(state: &AppState, slug: Option<&str>) -> ApiResult<Option<TenantId>> {
    match slug.map(str::trim).filter(|slug| !slug.is_empty()) {
        Some(slug) => Ok(state.store.tenant_by_slug(slug).await?),
        None => match state.store.tenants().await?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            _ => Err(ApiError::field("municipality: this server has several; name yours")),
        },
    }
}

/// Begins a session, commits, and answers with it and its cookie.
pub async fn begin_session(
    state: &AppState,
    mut tx: TenantTx,
    user: UserRow,
) -> ApiResult<Response> {
    let now_ms = state.now_ms();
    let token = Token::new(tx.tenant());
    tx.create_session(&token.hash(), user.user_id, now_ms, now_ms + SESSION_IDLE_MS).await?;
    let body = view::session(&user, &tx.tenant_row().await?);
    tx.commit().await?;
    let cookie = set_cookie(state.site.is_https(), &token.to_string(), SESSION_LONGEST_MS / 1000);
    Ok(([(header::SET_COOKIE, cookie)], Json(body)).into_response())
}

fn set_cookie(https: bool, value: &str, seconds: i64) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}",
        cookie_name(https)
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// `GET /api/session`
pub async fn show(State(state): State<AppState>, office: Office) -> ApiResult<Response> {
    let mut tx = state.store.begin(office.tenant).await?;
    Ok(Json(view::session(&office.user, &tx.tenant_row().await?)).into_response())
}

/// `DELETE /api/session`: also without a session.
pub async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> ApiResult<Response> {
    let https = state.site.is_https();
    if let Some(token) = session_token(&headers, https) {
        let mut tx = state.store.begin(token.tenant()).await?;
        tx.delete_session(&token.hash()).await?;
        tx.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(https, "", 0))]).into_response())
}
