//! The phone's pages around the questionnaire.

pub mod copy;
pub mod enrol;
pub mod families;
pub mod held;
pub mod household;
mod language;
pub mod more;
pub mod row;
pub mod sending;
mod setting;
pub mod storage;
pub mod today;
pub mod unknown;
pub mod visit;
