//! The server's interface against a real private Postgres.

mod accounts;
mod archive;
mod attachments;
mod core;
mod damaged;
mod demo;
mod fairness;
mod forms;
mod hostile;
mod isolation;
mod marks;
mod negotiation;
mod packages;
mod patience;
mod phone;
mod records;
mod restore;
mod scene;
mod site;
mod stranger;
mod sync;
mod version_one;
mod versions;
mod wedged;

/// What a test returns: setting up may fail too.
type Outcome = Result<(), server::testing::TestError>;
