//! As whom Postgres runs: it refuses to be root.

use super::{PostgresError, io_error};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The account of the Postgres child.
#[derive(Debug, Clone, Copy)]
pub enum Account {
    /// Ours: we are not root.
    Own,
    /// Another one, because we are root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Ours, or as root `postgres`, else `nobody`.
    pub fn choose() -> Result<Self, PostgresError> {
        let own_uid = std::fs::metadata("/proc/self").map_or(1, |metadata| metadata.uid());
        if own_uid != 0 {
            return Ok(Self::Own);
        }
        let path = Path::new("/etc/passwd");
        let accounts = std::fs::read_to_string(path).map_err(io_error(path))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .ok_or(PostgresError::NoAccount)
    }

    /// Makes `command` run under this account.
    pub fn apply(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes a directory that only this account may enter.
    pub fn make_directory(self, path: &Path) -> Result<(), PostgresError> {
        std::fs::create_dir_all(path).map_err(io_error(path))?;
        if let Self::Other { uid, gid } = self {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(io_error(path))?;
        }
        let permissions = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(path, permissions).map_err(io_error(path))
    }

    /// Whether this account can reach `path`: every directory above it lets others pass.
    pub fn can_reach(self, path: &Path) -> bool {
        let Self::Other { uid, gid } = self else { return true };
        path.ancestors().skip(1).all(|directory| {
            let Ok(metadata) = directory.metadata() else { return true };
            let needed = match (metadata.uid() == uid, metadata.gid() == gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            metadata.mode() & needed != 0
        })
    }
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(Account::Other { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_passwd_lines() {
        let accounts = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:n:/:/bin/false\n";
        let found = find(accounts, "nobody");
        assert!(matches!(found, Some(Account::Other { uid: 65534, gid: 65533 })));
        assert!(find(accounts, "postgres").is_none());
    }
}
