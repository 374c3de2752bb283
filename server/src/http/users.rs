//! The people of the municipality.

use super::body::JsonBody;
use super::{parse_uuid, view};
use crate::auth::{Office, password, token::Token};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{AuditEntry, NewUser, TenantTx, UserListRow};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::policy::{Action, Role};
use uuid::Uuid;

/// A colleague's set-up link works this long.
pub const SETUP_LINK_MS: i64 = 7 * 24 * 3_600_000;

#[derive(Deserialize)]
pub struct Create {
    login: String,
    name: String,
    role: String,
    #[serde(default)]
    villages: Vec<String>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Deserialize)]
pub struct Change {
    name: Option<String>,
    role: Option<String>,
    villages: Option<Vec<String>>,
    active: Option<bool>,
    password: Option<String>,
}

/// `GET /api/users`
pub async fn list(State(state): State<AppState>, office: Office) -> ApiResult<Json<Value>> {
    office.needs(Action::ManagePeople)?;
    let mut tx = state.store.begin(office.tenant).await?;
    let users: Vec<Value> = tx.users().await?.iter().map(view::user).collect();
    Ok(Json(json!({ "users": users })))
}

/// `POST /api/users`
pub async fn create(
    State(state): State<AppState>,
    office: Office,
    JsonBody(body): JsonBody<Create>,
) -> ApiResult<(StatusCode, Json<Value>)> {
    office.needs(Action::ManagePeople)?;
    let login = check_login(&body.login)?;
    let name = check_name(&body.name)?;
    let role = check_role(&body.role)?;
    let hash = hash_given(&state, body.password.as_deref()).await?;
    let mut tx = state.store.begin(office.tenant).await?;
    let user_id = Uuid::from_bytes(rand::random());
    tx.create_user(&NewUser {
        user_id,
        login: &login,
        name: &name,
        role: role.name(),
        password_hash: hash.as_deref(),
        villages: &check_villages(body.villages)?,
        now_ms: state.now_ms(),
    })
    .await?;
    let link = match hash {
        Some(_) => None,
        None => Some(make_setup_link(&state, &mut tx, user_id).await?),
    };
    audit(&state, &mut tx, &office, "user.create", user_id, json!({ "role": role.name() })).await?;
    let user = find(&mut tx, user_id).await?;
    tx.commit().await?;
    let body = json!({ "user": view::user(&user), "setup_link": link });
    Ok((StatusCode::CREATED, Json(body)))
}

/// `POST /api/users/{id}`
pub async fn change(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Change>,
) -> ApiResult<Json<Value>> {
    office.needs(Action::ManagePeople)?;
    let user_id = parse_uuid(&id)?;
    let hash = hash_given(&state, body.password.as_deref()).await?;
    let mut tx = state.store.begin(office.tenant).await?;
    let mut user = find(&mut tx, user_id).await?.user;
    let own = user_id == office.user.user_id;
    if own && (body.active == Some(false) || body.role.as_ref().is_some_and(|r| *r != user.role)) {
        return Err(ApiError::conflict("you cannot lock yourself out; ask another administrator"));
    }
    if let Some(name) = &body.name {
        user.name = check_name(name)?;
    }
    if let Some(role) = &body.role {
        user.role = check_role(role)?.name().to_owned();
    }
    if let Some(villages) = body.villages {
        user.villages = check_villages(villages)?;
    }
    user.active = body.active.unwrap_or(user.active);
    let locked_out = !user.active || hash.is_some();
    user.password_hash = hash.or(user.password_hash);
    tx.update_user(&user).await?;
    if locked_out && !own {
        tx.delete_sessions_of(user_id).await?;
    }
    audit(&state, &mut tx, &office, "user.change", user_id, json!({ "active": user.active }))
        .await?;
    let user = find(&mut tx, user_id).await?;
    tx.commit().await?;
    Ok(Json(json!({ "user": view::user(&user) })))
}

/// `POST /api/users/{id}/setup-link`
pub async fn setup_link(
    State(state): State<AppState>,
    office: Office,
    Path(id): Path<String>,
) -> ApiResult<(StatusCode, Json<Value>)> {
    office.needs(Action::ManagePeople)?;
    let user_id = parse_uuid(&id)?;
    let mut tx = state.store.begin(office.tenant).await?;
    find(&mut tx, user_id).await?;
    let link = make_setup_link(&state, &mut tx, user_id).await?;
    audit(&state, &mut tx, &office, "user.setup_link", user_id, json!({})).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({ "setup_link": link }))))
}

async fn make_setup_link(state: &AppState, tx: &mut TenantTx, user: Uuid) -> ApiResult<String> {
    let token = Token::new(tx.tenant());
    let now_ms = state.now_ms();
    tx.create_setup_token(&token.hash(), Some(user), now_ms, now_ms + SETUP_LINK_MS).await?;
    Ok(format!("/setup#{token}"))
}

async fn find(tx: &mut TenantTx, user_id: Uuid) -> ApiResult<UserListRow> {
    let found = tx.users().await?.into_iter().find(|row| row.user.user_id == user_id);
    found.ok_or_else(|| ApiError::not_found("there is no person with this id"))
}

async fn hash_given(state: &AppState, given: Option<&str>) -> ApiResult<Option<String>> {
    let Some(given) = given else { return Ok(None) };
    password::check(given)?;
    Ok(Some(state.passwords.hash(given).await?))
}

/// Notes what an administrator did.
pub async fn audit(
    state: &AppState,
    tx: &mut TenantTx,
    office: &Office,
    action: &str,
    subject: Uuid,
    detail: Value,
) -> ApiResult<()> {
    tx.audit(&AuditEntry {
        entry_id: Uuid::from_bytes(rand::random()),
        at_ms: state.now_ms(),
        user_id: Some(office.user.user_id),
        device_id: None,
        action,
        subject: &super::hex(subject.as_bytes()),
        detail,
    })
    .await?;
    Ok(())
}

/// A login: lower case, no spaces.
pub fn check_login(login: &str) -> ApiResult<String> {
    let login = login.trim().to_lowercase();
    let fits = (2..=80).contains(&login.chars().count())
        && !login.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if fits { Ok(login) } else { Err(ApiError::field("login: use 2 to 80 characters, no spaces")) }
}

/// A person's name.
pub fn check_name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    let fits = (1..=200).contains(&name.chars().count()) && !name.contains(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(ApiError::field("name: use 1 to 200 characters")) }
}

fn check_role(name: &str) -> ApiResult<Role> {
    Role::from_name(name)
        .ok_or_else(|| ApiError::field("role: one of worker, reviewer, administrator"))
}

fn check_villages(villages: Vec<String>) -> ApiResult<Vec<String>> {
    if villages.len() <= 500 && villages.iter().all(|code| (1..=100).contains(&code.len())) {
        return Ok(villages);
    }
    Err(ApiError::field("villages: at most 500 settlement codes"))
}

/// A text in several languages.
pub fn check_text_by_language(text: &Value) -> ApiResult<()> {
    let fits = text.as_object().is_some_and(|texts| {
        !texts.is_empty()
            && texts.len() <= 10
            && texts.values().all(|text| text.as_str().is_some_and(|text| text.len() <= 500))
    });
    if fits { Ok(()) } else { Err(ApiError::field("a name is an object of texts by language")) }
}
