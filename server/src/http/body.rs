//! Request bodies.

use crate::error::{ApiError, ApiResult};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        if !media_type(request.headers()).eq_ignore_ascii_case("application/json") {
            return Err(ApiError::media_type("send application/json"));
        }
        let bytes = read(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::malformed(format!("the body does not fit: {error}")))
    }
}

/// A body of any type: its media type and its bytes.
#[derive(Debug)]
pub struct RawBody {
    pub media_type: String,
    pub bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let media_type = media_type(request.headers()).to_owned();
        Ok(Self { media_type, bytes: read(request, state).await? })
    }
}

/// A message of the sync protocol.
#[derive(Debug)]
pub struct Message<T>(pub T);

impl<S: Send + Sync, T: for<'b> minicbor::Decode<'b, ()>> FromRequest<S> for Message<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let expected = shared::sync::codec::MEDIA_TYPE;
        if !media_type(request.headers()).eq_ignore_ascii_case(expected) {
            return Err(ApiError::media_type(format!("send {expected}")));
        }
        let bytes = read(request, state).await?;
        shared::sync::codec::decode(&bytes)
            .map(Self)
            .map_err(|error| ApiError::malformed(error.to_string()))
    }
}

pub fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> ApiResult<Bytes> {
    Bytes::from_request(request, state).await.map_err(|error| {
        if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::too_large("the body is too large; send less at a time")
        } else {
            ApiError::malformed("the body ended early")
        }
    })
}
