//! The phone's pages around the questionnaire.

pub mod enrol;
pub mod families;
pub mod household;
pub mod more;
pub mod sending;
pub mod today;
pub mod unknown;
