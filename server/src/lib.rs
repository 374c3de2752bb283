//! The server of Kardakar: receives what phones send, keeps it in Postgres, and serves the office.
//!
//! ```text
//! router → http (thin handlers) → ingest (the one way into records) → store (all SQL)
//!                 ↘ page (a record as the office sees it) ↗
//! ```
//!
//! Start reading at [`router`] and [`ingest`].

pub mod auth;
pub mod backup;
pub mod blob;
pub mod check;
pub mod demo;
pub mod directory;
pub mod error;
pub mod events;
pub mod export;
pub mod fair;
pub mod fold;
pub mod forms;
pub mod guard;
pub mod http;
pub mod ingest;
pub mod listen;
pub mod migrate;
pub mod page;
pub mod postgres;
pub mod roster;
pub mod router;
pub mod site;
pub mod state;
pub mod store;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod worker;
