//! Kardakar in the browser: the phone's pages, and the office and administration as chunks that load
//! when opened.

// A view owns what it shows, and functions that make views are called like components.
#![allow(clippy::needless_pass_by_value)]

mod admin;
mod fill;
mod i18n;
mod office;
mod page;
mod platform;
mod router;
mod shell;
mod ui;

fn main() {
    shell::start();
}
