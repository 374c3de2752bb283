//! What the question page works out before anything is drawn: which screens there are, what a typed
//! text means, how options behave. Free of the browser, so that it is tested natively.

pub mod answers;
pub mod calendar;
pub mod calendars;
pub mod grid;
pub mod image_map;
pub mod markdown;
pub mod number;
pub mod options;
pub mod rare;
pub mod screens;
pub mod search;
pub mod sections;
pub mod track;

#[cfg(test)]
pub(crate) mod test_form;
