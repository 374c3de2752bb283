//! Forms and their immutable versions.

use super::{StoreResult, TenantTx};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

/// A form with the version that new records take.
#[derive(Debug, Clone, FromRow)]
pub struct FormRow {
    pub form_id: String,
    pub title: Value,
    pub current_version: Vec<u8>,
    pub position: i32,
}

/// A published version, without its content.
#[derive(Debug, Clone, FromRow)]
pub struct FormVersionRow {
    pub version_id: Vec<u8>,
    pub form_id: String,
    pub version: String,
    pub title: Value,
    pub source_type: String,
    pub published_at_ms: i64,
    pub published_by: Option<Uuid>,
    pub publisher: Option<String>,
    pub records: i64,
}

/// A version to be published.
#[derive(Debug)]
pub struct NewFormVersion<'a> {
    pub version_id: &'a [u8],
    pub form_id: &'a str,
    pub version: &'a str,
    pub title: &'a Value,
    pub compiled: &'a [u8],
    pub source: &'a [u8],
    pub source_type: &'a str,
    pub published_by: Option<Uuid>,
    pub now_ms: i64,
}

impl TenantTx {
    /// The forms, in the phone's order.
    pub async fn forms(&mut self) -> StoreResult<Vec<FormRow>> {
        let rows = sqlx::query_as(
            "SELECT form_id, title, current_version, position FROM forms ORDER BY position, form_id",
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Every version, newest first within its form.
    pub async fn form_versions(&mut self) -> StoreResult<Vec<FormVersionRow>> {
        let rows = sqlx::query_as(
            "SELECT v.version_id, v.form_id, v.version, v.title, v.source_type, v.published_at_ms,
                    v.published_by, u.name AS publisher,
                    (SELECT count(*) FROM records r WHERE r.form_version = v.version_id) AS records
             FROM form_versions v
             LEFT JOIN users u ON u.tenant_id = v.tenant_id AND u.user_id = v.published_by
             ORDER BY v.form_id, v.published_at_ms DESC",
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Publishes a version and makes it the form's current one; false when it was there already.
    pub async fn publish(&mut self, new: &NewFormVersion<'_>) -> StoreResult<bool> {
        sqlx::query(
            "INSERT INTO forms (tenant_id, form_id, title, current_version, position)
             VALUES ($1, $2, $3, $4, (SELECT count(*) FROM forms))
             ON CONFLICT (tenant_id, form_id)
             DO UPDATE SET title = excluded.title, current_version = excluded.current_version",
        )
        .bind(self.tenant.0)
        .bind(new.form_id)
        .bind(new.title)
        .bind(new.version_id)
        .execute(&mut *self.tx)
        .await?;
        let done = sqlx::query(
            "INSERT INTO form_versions
               (tenant_id, version_id, form_id, version, title, compiled, source, source_type,
                published_at_ms, published_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (tenant_id, version_id) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(new.version_id)
        .bind(new.form_id)
        .bind(new.version)
        .bind(new.title)
        .bind(new.compiled)
        .bind(new.source)
        .bind(new.source_type)
        .bind(new.now_ms)
        .bind(new.published_by)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The compiled form of a version.
    pub async fn compiled_form(&mut self, version_id: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        let compiled =
            sqlx::query_scalar("SELECT compiled FROM form_versions WHERE version_id = $1")
                .bind(version_id)
                .fetch_optional(&mut *self.tx)
                .await?;
        Ok(compiled)
    }

    /// The compiled forms of these versions.
    pub async fn compiled_forms(
        &mut self,
        versions: &[&[u8]],
    ) -> StoreResult<Vec<(Vec<u8>, Vec<u8>)>> {
        let rows = sqlx::query_as(
            "SELECT version_id, compiled FROM form_versions
             WHERE version_id = ANY($1) ORDER BY version_id",
        )
        .bind(versions)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The versions under which these records were last answered.
    pub async fn versions_of_records(&mut self, records: &[Uuid]) -> StoreResult<Vec<Vec<u8>>> {
        let rows = sqlx::query_scalar(
            "SELECT DISTINCT form_version FROM records WHERE record_id = ANY($1)",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Keeps a file of a form; one that is here already stays.
    pub async fn keep_form_file(
        &mut self,
        hash: &[u8],
        media_type: &str,
        bytes: &[u8],
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO form_files (tenant_id, hash, media_type, bytes) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, hash) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(hash)
        .bind(media_type)
        .bind(bytes)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The size of a file of a form, and the bytes from `offset` on.
    pub async fn form_file(
        &mut self,
        hash: &[u8],
        offset: u64,
        length: u64,
    ) -> StoreResult<Option<(u64, Vec<u8>)>> {
        // Postgres refuses a piece whose end its numbers do not reach; nothing lies that far.
        let length = i32::try_from(length).unwrap_or(i32::MAX).min(i32::MAX / 2);
        let from = i32::try_from(offset).unwrap_or(i32::MAX).min(i32::MAX / 2) + 1;
        let row: Option<(i32, Vec<u8>)> = sqlx::query_as(
            "SELECT length(bytes), substring(bytes FROM $2 FOR $3) FROM form_files WHERE hash = $1",
        )
        .bind(hash)
        .bind(from)
        .bind(length)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row.map(|(size, bytes)| (u64::from(size.unsigned_abs()), bytes)))
    }

    /// What a version was compiled from: media type and bytes.
    pub async fn form_source(
        &mut self,
        version_id: &[u8],
    ) -> StoreResult<Option<(String, Vec<u8>)>> {
        let found =
            sqlx::query_as("SELECT source_type, source FROM form_versions WHERE version_id = $1")
                .bind(version_id)
                .fetch_optional(&mut *self.tx)
                .await?;
        Ok(found)
    }
}
