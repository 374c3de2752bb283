//! Forms: the list, uploading, and what was published.

use super::body::{Message, RawBody};
use super::users::audit;
use super::{hex, view::Names};
use crate::auth::{Device, Office};
use crate::error::{ApiError, ApiResult};
use crate::forms::{MARKDOWN, PACKAGE, Publication, WORKBOOK};
use crate::state::AppState;
use crate::store::{FormVersionRow, TenantId, TenantTx};
use axum::Json;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Response};
use form::model::Form;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::attachment::message::{FetchFormFile, Piece};
use shared::attachment::{PIECE, PIECES_AT_ONCE};
use shared::id::FormVersionId;
use shared::policy::{Action, may};
use shared::sync::codec::{MEDIA_TYPE, encode_plain};

/// `GET /api/forms`
pub async fn list(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    office.needs(Action::ReadRecords)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let versions = tx.form_versions().await?;
    let forms: Vec<Value> = tx
        .forms()
        .await?
        .iter()
        .map(|form| {
            let own = versions.iter().filter(|version| version.form_id == form.form_id);
            json!({
                "form_id": form.form_id,
                "title": form.title,
                "current": hex(&form.current_version),
                "versions": own.map(version).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Json(json!({ "forms": forms })))
}

fn version(row: &FormVersionRow) -> Value {
    json!({
        "id": hex(&row.version_id),
        "version": row.version,
        "title": row.title,
        "published_at": row.published_at_ms,
        "published_by": row.published_by.map(|id| {
            json!({ "id": hex(id.as_bytes()), "name": row.publisher })
        }),
        "records": row.records,
        "source_type": row.source_type,
    })
}

#[derive(Deserialize)]
pub struct Upload {
    #[serde(default)]
    publish: u8,
}

/// `POST /api/forms?publish=0|1`
pub async fn upload(
    State(state): State<AppState>,
    office: Office,
    Query(query): Query<Upload>,
    body: RawBody,
) -> ApiResult<Json<Value>> {
    office.needs(Action::PublishForms)?;
    let compiled = state.workers.compile(&body.media_type, &body.bytes).await.map_err(|error| {
        tracing::error!(%error, "a form could not be compiled");
        ApiError::unavailable("the server cannot read forms at the moment; try again")
            .retry_after(5)
    })?;
    let compiled = compiled.ok_or_else(|| {
        ApiError::form_invalid(
            "reading this form takes more memory or time than the server gives to one; move long lists \
             of choices into .csv tables beside it, or make two forms of it",
        )
    })?;
    if compiled.unknown_type {
        return Err(ApiError::media_type(format!("send {WORKBOOK}, {MARKDOWN} or {PACKAGE}")));
    }
    let list = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let warnings = list(&compiled.warnings);
    let Some(form) = compiled.compiled else {
        let more = json!({ "errors": list(&compiled.errors), "warnings": warnings });
        return Err(ApiError::form_invalid("correct the workbook and send it again").with(more));
    };
    let publication = Publication::from_compiled(form.into())?;
    let mut new = false;
    if query.publish == 1 {
        let mut tx = state.store.begin(office.tenant).await?;
        let by = Some(office.user.user_id);
        let now_ms = state.now_ms();
        new = publication.publish(&mut tx, &body.media_type, &body.bytes, by, now_ms).await?;
        for file in &compiled.files {
            tx.keep_form_file(file.hash.as_bytes(), &file.media_type, &file.bytes).await?;
        }
        let detail =
            json!({ "form": publication.form.form_id, "version": publication.id.to_string() });
        audit(&state, &mut tx, &office, "form.publish", office.user.user_id, detail).await?;
        tx.commit().await?;
    }
    Ok(Json(json!({
        "published": query.publish == 1,
        "new": new,
        "form": summary(&publication),
        "warnings": warnings,
    })))
}

fn summary(publication: &Publication) -> Value {
    let form = &publication.form;
    json!({
        "form_id": form.form_id,
        "version": form.version,
        "id": publication.id.to_string(),
        "title": form.title,
        "questions": form.nodes.iter().filter(|node| node.question().is_some()).count(),
        "languages": form.languages.iter().map(|language| &language.code).collect::<Vec<_>>(),
        "files": form.files.len(),
    })
}

/// Somebody of a municipality: an office session or a device.
pub struct Anyone(TenantId);

impl FromRequestParts<AppState> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(Device::from_request_parts(parts, state).await?.tenant));
        }
        Ok(Self(Office::from_request_parts(parts, state).await?.tenant))
    }
}

fn version_id(text: &str) -> ApiResult<FormVersionId> {
    text.parse().map_err(|_| unknown())
}

fn unknown() -> ApiError {
    ApiError::not_found("there is no form version with this id")
}

/// `GET /api/forms/{version}/compiled`
pub async fn compiled(
    State(state): State<AppState>,
    Anyone(tenant): Anyone,
    Path(version): Path<String>,
) -> ApiResult<Response> {
    let id = version_id(&version)?;
    let mut tx = state.store.begin(tenant).await?;
    let bytes = tx.compiled_form(id.as_bytes()).await?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, "application/cbor"),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

/// `GET /api/forms/{version}/source`
pub async fn source(
    State(state): State<AppState>,
    office: Office,
    Path(version): Path<String>,
) -> ApiResult<Response> {
    office.needs(Action::ReadRecords)?;
    let id = version_id(&version)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let (media_type, bytes) = tx.form_source(id.as_bytes()).await?.ok_or_else(unknown)?;
    let name = match media_type.as_str() {
        WORKBOOK => "form.xlsx",
        PACKAGE => "form.zip",
        _ => "form.md",
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, bytes).into_response())
}

/// `POST /api/forms/file`: a piece of a file that came with a form.
pub async fn file(
    State(state): State<AppState>,
    device: Device,
    Message(fetch): Message<FetchFormFile>,
) -> ApiResult<Response> {
    if !may(device.role, Action::Sync) {
        return Err(ApiError::not_allowed("this role does not work with a phone"));
    }
    let length = fetch.length.clamp(1, PIECE * PIECES_AT_ONCE);
    let mut tx = state.store.begin(device.tenant).await?;
    let found = tx.form_file(fetch.hash.as_bytes(), fetch.offset, length).await?;
    let (size, bytes) = found.ok_or_else(|| ApiError::not_found("no form has this file"))?;
    let piece = Piece { size, received: size, bytes: bytes.into() };
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], encode_plain(&piece)).into_response())
}

/// `GET /api/places`
pub async fn places(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    let mut tx = state.store.begin(office.tenant).await?;
    let names = names(&state, &mut tx).await?;
    let places: Vec<Value> = names
        .places
        .iter()
        .map(|(value, label)| json!({ "value": value, "label": label }))
        .collect();
    Ok(Json(json!({ "places": places })))
}

/// The names of forms and settlements, from the forms in force.
pub async fn names(state: &AppState, tx: &mut TenantTx) -> ApiResult<Names> {
    let mut names = Names::default();
    for row in tx.forms().await? {
        if let Some(version) = FormVersionId::from_slice(&row.current_version)
            && let Some(form) = state.forms.get(tx, version).await?
        {
            add_places(&mut names, &form);
        }
        names.forms.insert(row.form_id, row.title);
    }
    Ok(names)
}

/// The choices of the question that the form's `place` setting names.
fn add_places(names: &mut Names, form: &Form) {
    use form::model::Choices;
    let key = form.settings.get(shared::project::setting::PLACE).map_or("settlement", |key| key);
    let Some(id) = form.by_key(key) else { return };
    let Choices::List(list) = &form.node(id).choices else { return };
    for choice in form.lists.get(list).into_iter().flat_map(|list| &list.items) {
        names.places.entry(choice.name.clone()).or_insert_with(|| choice.label.clone());
    }
}
