//! The change log: what devices sent, in the order in which it was accepted.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// An accepted change to be logged.
#[derive(Debug, Clone)]
pub struct NewChange {
    pub record_id: Uuid,
    pub audience: i16,
    pub hash: [u8; 32],
    pub device_id: [u8; 8],
    pub store_id: [u8; 8],
    pub actor: Vec<u8>,
    pub raw: Vec<u8>,
}

/// A logged change.
#[derive(Debug, Clone, FromRow)]
pub struct ChangeRow {
    /// The number by which it counts for the cursor.
    pub at: i64,
    pub seq: i64,
    pub record_id: Uuid,
    pub audience: i16,
    pub hash: Vec<u8>,
    pub device_id: Vec<u8>,
    pub raw: Vec<u8>,
    pub received_at_ms: i64,
    /// Whether the bytes have the hash.
    pub sound: bool,
}

/// A change that was not accepted.
#[derive(Debug, Clone)]
pub struct WedgedRow {
    pub change: NewChange,
    pub reason: String,
    pub detail: String,
}

/// What a device may be sent, and from where on.
#[derive(Debug, Clone)]
pub struct PullQuery<'a> {
    /// The last number the device has.
    pub after: i64,
    /// The last number that had been given when the request began.
    pub up_to: i64,
    /// The settlements in the person's scope; empty means all.
    pub villages: &'a [String],
    /// Records this person began are in scope wherever they are.
    pub user_id: Uuid,
    /// The highest audience the role may read.
    pub audience: i16,
    /// The device does not need what it sent itself, as long as it has the same storage.
    pub own: ([u8; 8], [u8; 8]),
    /// Stop after about this many bytes of changes: the last of what has one number may lie beyond them.
    pub bytes: i64,
    /// What has one number and measures more is left out: no device could read it.
    pub most: i64,
}

/// A record that came into the person's scope late (its settlement was entered or corrected, or it was
/// given to the person) arrives whole at that moment: `at` is the number by which a change counts for
/// the cursor. It may have been removed from the device meanwhile, so what the device itself sent
/// before that moment is among it.
///
/// What came from the device under its present store name is left out, except of a record that moved
/// since: the device may hold it for one that leaves.
///
/// What has one `at` is one record: numbers of the change log are given to one record each, whether it
/// moved or was assigned. Its documents have a limit (`shared::merge::MAX_BYTES`), so that a page ends in
/// time; what an older server has taken in beyond that is passed over, so that the rest arrives.
const PULL: &str = "
    WITH moved AS (
        SELECT record_id, max(seq) AS seq FROM scope_moves
        WHERE seq > $1 AND seq <= $2 GROUP BY record_id),
    candidates AS (
        SELECT c.*, CASE WHEN cardinality($4::text[]) = 0 THEN c.seq
                         ELSE greatest(c.seq, r.placed_seq,
                                       CASE WHEN a.user_id = $5 THEN a.seq END) END AS at
        FROM changes c LEFT JOIN records r USING (tenant_id, record_id)
             LEFT JOIN assignments a USING (tenant_id, record_id)
             LEFT JOIN moved m USING (record_id)
        WHERE c.seq > $1 AND c.seq <= $2
          AND (cardinality($4::text[]) = 0 OR a.user_id = $5
               OR (a.user_id IS NULL AND (r.village = ANY($4) OR r.author_id = $5)))
          AND NOT (c.device_id = $6 AND c.store_id = $7
                   AND (m.seq IS NULL OR m.seq <= c.seq)
                   AND (a.user_id IS NULL OR a.user_id <> $5 OR a.seq < c.seq))
        UNION ALL
        SELECT c.*, greatest(r.placed_seq, CASE WHEN a.user_id = $5 THEN a.seq END) AS at
        FROM records r JOIN changes c USING (tenant_id, record_id)
             LEFT JOIN assignments a USING (tenant_id, record_id)
        WHERE cardinality($4::text[]) > 0 AND c.seq <= $1
          AND r.record_id IN (SELECT record_id FROM records
                              WHERE placed_seq > $1 AND placed_seq <= $2
                              UNION ALL
                              SELECT record_id FROM assignments
                              WHERE user_id = $5 AND seq > $1 AND seq <= $2)
          AND (a.user_id = $5
               OR (a.user_id IS NULL AND (r.village = ANY($4) OR r.author_id = $5)))),
    page AS (
        SELECT *, sum(length(raw) + 64) OVER (ORDER BY at RANGE UNBOUNDED PRECEDING) - whole
                    AS before
        FROM (SELECT at, seq, record_id, audience, hash, device_id, raw, received_at_ms,
                     sum(length(raw) + 64) OVER (PARTITION BY at) AS whole
              FROM candidates
              WHERE audience <= $3 AND at <= $2) AS together
        WHERE whole <= $9)
    SELECT at, seq, record_id, audience, hash, device_id, raw, received_at_ms,
           sha256(substr(raw, 9)) = hash AS sound
    FROM page WHERE before <= $8 ORDER BY at, seq";

impl TenantTx {
    /// Logs changes under the numbers that end with `last_seq`, in the order given.
    pub async fn log_changes(
        &mut self,
        changes: &[NewChange],
        last_seq: i64,
        now_ms: i64,
    ) -> StoreResult<()> {
        let first = last_seq - changes.len() as i64 + 1;
        sqlx::query(
            "INSERT INTO changes (tenant_id, seq, record_id, audience, hash, device_id, store_id,
                                  actor, raw, received_at_ms)
             SELECT $1, $2 + t.place - 1, t.record_id, t.audience, t.hash, t.device_id, t.store_id,
                    t.actor, t.raw, $10
             FROM unnest($3::uuid[], $4::smallint[], $5::bytea[], $6::bytea[], $7::bytea[],
                         $8::bytea[], $9::bytea[]) WITH ORDINALITY
                  AS t (record_id, audience, hash, device_id, store_id, actor, raw, place)",
        )
        .bind(self.tenant.0)
        .bind(first)
        .bind(changes.iter().map(|c| c.record_id).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| c.audience).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| &c.hash[..]).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| &c.device_id[..]).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| &c.store_id[..]).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| &c.actor[..]).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| &c.raw[..]).collect::<Vec<_>>())
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        let hashes: Vec<&[u8]> = changes.iter().map(|change| &change.hash[..]).collect();
        self.note_arrived(&hashes, now_ms).await
    }

    /// Which of these changes are in the log, with their records.
    pub async fn known_changes(&mut self, hashes: &[&[u8]]) -> StoreResult<Vec<(Vec<u8>, Uuid)>> {
        let rows = sqlx::query_as("SELECT hash, record_id FROM changes WHERE hash = ANY($1)")
            .bind(hashes)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// Keeps changes that were not accepted, with the reason. The reasons of those that are new.
    pub async fn keep_wedged(
        &mut self,
        wedged: &[WedgedRow],
        now_ms: i64,
    ) -> StoreResult<Vec<String>> {
        let reasons = sqlx::query_scalar(
            "INSERT INTO wedged_changes (tenant_id, hash, record_id, audience, device_id, store_id,
                                         raw, reason, detail, received_at_ms)
             SELECT $1, t.hash, t.record_id, t.audience, t.device_id, t.store_id, t.raw, t.reason,
                    t.detail, $10
             FROM unnest($2::bytea[], $3::uuid[], $4::smallint[], $5::bytea[], $6::bytea[],
                         $7::bytea[], $8::text[], $9::text[])
                  AS t (hash, record_id, audience, device_id, store_id, raw, reason, detail)
             ON CONFLICT (tenant_id, hash) DO NOTHING RETURNING reason",
        )
        .bind(self.tenant.0)
        .bind(wedged.iter().map(|w| &w.change.hash[..]).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| w.change.record_id).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| w.change.audience).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| &w.change.device_id[..]).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| &w.change.store_id[..]).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| &w.change.raw[..]).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| w.reason.as_str()).collect::<Vec<_>>())
        .bind(wedged.iter().map(|w| w.detail.as_str()).collect::<Vec<_>>())
        .bind(now_ms)
        .fetch_all(&mut *self.tx)
        .await?;
        let held = wedged.iter().map(|row| (&row.change.hash[..], &row.change.raw[..]));
        self.note_held_attachments(held).await?;
        Ok(reasons)
    }

    /// The next changes for a device, in the order of their numbers.
    pub async fn pull(&mut self, query: &PullQuery<'_>) -> StoreResult<Vec<ChangeRow>> {
        // Planning alone takes a millisecond, and most phones that ask have everything.
        if query.after >= query.up_to {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as(PULL)
            .bind(query.after)
            .bind(query.up_to)
            .bind(query.audience)
            .bind(query.villages)
            .bind(query.user_id)
            .bind(&query.own.0[..])
            .bind(&query.own.1[..])
            .bind(query.bytes)
            .bind(query.most)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// When each change of a record arrived: hash and server time.
    pub async fn change_times(&mut self, record: Uuid) -> StoreResult<Vec<(Vec<u8>, i64)>> {
        let rows = sqlx::query_as("SELECT hash, received_at_ms FROM changes WHERE record_id = $1")
            .bind(record)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }
}
