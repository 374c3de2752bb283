//! The sync protocol: batches of changes by hash up, a cursor down, one request for both.
//!
//! A device sends everything it has not had acknowledged (bounded by size; it sends again at once
//! when more is left) and the cursor up to which it has received. The server answers after Postgres
//! has committed: which changes it refused and why — everything else in the request is accepted —
//! and the changes of others after the cursor. Changes are known by hash, so a request that is
//! repeated because its response was lost alters nothing.
//!
//! [`engine::Engine`] decides when to send and what a response means; it performs no IO.
//! docs/SYNC.md describes the bytes.

pub mod ability;
pub mod backoff;
pub mod codec;
pub mod engine;
pub mod message;
pub mod pack;
pub mod transfer;
