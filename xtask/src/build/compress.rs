//! Brotli and gzip beside each file, kept by content so that a warm build compresses nothing.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Mode;
use crate::tools;

/// Compresses every compressible file of the list and writes `.br` and `.gz` beside it.
pub fn write_all(files: &[PathBuf], mode: Mode) -> Result<()> {
    let kept = super::cache().join("compressed");
    fs::create_dir_all(&kept)?;
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            write_one(file, &kept, mode)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            thread.join().map_err(|_| anyhow!("a compression thread died"))??;
        }
        Ok(())
    })
}

/// Whether compressing pays: pictures and woff2 fonts are compressed already.
pub fn pays(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    matches!(extension, "css" | "html" | "js" | "json" | "svg" | "txt" | "wasm" | "webmanifest")
}

fn write_one(file: &Path, kept: &Path, mode: Mode) -> Result<()> {
    let shipped = mode == Mode::Release && !super::app::names_kept();
    let quality = if shipped { 11 } else { 5 };
    let bytes = tools::read(file)?;
    let hash = tools::hex(&tools::plain_sha256(&bytes));
    for (extension, encode) in [("br", brotli as Encode), ("gz", gzip as Encode)] {
        let known = kept.join(format!("{hash}.{quality}.{extension}"));
        let packed = match fs::read(&known) {
            Ok(packed) => packed,
            Err(_) => {
                let packed = encode(&bytes, quality)?;
                tools::write(&known, &packed)?;
                packed
            }
        };
        let mut beside = file.as_os_str().to_owned();
        beside.push(".");
        beside.push(extension);
        tools::write(Path::new(&beside), &packed)?;
    }
    Ok(())
}

type Encode = fn(&[u8], u32) -> Result<Vec<u8>>;

pub fn brotli(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 1 << 16, quality, 24);
    encoder.write_all(bytes)?;
    encoder.flush()?;
    drop(encoder);
    Ok(packed)
}

fn gzip(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(quality.min(9)));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
