//! Benchmarks of the parts that need no browser and no Postgres.

pub mod history;
pub mod merge;
pub mod queue;
pub mod sync;
