//! The list of a backup's files.

use super::{BackupError, io_error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The name of the list.
pub const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of Kardakar that wrote it.
    pub kardakar: String,
    pub created_at_ms: i64,
    pub municipalities: Vec<Municipality>,
    pub files: Vec<Entry>,
    /// Attachments that were damaged where they were copied from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

/// A municipality, and how many changes it had taken in when the backup began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Municipality {
    pub slug: String,
    pub changes: i64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

impl Manifest {
    pub(super) fn new(
        created_at_ms: i64,
        municipalities: Vec<Municipality>,
        files: Vec<Entry>,
        damaged: Vec<String>,
    ) -> Self {
        let kardakar = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, kardakar, created_at_ms, municipalities, files, damaged }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(MANIFEST);
        let draft = folder.join("manifest.writing");
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&draft, &path)).map_err(io_error(&path))
    }

    /// Reads the list and compares every file with it.
    pub fn verified(folder: &Path) -> Result<Self, BackupError> {
        let text = std::fs::read_to_string(folder.join(MANIFEST))
            .map_err(|_| BackupError::Incomplete(folder.to_owned()))?;
        let manifest: Self =
            serde_json::from_str(&text).map_err(|_| BackupError::Damaged(folder.join(MANIFEST)))?;
        if manifest.format > FORMAT {
            return Err(BackupError::TooNew(manifest.format));
        }
        for entry in &manifest.files {
            let path = folder.join(&entry.path);
            let found = sha256_of(&path).ok();
            if found.as_ref() != Some(&(entry.size, entry.sha256.clone())) {
                return Err(BackupError::Damaged(path));
            }
        }
        Ok(manifest)
    }
}

/// A file's size and hash.
pub fn sha256_of(path: &Path) -> Result<(u64, String), BackupError> {
    let mut file = File::open(path).map_err(io_error(path))?;
    let (mut hasher, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(io_error(path))?;
        if read == 0 {
            return Ok((size, crate::http::hex(&hasher.finalize())));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}
