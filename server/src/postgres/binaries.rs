//! Where the Postgres programs are.

use super::PostgresError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory that holds `initdb`, `postgres` and `pg_ctl` of one version.
#[derive(Debug, Clone)]
pub struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    /// Looks in `given`, or else at what `pg_config` says, in Debian's directories (newest version
    /// first) and in the `PATH`.
    pub fn find(given: Option<&Path>) -> Result<Self, PostgresError> {
        candidates(given)
            .into_iter()
            .find(|directory| is_complete(directory))
            .map(|directory| Self { directory })
            .ok_or(PostgresError::NoBinaries)
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn candidates(given: Option<&Path>) -> Vec<PathBuf> {
    if let Some(directory) = given {
        return vec![directory.to_owned()];
    }
    let mut found = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        found.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    found.extend(debian_directories());
    if let Some(path) = std::env::var_os("PATH") {
        found.extend(std::env::split_paths(&path));
    }
    found
}

fn debian_directories() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, directory)| directory).collect()
}

fn is_complete(directory: &Path) -> bool {
    ["initdb", "postgres", "pg_ctl"].iter().all(|program| directory.join(program).is_file())
}
