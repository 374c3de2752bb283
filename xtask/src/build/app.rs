//! The Leptos app: compile, split into chunks, bind to JavaScript.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use super::{Asset, Mode};
use crate::tools;

/// Part of the stamp: raise it when the steps below change what they write.
const RECIPE: &str = "1";

/// Compiles the app and returns its main module, glue and chunks.
pub fn build(mode: Mode) -> Result<Vec<Asset>> {
    tools::step("Compiling the app to WebAssembly", || compile(mode))?;
    let wasm = tools::read(&super::wasm_file(mode, "app.wasm"))?;
    let folder = super::cache().join("app").join(mode.profile());
    cached(&folder, &wasm, "Splitting the app and writing its JavaScript", |folder| {
        split(&wasm, folder)?;
        bind(folder)
    })?;
    Ok(assets(&folder)?.collect())
}

/// Relocations are what the splitter reads; only the last link step needs to keep them.
fn compile(mode: Mode) -> Result<()> {
    let mut cargo = super::wasm_cargo("rustc");
    cargo.args(["--package", "app", "--bin", "app", "--profile", mode.profile()]);
    tools::run(cargo.args(["--", "-Clink-args=--emit-relocs"]))
}

/// Runs the splitter: must come before wasm-bindgen, which drops the relocations.
fn split(wasm: &[u8], folder: &Path) -> Result<()> {
    let main = folder.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = "./__wasm_split.js";
    options.main_module = "./app.js";
    wasm_split_cli_support::transform(options)
        .map(drop)
        .map_err(|error| anyhow!("the splitter refused the app: {error:#}"))
}

fn bind(folder: &Path) -> Result<()> {
    let main = folder.join("main.wasm");
    Bindgen::new()
        .input_path(&main)
        .out_name("app")
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(false)
        .web(true)?
        .generate(folder)
        .context("wasm-bindgen refused the app")?;
    fs::remove_file(main)?;
    Ok(())
}

/// Runs `work` in an empty folder unless the folder holds the results for the same input.
pub fn cached(
    folder: &Path,
    input: &[u8],
    what: &str,
    work: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let versions = concat!(env!("CARGO_PKG_VERSION"), " wasm-bindgen 0.2.130 split 0.2.4");
    let stamp = tools::hex(&tools::sha256([RECIPE.as_bytes(), versions.as_bytes(), input]));
    let stamp_file = folder.with_extension("stamp");
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(());
    }
    tools::step(what, || {
        let _ = fs::remove_file(&stamp_file);
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        work(folder)?;
        tools::write(&stamp_file, stamp.as_bytes())
    })
}

/// The main module and all JavaScript belong to the first load; chunks come when opened.
fn assets(folder: &Path) -> Result<impl Iterator<Item = Asset> + use<>> {
    Ok(tools::files_below(folder)?.into_iter().map(|(path, bytes)| {
        let core = path == "app_bg.wasm" || !path.ends_with(".wasm");
        Asset { path, bytes, core }
    }))
}
