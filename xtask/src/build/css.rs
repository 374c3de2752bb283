//! The style sheets: `app/styles/main.css` pulls in the others by `@import`.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Targets};

use super::Asset;
use crate::tools;

/// `main.css` for every page; `office.css`, if there is one, only when the office opens.
pub fn build() -> Result<Vec<Asset>> {
    let styles = tools::root().join("app/styles");
    let mut assets = Vec::new();
    let main = styles.join("main.css");
    let text = if main.is_file() { bundle(&main)? } else { String::new() };
    assets.push(Asset::core("app.css", text.into_bytes()));
    let office = styles.join("office.css");
    if office.is_file() {
        assets.push(Asset::lazy("office.css", bundle(&office)?.into_bytes()));
    }
    for asset in &assets {
        check_urls(&String::from_utf8_lossy(&asset.bytes))?;
    }
    Ok(assets)
}

/// Browsers older than these are not supported; newer syntax is rewritten for them.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some((major << 16) | (minor << 8));
    Targets::from(Browsers {
        android: version(100, 0),
        chrome: version(100, 0),
        edge: version(100, 0),
        firefox: version(102, 0),
        ios_saf: version(15, 4),
        safari: version(15, 4),
        samsung: version(18, 0),
        ..Browsers::default()
    })
}

fn bundle(entry: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(entry)
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    sheet
        .minify(MinifyOptions { targets: targets(), ..MinifyOptions::default() })
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    let printer = PrinterOptions { minify: true, targets: targets(), ..PrinterOptions::default() };
    let printed = sheet.to_css(printer).map_err(|error| anyhow!("style sheet: {error}"))?;
    // The sheet goes out beside the fonts, in the folder of its build.
    Ok(printed.code.replace("url(/fonts/", "url(fonts/").replace("url(\"/fonts/", "url(\"fonts/"))
}

/// The sheet is served beside `fonts/`: every `url()` must name a file that goes out with it.
fn check_urls(css: &str) -> Result<()> {
    let assets = tools::root().join("app/assets");
    for part in css.split("url(").skip(1) {
        let url = part.split(')').next().unwrap_or_default().trim_matches(['"', '\'', ' ']);
        if url.starts_with("data:") || url.starts_with('#') {
            continue;
        }
        if url.starts_with('/') || url.contains("://") || !assets.join(url).is_file() {
            bail!(
                "the style sheet asks for url({url}), which is no file in app/assets; write it as \
                 url(\"/fonts/name.woff2\") and put the file into app/assets/fonts"
            );
        }
    }
    Ok(())
}
