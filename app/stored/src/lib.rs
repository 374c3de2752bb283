//! What the page and the service worker both read and write in the device's database: the codec of rows,
//! and the parcel that is sent while the app is closed.
//!
//! The service worker is paid for by every phone, so this crate knows nothing of records.

pub mod parcel;
pub mod row;
