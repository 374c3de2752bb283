//! One-time set-up links: the first administrator, and colleagues who choose their password.

use super::body::JsonBody;
use super::session::{From, begin_session};
use super::view;
use crate::auth::{password, token::Token};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{NewUser, SetupRow, TenantTx, UserRow};
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::policy::Role;
use uuid::Uuid;

#[derive(Deserialize)]
pub struct Link {
    token: String,
}

#[derive(Deserialize)]
pub struct Setup {
    token: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    password: String,
    #[serde(default)]
    municipality_name: Option<Value>,
}

async fn open(state: &AppState, token: &str) -> ApiResult<(TenantTx, Token, SetupRow)> {
    let unknown = || ApiError::setup_link("this link does not work (any more); ask for a new one");
    let token: Token = token.trim().parse().map_err(|_| unknown())?;
    let mut tx = state.store.begin(token.tenant()).await?;
    let row = tx.setup_token(&token.hash(), state.now_ms()).await?.ok_or_else(unknown)?;
    Ok((tx, token, row))
}

/// `GET /api/setup?token=…`
pub async fn show(
    State(state): State<AppState>,
    From(address): From,
    Query(link): Query<Link>,
) -> ApiResult<Json<Value>> {
    state.limits.code(address)?;
    let (mut tx, _, row) = open(&state, &link.token).await?;
    let tenant = tx.tenant_row().await?;
    Ok(Json(json!({
        "first": row.user_id.is_none(),
        "name": row.name.unwrap_or_default(),
        "login": row.login.unwrap_or_default(),
        "municipality": view::municipality(&tenant),
    })))
}

/// `POST /api/setup`
pub async fn finish(
    State(state): State<AppState>,
    From(address): From,
    JsonBody(body): JsonBody<Setup>,
) -> ApiResult<Response> {
    state.limits.code(address)?;
    password::check(&body.password)?;
    let (tx, token, row) = open(&state, &body.token).await?;
    drop(tx); // No transaction stays open while the password is hashed.
    let hash = state.passwords.hash(&body.password).await?;
    let mut tx = state.store.begin(token.tenant()).await?;
    if !tx.use_setup_token(&token.hash(), state.now_ms()).await? {
        return Err(ApiError::setup_link("this link was just used"));
    }
    let user = match row.user_id {
        Some(user_id) => give_password(&mut tx, user_id, hash).await?,
        None => first_administrator(&state, &mut tx, &body, hash).await?,
    };
    begin_session(&state, tx, user).await
}

async fn give_password(tx: &mut TenantTx, user_id: Uuid, hash: String) -> ApiResult<UserRow> {
    let gone = || ApiError::setup_link("this person is no longer here");
    let mut user = tx.user(user_id).await?.ok_or_else(gone)?;
    user.password_hash = Some(hash);
    tx.update_user(&user).await?;
    Ok(user)
}

async fn first_administrator(
    state: &AppState,
    tx: &mut TenantTx,
    body: &Setup,
    hash: String,
) -> ApiResult<UserRow> {
    let login = super::users::check_login(&body.login)?;
    let name = super::users::check_name(&body.name)?;
    if let Some(name) = &body.municipality_name {
        super::users::check_text_by_language(name)?;
        tx.set_tenant_name(name).await?;
    }
    let user_id = Uuid::from_bytes(rand::random());
    tx.create_user(&NewUser {
        user_id,
        login: &login,
        name: &name,
        role: Role::Administrator.name(),
        password_hash: Some(&hash),
        villages: &[],
        now_ms: state.now_ms(),
    })
    .await?;
    tx.user(user_id).await?.ok_or_else(|| ApiError::internal("the account was not stored"))
}
