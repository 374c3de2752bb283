//! The service worker: a small module of its own, without the splitter.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Asset, Mode, app, prune, script};
use crate::tools;

/// The worker's glue and module. `sw.js` itself is written with the site.
pub fn build(mode: Mode) -> Result<Vec<Asset>> {
    let wasm = tools::read(&super::wasm_file(mode, "worker.wasm"))?;
    let folder = super::cache().join("worker").join(mode.profile());
    app::cached(&folder, &wasm, "Writing the service worker's JavaScript", |folder| {
        let bare = match mode {
            Mode::Release => prune::prune(&wasm)?.0,
            Mode::Dev => wasm.clone(),
        };
        Bindgen::new()
            .input_bytes("worker", bare)
            .out_name("worker")
            .remove_name_section(true)
            .remove_producers_section(true)
            .typescript(false)
            .no_modules(true)?
            .generate(folder)
            .context("wasm-bindgen refused the service worker")
    })?;
    let files = tools::files_below(&folder)?;
    let asset = |(path, bytes): (String, _)| {
        let bytes = script::of(&path, bytes);
        Asset::core(path, bytes)
    };
    Ok(files.into_iter().map(asset).collect())
}
