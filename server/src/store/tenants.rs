//! Municipalities and their change counter.

use super::{Store, StoreResult, TenantId, TenantTx};
use serde_json::Value;
use sqlx::FromRow;

/// A municipality.
#[derive(Debug, Clone, FromRow)]
pub struct TenantRow {
    pub slug: String,
    pub name: Value,
    pub office_phone: String,
    pub seq: i64,
    pub epoch: Vec<u8>,
    /// Counts changes of people, phones and forms in force.
    pub directory_seq: i64,
}

/// A municipality to be made.
#[derive(Debug)]
pub struct NewTenant<'a> {
    pub slug: &'a str,
    pub name: &'a Value,
    pub epoch: [u8; 16],
    pub now_ms: i64,
}

impl Store {
    /// The municipality with this short name.
    pub async fn tenant_by_slug(&self, slug: &str) -> StoreResult<Option<TenantId>> {
        let id = sqlx::query_scalar("SELECT tenant_id FROM tenant_directory WHERE slug = $1")
            .bind(slug)
            .fetch_optional(self.pool())
            .await?;
        Ok(id.map(TenantId))
    }

    /// Every municipality, by number.
    pub async fn tenants(&self) -> StoreResult<Vec<TenantId>> {
        let ids = sqlx::query_scalar("SELECT tenant_id FROM tenant_directory ORDER BY tenant_id")
            .fetch_all(self.pool())
            .await?;
        Ok(ids.into_iter().map(TenantId).collect())
    }

    /// Makes a municipality under the next free number, inside the transaction returned.
    pub async fn create_tenant(&self, new: &NewTenant<'_>) -> StoreResult<TenantTx> {
        let next: i32 =
            sqlx::query_scalar("SELECT COALESCE(max(tenant_id), 0) + 1 FROM tenant_directory")
                .fetch_one(self.pool())
                .await?;
        let mut tx = self.begin(TenantId(next)).await?;
        sqlx::query("INSERT INTO tenant_directory (slug, tenant_id) VALUES ($1, $2)")
            .bind(new.slug)
            .bind(next)
            .execute(&mut *tx.tx)
            .await?;
        sqlx::query(
            "INSERT INTO tenants (tenant_id, slug, name, epoch, created_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(next)
        .bind(new.slug)
        .bind(new.name)
        .bind(&new.epoch[..])
        .bind(new.now_ms)
        .execute(&mut *tx.tx)
        .await?;
        Ok(tx)
    }
}

impl TenantTx {
    /// This municipality.
    pub async fn tenant_row(&mut self) -> StoreResult<TenantRow> {
        let columns = "SELECT slug, name, office_phone, seq, epoch, directory_seq FROM tenants";
        Ok(sqlx::query_as(columns).fetch_one(&mut *self.tx).await?)
    }

    /// Renames the municipality.
    pub async fn set_tenant_name(&mut self, name: &Value) -> StoreResult<()> {
        sqlx::query("UPDATE tenants SET name = $1").bind(name).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// The database begins a new life: phones compare what they hold with it from the beginning. Nobody
    /// stays signed in to the office.
    pub async fn begin_epoch(&mut self, epoch: [u8; 16]) -> StoreResult<()> {
        sqlx::query("UPDATE tenants SET epoch = $1")
            .bind(&epoch[..])
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM sessions").execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Takes the next `count` change numbers and returns the last. Holds the row until the commit, so
    /// numbers appear in commit order and without gaps.
    pub async fn take_seq(&mut self, count: i64) -> StoreResult<i64> {
        let last = sqlx::query_scalar("UPDATE tenants SET seq = seq + $1 RETURNING seq")
            .bind(count)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(last)
    }
}
