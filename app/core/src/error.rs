//! Why a record cannot be worked on.

use crate::ports::StoreError;
use shared::record::DocumentError;

/// Why a record cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document refused.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The device does not hold the record.
    #[error("this record is not on the device")]
    NotHere,
    /// The device does not hold the record's form.
    #[error("the form of this record is not on the device yet; connect to the internet once")]
    NoForm,
}
