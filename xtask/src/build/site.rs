//! The folder that the server serves: `target/site`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Asset, Mode, Need, compress};
use crate::tools;

/// What was written, for those who measure or serve it.
pub struct Site {
    pub folder: PathBuf,
    pub build: String,
    /// Every file with its path on the server.
    pub files: Vec<SiteFile>,
}

pub struct SiteFile {
    pub path: String,
    pub core: bool,
    pub bytes: usize,
    /// Bytes over the wire with brotli; the plain size where compressing does not pay.
    pub wire: usize,
}

/// Names the build by its content and writes it; keeps the build before it.
pub fn write(mut assets: Vec<Asset>, mode: Mode) -> Result<Site> {
    let root = tools::root();
    let folder = root.join("target/site");
    let page = tools::read_text(&root.join("app/index.html"))?;
    let page = page.replace("{{icons}}", &super::icons()?);
    let shim = tools::read_text(&root.join("app/worker/shim.js"))?;
    assets.sort_by(|a, b| a.path.cmp(&b.path));
    let build = build_id(&assets, &page, &shim);

    for asset in &mut assets {
        if !asset.path.starts_with('/') {
            asset.path = format!("/pkg/{build}/{}", asset.path);
        }
    }
    assets.insert(0, Asset::core("/", page.replace("{{build}}", &build).into_bytes()));
    let manifest = serde_json::to_string(&manifest(&build, &assets))?;
    let worker = format!("const M = {manifest};\n{shim}");
    assets.push(Asset::lazy("/sw.js", worker.into_bytes()));

    tools::step(&format!("Writing target/site (build {build})"), || {
        for asset in &assets {
            tools::write(&on_disk(&folder, &asset.path), &asset.bytes)?;
        }
        let packed = assets.iter().map(|asset| on_disk(&folder, &asset.path));
        let packed = packed.filter(|path| compress::pays(&path.to_string_lossy()));
        compress::write_all(&packed.collect::<Vec<_>>(), mode)?;
        forget_old(&folder, &build)
    })?;
    let files = assets.iter().map(|asset| measured(&folder, asset)).collect::<Result<_>>()?;
    Ok(Site { folder, build, files })
}

fn build_id(assets: &[Asset], page: &str, shim: &str) -> String {
    let named = assets.iter().flat_map(|asset| [asset.path.as_bytes(), &asset.bytes]);
    let parts = named.chain([page.as_bytes(), shim.as_bytes()]);
    tools::hex(&tools::sha256(parts)).chars().take(16).collect()
}

/// What the service worker reads: the build, then `path hash core|reader|rare|lazy` a line.
fn manifest(build: &str, assets: &[Asset]) -> String {
    let lines = assets.iter().map(|asset| {
        let hash = STANDARD.encode(tools::plain_sha256(&asset.bytes));
        format!("{} sha256-{hash} {}", asset.path, asset.need.word())
    });
    std::iter::once(build.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn on_disk(folder: &Path, path: &str) -> PathBuf {
    match path {
        "/" => folder.join("index.html"),
        path => folder.join(path.trim_start_matches('/')),
    }
}

fn measured(folder: &Path, asset: &Asset) -> Result<SiteFile> {
    let mut packed = on_disk(folder, &asset.path).into_os_string();
    packed.push(".br");
    let bytes = asset.bytes.len();
    let wire = fs::metadata(packed).map_or(bytes, |data| data.len() as usize);
    Ok(SiteFile { path: asset.path.clone(), core: asset.need == Need::Core, bytes, wire })
}

/// Keeps this build and the one before it: pages of the older one still fetch its chunks.
fn forget_old(folder: &Path, build: &str) -> Result<()> {
    let note = super::cache().join("builds");
    let known = fs::read_to_string(&note).unwrap_or_default();
    let mut builds: Vec<&str> = known.lines().filter(|name| *name != build).collect();
    builds.insert(0, build);
    builds.truncate(2);
    for entry in fs::read_dir(folder.join("pkg")).context("target/site/pkg is missing")? {
        let entry = entry?;
        if !builds.iter().any(|name| entry.file_name() == **name) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    tools::write(&note, builds.join("\n").as_bytes())
}
