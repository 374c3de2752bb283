//! Merged documents, one per record and audience.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A stored document.
#[derive(Debug, Clone, FromRow)]
pub struct DocumentRow {
    pub record_id: Uuid,
    pub audience: i16,
    pub snapshot: Vec<u8>,
    pub heads: Vec<Vec<u8>>,
    pub changes: i32,
}

impl TenantTx {
    /// The documents of these records, held against other writers until the commit. Always taken in
    /// the same order, so two batches that share records wait for each other and never deadlock.
    pub async fn lock_documents(&mut self, records: &[Uuid]) -> StoreResult<Vec<DocumentRow>> {
        let rows = sqlx::query_as(
            "SELECT record_id, audience, snapshot, heads, changes FROM documents
             WHERE record_id = ANY($1) ORDER BY record_id, audience FOR UPDATE",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The form version and the number of problems that these records have so far.
    pub async fn record_states(
        &mut self,
        records: &[Uuid],
    ) -> StoreResult<Vec<(Uuid, Vec<u8>, i32)>> {
        let rows = sqlx::query_as(
            "SELECT record_id, form_version, problems FROM records WHERE record_id = ANY($1)",
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

    /// Stores merged documents. A document that was not there when [`Self::lock_documents`] looked is
    /// inserted plainly: when another batch was faster, this fails with
    /// [`super::StoreError::Taken`] and the caller begins again.
    pub async fn store_documents(
        &mut self,
        documents: &[DocumentRow],
        known: &std::collections::BTreeSet<(Uuid, i16)>,
        now_ms: i64,
    ) -> StoreResult<()> {
        let (old, new): (Vec<_>, Vec<_>) = documents
            .iter()
            .partition(|document| known.contains(&(document.record_id, document.audience)));
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
        documents: &[&DocumentRow],
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
fn heads_text(heads: &[Vec<u8>]) -> String {
    let texts: Vec<String> = heads
        .iter()
        .map(|head| {
            let digits: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\x{digits}")
        })
        .collect();
    texts.join(",")
}
