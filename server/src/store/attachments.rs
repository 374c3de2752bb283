//! Attachments: what is known of them, pieces on their way, and which records name them.

use super::scope::INSIDE;
use super::{NewChange, Scope, StoreResult, TenantTx};
use shared::attachment::names_in;
use shared::id::AttachmentHash;
use sqlx::FromRow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is known of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AttachmentRow {
    pub hash: Vec<u8>,
    pub size: i64,
    pub received: i64,
    pub media_type: String,
    pub complete: bool,
}

/// Who asks for an attachment of a record.
#[derive(Debug, Clone)]
pub struct AttachmentReader<'a> {
    /// The highest audience that the role may read.
    pub audience: i16,
    pub scope: Scope<'a>,
}

/// Of one held change no more names than this are kept: no honest change has as many.
const MOST_HELD_NAMES: usize = 1000;

const COLUMNS: &str =
    "SELECT hash, size, received, media_type, completed_at_ms IS NOT NULL AS complete
     FROM attachments WHERE hash = ANY($1)";
const LOCKED: &str =
    "SELECT hash, size, received, media_type, completed_at_ms IS NOT NULL AS complete
     FROM attachments WHERE hash = $1 FOR UPDATE";

impl TenantTx {
    /// Notes which attachments accepted changes name.
    pub async fn note_attachments(&mut self, changes: &[NewChange]) -> StoreResult<()> {
        let named: BTreeSet<(Uuid, i16, [u8; 32])> = changes
            .iter()
            .flat_map(|change| {
                let found = names_in(&change.raw);
                found.map(|hash| (change.record_id, change.audience, hash.0))
            })
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO attachment_references (tenant_id, record_id, audience, hash)
             SELECT $1, t.record_id, t.audience, t.hash
             FROM unnest($2::uuid[], $3::smallint[], $4::bytea[]) AS t (record_id, audience, hash)
             ON CONFLICT DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(named.iter().map(|(record, ..)| *record).collect::<Vec<_>>())
        .bind(named.iter().map(|(_, audience, _)| *audience).collect::<Vec<_>>())
        .bind(named.iter().map(|(.., hash)| &hash[..]).collect::<Vec<_>>())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes which attachments are named by changes that are held or wait, given with their hashes: as long as
    /// that lasts they are not collected. Nobody may read an attachment because of it.
    pub async fn note_held_attachments(
        &mut self,
        changes: impl IntoIterator<Item = (&[u8], &[u8])>,
    ) -> StoreResult<()> {
        let (mut of, mut named) = (Vec::new(), Vec::new());
        for (change, raw) in changes {
            let names: BTreeSet<AttachmentHash> = names_in(raw).take(MOST_HELD_NAMES).collect();
            of.extend(names.iter().map(|_| change));
            named.extend(names);
        }
        if named.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO held_attachments (tenant_id, change_hash, hash)
             SELECT $1, t.change_hash, t.hash
             FROM unnest($2::bytea[], $3::bytea[]) AS t (change_hash, hash)
             ON CONFLICT DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(of)
        .bind(named.iter().map(|hash| &hash.0[..]).collect::<Vec<_>>())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// What is known of these attachments; those of which nothing has arrived are left out.
    pub async fn attachments(&mut self, hashes: &[&[u8]]) -> StoreResult<Vec<AttachmentRow>> {
        Ok(sqlx::query_as(COLUMNS).bind(hashes).fetch_all(&mut *self.tx).await?)
    }

    /// An attachment, held against other writers until the commit.
    pub async fn lock_attachment(&mut self, hash: &[u8]) -> StoreResult<Option<AttachmentRow>> {
        Ok(sqlx::query_as(LOCKED).bind(hash).fetch_optional(&mut *self.tx).await?)
    }

    /// Begins an attachment, unless another request was faster.
    pub async fn begin_attachment(
        &mut self,
        hash: &[u8],
        size: i64,
        device_id: &[u8],
        now_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO attachments (tenant_id, hash, size, device_id, created_at_ms, updated_at_ms)
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (tenant_id, hash) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(hash)
        .bind(size)
        .bind(device_id)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// How many bytes a device has sent of attachments that are not whole.
    pub async fn bytes_on_the_way(&mut self, device_id: &[u8]) -> StoreResult<i64> {
        let bytes = sqlx::query_scalar(
            "SELECT COALESCE(sum(received), 0)::bigint FROM attachments
             WHERE device_id = $1 AND completed_at_ms IS NULL",
        );
        Ok(bytes.bind(device_id).fetch_one(&mut *self.tx).await?)
    }

    /// Appends a piece to a locked attachment.
    pub async fn append_part(
        &mut self,
        hash: &[u8],
        position: i64,
        bytes: &[u8],
        now_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO attachment_parts (tenant_id, hash, position, bytes) VALUES ($1, $2, $3, $4)",
        )
        .bind(self.tenant.0)
        .bind(hash)
        .bind(position)
        .bind(bytes)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query("UPDATE attachments SET received = $2, updated_at_ms = $3 WHERE hash = $1")
            .bind(hash)
            .bind(position + bytes.len() as i64)
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Throws away what has arrived: it begins again, with this size.
    pub async fn restart_attachment(&mut self, hash: &[u8], size: i64) -> StoreResult<()> {
        self.forget_parts(hash).await?;
        sqlx::query(
            "UPDATE attachments SET received = 0, size = $2
             WHERE hash = $1 AND completed_at_ms IS NULL",
        )
        .bind(hash)
        .bind(size)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// What was stored is not there any more as it was: it begins again.
    pub async fn reopen_attachment(&mut self, hash: &[u8], now_ms: i64) -> StoreResult<()> {
        sqlx::query(
            "UPDATE attachments SET received = 0, completed_at_ms = NULL, updated_at_ms = $2
             WHERE hash = $1",
        )
        .bind(hash)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The pieces that have arrived, in their order.
    pub async fn parts(&mut self, hash: &[u8]) -> StoreResult<Vec<Vec<u8>>> {
        let parts = sqlx::query_scalar(
            "SELECT bytes FROM attachment_parts WHERE hash = $1 ORDER BY position",
        );
        Ok(parts.bind(hash).fetch_all(&mut *self.tx).await?)
    }

    /// An attachment is whole, verified and stored.
    pub async fn complete_attachment(
        &mut self,
        hash: &[u8],
        media_type: &str,
        now_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "UPDATE attachments SET completed_at_ms = COALESCE(completed_at_ms, $2), media_type = $3,
                    updated_at_ms = $2 WHERE hash = $1",
        )
        .bind(hash)
        .bind(now_ms)
        .bind(media_type)
        .execute(&mut *self.tx)
        .await?;
        self.forget_parts(hash).await
    }

    async fn forget_parts(&mut self, hash: &[u8]) -> StoreResult<()> {
        sqlx::query("DELETE FROM attachment_parts WHERE hash = $1")
            .bind(hash)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// The records that name an attachment.
    pub async fn records_naming(&mut self, hash: &[u8]) -> StoreResult<Vec<Uuid>> {
        let rows = sqlx::query_scalar(
            "SELECT DISTINCT record_id FROM attachment_references WHERE hash = $1 LIMIT 100",
        );
        Ok(rows.bind(hash).fetch_all(&mut *self.tx).await?)
    }

    /// An attachment of a record, for somebody who may read it there: nothing when the record does not name
    /// it, or is not theirs to read. Without a row of its own it has not arrived at all.
    pub async fn attachment_of(
        &mut self,
        record: Uuid,
        hash: &[u8],
        reader: &AttachmentReader<'_>,
    ) -> StoreResult<Option<Option<AttachmentRow>>> {
        let sql = format!(
            "SELECT 1 FROM attachment_references f JOIN records r USING (tenant_id, record_id)
               LEFT JOIN assignments a USING (tenant_id, record_id)
             WHERE f.record_id = $3 AND f.hash = $4 AND f.audience <= $5 AND {INSIDE} LIMIT 1"
        );
        let named: Option<i32> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(reader.scope.villages)
            .bind(reader.scope.user_id)
            .bind(record)
            .bind(hash)
            .bind(reader.audience)
            .fetch_optional(&mut *self.tx)
            .await?;
        match named {
            Some(_) => Ok(Some(self.attachments(&[hash]).await?.pop())),
            None => Ok(None),
        }
    }

    /// Removes what has not moved since `unfinished_before` and was never finished, and what was finished before
    /// `unnamed_before` and is named by no record and no change that waits. Returns the hashes of the finished
    /// ones.
    pub async fn forget_attachments(
        &mut self,
        unfinished_before: i64,
        unnamed_before: i64,
    ) -> StoreResult<Vec<Vec<u8>>> {
        sqlx::query("DELETE FROM attachments WHERE completed_at_ms IS NULL AND updated_at_ms < $1")
            .bind(unfinished_before)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "DELETE FROM held_attachments h
             WHERE EXISTS (SELECT FROM changes c
                           WHERE c.tenant_id = h.tenant_id AND c.hash = h.change_hash)
                OR NOT EXISTS (SELECT FROM wedged_changes w WHERE w.tenant_id = h.tenant_id
                               AND w.hash = h.change_hash AND w.decision IS NULL)
               AND NOT EXISTS (SELECT FROM waiting_changes w
                               WHERE w.tenant_id = h.tenant_id AND w.hash = h.change_hash)",
        )
        .execute(&mut *self.tx)
        .await?;
        let gone = sqlx::query_scalar(
            "DELETE FROM attachments a WHERE a.completed_at_ms < $1
                 AND NOT EXISTS (SELECT FROM attachment_references f
                                 WHERE f.tenant_id = a.tenant_id AND f.hash = a.hash)
                 AND NOT EXISTS (SELECT FROM held_attachments h
                                 WHERE h.tenant_id = a.tenant_id AND h.hash = a.hash)
             RETURNING a.hash",
        );
        Ok(gone.bind(unnamed_before).fetch_all(&mut *self.tx).await?)
    }
}
