//! Who did what in the office.

use super::{StoreResult, TenantTx};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

/// An entry to be written.
#[derive(Debug, Clone)]
pub struct AuditEntry<'a> {
    pub entry_id: Uuid,
    pub at_ms: i64,
    pub user_id: Option<Uuid>,
    pub device_id: Option<&'a [u8]>,
    pub action: &'a str,
    pub subject: &'a str,
    pub detail: Value,
}

/// An entry read back.
#[derive(Debug, Clone, FromRow)]
pub struct AuditRow {
    pub at_ms: i64,
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub detail: Value,
}

impl TenantTx {
    /// Appends an entry.
    pub async fn audit(&mut self, entry: &AuditEntry<'_>) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO audit_log
               (tenant_id, entry_id, at_ms, user_id, device_id, action, subject, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.tenant.0)
        .bind(entry.entry_id)
        .bind(entry.at_ms)
        .bind(entry.user_id)
        .bind(entry.device_id)
        .bind(entry.action)
        .bind(entry.subject)
        .bind(&entry.detail)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// One page, newest first, and how many entries there are.
    pub async fn audit_page(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> StoreResult<(Vec<AuditRow>, i64)> {
        let rows = sqlx::query_as(
            "SELECT a.at_ms, a.user_id, u.name AS user_name, a.action, a.subject, a.detail
             FROM audit_log a LEFT JOIN users u USING (tenant_id, user_id)
             ORDER BY a.at_ms DESC, a.entry_id LIMIT $1 OFFSET $2",
        )
        .bind(limit)
        .bind(offset)
        .fetch_all(&mut *self.tx)
        .await?;
        let total =
            sqlx::query_scalar("SELECT count(*) FROM audit_log").fetch_one(&mut *self.tx).await?;
        Ok((rows, total))
    }
}
