//! Merged documents, one per record and audience.

use super::{StoreResult, TenantTx};
use shared::id::ChangeHash;
use sqlx::FromRow;
use uuid::Uuid;

/// A stored document, for reading.
#[derive(Debug, Clone, FromRow)]
pub struct DocumentRow {
    pub record_id: Uuid,
    pub audience: i16,
    pub snapshot: Vec<u8>,
    pub heads: Vec<Vec<u8>>,
    pub changes: i32,
}

/// A stored document that nobody else may write now, with what its record has so far.
#[derive(Debug, Clone, FromRow)]
pub struct LockedDocument {
    pub record_id: Uuid,
    pub audience: i16,
    pub snapshot: Vec<u8>,
    pub heads: Vec<Vec<u8>>,
    pub changes: i32,
    /// The form version of the record's row; `None` when it has none.
    pub version: Option<Vec<u8>>,
    pub problems: Option<i32>,
    /// The household that a child survey belongs to.
    pub household: Option<Uuid>,
    /// Its rows could not be made.
    pub unprojected: bool,
}

/// A change of a document, as the log holds it.
#[derive(Debug, Clone, FromRow)]
pub struct LoggedChange {
    pub record_id: Uuid,
    pub audience: i16,
    pub raw: Vec<u8>,
}

/// A document after a merge.
#[derive(Debug, Clone)]
pub struct DocumentState {
    pub record_id: Uuid,
    pub audience: i16,
    pub snapshot: Vec<u8>,
    pub heads: Vec<ChangeHash>,
    pub changes: i32,
    /// It was not there when the documents were locked.
    pub is_new: bool,
}

impl TenantTx {
    /// The documents of these records, held against other writers until the commit. Always taken in
    /// the same order, so two batches that share records wait for each other and never deadlock.
    pub async fn lock_documents(&mut self, records: &[Uuid]) -> StoreResult<Vec<LockedDocument>> {
        let rows = sqlx::query_as(
            "SELECT d.record_id, d.audience, d.snapshot, d.heads, d.changes,
                    r.form_version AS version, r.problems, r.household_id AS household,
                    u.record_id IS NOT NULL AS unprojected
             FROM documents d LEFT JOIN records r USING (tenant_id, record_id)
                  LEFT JOIN unprojected u USING (tenant_id, record_id)
             WHERE d.record_id = ANY($1) ORDER BY d.record_id, d.audience FOR UPDATE OF d",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// What the logged changes of each document of these records measure. Asked when the documents are
    /// locked, so that nothing is added in between.
    pub async fn logged_bytes(&mut self, records: &[Uuid]) -> StoreResult<Vec<(Uuid, i16, i64)>> {
        let rows = sqlx::query_as(
            "SELECT record_id, audience, sum(length(raw)) FROM changes
             WHERE record_id = ANY($1) GROUP BY record_id, audience",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The logged changes of these records, in the order in which they were accepted.
    pub async fn logged_changes(&mut self, records: &[Uuid]) -> StoreResult<Vec<LoggedChange>> {
        let rows = sqlx::query_as(
            "SELECT record_id, audience, raw FROM changes WHERE record_id = ANY($1) ORDER BY seq",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The documents of one record, for reading.
    pub async fn documents(&mut self, record: Uuid) -> StoreResult<Vec<DocumentRow>> {
        let rows = sqlx::query_as(
            "SELECT record_id, audience, snapshot, heads, changes FROM documents
             WHERE record_id = $1 ORDER BY audience",
        )
        .bind(record)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The documents of the `count` records that follow this one.
    pub async fn documents_after(
        &mut self,
        after: Option<Uuid>,
        count: i64,
    ) -> StoreResult<Vec<DocumentRow>> {
        let rows = sqlx::query_as(
            "SELECT record_id, audience, snapshot, heads, changes FROM documents
             WHERE record_id IN (SELECT DISTINCT record_id FROM documents
                                 WHERE record_id > $1 ORDER BY record_id LIMIT $2)
             ORDER BY record_id, audience",
        )
        .bind(after.unwrap_or(Uuid::nil()))
        .bind(count)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Records between two ids, the second among them, of which a document is gone that the log has changes of.
    pub async fn without_documents(
        &mut self,
        after: Option<Uuid>,
        last: Option<Uuid>,
        count: i64,
    ) -> StoreResult<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "SELECT DISTINCT c.record_id FROM changes c
             WHERE c.record_id > $1 AND c.record_id <= $2
               AND NOT EXISTS (SELECT 1 FROM documents d
                               WHERE d.record_id = c.record_id AND d.audience = c.audience)
             ORDER BY c.record_id LIMIT $3",
        )
        .bind(after.unwrap_or(Uuid::nil()))
        .bind(last.unwrap_or(Uuid::max()))
        .bind(count)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Puts an empty row in the place of each document of these records that is gone, though the log has changes
    /// of it: it counts as damaged, and is made anew like one. How many there were.
    pub async fn stand_in(&mut self, records: &[Uuid], now_ms: i64) -> StoreResult<u64> {
        let done = sqlx::query(
            "INSERT INTO documents
               (tenant_id, record_id, audience, snapshot, heads, changes, updated_at_ms)
             SELECT $1, record_id, audience, '', '{}', count(*), $3 FROM changes
             WHERE record_id = ANY($2) GROUP BY record_id, audience
             ON CONFLICT (tenant_id, record_id, audience) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(records)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected())
    }

    /// Stores merged documents. A document that was not there when [`Self::lock_documents`] looked is
    /// inserted plainly: when another batch was faster, this fails with
    /// [`super::StoreError::Taken`] and the caller begins again.
    pub async fn store_documents(
        &mut self,
        documents: &[DocumentState],
        now_ms: i64,
    ) -> StoreResult<()> {
        let (new, old): (Vec<_>, Vec<_>) = documents.iter().partition(|document| document.is_new);
        if !new.is_empty() {
            let statement = "INSERT INTO documents
                   (tenant_id, record_id, audience, snapshot, heads, changes, updated_at_ms)
                 SELECT $1, record_id, audience, snapshot, string_to_array(heads, ',')::bytea[],
                        changes, $7
                 FROM unnest($2::uuid[], $3::smallint[], $4::bytea[], $5::text[], $6::integer[])
                      AS t (record_id, audience, snapshot, heads, changes)";
            self.write_documents(statement, &new, now_ms).await?;
        }
        if !old.is_empty() {
            let statement = "UPDATE documents d
                 SET snapshot = t.snapshot, heads = string_to_array(t.heads, ',')::bytea[],
                     changes = t.changes, updated_at_ms = $7
                 FROM unnest($2::uuid[], $3::smallint[], $4::bytea[], $5::text[], $6::integer[])
                      AS t (record_id, audience, snapshot, heads, changes)
                 WHERE d.tenant_id = $1 AND d.record_id = t.record_id AND d.audience = t.audience";
            self.write_documents(statement, &old, now_ms).await?;
        }
        Ok(())
    }

    async fn write_documents(
        &mut self,
        statement: &'static str,
        documents: &[&DocumentState],
        now_ms: i64,
    ) -> StoreResult<()> {
        let snapshots: Vec<&[u8]> = documents.iter().map(|d| d.snapshot.as_slice()).collect();
        let heads: Vec<String> = documents.iter().map(|d| heads_text(&d.heads)).collect();
        sqlx::query(statement)
            .bind(self.tenant.0)
            .bind(documents.iter().map(|d| d.record_id).collect::<Vec<_>>())
            .bind(documents.iter().map(|d| d.audience).collect::<Vec<_>>())
            .bind(snapshots)
            .bind(heads)
            .bind(documents.iter().map(|d| d.changes).collect::<Vec<_>>())
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

/// Heads in the text form of bytea, because unnest would flatten an array of arrays.
fn heads_text(heads: &[ChangeHash]) -> String {
    let texts: Vec<String> = heads.iter().map(|head| format!("\\x{head}")).collect();
    texts.join(",")
}
