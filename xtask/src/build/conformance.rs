//! The statements about the device's store as a module for browsers: for tests, no part of the app.

use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Mode, app};
use crate::tools;

/// Where tests find it.
pub fn folder() -> PathBuf {
    super::cache().join("conformance")
}

/// Compiled as the app is and right after it, so that everything below it is compiled already.
pub fn build(mode: Mode) -> Result<()> {
    let _turn = super::turn()?;
    tools::step("Compiling the statements about the store", || {
        let mut cargo = super::wasm_cargo("build");
        cargo.args(["--package", "conformance", "--profile", mode.profile()]);
        if mode == Mode::Release {
            // The app's packages again, so that all have the same features as a moment ago.
            cargo.args(["--package", "app", "--package", "worker"]);
            super::without_debug_texts(&mut cargo);
        }
        tools::run(&mut cargo)
    })?;
    let wasm = tools::read(&super::wasm_file(mode, "conformance.wasm"))?;
    app::cached(&folder(), &wasm, "Writing their JavaScript", |folder| {
        Bindgen::new()
            .input_bytes("conformance", wasm.clone())
            .out_name("conformance")
            .typescript(false)
            .web(true)?
            .generate(folder)
            .context("wasm-bindgen refused the statements about the store")
    })
}
