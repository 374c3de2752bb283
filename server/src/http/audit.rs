//! The log of what was done in the office.

use super::hex;
use crate::auth::Office;
use crate::error::ApiResult;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::policy::Action;

const PAGE_SIZE: i64 = 100;

#[derive(Deserialize)]
pub struct Page {
    #[serde(default)]
    page: i64,
}

/// `GET /api/audit`
pub async fn list(
    State(state): State<AppState>,
    office: Office,
    Query(query): Query<Page>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ManagePeople)?;
    let page = query.page.clamp(1, 1_000_000);
    let mut tx = state.store.begin(office.tenant).await?;
    let (rows, total) = tx.audit_page(PAGE_SIZE, (page - 1) * PAGE_SIZE).await?;
    let entries: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "at": row.at_ms,
                "user": row.user_id.map(|id| json!({ "id": hex(id.as_bytes()), "name": row.user_name })),
                "action": row.action,
                "subject": row.subject,
                "detail": row.detail,
            })
        })
        .collect();
    let page_size = PAGE_SIZE;
    Ok(Json(json!({ "entries": entries, "total": total, "page": page, "page_size": page_size })))
}
