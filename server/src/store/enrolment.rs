//! One-time things: enrolment codes for phones and set-up links for people.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// An enrolment code in the administrator's list; the code itself is not stored.
#[derive(Debug, Clone, FromRow)]
pub struct CodeRow {
    pub user_id: Uuid,
    pub user_name: String,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    pub used_at_ms: Option<i64>,
    pub device_id: Option<Vec<u8>>,
}

/// A set-up link that still works.
#[derive(Debug, Clone, FromRow)]
pub struct SetupRow {
    pub user_id: Option<Uuid>,
    pub name: Option<String>,
    pub login: Option<String>,
}

impl TenantTx {
    /// Stores a new enrolment code.
    pub async fn create_code(
        &mut self,
        code_hash: &[u8; 32],
        user_id: Uuid,
        created_by: Option<Uuid>,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO enrolment_codes
               (tenant_id, code_hash, user_id, created_by, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.tenant.0)
        .bind(&code_hash[..])
        .bind(user_id)
        .bind(created_by)
        .bind(now_ms)
        .bind(expires_at_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Uses a code up: the person it was made for, or nothing when it does not work (any more). Two
    /// phones with one code: the row lock lets only the first have it.
    pub async fn use_code(
        &mut self,
        code_hash: &[u8; 32],
        device_id: &[u8; 8],
        now_ms: i64,
    ) -> StoreResult<Option<Uuid>> {
        let user_id = sqlx::query_scalar(
            "UPDATE enrolment_codes SET used_at_ms = $3, device_id = $2
             WHERE code_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $3
             RETURNING user_id",
        )
        .bind(&code_hash[..])
        .bind(&device_id[..])
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(user_id)
    }

    /// The codes made since `since_ms`, newest first.
    pub async fn codes(&mut self, since_ms: i64) -> StoreResult<Vec<CodeRow>> {
        let rows = sqlx::query_as(
            "SELECT c.user_id, u.name AS user_name, c.created_at_ms, c.expires_at_ms, c.used_at_ms,
                    c.device_id
             FROM enrolment_codes c JOIN users u USING (tenant_id, user_id)
             WHERE c.created_at_ms >= $1 ORDER BY c.created_at_ms DESC LIMIT 200",
        )
        .bind(since_ms)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Stores a set-up link; earlier ones for the same person stop working.
    pub async fn create_setup_token(
        &mut self,
        token_hash: &[u8; 32],
        user_id: Option<Uuid>,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query("DELETE FROM setup_tokens WHERE user_id IS NOT DISTINCT FROM $1")
            .bind(user_id)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "INSERT INTO setup_tokens (tenant_id, token_hash, user_id, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.tenant.0)
        .bind(&token_hash[..])
        .bind(user_id)
        .bind(now_ms)
        .bind(expires_at_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// What a set-up link is for, if it still works.
    pub async fn setup_token(
        &mut self,
        token_hash: &[u8; 32],
        now_ms: i64,
    ) -> StoreResult<Option<SetupRow>> {
        let row = sqlx::query_as(
            "SELECT t.user_id, u.name, u.login
             FROM setup_tokens t LEFT JOIN users u USING (tenant_id, user_id)
             WHERE t.token_hash = $1 AND t.used_at_ms IS NULL AND t.expires_at_ms > $2",
        )
        .bind(&token_hash[..])
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// Uses a set-up link up; false when somebody else was faster.
    pub async fn use_setup_token(
        &mut self,
        token_hash: &[u8; 32],
        now_ms: i64,
    ) -> StoreResult<bool> {
        let done = sqlx::query(
            "UPDATE setup_tokens SET used_at_ms = $2
             WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2",
        )
        .bind(&token_hash[..])
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
