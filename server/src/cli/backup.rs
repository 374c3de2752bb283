//! `kardakar backup` and `kardakar restore`.

use super::{CommandError, Data, database};
use clap::Args;
use server::backup::{Manifest, Target, backup, restore};
use server::postgres::{
    APP, Binaries, DATABASE, Durability, OWNER, Postgres, drop_database, has_tables, prepare,
    put_in_place,
};
use server::store::Store;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};

/// The database that a restore fills before it takes the other's place.
const FRESH: &str = "kardakar_restored";

/// What to write where.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    data: Data,
    /// The directory of attachments; those in a bucket are not part of a backup [default: attachments in
    /// the data directory].
    #[arg(long)]
    attachments: Option<PathBuf>,
    /// The new directory of the backup.
    to: PathBuf,
}

/// What to read.
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    data: Data,
    /// The directory for attachments [default: attachments in the data directory].
    #[arg(long)]
    attachments: Option<PathBuf>,
    /// Lose what is in the private Postgres now.
    #[arg(long)]
    replace: bool,
    /// The directory of the backup.
    from: PathBuf,
}

/// Writes a backup. The server may be running.
pub async fn run_backup(command: Backup) -> Result<(), CommandError> {
    let Backup { data, attachments, to } = command;
    let attachments = attachments.unwrap_or_else(|| data.data.join("attachments"));
    let now_ms = server::state::system_clock()();
    let binaries = Binaries::find(data.pg_bin.as_deref()).ok();
    let running = match data.database_url {
        Some(_) => None,
        None => Postgres::running(&data.data, OWNER, DATABASE).await,
    };
    let write = |target: Target, store: Store| {
        let (to, attachments, binaries) = (to.clone(), attachments.clone(), binaries.clone());
        async move {
            let places = (to.as_path(), Some(attachments.as_path()));
            backup(places.0, &target, &store, places.1, binaries.as_ref(), now_ms).await
        }
    };
    let manifest = match running {
        Some(owner) => {
            let store = Store::connect(owner.clone().username(APP), 2).await?;
            write(private(owner, DATABASE), store).await?
        }
        None => {
            let database = database::open(&data).await?;
            let target = match &data.database_url {
                Some(url) => external(url)?,
                None => private(database.owner.clone(), DATABASE),
            };
            let written = write(target, database.store.clone()).await;
            database.close().await;
            written?
        }
    };
    report("Written", &to, &manifest);
    Ok(())
}

/// Restores a backup.
pub async fn run_restore(command: Restore) -> Result<(), CommandError> {
    let Restore { data, attachments, replace, from } = command;
    let binaries = Binaries::find(data.pg_bin.as_deref()).ok();
    let files = attachments.unwrap_or_else(|| data.data.join("attachments"));
    // Before anything is touched.
    Manifest::verified(&from)?;
    if let Some(url) = &data.database_url {
        let target = external(url)?;
        let app = match &data.app_database_url {
            Some(url) => url.parse().map_err(CommandError::Url)?,
            None => target.options.clone(),
        };
        let manifest = restore(&from, &target, &app, Some(&files), binaries.as_ref()).await?;
        report("Restored", &from, &manifest);
        return Ok(());
    }
    let postgres = Postgres::start(&data.data, data.pg_bin.as_deref(), Durability::Full).await?;
    let restored = into_private(&postgres, &from, &files, binaries.as_ref(), replace).await;
    postgres.stop().await;
    report("Restored", &from, &restored?);
    println!(
        "Phones send what this backup lacks at their next sync. Revoke again whom you revoked since."
    );
    Ok(())
}

/// Fills a database of another name; the old one goes when the new one is whole.
async fn into_private(
    postgres: &Postgres,
    from: &Path,
    files: &Path,
    binaries: Option<&Binaries>,
    replace: bool,
) -> Result<Manifest, CommandError> {
    let admin = postgres.options(OWNER, "postgres");
    prepare(&admin, DATABASE).await?;
    if has_tables(&postgres.options(OWNER, DATABASE)).await? && !replace {
        return Err(server::backup::BackupError::Occupied.into());
    }
    drop_database(&admin, FRESH).await?;
    prepare(&admin, FRESH).await?;
    let target = private(postgres.options(OWNER, FRESH), FRESH);
    let app = postgres.options(APP, FRESH);
    let manifest = restore(from, &target, &app, Some(files), binaries).await?;
    put_in_place(&admin, FRESH, DATABASE).await?;
    Ok(manifest)
}

fn report(what: &str, place: &Path, manifest: &Manifest) {
    let bytes: u64 = manifest.files.iter().map(|file| file.size).sum();
    println!("{what}: {} ({} files, {bytes} bytes)", place.display(), manifest.files.len());
    for municipality in &manifest.municipalities {
        println!("  {}: {} changes", municipality.slug, municipality.changes);
    }
    for path in &manifest.damaged {
        eprintln!("Damaged where it is stored, and copied as it is: {path}");
    }
    if !manifest.damaged.is_empty() {
        eprintln!(
            "An earlier backup may have them whole. Phones that still have one send it again."
        );
    }
}

/// A database of the private Postgres.
fn private(options: PgConnectOptions, database: &str) -> Target {
    let socket = options.get_socket().map(|path| path.display().to_string()).unwrap_or_default();
    let socket = socket.replace('\\', "\\\\").replace('\'', "\\'");
    let url = format!("host='{socket}' user='{OWNER}' dbname='{database}'");
    Target { url, password: None, options }
}

/// `DATABASE_URL` without its password, which would be seen by everybody on the machine.
fn external(url: &str) -> Result<Target, CommandError> {
    let options: PgConnectOptions = url.parse().map_err(CommandError::Url)?;
    let Some((scheme, rest)) = url.split_once("://") else {
        return Ok(Target { url: url.to_owned(), password: None, options });
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let parts = authority.rsplit_once('@').and_then(|(login, _)| login.split_once(':'));
    let Some((user, password)) = parts else {
        return Ok(Target { url: url.to_owned(), password: None, options });
    };
    let behind = &rest[user.len() + 1 + password.len()..];
    Ok(Target {
        url: format!("{scheme}://{user}{behind}"),
        password: Some(percent_decoded(password)),
        options,
    })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_leave_the_connection_string() {
        let target = external("postgres://owner:p%40ss:w@db.example:5432/kardakar?x=1").unwrap();
        assert_eq!(target.url, "postgres://owner@db.example:5432/kardakar?x=1");
        assert_eq!(target.password.as_deref(), Some("p@ss:w"));
        let without = external("postgres://owner@db/kardakar").unwrap();
        assert_eq!(
            (without.url.as_str(), without.password),
            ("postgres://owner@db/kardakar", None)
        );
    }
}
