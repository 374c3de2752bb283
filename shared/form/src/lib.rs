//! The form engine: XLSForm in, answers checked as they are typed.
//!
//! One-way flow: sheets → [`read`] → [`model::Form`] (immutable) → [`session::Session`] (live answers).
//! [`expr`] is the ODK dialect of XPath 1.0; it knows neither forms nor records, only a tree.
//!
//! The crate has no clock, no randomness and no IO: the host passes them in as a
//! [`session::Context`]. Default features are what a phone needs; `author` reads and checks sheets.

// The example of the README is tried with the other tests.
#[cfg(all(doctest, feature = "author"))]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod audit;
#[cfg(feature = "cli")]
pub mod cli;
pub mod expr;
pub mod mask;
pub mod model;
pub mod order;
#[cfg(feature = "author")]
pub mod read;
pub mod session;
#[cfg(feature = "author")]
pub mod write;
