//! Whether the server lives and whether it can work.

use crate::error::{ApiError, ApiResult};
use crate::migrate;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// `GET /healthz`
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`
pub async fn ready(State(state): State<AppState>) -> ApiResult<Json<Value>> {
    if state.stopping.load(Ordering::Relaxed) {
        return Err(ApiError::unavailable("this server is stopping").retry_after(1));
    }
    state.store.ping().await.map_err(|error| {
        tracing::error!(%error, "not ready");
        ApiError::unavailable("the database does not answer").retry_after(5)
    })?;
    Ok(Json(json!({ "database": true, "migrations": migrate::NEWEST })))
}
