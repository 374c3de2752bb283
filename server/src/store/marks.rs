//! Records without their rows, changes that wait for others, devices in quarantine.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A record whose rows could not be made.
#[derive(Debug, Clone, FromRow)]
pub struct Unprojected {
    pub record_id: Uuid,
    pub since_ms: i64,
    pub tries: i32,
}

/// What the log says of a record that has no row: its last change, who began it, and when it grew.
#[derive(Debug, Clone, FromRow)]
pub struct LoggedRecord {
    pub record_id: Uuid,
    /// The newest change of its main document.
    pub newest: Vec<u8>,
    /// The device of its first change.
    pub device_id: Vec<u8>,
    pub user_id: Option<Uuid>,
}

/// A device keeps at most so many waiting changes in the list: beyond them it is told the same, and nobody is
/// shown them.
const MOST_WAITING: i64 = 10_000;

impl TenantTx {
    /// Notes that the rows of these records could not be made.
    pub async fn mark_unprojected(&mut self, records: &[Uuid], now_ms: i64) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO unprojected (tenant_id, record_id, since_ms, tried_ms)
             SELECT $1, id, $3, $3 FROM unnest($2::uuid[]) AS t (id)
             ON CONFLICT (tenant_id, record_id)
             DO UPDATE SET tried_ms = excluded.tried_ms, tries = unprojected.tries + 1",
        )
        .bind(self.tenant.0)
        .bind(records)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The rows of these records are there.
    pub async fn unmark_unprojected(&mut self, records: &[Uuid]) -> StoreResult<()> {
        sqlx::query("DELETE FROM unprojected WHERE record_id = ANY($1)")
            .bind(records)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The marks, those first that were tried longest ago.
    pub async fn unprojected(&mut self, count: i64) -> StoreResult<Vec<Unprojected>> {
        let rows = sqlx::query_as(
            "SELECT record_id, since_ms, tries FROM unprojected ORDER BY tried_ms, record_id LIMIT $1",
        )
        .bind(count)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Marks records that have a document and no row: an older server may have left them so. How many.
    pub async fn mark_rowless(&mut self, now_ms: i64) -> StoreResult<u64> {
        let done = sqlx::query(
            "INSERT INTO unprojected (tenant_id, record_id, since_ms, tried_ms, tries)
             SELECT d.tenant_id, d.record_id, $1, 0, 0
             FROM documents d LEFT JOIN records r USING (tenant_id, record_id)
             WHERE d.audience = 0 AND r.record_id IS NULL
             ON CONFLICT (tenant_id, record_id) DO NOTHING",
        )
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected())
    }

    /// What the log says of a record.
    pub async fn logged_record(&mut self, record: Uuid) -> StoreResult<Option<LoggedRecord>> {
        let row = sqlx::query_as(
            "SELECT n.record_id, n.raw AS newest, f.device_id, d.user_id
             FROM (SELECT * FROM changes WHERE record_id = $1 AND audience = 0
                   ORDER BY seq DESC LIMIT 1) n
                  CROSS JOIN (SELECT * FROM changes WHERE record_id = $1 ORDER BY seq LIMIT 1) f
                  LEFT JOIN devices d ON d.tenant_id = f.tenant_id AND d.device_id = f.device_id",
        )
        .bind(record)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// Notes changes that a device has sent and that lack what they build on; since when each waits.
    pub async fn note_waiting(
        &mut self,
        device_id: &[u8],
        changes: &[(&[u8], Uuid)],
        now_ms: i64,
    ) -> StoreResult<Vec<(Vec<u8>, i64)>> {
        let hashes: Vec<&[u8]> = changes.iter().map(|(hash, _)| *hash).collect();
        sqlx::query(
            "INSERT INTO waiting_changes (tenant_id, device_id, hash, record_id, since_ms)
             SELECT $1, $2, t.hash, t.record_id, $5
             FROM unnest($3::bytea[], $4::uuid[]) AS t (hash, record_id)
             WHERE (SELECT count(*) FROM waiting_changes w WHERE w.device_id = $2) < $6
             ON CONFLICT (tenant_id, device_id, hash) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(device_id)
        .bind(&hashes)
        .bind(changes.iter().map(|(_, record)| *record).collect::<Vec<_>>())
        .bind(now_ms)
        .bind(MOST_WAITING)
        .execute(&mut *self.tx)
        .await?;
        let rows = sqlx::query_as(
            "SELECT hash, since_ms FROM waiting_changes WHERE device_id = $1 AND hash = ANY($2)",
        )
        .bind(device_id)
        .bind(&hashes)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Forgets waiting changes that have been taken in since, and those of which nobody has heard for as long
    /// as since `before_ms`.
    pub async fn forget_waiting(&mut self, before_ms: i64) -> StoreResult<()> {
        sqlx::query(
            "DELETE FROM waiting_changes w
             WHERE w.since_ms < $1 OR EXISTS (SELECT 1 FROM changes c
                                              WHERE c.tenant_id = w.tenant_id AND c.hash = w.hash)",
        )
        .bind(before_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// A device has sent again what no honest app makes, which counts so many times. From `most` times within
    /// `within_ms` on nothing of it is taken in: whether that begins now.
    pub async fn strike(
        &mut self,
        device_id: &[u8],
        (times, most): (i32, i32),
        within_ms: i64,
        now_ms: i64,
    ) -> StoreResult<bool> {
        let begins: Option<bool> = sqlx::query_scalar(
            "UPDATE devices SET
                 strikes = CASE WHEN strikes_since_ms < $2 - $3 THEN $5 ELSE strikes + $5 END,
                 strikes_since_ms = CASE WHEN strikes_since_ms < $2 - $3 THEN $2
                                         ELSE strikes_since_ms END,
                 quarantined_at_ms = COALESCE(quarantined_at_ms,
                     CASE WHEN CASE WHEN strikes_since_ms < $2 - $3 THEN $5
                                    ELSE strikes + $5 END >= $4
                          THEN $2 END)
             WHERE device_id = $1 AND NOT office RETURNING quarantined_at_ms = $2",
        )
        .bind(device_id)
        .bind(now_ms)
        .bind(within_ms)
        .bind(most)
        .bind(times)
        .fetch_optional(&mut *self.tx)
        .await?
        .flatten();
        Ok(begins.unwrap_or(false))
    }

    /// What a device sends is taken in again; false when there is none with this id in quarantine.
    pub async fn lift_quarantine(&mut self, device_id: &[u8]) -> StoreResult<bool> {
        let done = sqlx::query(
            "UPDATE devices SET quarantined_at_ms = NULL, strikes = 0, strikes_since_ms = 0
             WHERE device_id = $1 AND quarantined_at_ms IS NOT NULL",
        )
        .bind(device_id)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
