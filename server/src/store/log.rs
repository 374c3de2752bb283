//! Rows of the change log that are not as they were written, and how they are put right.

use super::changes::ChangeRow;
use super::{StoreResult, TenantTx};
use uuid::Uuid;

impl TenantTx {
    /// The logged changes of these records whose bytes do not have their hash.
    pub async fn damaged_changes(&mut self, records: &[Uuid]) -> StoreResult<Vec<ChangeRow>> {
        let rows = sqlx::query_as(
            "SELECT seq AS at, seq, record_id, audience, hash, device_id, raw, received_at_ms,
                    false AS sound
             FROM changes WHERE record_id = ANY($1) AND sha256(substr(raw, 9)) <> hash ORDER BY seq",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Puts the bytes of logged changes back, given with their hashes. The database refuses others than had been
    /// there.
    pub async fn mend_changes(&mut self, changes: &[(&[u8], &[u8])]) -> StoreResult<()> {
        sqlx::query(
            "UPDATE changes c SET raw = t.raw FROM unnest($1::bytea[], $2::bytea[]) AS t (hash, raw)
             WHERE c.hash = t.hash",
        )
        .bind(changes.iter().map(|(hash, _)| *hash).collect::<Vec<_>>())
        .bind(changes.iter().map(|(_, raw)| *raw).collect::<Vec<_>>())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Those of these records of which the log has fewer changes than their documents.
    pub async fn shortened_logs(&mut self, records: &[Uuid]) -> StoreResult<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "SELECT DISTINCT d.record_id FROM documents d
             WHERE d.record_id = ANY($1)
               AND d.changes > (SELECT count(*) FROM changes c
                                WHERE c.record_id = d.record_id AND c.audience = d.audience)",
        )
        .bind(records)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }
}
