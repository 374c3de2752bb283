//! Enrolled phones, and the accounts of the office that write as devices.

use super::{StoreResult, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A device with its person.
#[derive(Debug, Clone, FromRow)]
pub struct DeviceRow {
    pub device_id: Vec<u8>,
    pub user_id: Uuid,
    pub user_name: String,
    pub role: String,
    pub villages: Vec<String>,
    pub active: bool,
    pub label: String,
    /// Whether it stands for a person's work in the office rather than for a phone.
    pub office: bool,
    pub scope_version: i32,
    /// Earlier names of the same phone.
    pub former: Vec<Vec<u8>>,
    pub enrolled_at_ms: i64,
    pub last_seen_at_ms: Option<i64>,
    pub unsent: i32,
    pub app_build: String,
    pub revoked_at_ms: Option<i64>,
    /// Since when nothing is taken in of what it sends.
    pub quarantined_at_ms: Option<i64>,
}

impl TenantTx {
    /// Enrols a device.
    pub async fn create_device(
        &mut self,
        device_id: &[u8; 8],
        user_id: Uuid,
        token_hash: &[u8; 32],
        label: &str,
        now_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO devices
               (tenant_id, device_id, user_id, token_hash, label, enrolled_at_ms, last_seen_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
        )
        .bind(self.tenant.0)
        .bind(&device_id[..])
        .bind(user_id)
        .bind(&token_hash[..])
        .bind(label)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Notes under which names a phone worked before, as far as it can be believed: names that nobody has,
    /// because the server has forgotten them, and those of the same person. A forgotten one is the person's
    /// from now on, and nobody can sync as it. Which ones count.
    pub async fn note_former(
        &mut self,
        device_id: &[u8; 8],
        user_id: Uuid,
        claimed: &[[u8; 8]],
        no_tokens: &[[u8; 32]],
        now_ms: i64,
    ) -> StoreResult<Vec<Vec<u8>>> {
        let claimed: Vec<&[u8]> = claimed.iter().map(|id| &id[..]).collect();
        let no_tokens: Vec<&[u8]> = no_tokens.iter().map(|hash| &hash[..]).collect();
        sqlx::query(
            "INSERT INTO devices (tenant_id, device_id, user_id, token_hash, enrolled_at_ms,
                                  revoked_at_ms)
             SELECT $1, t.id, $2, t.hash, $5, $5
             FROM unnest($3::bytea[], $4::bytea[]) AS t (id, hash)
             ON CONFLICT (tenant_id, device_id) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(user_id)
        .bind(&claimed)
        .bind(&no_tokens)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        let former = sqlx::query_scalar(
            "UPDATE devices SET former = ARRAY(
                 SELECT t.id FROM unnest($2::bytea[]) WITH ORDINALITY AS t (id, place)
                      JOIN devices d ON d.tenant_id = devices.tenant_id AND d.device_id = t.id
                 WHERE d.user_id = $3 AND NOT d.office ORDER BY t.place)
             WHERE device_id = $1 RETURNING former",
        )
        .bind(&device_id[..])
        .bind(&claimed)
        .bind(user_id)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(former)
    }

    /// The device of a token, revoked or not.
    pub async fn device_by_token(
        &mut self,
        token_hash: &[u8; 32],
    ) -> StoreResult<Option<DeviceRow>> {
        let row = sqlx::query_as(
            "SELECT d.device_id, d.user_id, u.name AS user_name, u.role, u.villages, u.active,
                    d.label, d.office, u.scope_version, d.former, d.enrolled_at_ms,
                    d.last_seen_at_ms, d.unsent, d.app_build, d.revoked_at_ms, d.quarantined_at_ms
             FROM devices d JOIN users u USING (tenant_id, user_id) WHERE d.token_hash = $1",
        )
        .bind(&token_hash[..])
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row)
    }

    /// Every device, with the office's own writing accounts.
    pub async fn devices(&mut self) -> StoreResult<Vec<DeviceRow>> {
        let rows = sqlx::query_as(
            "SELECT d.device_id, d.user_id, u.name AS user_name, u.role, u.villages, u.active,
                    d.label, d.office, u.scope_version, d.former, d.enrolled_at_ms,
                    d.last_seen_at_ms, d.unsent, d.app_build, d.revoked_at_ms, d.quarantined_at_ms
             FROM devices d JOIN users u USING (tenant_id, user_id)
             ORDER BY d.last_seen_at_ms DESC NULLS LAST, d.device_id",
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Whose devices these are, as far as they are known.
    pub async fn people_of(&mut self, devices: &[&[u8]]) -> StoreResult<Vec<(Vec<u8>, Uuid)>> {
        let rows =
            sqlx::query_as("SELECT device_id, user_id FROM devices WHERE device_id = ANY($1)")
                .bind(devices)
                .fetch_all(&mut *self.tx)
                .await?;
        Ok(rows)
    }

    /// Notes what a device told about itself.
    pub async fn touch_device(
        &mut self,
        device_id: &[u8],
        now_ms: i64,
        unsent: i32,
        app_build: &str,
    ) -> StoreResult<()> {
        sqlx::query(
            "UPDATE devices SET last_seen_at_ms = $2, unsent = $3, app_build = $4
             WHERE device_id = $1",
        )
        .bind(device_id)
        .bind(now_ms)
        .bind(unsent)
        .bind(app_build)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Revokes a device; false when there is none with this id.
    pub async fn revoke_device(&mut self, device_id: &[u8], now_ms: i64) -> StoreResult<bool> {
        let done = sqlx::query(
            "UPDATE devices SET revoked_at_ms = COALESCE(revoked_at_ms, $2) WHERE device_id = $1",
        )
        .bind(device_id)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The device under which a person writes in the office, made with `fresh_id` when missing. Its
    /// token hash is of no token: nobody can sync as it.
    pub async fn office_device(
        &mut self,
        user_id: Uuid,
        fresh_id: &[u8; 8],
        no_token: &[u8; 32],
        now_ms: i64,
    ) -> StoreResult<[u8; 8]> {
        let found: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT device_id FROM devices WHERE user_id = $1 AND office")
                .bind(user_id)
                .fetch_optional(&mut *self.tx)
                .await?;
        if let Some(id) = found.and_then(|id| id.try_into().ok()) {
            return Ok(id);
        }
        self.create_device(fresh_id, user_id, no_token, "", now_ms).await?;
        sqlx::query("UPDATE devices SET office = true WHERE device_id = $1")
            .bind(&fresh_id[..])
            .execute(&mut *self.tx)
            .await?;
        Ok(*fresh_id)
    }
}
