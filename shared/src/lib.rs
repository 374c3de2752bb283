//! What the phone and the server must agree on.
//!
//! Data flows one way, and the modules follow it:
//!
//! ```text
//! form definition → record document → change batch → sync → merge → projection
//!     crate `form`      `record`          `sync`               `merge`   `project`
//! ```
//!
//! A *record* is one filled form about one subject: a household, a child. It lives in one Automerge
//! document per [`record::Audience`]. Devices exchange the document's changes by hash
//! ([`sync`]), the server merges them ([`merge`]) and derives rows from the result ([`project`]).
//! What the office decides ([`record::review`]) is a change to the same document, and so travels
//! back to the phone like any other.
//!
//! Nothing here reads a clock, draws a random number or performs IO: time and randomness are
//! arguments.

pub mod attachment;
pub mod fold;
pub mod id;
pub mod merge;
pub mod policy;
pub mod project;
pub mod record;
pub mod scan;
pub mod sync;
