//! Requests and responses that did not get through as a whole.

use super::{StoreResult, TenantTx};

/// How far a device's transfer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// How many bytes of the request are here.
    pub received: usize,
    /// The response, once there is one.
    pub response: Option<Vec<u8>>,
}

impl TenantTx {
    /// The device's transfer of this name, locked; begun when it is another than the last one.
    pub async fn open_transfer(
        &mut self,
        device: &[u8],
        transfer: &[u8; 16],
        size: usize,
        now_ms: i64,
        kept_ms: i64,
    ) -> StoreResult<TransferRow> {
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        sqlx::query(
            "DELETE FROM transfers
             WHERE device_id = $1 AND (transfer_id <> $2 OR size <> $3 OR expires_at_ms < $4)",
        )
        .bind(device)
        .bind(&transfer[..])
        .bind(size)
        .bind(now_ms)
        .execute(&mut *self.tx)
        .await?;
        sqlx::query(
            "INSERT INTO transfers (tenant_id, device_id, transfer_id, size, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, device_id) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(device)
        .bind(&transfer[..])
        .bind(size)
        .bind(now_ms + kept_ms)
        .execute(&mut *self.tx)
        .await?;
        let response: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT response FROM transfers WHERE device_id = $1 FOR UPDATE")
                .bind(device)
                .fetch_one(&mut *self.tx)
                .await?;
        let received: i64 = sqlx::query_scalar(
            "SELECT COALESCE(sum(length(bytes)), 0) FROM transfer_parts WHERE device_id = $1",
        )
        .bind(device)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(TransferRow { received: usize::try_from(received).unwrap_or(0), response })
    }

    /// The response to a request that was carried out before.
    pub async fn kept_response(
        &mut self,
        device: &[u8],
        transfer: &[u8; 16],
        size: usize,
    ) -> StoreResult<Option<Vec<u8>>> {
        let kept: Option<Option<Vec<u8>>> = sqlx::query_scalar(
            "SELECT response FROM transfers
             WHERE device_id = $1 AND transfer_id = $2 AND size = $3",
        )
        .bind(device)
        .bind(&transfer[..])
        .bind(i32::try_from(size).unwrap_or(i32::MAX))
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(kept.flatten())
    }

    /// Adds bytes behind those that are here.
    pub async fn add_transfer_part(
        &mut self,
        device: &[u8],
        start: usize,
        bytes: &[u8],
    ) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO transfer_parts (tenant_id, device_id, start, bytes)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(self.tenant.0)
        .bind(device)
        .bind(i32::try_from(start).unwrap_or(i32::MAX))
        .bind(bytes)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// What is here of the request.
    pub async fn transfer_request(&mut self, device: &[u8]) -> StoreResult<Vec<u8>> {
        let parts: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT bytes FROM transfer_parts WHERE device_id = $1 ORDER BY start",
        )
        .bind(device)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(parts.concat())
    }

    /// Keeps the response to a request; its parts are not needed any more.
    pub async fn keep_response(
        &mut self,
        device: &[u8],
        transfer: &[u8; 16],
        size: usize,
        response: &[u8],
        expires_at_ms: i64,
    ) -> StoreResult<()> {
        sqlx::query("DELETE FROM transfers WHERE device_id = $1")
            .bind(device)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "INSERT INTO transfers (tenant_id, device_id, transfer_id, size, response, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant_id, device_id) DO UPDATE
             SET transfer_id = excluded.transfer_id, size = excluded.size,
                 response = excluded.response, expires_at_ms = excluded.expires_at_ms",
        )
        .bind(self.tenant.0)
        .bind(device)
        .bind(&transfer[..])
        .bind(i32::try_from(size).unwrap_or(i32::MAX))
        .bind(response)
        .bind(expires_at_ms)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Removes transfers that nobody went on with.
    pub async fn clear_transfers(&mut self, now_ms: i64) -> StoreResult<u64> {
        let done = sqlx::query("DELETE FROM transfers WHERE expires_at_ms < $1")
            .bind(now_ms)
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected())
    }
}
