//! The browser. Nothing outside this module touches `web_sys` or `js_sys`.

pub mod clock;
pub mod dialog;
pub mod entropy;
pub mod fetch;
pub mod inert;
pub mod page;
pub mod timer;
