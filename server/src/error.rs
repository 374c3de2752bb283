//! Every error a client can see: a status, a stable code and a text that says what to do next
//! (RFC 9457). docs/API.md lists the codes.

use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as the client sees it.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    more: Option<Value>,
    retry_after_s: Option<u64>,
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal;)*) => {
        impl ApiError {
            $($(#[$doc])*
            pub fn $name(detail: impl Into<String>) -> Self {
                Self::new(StatusCode::$status, $code, detail.into())
            })*
        }
    };
}

errors! {
    /// Not the JSON or CBOR that the route takes.
    malformed = BAD_REQUEST "body_malformed";
    /// A value is missing or not allowed.
    field = BAD_REQUEST "field_invalid";
    /// Enrolment code wrong, used or too old.
    code_unknown = BAD_REQUEST "code_unknown";
    /// No session.
    not_signed_in = UNAUTHORIZED "not_signed_in";
    /// No such login with this password.
    login_wrong = UNAUTHORIZED "login_wrong";
    /// No such device.
    device_unknown = UNAUTHORIZED "device_unknown";
    /// Disconnected: it keeps what it has and sends nothing.
    device_revoked = UNAUTHORIZED "device_revoked";
    /// The role may not do this.
    not_allowed = FORBIDDEN "not_allowed";
    /// From another site's page.
    cross_site = FORBIDDEN "cross_site";
    /// No such thing, or not in this municipality.
    not_found = NOT_FOUND "not_found";
    /// Set-up link wrong, used or too old.
    setup_link = NOT_FOUND "setup_link_unknown";
    /// The route does not take this method.
    method = METHOD_NOT_ALLOWED "method_not_allowed";
    /// It does not fit what is there.
    conflict = CONFLICT "conflict";
    /// The body is larger than the route takes.
    too_large = PAYLOAD_TOO_LARGE "body_too_large";
    /// The body's type is not the one the route takes.
    media_type = UNSUPPORTED_MEDIA_TYPE "media_type";
    /// The workbook has errors.
    form_invalid = UNPROCESSABLE_ENTITY "form_invalid";
    /// The bytes of an attachment are not those that its hash names.
    attachment_damaged = UNPROCESSABLE_ENTITY "attachment_damaged";
    /// Slow down.
    too_many = TOO_MANY_REQUESTS "too_many_tries";
    /// Others are before it; nothing is wrong.
    busy = TOO_MANY_REQUESTS "busy";
    /// Our fault.
    internal = INTERNAL_SERVER_ERROR "internal";
    /// Not now.
    unavailable = SERVICE_UNAVAILABLE "unavailable";
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: String) -> Self {
        Self { status, code, detail, more: None, retry_after_s: None }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Adds fields to the body: an object such as `{"errors": [...]}`.
    pub fn with(mut self, more: Value) -> Self {
        self.more = Some(more);
        self
    }

    /// Says after how many seconds trying again makes sense.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.detail)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Taken(constraint) if constraint.contains("login") => {
                Self::conflict("this login is taken; choose another")
            }
            StoreError::Taken(_) => Self::conflict("this is already there"),
            StoreError::Database(_) if error.is_unavailable() => {
                tracing::error!(%error, "the database cannot do it now");
                Self::unavailable(error.advice()).retry_after(5)
            }
            StoreError::Database(inner) if is_text_error(inner) => {
                Self::field("a value holds a character that cannot be stored")
            }
            StoreError::Database(_) => {
                tracing::error!(%error, "a statement failed");
                Self::internal("something went wrong on the server; its log says more")
            }
        }
    }
}

/// Postgres stores no NUL character, in text (22021) or in JSON (22P05).
fn is_text_error(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("22021" | "22P05"))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let (Value::Object(body), Some(Value::Object(more))) = (&mut body, self.more) {
            body.extend(more);
        }
        let mut response = (self.status, Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;
