//! Which records a phone holds: those of its settlements, those that its person began, and those given
//! to that person.

use super::{StoreResult, TenantTx};
use uuid::Uuid;

/// Whose phone asks.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The settlements; empty means the whole municipality.
    pub villages: &'a [String],
    pub user_id: Uuid,
}

/// What a request shows of its database.
#[derive(Debug, Clone, Copy)]
pub struct TicketShown<'a> {
    pub device: &'a [u8],
    pub store: &'a [u8],
    pub session: &'a [u8],
    pub ticket: Option<i64>,
    /// Whether it brought changes that are new.
    pub accepted: bool,
}

/// What a request is given.
#[derive(Debug, Clone, Copy)]
pub struct TicketGiven {
    pub ticket: i64,
    /// The ticket for one that is not sent everything yet that came under its name: with it the next
    /// request is not exact either.
    pub behind: Option<i64>,
    /// Whether the database is one of several copies.
    pub copied: bool,
    /// Whether the request showed the last ticket: nobody else has used the database's name since, and
    /// no response was lost.
    pub exact: bool,
}

/// Whether record `r` with its assignment `a` is in the scope of villages $1 and person $2; neither true
/// nor false where it has no assignment and is not inside.
pub(super) const INSIDE: &str = "(cardinality($1::text[]) = 0 OR a.user_id = $2
    OR (a.user_id IS NULL AND (r.village = ANY($1) OR r.author_id = $2)))";

/// Of a device's store: ticket, the one before, session, the one before, whether it was copied.
type Known = (i64, Option<i64>, Vec<u8>, Vec<u8>, bool);

impl TenantTx {
    /// Every record in scope.
    pub async fn records_in_scope(&mut self, scope: Scope<'_>) -> StoreResult<Vec<Uuid>> {
        let sql = format!(
            "SELECT r.record_id FROM records r LEFT JOIN assignments a USING (tenant_id, record_id)
             WHERE {INSIDE} ORDER BY r.record_id"
        );
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(scope.villages)
            .bind(scope.user_id)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// The records that may have left the scope between two numbers of the change log, or are among
    /// `also`, and are out of it now.
    pub async fn records_left(
        &mut self,
        scope: Scope<'_>,
        after: i64,
        up_to: i64,
        also: &[Uuid],
    ) -> StoreResult<Vec<Uuid>> {
        if scope.villages.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT r.record_id FROM records r LEFT JOIN assignments a USING (tenant_id, record_id)
             WHERE (r.record_id = ANY($5) OR r.record_id IN
                      (SELECT record_id FROM scope_moves WHERE seq > $3 AND seq <= $4))
               AND {INSIDE} IS NOT TRUE ORDER BY r.record_id"
        );
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(scope.villages)
            .bind(scope.user_id)
            .bind(after)
            .bind(up_to)
            .bind(also)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows)
    }

    /// Whether there is a record with this id.
    pub async fn record_exists(&mut self, record: Uuid) -> StoreResult<bool> {
        let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM records WHERE record_id = $1)")
            .bind(record)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok(found)
    }

    /// Gives a record to a person, or takes it back. Takes a number of the change log.
    pub async fn assign_record(&mut self, record: Uuid, user: Option<Uuid>) -> StoreResult<()> {
        let seq = self.take_seq(1).await?;
        match user {
            Some(user) => {
                sqlx::query(
                    "INSERT INTO assignments (tenant_id, record_id, user_id, seq)
                     VALUES ($1, $2, $3, $4)
                     ON CONFLICT (tenant_id, record_id) DO UPDATE
                     SET user_id = excluded.user_id, seq = excluded.seq",
                )
                .bind(self.tenant.0)
                .bind(record)
                .bind(user)
                .bind(seq)
                .execute(&mut *self.tx)
                .await?;
            }
            None => {
                sqlx::query("DELETE FROM assignments WHERE record_id = $1")
                    .bind(record)
                    .execute(&mut *self.tx)
                    .await?;
                // Those of its settlement are sent all of it again.
                sqlx::query("UPDATE records SET placed_seq = $2 WHERE record_id = $1")
                    .bind(record)
                    .bind(seq)
                    .execute(&mut *self.tx)
                    .await?;
            }
        }
        sqlx::query("INSERT INTO scope_moves (tenant_id, seq, record_id) VALUES ($1, $2, $3)")
            .bind(self.tenant.0)
            .bind(seq)
            .bind(record)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The last ticket that a device's database was given.
    pub async fn last_ticket(&mut self, device: &[u8], store: &[u8]) -> StoreResult<Option<i64>> {
        let last = sqlx::query_scalar(
            "SELECT ticket FROM device_stores WHERE device_id = $1 AND store_id = $2",
        )
        .bind(device)
        .bind(store)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(last)
    }

    /// Takes the ticket of a device's database and gives one for the next request. Whether the database
    /// is one of several copies: then its ticket is neither the last nor the one before, and the start of the app
    /// that it comes from not the last one, or it comes from a start that another one has followed.
    ///
    /// Who shows the one before has not received the answer: the same ticket is given again. Who shows an older one
    /// in the same start of the app has not received several, or this request was long on its way: a copy is opened
    /// by a start of its own. `anew` takes any ticket: this database may have forgotten what it gave.
    pub async fn exchange_ticket(
        &mut self,
        request: &TicketShown<'_>,
        next: i64,
        anew: bool,
        now_ms: i64,
    ) -> StoreResult<TicketGiven> {
        let known: Option<Known> = sqlx::query_as(
            "SELECT ticket, ticket_before, session, session_before, copied FROM device_stores
             WHERE device_id = $1 AND store_id = $2 FOR UPDATE",
        )
        .bind(request.device)
        .bind(request.store)
        .fetch_optional(&mut *self.tx)
        .await?;
        let (session, shown) = (request.session.to_vec(), request.ticket);
        let exact = known.as_ref().is_none_or(|(last, ..)| shown == Some(*last));
        let next = match known {
            None => (next, shown, session, Vec::new(), false),
            // That there are copies is true of any life of the server.
            Some((.., copied)) if anew => (next, shown, session, Vec::new(), copied),
            Some((last, before, current, previous, copied)) => {
                let same_start = !session.is_empty() && session == current;
                let stale = shown != Some(last) && shown != before && !same_start;
                let returned = session == previous && session != current;
                let copied = copied || stale || returned;
                let previous =
                    if session == current || copied { previous } else { current.clone() };
                let session = if copied { current } else { session };
                match (shown == Some(last), copied) {
                    (true, false) => (next, shown, session, previous, copied),
                    // It came late, or from a copy, and brought something: whoever has the last ticket is
                    // sent it.
                    (false, false) if request.accepted => {
                        (next, Some(last), session, previous, copied)
                    }
                    _ => (last, before, session, previous, copied),
                }
            }
        };
        sqlx::query(
            "INSERT INTO device_stores (tenant_id, device_id, store_id, ticket, ticket_before,
                                        session, session_before, copied, seen_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (tenant_id, device_id, store_id) DO UPDATE
             SET ticket = excluded.ticket, ticket_before = excluded.ticket_before,
                 session = excluded.session, session_before = excluded.session_before,
                 copied = excluded.copied, seen_at_ms = excluded.seen_at_ms",
        )
        .bind(self.tenant.0)
        .bind(request.device)
        .bind(request.store)
        .bind(next.0)
        .bind(next.1)
        .bind(&next.2)
        .bind(&next.3)
        .bind(next.4)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(TicketGiven { ticket: next.0, behind: next.1, copied: next.4, exact })
    }
}
