//! Benchmarks of the parts that need no browser and no Postgres.

pub mod sync;
