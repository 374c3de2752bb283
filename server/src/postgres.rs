//! The private Postgres: a child process of this server, reachable through a Unix socket only.
//!
//! Used when `DATABASE_URL` is not set. The cluster lives in the data directory; the server makes it at
//! the first start, starts it, and stops it when it ends itself, however that happens: the child hangs
//! on a pipe that only this process holds.
//!
//! Its statements make databases and roles as the cluster's owner; `store` knows one database from within.

mod account;
mod binaries;
mod cluster;
mod keeper;

pub use binaries::Binaries;

use account::Account;
use sqlx::postgres::PgConnectOptions;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The role that owns the schema and runs migrations.
pub const OWNER: &str = "kardakar_owner";
/// The role that answers requests: owns nothing, and row-level security holds for it.
pub const APP: &str = "kardakar_app";
/// The database.
pub const DATABASE: &str = "kardakar";

/// Why the private Postgres is not there.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "no Postgres server programs were found (looked in KARDAKAR_PG_BIN, `pg_config --bindir`, \
         the PATH and /usr/lib/postgresql/*/bin). Install them (Debian: apt-get install postgresql), \
         set KARDAKAR_PG_BIN to the directory that holds initdb and postgres, or set DATABASE_URL \
         to a Postgres that is already running."
    )]
    NoBinaries,
    #[error("{0} is in use by another kardakar. Stop that one, or give this one its own --data.")]
    InUse(PathBuf),
    #[error(
        "Postgres refuses to run as root and there is no user `postgres` or `nobody` to run it as"
    )]
    NoAccount,
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: std::io::Error },
    #[error("{program} failed: {output}")]
    Program { program: String, output: String },
    #[error("Postgres did not come up. Its log ends:\n{0}")]
    NotUp(String),
    #[error(
        "the database's character type is {0}, with which Georgian cannot be searched. Make the \
         database with LC_CTYPE C.UTF-8 (initdb --locale=C.UTF-8 -E UTF8)."
    )]
    Locale(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> PostgresError + '_ {
    move |error| PostgresError::Io { path: path.to_owned(), error }
}

/// How careful the cluster is with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on the disk before it is acknowledged.
    Full,
    /// For tests: a power cut may lose the cluster.
    None,
}

/// A running private Postgres, started again should it end by itself. Dropping this stops it, at once
/// but cleanly; [`Postgres::stop`] waits.
#[derive(Debug)]
pub struct Postgres {
    /// Dropping this end tells the keeper to shut down.
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<()>,
    socket: PathBuf,
    _lock: File,
}

impl Postgres {
    /// Starts the cluster under `data`, making it first if there is none. `programs` is where initdb and
    /// postgres are; without it they are searched for.
    pub async fn start(
        data: &Path,
        programs: Option<&Path>,
        durability: Durability,
    ) -> Result<Self, PostgresError> {
        let data = std::path::absolute(data).map_err(io_error(data))?;
        std::fs::create_dir_all(&data).map_err(io_error(&data))?;
        let lock = lock(&data)?;
        let binaries = Binaries::find(programs)?;
        let account = Account::choose()?;
        let places = cluster::Places::choose(&data, &account)?;
        if !places.cluster.join("PG_VERSION").exists() {
            tracing::info!(at = %places.cluster.display(), "making the database cluster");
            cluster::initialise(&binaries, &account, &places, durability).await?;
        }
        let socket = places.socket.clone();
        let start = keeper::Start { binaries, account, places, durability };
        let mut running = start.launch().await?;
        wait_until_up(&mut running.0, &start.places).await?;
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(keeper::keep(start, running, stopped));
        Ok(Self { stop, keeper, socket, _lock: lock })
    }

    /// How to connect as `role` to `database` of the cluster under `data`, when a server runs it now.
    pub async fn running(data: &Path, role: &str, database: &str) -> Option<PgConnectOptions> {
        use sqlx::{ConnectOptions, Connection};
        let data = std::path::absolute(data).ok()?;
        if !data.join("lock").is_file() {
            return None;
        }
        let places = cluster::Places::choose(&data, &Account::choose().ok()?).ok()?;
        let options = options(&places.socket, role, database);
        options.connect().await.ok()?.close().await.ok()?;
        Some(options)
    }

    /// The directory of the socket, for Postgres' own programs.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// How to connect as `role` to `database`.
    pub fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        options(&self.socket, role, database)
    }

    /// Stops the cluster and waits for it.
    pub async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(Duration::from_secs(30), self.keeper).await.is_err() {
            tracing::warn!("Postgres has not stopped after 30 seconds; it ends by itself");
        }
    }
}

async fn wait_until_up(child: &mut Child, places: &cluster::Places) -> Result<(), PostgresError> {
    use sqlx::{ConnectOptions, Connection};
    let options = options(&places.socket, OWNER, "postgres");
    for _ in 0..600 {
        if let Ok(connection) = options.connect().await {
            connection.close().await?;
            return Ok(());
        }
        if child.try_wait().ok().flatten().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(PostgresError::NotUp(places.log_tail()))
}

fn options(socket: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .username(role)
        .database(database)
        .ssl_mode(sqlx::postgres::PgSslMode::Disable)
}

/// Whether a database holds any table of ours.
pub async fn has_tables(owner: &PgConnectOptions) -> Result<bool, PostgresError> {
    use sqlx::{ConnectOptions, Connection};
    let mut connection = owner.connect().await?;
    let found = sqlx::query_scalar("SELECT to_regclass('public.tenants') IS NOT NULL")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(found)
}

/// Puts the database `fresh` in the place of `database`, which is lost.
pub async fn put_in_place(
    owner: &PgConnectOptions,
    fresh: &str,
    database: &str,
) -> Result<(), PostgresError> {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    let mut connection = owner.connect().await?;
    for statement in [
        format!("DROP DATABASE IF EXISTS \"{database}\""),
        format!("ALTER DATABASE \"{fresh}\" RENAME TO \"{database}\""),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Removes a database that an interrupted restore may have left.
pub async fn drop_database(owner: &PgConnectOptions, database: &str) -> Result<(), PostgresError> {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    let mut connection = owner.connect().await?;
    let statement = format!("DROP DATABASE IF EXISTS \"{database}\"");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Two servers on one cluster would be two postmasters: the second is told so before it tries.
fn lock(data: &Path) -> Result<File, PostgresError> {
    let path = data.join("lock");
    let file = File::create(&path).map_err(io_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PostgresError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(PostgresError::Io { path, error }),
    }
}

/// Makes the database and both roles if they are missing. `owner` connects as the cluster's owner to
/// the database `postgres`.
pub async fn prepare(owner: &PgConnectOptions, database: &str) -> Result<(), PostgresError> {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    let mut connection = owner.connect().await?;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(database)
            .fetch_one(&mut connection)
            .await?;
    if !exists {
        let quoted = database.replace('"', "\"\"");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{quoted}\"")))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}
