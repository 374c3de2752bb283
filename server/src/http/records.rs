//! Records in the office: the list, one record, its history.

use super::forms::names;
use super::{parse_uuid, view};
use crate::auth::Office;
use crate::error::{ApiError, ApiResult};
use crate::fold;
use crate::page;
use crate::state::AppState;
use crate::store::{RecordFilter, Sort};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::policy::Action;
use shared::record::review::ReviewState;

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
        if !self.state.is_empty() && ReviewState::from_name(&self.state).is_none() {
            return Err(ApiError::field(
                "state: one of unfinished, submitted, returned, approved, rejected",
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

/// `GET /api/records/{id}`
pub async fn show(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    Ok(Json(page::detail(&state, &mut tx, &office, id).await?))
}

/// `GET /api/records/{id}/history`
pub async fn history(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    Ok(Json(page::history(&state, &mut tx, &office, id).await?))
}
