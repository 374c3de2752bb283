//! Forms out: the sheets again as Markdown or `.xlsx`, and ODK XForms XML.
//!
//! Sheets go out as they were read, so that nothing is lost, known or not.

mod markdown;
#[cfg(feature = "write")]
mod workbook;
mod xform;

pub use markdown::to_markdown;
#[cfg(feature = "write")]
pub use workbook::to_workbook;
pub use xform::to_xform;
