//! Changes that were refused for good, and what people decide about them.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A refused change.
#[derive(Debug, Clone, FromRow)]
pub struct WedgedChange {
    pub hash: Vec<u8>,
    pub record_id: Uuid,
    pub audience: i16,
    pub device_id: Vec<u8>,
    pub raw: Vec<u8>,
    pub reason: String,
    pub received_at_ms: i64,
    /// Who sent it.
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub role: Option<String>,
    pub device_label: Option<String>,
    pub title: Option<String>,
    /// The title of the household that a child survey belongs to.
    pub family: Option<String>,
    pub decision: Option<String>,
}

/// A decision about a change that a device had sent.
#[derive(Debug, Clone, FromRow)]
pub struct DecidedChange {
    pub hash: Vec<u8>,
    pub record_id: Uuid,
    pub decision: String,
    pub decision_text: String,
    /// Whether the very change is in the log now.
    pub logged: bool,
}

/// The number of the lock for decisions; the second number of such a lock is the municipality's.
const DECISIONS: i32 = 0x6b64;

const SELECT: &str = "
    SELECT w.hash, w.record_id, w.audience, w.device_id, w.raw, w.reason,
           w.received_at_ms, d.user_id, u.name AS user_name, u.role, d.label AS device_label,
           r.title, f.title AS family, w.decision
    FROM wedged_changes w
         LEFT JOIN devices d USING (tenant_id, device_id)
         LEFT JOIN users u USING (tenant_id, user_id)
         LEFT JOIN records r ON r.tenant_id = w.tenant_id AND r.record_id = w.record_id
         LEFT JOIN records f ON f.tenant_id = r.tenant_id AND f.record_id = r.household_id";

impl TenantTx {
    /// Changes that wait for a decision, oldest first. One whose maker has sent it since then does not.
    pub async fn wedged(&mut self, audience: i16) -> StoreResult<Vec<WedgedChange>> {
        let sql = format!(
            "{SELECT} WHERE w.decision IS NULL AND w.audience <= $1
                AND NOT EXISTS (SELECT 1 FROM changes c
                                WHERE c.tenant_id = w.tenant_id AND c.hash = w.hash)
             ORDER BY w.received_at_ms, w.hash LIMIT 500"
        );
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(audience)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// Changes that wait for one reason, a page of them: those after a time and a hash.
    pub async fn wedged_page(
        &mut self,
        reason: &str,
        audience: i16,
        (after_ms, after): (i64, &[u8]),
        count: i64,
    ) -> StoreResult<Vec<WedgedChange>> {
        let sql = format!(
            "{SELECT} WHERE w.decision IS NULL AND w.reason = $1 AND w.audience <= $2
                AND (w.received_at_ms, w.hash) > ($3, $4)
                AND NOT EXISTS (SELECT 1 FROM changes c
                                WHERE c.tenant_id = w.tenant_id AND c.hash = w.hash)
             ORDER BY w.received_at_ms, w.hash LIMIT $5"
        );
        let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(reason)
            .bind(audience)
            .bind(after_ms)
            .bind(after)
            .bind(count)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// How many changes wait, by reason.
    pub async fn wedged_counts(&mut self, audience: i16) -> StoreResult<Vec<(String, i64)>> {
        let rows = sqlx::query_as(
            "SELECT w.reason, count(*) FROM wedged_changes w
             WHERE w.decision IS NULL AND w.audience <= $1
               AND NOT EXISTS (SELECT 1 FROM changes c
                               WHERE c.tenant_id = w.tenant_id AND c.hash = w.hash)
             GROUP BY w.reason",
        )
        .bind(audience)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// One refused change that waits for a decision.
    pub async fn wedged_change(&mut self, hash: &[u8]) -> StoreResult<Option<WedgedChange>> {
        let sql = format!(
            "{SELECT} WHERE w.hash = $1 AND (w.decision IS NULL OR w.decision = 'arrived')
             FOR UPDATE OF w"
        );
        let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(hash)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(row)
    }

    /// Changes have come in: those that others had brought before count as decided, under the numbers of
    /// the change log that they have now.
    pub async fn note_arrived(&mut self, hashes: &[&[u8]], now_ms: i64) -> StoreResult<()> {
        sqlx::query(
            "UPDATE wedged_changes w
             SET decision = 'arrived', decided_at_ms = $2, decided_seq = c.seq
             FROM changes c
             WHERE c.tenant_id = w.tenant_id AND c.hash = w.hash AND w.hash = ANY($1)
               AND w.decision IS NULL AND w.reason = 'foreign_actor'",
        )
        .bind(hashes)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes a decision under a number of the change log, so that the devices hear of it once.
    pub async fn decide_wedged(
        &mut self,
        hashes: &[&[u8]],
        decision: &str,
        text: &str,
        by: Uuid,
        now_ms: i64,
    ) -> StoreResult<()> {
        let seq = self.take_seq(1).await?;
        sqlx::query(
            "UPDATE wedged_changes
             SET decision = $2, decision_text = $3, decided_by = $4, decided_at_ms = $5,
                 decided_seq = $6
             WHERE hash = ANY($1) AND (decision IS NULL OR decision = 'arrived')",
        )
        .bind(hashes)
        .bind(decision)
        .bind(text)
        .bind(by)
        .bind(now_ms)
        .bind(seq)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Decisions about changes that a phone has sent, under any of these names, between two numbers of the change
    /// log.
    pub async fn decisions(
        &mut self,
        names: &[&[u8]],
        after: i64,
        up_to: i64,
    ) -> StoreResult<Vec<DecidedChange>> {
        let rows = sqlx::query_as(
            "SELECT w.hash, w.record_id, w.decision, w.decision_text, c.hash IS NOT NULL AS logged
             FROM wedged_changes w LEFT JOIN changes c USING (tenant_id, hash)
             WHERE w.decided_seq > $2 AND w.decided_seq <= $3
               AND (w.senders_unknown OR EXISTS (
                    SELECT FROM held_senders s
                    WHERE s.tenant_id = w.tenant_id AND s.hash = w.hash AND s.device_id = ANY($1)))",
        )
        .bind(names)
        .bind(after)
        .bind(up_to)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// A device, or a copy of its database, has sent changes again that are discarded: the decision gets a
    /// new number of the change log, so that it is told again.
    pub async fn repeat_decisions(&mut self, hashes: &[&[u8]]) -> StoreResult<()> {
        let discarded: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT hash FROM wedged_changes WHERE hash = ANY($1) AND decision = 'discarded'",
        )
        .bind(hashes)
        .fetch_all(&mut *self.tx)
        .await?;
        if discarded.is_empty() {
            return Ok(());
        }
        let seq = self.take_seq(1).await?;
        sqlx::query("UPDATE wedged_changes SET decided_seq = $2 WHERE hash = ANY($1)")
            .bind(discarded)
            .bind(seq)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Waits until nobody else of the municipality decides about changes; until the end of the transaction
    /// nobody else does. The rows themselves stay free for what is taken in meanwhile.
    pub async fn decide_alone(&mut self) -> StoreResult<()> {
        sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
            .bind(DECISIONS)
            .bind(self.tenant.0)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
