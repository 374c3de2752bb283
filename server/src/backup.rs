//! Backup and restore: a directory with a dump of the database, the attachments, and a list of both with
//! their hashes, written last.
//!
//! A restored server draws a new epoch, by which phones notice and send again what the backup lacks.

mod manifest;
mod program;
mod restore;

pub use manifest::{Entry, MANIFEST, Manifest, Municipality};
pub use restore::{begin_epochs, restore};

use crate::postgres::Binaries;
use crate::store::{Store, StoreError};
use manifest::sha256_of;
use shared::id::AttachmentHash;
use sqlx::postgres::PgConnectOptions;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The dump inside a backup.
const DUMP: &str = "database.dump";
/// The directory of attachments inside a backup.
const ATTACHMENTS: &str = "attachments";

/// Why there is no backup, or nothing was restored. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is not empty. Name a directory that does not exist yet.")]
    NotEmpty(PathBuf),
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: std::io::Error },
    #[error("{0} is no backup: it has no {MANIFEST}, which is written last")]
    Incomplete(PathBuf),
    #[error("{0}: this file of the backup is missing or damaged. Use another backup.")]
    Damaged(PathBuf),
    #[error("this backup is of a newer version of Kardakar (format {0}); restore it with that one")]
    TooNew(u32),
    #[error(
        "there are records in this database already. Restore into an empty one (another --data), or \
         say --replace to lose what is there."
    )]
    Occupied,
    #[error("{0} was not found; install Postgres' client programs (Debian: postgresql-client)")]
    NoProgram(&'static str),
    #[error("{program} failed: {output}")]
    Program { program: &'static str, output: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Migrate(#[from] crate::migrate::MigrateError),
    #[error(transparent)]
    Postgres(#[from] crate::postgres::PostgresError),
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + '_ {
    move |error| BackupError::Io { path: path.to_owned(), error }
}

/// A database for Postgres' own programs, which take its password from their environment.
#[derive(Debug, Clone)]
pub struct Target {
    /// A connection string without a password.
    pub url: String,
    pub password: Option<String>,
    pub options: PgConnectOptions,
}

/// Writes a backup into a new directory. The server may be running.
pub async fn backup(
    to: &Path,
    target: &Target,
    store: &Store,
    attachments: Option<&Path>,
    binaries: Option<&Binaries>,
    now_ms: i64,
) -> Result<Manifest, BackupError> {
    if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    std::fs::create_dir_all(to).map_err(io_error(to))?;
    let municipalities = municipalities(store).await?;
    program::dump(target, &to.join(DUMP), binaries).await?;
    // After the dump: what it names was stored before it, and is never changed.
    let mut files = vec![entry(to, DUMP.as_ref())?];
    if let Some(from) = attachments.filter(|from| from.is_dir()) {
        let copied = copy_below(from, &to.join(ATTACHMENTS))?;
        for path in copied {
            files.push(entry(to, &Path::new(ATTACHMENTS).join(path))?);
        }
    }
    // They are copied all the same: part of a picture may be what is left of it.
    let damaged = files.iter().filter(|entry| !is_as_named(entry)).map(|entry| entry.path.clone());
    let damaged = damaged.collect();
    let manifest = Manifest::new(now_ms, municipalities, files, damaged);
    manifest.write(to)?;
    Ok(manifest)
}

async fn municipalities(store: &Store) -> Result<Vec<Municipality>, BackupError> {
    let mut found = Vec::new();
    for tenant in store.tenants().await? {
        let mut tx = store.begin(tenant).await?;
        let row = tx.tenant_row().await?;
        found.push(Municipality { slug: row.slug, changes: row.seq });
    }
    Ok(found)
}

fn entry(root: &Path, path: &Path) -> Result<Entry, BackupError> {
    let (size, sha256) = sha256_of(&root.join(path))?;
    Ok(Entry { path: path.to_string_lossy().into_owned(), size, sha256 })
}

/// An attachment has its hash for a name; other files may have any.
fn is_as_named(entry: &Entry) -> bool {
    let name = Path::new(&entry.path).file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.parse::<AttachmentHash>().is_err() || name == entry.sha256
}

/// Copies every file that is not there yet, or is there and damaged, and returns the paths of all.
fn copy_below(from: &Path, to: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut copied = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let source = from.join(&folder);
        for entry in std::fs::read_dir(&source).map_err(io_error(&source))? {
            let entry = entry.map_err(io_error(&source))?;
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
                continue;
            }
            let target = to.join(&path);
            let there = target.is_file() && is_as_named(&self::entry(to, &path)?);
            if !there {
                copy(&entry.path(), &target)?;
            }
            copied.push(path);
        }
    }
    copied.sort();
    Ok(copied)
}

/// A file appears under its name only when it is whole.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(io_error(folder))?;
    }
    let draft = to.with_extension("copying");
    std::fs::copy(from, &draft).map_err(io_error(from))?;
    std::fs::rename(&draft, to).map_err(io_error(to))
}
