//! Who is asking. Handlers take [`Office`] or [`Device`] as an argument; without one a route is public.

pub mod limit;
pub mod password;
pub mod token;

use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{DeviceRow, SessionRow, TenantId, UserRow};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use shared::id::DeviceId;
use shared::policy::{Action, Role, may};
use token::Token;

const HOUR_MS: i64 = 3_600_000;
/// A session ends this long after its last request.
pub const SESSION_IDLE_MS: i64 = 12 * HOUR_MS;
/// A session ends this long after sign-in whatever happens.
pub const SESSION_LONGEST_MS: i64 = 7 * 24 * HOUR_MS;
/// A session's last use is noted at most this often.
const TOUCH_MS: i64 = 5 * 60_000;

/// Somebody signed in to the office.
#[derive(Debug, Clone)]
pub struct Office {
    pub tenant: TenantId,
    pub user: UserRow,
    pub role: Role,
    pub token: Token,
}

impl Office {
    /// Refuses what the role does not allow.
    pub fn needs(&self, action: Action) -> ApiResult<()> {
        if may(self.role, action) {
            return Ok(());
        }
        Err(ApiError::not_allowed("your role does not allow this; ask an administrator"))
    }
}

/// The name of the session cookie.
pub fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-kardakar" } else { "kardakar" }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The session token that a request carries.
pub fn session_token(headers: &HeaderMap, https: bool) -> Option<Token> {
    cookie(headers, cookie_name(https))?.parse().ok()
}

impl FromRequestParts<AppState> for Office {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        let signed_out = || ApiError::not_signed_in("sign in first");
        let token = session_token(&parts.headers, state.site.is_https()).ok_or_else(signed_out)?;
        let now_ms = state.now_ms();
        let mut tx = state.store.begin(token.tenant()).await?;
        let hash = token.hash();
        let session = tx.session(&hash, now_ms).await?.ok_or_else(signed_out)?;
        if now_ms - session.last_seen_at_ms > TOUCH_MS {
            tx.touch_session(&hash, now_ms, prolonged(&session, now_ms)).await?;
            tx.commit().await?;
        }
        let role = Role::from_name(&session.user.role).ok_or_else(signed_out)?;
        Ok(Self { tenant: token.tenant(), user: session.user, role, token })
    }
}

fn prolonged(session: &SessionRow, now_ms: i64) -> i64 {
    (now_ms + SESSION_IDLE_MS).min(session.created_at_ms + SESSION_LONGEST_MS)
}

/// An enrolled device with its person.
#[derive(Debug, Clone)]
pub struct Device {
    pub tenant: TenantId,
    pub id: DeviceId,
    pub role: Role,
    pub row: DeviceRow,
}

impl FromRequestParts<AppState> for Device {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        let unknown = || ApiError::device_unknown("this device is not enrolled; enter a new code");
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token: Token = header
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| token.trim().parse().ok())
            .ok_or_else(unknown)?;
        let mut tx = state.store.begin(token.tenant()).await?;
        let row = tx.device_by_token(&token.hash()).await?.ok_or_else(unknown)?;
        if row.revoked_at_ms.is_some() || !row.active {
            return Err(ApiError::device_revoked(
                "this device was disconnected; connect it again with a new code",
            ));
        }
        let id = DeviceId::from_slice(&row.device_id).ok_or_else(unknown)?;
        let role = Role::from_name(&row.role).ok_or_else(unknown)?;
        Ok(Self { tenant: token.tenant(), id, role, row })
    }
}
