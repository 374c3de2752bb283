//! Hostile bytes at arm's length.
//!
//! What phones send, and workbooks that are uploaded, are decoded by child processes (this same program
//! as `kardakar worker`) with a limit of memory and of processor time. A child that dies takes nobody
//! with it: the record on which it died is tried once more alone, in a fresh child, and refused if that
//! one dies too.
//!
//! ```text
//! ingest → pool (parent) ⇄ pipes, frames of CBOR ⇄ child → ingest::record (merge and project)
//! ```

mod child;
mod frame;
mod limits;
pub mod message;
mod open;
mod pool;
mod process;

pub use child::run;
pub use limits::{MEMORY, SECONDS};
pub use pool::{Allowance, Workers};
pub use process::{CompiledForms, Outcome, Program, WorkerError};
