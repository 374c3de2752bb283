//! The people of a municipality.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A person who may sign in or work with a phone.
#[derive(Debug, Clone, FromRow)]
pub struct UserRow {
    pub user_id: Uuid,
    pub login: String,
    pub name: String,
    pub role: String,
    pub password_hash: Option<String>,
    pub villages: Vec<String>,
    pub active: bool,
}

/// A person in the administrator's list.
#[derive(Debug, Clone, FromRow)]
pub struct UserListRow {
    #[sqlx(flatten)]
    pub user: UserRow,
    pub devices: i64,
    pub last_seen_at_ms: Option<i64>,
}

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    pub user_id: Uuid,
    pub login: &'a str,
    pub name: &'a str,
    pub role: &'a str,
    pub password_hash: Option<&'a str>,
    pub villages: &'a [String],
    pub now_ms: i64,
}

impl TenantTx {
    /// Adds a person.
    pub async fn create_user(&mut self, new: &NewUser<'_>) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO users
               (tenant_id, user_id, login, name, role, password_hash, villages, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.tenant.0)
        .bind(new.user_id)
        .bind(new.login)
        .bind(new.name)
        .bind(new.role)
        .bind(new.password_hash)
        .bind(new.villages)
        .bind(new.now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The person with this login.
    pub async fn user_by_login(&mut self, login: &str) -> StoreResult<Option<UserRow>> {
        let row = sqlx::query_as(
            "SELECT user_id, login, name, role, password_hash, villages, active
             FROM users WHERE login = $1",
        )
        .bind(login)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// The person with this id.
    pub async fn user(&mut self, user_id: Uuid) -> StoreResult<Option<UserRow>> {
        let row = sqlx::query_as(
            "SELECT user_id, login, name, role, password_hash, villages, active
             FROM users WHERE user_id = $1",
        )
        .bind(user_id)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// Everybody, by name.
    pub async fn users(&mut self) -> StoreResult<Vec<UserListRow>> {
        let rows = sqlx::query_as(
            "SELECT u.user_id, u.login, u.name, u.role, u.password_hash, u.villages, u.active,
                    count(d.device_id) FILTER (WHERE d.revoked_at_ms IS NULL) AS devices,
                    greatest(max(d.last_seen_at_ms),
                             (SELECT max(s.last_seen_at_ms) FROM sessions s
                              WHERE s.user_id = u.user_id)) AS last_seen_at_ms
             FROM users u LEFT JOIN devices d ON d.tenant_id = u.tenant_id AND d.user_id = u.user_id
             GROUP BY u.tenant_id, u.user_id ORDER BY u.name",
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Stores what can be changed about a person.
    pub async fn update_user(&mut self, user: &UserRow) -> StoreResult<()> {
        sqlx::query(
            "UPDATE users SET name = $2, role = $3, active = $5, password_hash = $6,
                    scope_version = scope_version + (villages <> $4)::integer, villages = $4
             WHERE user_id = $1",
        )
        .bind(user.user_id)
        .bind(&user.name)
        .bind(&user.role)
        .bind(&user.villages)
        .bind(user.active)
        .bind(&user.password_hash)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Whether anybody administers this municipality.
    pub async fn has_admin(&mut self) -> StoreResult<bool> {
        let found = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM users
                            WHERE role = 'administrator' AND active AND password_hash IS NOT NULL)",
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(found)
    }
}
