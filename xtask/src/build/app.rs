//! The Leptos app: split into chunks, bind to JavaScript.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use super::{Asset, Mode, Need};
use crate::tools;

/// Part of the stamp: raise it when the steps below change what they write.
const RECIPE: &str = "6";

/// The app's main module, glue and chunks.
pub fn build(mode: Mode) -> Result<Vec<Asset>> {
    let wasm = tools::read(&super::wasm_file(mode, "app.wasm"))?;
    let profile = mode.profile();
    let name = if names_kept() { format!("{profile}-names") } else { profile.to_owned() };
    let folder = super::cache().join("app").join(name);
    cached(&folder, &wasm, "Splitting the app and writing its JavaScript", |folder| {
        match mode {
            Mode::Release => split(&without_dead_code(&wasm)?, folder)?,
            Mode::Dev => split(&wasm, folder)?,
        }
        bind(folder)
    })?;
    Ok(assets(&folder)?.collect())
}

/// Only for optimised code: what is never run there may still be called by what is not inlined yet.
fn without_dead_code(wasm: &[u8]) -> Result<Vec<u8>> {
    let (bare, missing) = super::prune::prune(wasm)?;
    for name in missing {
        eprintln!("    nothing to leave out is called {name}: see xtask/src/build/prune.rs");
    }
    Ok(bare)
}

/// Runs the splitter: must come before wasm-bindgen, which drops the relocations.
fn split(wasm: &[u8], folder: &Path) -> Result<()> {
    let main = folder.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = "./__wasm_split.js";
    options.main_module = "./app.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the splitter refused the app: {error:#}"))?;
    for chunk in split.split_modules {
        let bare = without_names(&tools::read(&chunk)?).context("a chunk is no WebAssembly")?;
        fs::write(chunk, bare)?;
    }
    Ok(())
}

/// Drops a module's custom sections: names of functions, which tools read and browsers do not.
/// wasm-bindgen does so for the main module; chunks do not pass through it.
fn without_names(wasm: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = wasm.split_at_checked(8)?;
    let mut bare = header.to_vec();
    while let Some(kind) = rest.first() {
        let (length, digits) = leb128(rest.get(1..)?)?;
        let (section, after) = rest.split_at_checked(1 + digits + length)?;
        if *kind != 0 {
            bare.extend_from_slice(section);
        }
        rest = after;
    }
    Some(bare)
}

/// An unsigned number in WebAssembly's variable-length form, and how many bytes it took.
pub fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// Whether the main module keeps the names of its functions, so that a profile of the browser shows them:
/// `KARDAKAR_NAMES=1 cargo xtask build-app`.
pub fn names_kept() -> bool {
    std::env::var_os("KARDAKAR_NAMES").is_some()
}

fn bind(folder: &Path) -> Result<()> {
    let main = folder.join("main.wasm");
    Bindgen::new()
        .input_path(&main)
        .out_name("app")
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(!names_kept())
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

/// The chunk of what few questionnaires ask for. Phones that have such a questionnaire keep it.
const RARE: &str = "rare";
/// The chunk that reads codes. Browsers that do it themselves never fetch it.
const READER: &str = "scan";

/// The main module and all JavaScript belong to the first load; chunks come when opened, but for those
/// that questions and codes need, and what these share with others.
fn assets(folder: &Path) -> Result<impl Iterator<Item = Asset> + use<>> {
    let loader = tools::read_text(&folder.join("__wasm_split.js"))?;
    Ok(tools::files_below(folder)?.into_iter().map(move |(path, bytes)| {
        let need = need(&loader, &path);
        let bytes = super::script::of(&path, bytes);
        Asset { path, bytes, need }
    }))
}

/// When a phone fetches a file. The loader says before each part that chunks share whose it is:
/// `/* media, office */`.
fn need(loader: &str, path: &str) -> Need {
    if path == "app_bg.wasm" || !path.ends_with(".wasm") {
        return Need::Core;
    }
    let of_chunk = |name: &str| match name {
        RARE => Need::Rare,
        READER => Need::Reader,
        _ => Need::Lazy,
    };
    if let Some(name) = path.strip_prefix("split_").and_then(|rest| rest.strip_suffix(".wasm")) {
        return of_chunk(name);
    }
    let fetched = format!("\"./{path}\"");
    let before = loader.split_once(fetched.as_str()).map_or("", |(before, _)| before);
    let owners = before.rsplit_once("/* ").and_then(|(_, rest)| rest.split_once(" */"));
    let owners: Vec<Need> =
        owners.map_or_else(Vec::new, |(names, _)| names.split(", ").map(of_chunk).collect());
    // What the reader shares is small.
    match () {
        () if owners.contains(&Need::Reader) => Need::Core,
        () if owners.contains(&Need::Rare) => Need::Rare,
        () => Need::Lazy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_questions_need_is_kept_for_offline_use() {
        let loader = "/* admin, office */\nfetch(\"./chunk_3.wasm\")\n/* office, scan */\n\
                      fetch(\"./chunk_4.wasm\")\n/* office, rare */\nfetch(\"./chunk_6.wasm\")\n\
                      load_office fetch(\"./split_office.wasm\")";
        let need = |path: &str| need(loader, path);
        assert_eq!(need("chunk_4.wasm"), Need::Core);
        assert_eq!(need("chunk_6.wasm"), Need::Rare);
        assert_eq!(need("split_rare.wasm"), Need::Rare);
        assert_eq!(need("split_scan.wasm"), Need::Reader);
        assert_eq!(need("chunk_3.wasm"), Need::Lazy);
        assert_eq!(need("split_office.wasm"), Need::Lazy);
        assert_eq!(need("app.js"), Need::Core);
    }

    #[test]
    fn custom_sections_go_and_the_others_stay() {
        let header = b"\0asm\x01\0\0\0";
        let custom = [&[0, 0x81, 0x01], [7; 129].as_slice()].concat();
        let code = [10, 2, 1, 2];
        let module = [header.as_slice(), &custom, &code, &[0, 1, 9]].concat();
        assert_eq!(without_names(&module).unwrap(), [header.as_slice(), &code].concat());
        assert!(without_names(&module[..20]).is_none());
        assert!(without_names(b"").is_none());
    }
}
