//! The browser. Nothing outside this module touches `web_sys` or `js_sys`.

pub mod blob;
pub mod channel;
pub mod clock;
pub mod dialog;
pub mod entropy;
pub mod event_source;
pub mod fetch;
pub mod geolocation;
pub mod idb;
pub mod inert;
pub mod json_fetch;
pub mod keyboard;
pub mod locks;
pub mod office_dom;
pub mod online;
pub mod pad;
pub mod page;
pub mod picture;
pub mod pointer;
pub mod recorder;
mod request;
pub mod reserve;
pub mod scanner;
pub mod storage;
pub mod timer;
pub mod vault;
pub mod worker;
