//! The device: everything that a phone does apart from showing it.
//!
//! ```text
//! answer → journal row → (finish, leave, sync) → Automerge change → outbox → server
//! ```
//!
//! An answer is durable at once as a row of the draft's journal. The journal becomes one change per
//! document when the record is finished, left, or about to be sent: many answers in one change cost a
//! sixth of the bytes of one change per answer.
//!
//! Everything is written through [`ports::Store::commit`], one atomic set at a time and in order.
//! Documents are stored as their changes, one row each: rows are only ever added, so no write can
//! undo another.
//!
//! This crate performs no IO of its own: storage, network, clock and randomness are the four traits
//! of [`ports`]. The same code runs in the browser, in the simulation and in the command line's
//! headless device.

pub mod attachment;
pub mod copy;
pub mod device;
pub mod draft;
mod entities;
pub mod error;
pub mod families;
pub mod fill;
pub mod household;
mod keys;
pub mod layout;
mod ledger;
pub mod list;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
mod noted;
pub mod ports;
pub mod practice;
mod records;
pub mod route;
pub mod row;
pub mod soundness;
pub mod sync;
mod writer;

pub use device::{Device, EnrolError, FormInfo, OpenError};
pub use draft::Draft;
pub use error::DraftError;
pub use list::{Chip, ListRow};
pub use route::Route;
pub use soundness::Finding;
pub use sync::{Decided, HeldChange, SyncOutcome};
