//! Office sessions.

use super::{StoreResult, TenantTx, UserRow};
use sqlx::FromRow;
use uuid::Uuid;

/// A session with its person.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    #[sqlx(flatten)]
    pub user: UserRow,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    pub last_seen_at_ms: i64,
}

impl TenantTx {
    /// Begins a session.
    pub async fn create_session(
        &mut self,
        token_hash: &[u8; 32],
        user_id: Uuid,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO sessions
               (tenant_id, token_hash, user_id, created_at_ms, expires_at_ms, last_seen_at_ms)
             VALUES ($1, $2, $3, $4, $5, $4)",
        )
        .bind(self.tenant.0)
        .bind(&token_hash[..])
        .bind(user_id)
        .bind(now_ms)
        .bind(expires_at_ms)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at_ms < $1")
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The session of a token, if it has not ended and its person may still sign in.
    pub async fn session(
        &mut self,
        token_hash: &[u8; 32],
        now_ms: i64,
    ) -> StoreResult<Option<SessionRow>> {
        let row = sqlx::query_as(
            "SELECT u.user_id, u.login, u.name, u.role, u.password_hash, u.villages, u.active,
                    s.created_at_ms, s.expires_at_ms, s.last_seen_at_ms
             FROM sessions s JOIN users u USING (tenant_id, user_id)
             WHERE s.token_hash = $1 AND s.expires_at_ms > $2 AND u.active",
        )
        .bind(&token_hash[..])
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// Prolongs a session.
    pub async fn touch_session(
        &mut self,
        token_hash: &[u8; 32],
        now_ms: i64,
        expires_at_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "UPDATE sessions SET last_seen_at_ms = $2, expires_at_ms = $3 WHERE token_hash = $1",
        )
        .bind(&token_hash[..])
        .bind(now_ms)
        .bind(expires_at_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Ends one session.
    pub async fn delete_session(&mut self, token_hash: &[u8; 32]) -> StoreResult<()> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(&token_hash[..])
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Ends all sessions of a person.
    pub async fn delete_sessions_of(&mut self, user_id: Uuid) -> StoreResult<()> {
        sqlx::query("DELETE FROM sessions WHERE user_id = $1")
            .bind(user_id)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
