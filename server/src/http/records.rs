//! Records in the office: the list, one record, its history.

use super::forms::names;
use super::{hex, parse_uuid, view};
use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::fold;
use crate::page;
use crate::state::AppState;
use crate::store::{AuditEntry, RecordFilter, Sort, TenantTx};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::policy::Action;
use shared::record::review::ReviewState;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    form: String,
    state: String,
    village: String,
    household: String,
    two_answers: u8,
    sort: String,
    page: i64,
    page_size: i64,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            q: String::new(),
            form: String::new(),
            state: String::new(),
            village: String::new(),
            household: String::new(),
            two_answers: 0,
            sort: String::new(),
            page: 1,
            page_size: 50,
        }
    }
}

impl ListQuery {
    fn filter(&self) -> ApiResult<RecordFilter> {
        let mut states = self.state.split(',').filter(|_| !self.state.is_empty());
        if !states.all(|state| ReviewState::from_name(state).is_some()) {
            return Err(ApiError::field(
                "state: of unfinished, submitted, returned, approved, rejected and changed, one or \
                 several with commas between",
            ));
        }
        let household = match self.household.as_str() {
            "" => None,
            id => Some(parse_uuid(id)?),
        };
        let limit = self.page_size.clamp(1, 200);
        Ok(RecordFilter {
            words: fold::words(&self.q),
            form_id: self.form.clone(),
            state: self.state.clone(),
            village: self.village.clone(),
            household,
            two_answers: self.two_answers == 1,
            sort: match self.sort.as_str() {
                "title" => Sort::Title,
                "village" => Sort::Village,
                _ => Sort::Updated,
            },
            limit,
            offset: (self.page.clamp(1, 1_000_000) - 1) * limit,
        })
    }
}

/// `GET /api/records`
pub async fn list(
    State(state): State<AppState>,
    office: Office,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let filter = query.filter()?;
    let mut tx = state.store.begin(office.tenant).await?;
    let names = names(&state, &mut tx).await?;
    let (rows, total) = tx.list_records(&filter).await?;
    let counts = tx.count_records(&filter.words).await?;
    let items: Vec<Value> = rows.iter().map(|row| view::item(row, &names)).collect();
    Ok(Json(json!({
        "total": total,
        "page": filter.offset / filter.limit + 1,
        "page_size": filter.limit,
        "items": items,
        "counts": view::counts(&counts, &names),
    })))
}

/// Whether the protection answers are asked for as well.
#[derive(Deserialize)]
pub struct Reveal {
    #[serde(default)]
    protection: u8,
}

impl Reveal {
    /// Refuses those who may not read protection answers, and notes who opened them.
    async fn note(
        &self,
        office: &Office,
        tx: &mut TenantTx,
        id: Uuid,
        now_ms: i64,
    ) -> ApiResult<bool> {
        if self.protection != 1 {
            return Ok(false);
        }
        office.needs(Action::ReadProtection)?;
        tx.audit(&AuditEntry {
            entry_id: Uuid::from_bytes(rand::random()),
            at_ms: now_ms,
            user_id: Some(office.user.user_id),
            device_id: None,
            action: "record.protection",
            subject: &hex(id.as_bytes()),
            detail: json!({}),
        })
        .await?;
        Ok(true)
    }
}

/// `GET /api/records/{id}`, with `?protection=1` its protection answers as well
pub async fn show(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    Query(reveal): Query<Reveal>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let too = reveal.note(&office, &mut tx, id, state.now_ms()).await?;
    let detail = page::detail(&state, &mut tx, &office, id, too).await?;
    tx.commit().await?;
    Ok(Json(detail))
}

/// `GET /api/records/{id}/history`, with `?protection=1` the changes of its protection answers as well
pub async fn history(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    Query(reveal): Query<Reveal>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let too = reveal.note(&office, &mut tx, id, state.now_ms()).await?;
    let history = page::history(&state, &mut tx, &office, id, too).await?;
    tx.commit().await?;
    Ok(Json(history))
}
