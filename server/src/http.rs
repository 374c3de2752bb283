//! Handlers, one file per resource. They read the request, ask who it is, call the store or the ingest,
//! and shape the answer; they hold no SQL and no rules.

pub mod attachments;
pub mod audit;
pub mod body;
pub mod devices;
pub mod enrol;
pub mod events;
pub mod forms;
pub mod health;
pub mod records;
pub mod review;
pub mod session;
pub mod setup;
pub mod sync;
pub mod users;
pub mod view;
pub mod wedged;

use crate::error::{ApiError, ApiResult};
use shared::id::RecordId;
use uuid::Uuid;

/// An id in a path or a body: 32 hexadecimal digits.
pub fn parse_uuid(text: &str) -> ApiResult<Uuid> {
    let id: RecordId =
        text.parse().map_err(|_| ApiError::not_found("there is nothing with this id"))?;
    Ok(Uuid::from_bytes(id.0))
}

/// An id as the API writes it.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
