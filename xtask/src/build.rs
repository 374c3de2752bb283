//! The web app: from crates, styles, locales and assets to `target/site`.
//!
//! `docs/BUILD.md` describes the steps and the layout of the result.

pub mod app;
pub mod compress;
pub mod conformance;
pub mod css;
pub mod locale;
pub mod prune;
pub mod script;
pub mod site;
pub mod worker;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools;

/// How the app is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The `wasm` profile: what phones get.
    Release,
    /// The `dev` profile, lightly compressed.
    Dev,
}

impl Mode {
    pub fn from_dev(dev: bool) -> Self {
        if dev { Mode::Dev } else { Mode::Release }
    }

    fn profile(self) -> &'static str {
        match self {
            Mode::Release => "wasm",
            Mode::Dev => "dev",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Mode::Release => "wasm",
            Mode::Dev => "debug",
        }
    }
}

/// One file of a build, named relative to `/pkg/<build-id>/` or, with a leading `/`, to the site.
pub struct Asset {
    pub path: String,
    pub bytes: Vec<u8>,
    pub need: Need,
}

/// When a phone fetches a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// When the app is installed.
    Core,
    /// The same, in browsers that read no barcodes themselves.
    Reader,
    /// Once a questionnaire on the phone needs it; from then on with every version of the app.
    Rare,
    /// When something asks for it.
    Lazy,
}

impl Need {
    /// The word for it in the service worker's manifest.
    pub fn word(self) -> &'static str {
        match self {
            Need::Core => "core",
            Need::Reader => "reader",
            Need::Rare => "rare",
            Need::Lazy => "lazy",
        }
    }

    /// Core or not.
    pub fn core(core: bool) -> Self {
        if core { Need::Core } else { Need::Lazy }
    }
}

impl Asset {
    pub fn core(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Asset { path: path.into(), bytes, need: Need::Core }
    }

    pub fn lazy(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Asset { path: path.into(), bytes, need: Need::Lazy }
    }
}

/// Builds everything and returns the layout that was written.
pub fn build(mode: Mode) -> Result<site::Site> {
    build_beside(mode, &[])
}

/// The same, while cargo also compiles other packages for the browser: each module is optimised on one core.
pub fn build_beside(mode: Mode, others: &[&str]) -> Result<site::Site> {
    let _turn = turn()?;
    add_target()?;
    let texts = locale::pack()?;
    tools::step("Compiling the app and its service worker", || {
        let mut cargo = wasm_cargo("build");
        cargo.args(["--package", "app", "--package", "worker", "--profile", mode.profile()]);
        for package in others {
            cargo.args(["--package", package]);
        }
        if mode == Mode::Release {
            without_debug_texts(&mut cargo);
        }
        tools::run(&mut cargo)
    })?;
    let mut assets = app::build(mode)?;
    assets.extend(worker::build(mode)?);
    assets.extend(css::build()?);
    assets.extend(texts.assets()?);
    assets.extend(copied()?);
    site::write(assets, mode)
}

/// Waits until no other build writes to the same folders; the turn ends when the file is dropped.
fn turn() -> Result<File> {
    fs::create_dir_all(cache())?;
    let file = File::create(cache().join("lock"))?;
    if file.try_lock().is_err() {
        eprintln!("    waiting for another build of the app to end");
        file.lock()?;
    }
    Ok(file)
}

/// Where the steps keep their results between runs.
pub fn cache() -> PathBuf {
    tools::root().join("target/site-cache")
}

/// Messages of panics without their place in the source, and `{:?}` without output: the app shows
/// neither to anybody, and they are 21 KB of its main module. Nothing may depend on what `{:?}` writes.
/// The two switches of the compiler are not stable yet, so they are used only where they work.
fn without_debug_texts(cargo: &mut Command) {
    const SWITCHES: [&str; 2] = ["-Zlocation-detail=none", "-Zfmt-debug=none"];
    let mut asked = Command::new("rustc");
    asked.env("RUSTC_BOOTSTRAP", "1").args(SWITCHES).args(["--print", "sysroot"]);
    if tools::output(&mut asked).is_some() {
        let flags = format!("{FLAGS} {}", SWITCHES.join(" "));
        cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags);
    } else {
        eprintln!(
            "    this compiler does not know {}: the app gets larger",
            SWITCHES.join(" and ")
        );
    }
}

/// Flags of every build for the browser. Hashing with its rounds in a loop takes 8 KB less in each module; how
/// much longer it takes was not measured.
const FLAGS: &str = "--cfg erase_components --cfg sha2_backend_soft=\"compact\"";

/// Cargo for the wasm target. One set of flags and a target folder of its own, so that native
/// builds and this one do not throw away each other's results.
pub fn wasm_cargo(subcommand: &str) -> Command {
    let mut cargo = tools::cargo();
    cargo
        .arg(subcommand)
        .args(["--target", "wasm32-unknown-unknown", "--target-dir", "target/wasm"])
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// The file that a wasm build leaves.
pub fn wasm_file(mode: Mode, name: &str) -> PathBuf {
    let folder = tools::root().join("target/wasm/wasm32-unknown-unknown").join(mode.folder());
    folder.join(name)
}

/// Adds the standard library for WebAssembly when it is missing.
pub fn add_target() -> Result<()> {
    let sysroot = tools::output(Command::new("rustc").args(["--print", "sysroot"]))
        .context("cannot run rustc: install Rust with rustup, https://rustup.rs")?;
    let library = PathBuf::from(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown/lib");
    if library.is_dir() {
        return Ok(());
    }
    tools::step("Adding the WebAssembly target (rustup target add wasm32-unknown-unknown)", || {
        tools::run(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"])).context(
            "the app compiles to WebAssembly and the standard library for it is missing; connect \
             to the network and run `rustup target add wasm32-unknown-unknown`, or install your \
             distribution's package of it (Debian: libstd-rust-dev-wasm32)",
        )
    })
}

/// The icons of the interface, among the assets.
const ICONS: &str = "icons/ui.svg";

/// The icons for the page: their ids get a prefix that no element of a page has.
pub fn icons() -> Result<String> {
    let file = tools::read_text(&tools::root().join("app/assets").join(ICONS))?;
    let sprite = file.trim().replace("<symbol id=\"", "<symbol id=\"i-").replace('\n', "");
    let hidden = "<svg class=\"icons\" width=\"0\" height=\"0\" aria-hidden=\"true\" ";
    Ok(sprite.replacen("<svg ", hidden, 1))
}

/// Fonts, icons, the web app manifest: files that go out as they are.
fn copied() -> Result<Vec<Asset>> {
    let app = tools::root().join("app");
    let mut assets = vec![Asset::core("boot.js", tools::read(&app.join("boot.js"))?)];
    for (path, bytes) in tools::files_below(&app.join("assets"))? {
        // The icons of the interface stand in the page itself.
        if path.ends_with(".md") || path == ICONS {
            continue;
        }
        let need = Need::core(is_core(&path));
        // Icons and the manifest have fixed addresses: installed apps remember them.
        let fixed = path.starts_with("icons/") || path == "manifest.webmanifest";
        let path = if fixed { format!("/{path}") } else { path };
        assets.push(Asset { path, bytes, need });
    }
    Ok(assets)
}

/// What a Georgian or English screen needs without a network. Other scripts come when used.
fn is_core(asset: &str) -> bool {
    match asset.strip_prefix("fonts/") {
        Some(font) => {
            font.starts_with("georgian-")
                || font.starts_with("latin-4")
                || font.starts_with("latin-6")
        }
        None => asset == "manifest.webmanifest",
    }
}
