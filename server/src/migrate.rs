//! Bringing a database up to date: its extension, the two roles and the migrations.
//!
//! Its statements are not in `store`: they run as the owner, before there is a schema or a pool, and in no
//! municipality.

use crate::postgres::{APP, PostgresError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqlSafeStr};
use std::time::Duration;

/// Why the database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("migration failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "this database has been changed for newer servers: start one that knows migration {needed} \
         (this one ends at {NEWEST})"
    )]
    TooOld { needed: i64 },
    #[error(
        "the role {APP} is missing and this login may not create it. Run once as a superuser: \
         CREATE ROLE {APP} LOGIN NOINHERIT; GRANT {APP} TO CURRENT_USER;"
    )]
    Role,
}

/// A step: its number, what it is about, its statements.
pub type Step = (i64, &'static str, &'static str);

const STEPS: &[Step] = &[
    (1, "tenants and people", include_str!("../../migrations/0001_tenants_and_people.sql")),
    (2, "forms", include_str!("../../migrations/0002_forms.sql")),
    (3, "records", include_str!("../../migrations/0003_records.sql")),
    (4, "attachments", include_str!("../../migrations/0004_attachments.sql")),
    (5, "lighter rows", include_str!("../../migrations/0005_lighter_rows.sql")),
    (6, "sync", include_str!("../../migrations/0006_sync.sql")),
    (7, "directory", include_str!("../../migrations/0007_directory.sql")),
    (8, "form files", include_str!("../../migrations/0008_form_files.sql")),
    (9, "former devices", include_str!("../../migrations/0009_former_devices.sql")),
    (
        10,
        "changed after decision",
        include_str!("../../migrations/0010_changed_after_decision.sql"),
    ),
    (11, "marks", include_str!("../../migrations/0011_marks.sql")),
    (12, "held", include_str!("../../migrations/0012_held.sql")),
    (13, "log mended", include_str!("../../migrations/0013_log_mended.sql")),
];

/// The newest migration that this server knows.
pub const NEWEST: i64 = STEPS[STEPS.len() - 1].0;

/// Milliseconds that a step waits for a table that others read. Everybody else waits behind it: what has not got its
/// turn by then lets them pass, and tries again.
const WAIT_MS: u32 = 500;
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// Then something else is wrong: a transaction that somebody left open, say.
const TRIES: u32 = 600;

/// Runs what is missing. `owner` connects as the role that owns the schema.
pub async fn migrate(owner: &PgConnectOptions) -> Result<(), MigrateError> {
    migrate_to(owner, &[]).await
}

/// The same with steps behind those that this server knows.
pub async fn migrate_to(owner: &PgConnectOptions, more: &[Step]) -> Result<(), MigrateError> {
    let mut connection = owner.connect().await?;
    check_locale(&mut connection).await?;
    if takes_no_writes(&mut connection).await? && is_prepared(&mut connection).await? {
        // A server starts also then: it answers who only asks, and takes changes in when it can.
        check_age(&mut connection).await?;
        connection.close().await?;
        return Ok(());
    }
    make_app_role(&mut connection).await?;
    let migrations = STEPS
        .iter()
        .chain(more)
        .map(|(version, description, sql)| {
            let kind = MigrationType::Simple;
            Migration::new(*version, (*description).into(), kind, sql.into_sql_str(), false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    // While nodes are upgraded one after another, one that is still old may start again.
    migrator.set_ignore_missing(true);
    take_turns(&migrator, &mut connection).await?;
    check_age(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Takes the steps without holding up servers that answer meanwhile.
async fn take_turns(
    migrator: &Migrator,
    connection: &mut PgConnection,
) -> Result<(), MigrateError> {
    let wait = format!("SET lock_timeout = {WAIT_MS}");
    sqlx::query(AssertSqlSafe(wait)).execute(&mut *connection).await?;
    for _ in 1..TRIES {
        match migrator.run(&mut *connection).await {
            Err(error) if is_turn_lost(&error) => tokio::time::sleep(PAUSE).await,
            outcome => return Ok(outcome?),
        }
    }
    Ok(migrator.run(connection).await?)
}

/// Postgres' `lock_not_available`.
fn is_turn_lost(error: &sqlx::migrate::MigrateError) -> bool {
    use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
    let (Execute(cause) | ExecuteMigration(cause, _)) = error else { return false };
    cause.as_database_error().and_then(|cause| cause.code()).as_deref() == Some("55P03")
}

async fn takes_no_writes(connection: &mut PgConnection) -> Result<bool, MigrateError> {
    let setting: String = sqlx::query_scalar("SELECT current_setting('transaction_read_only')")
        .fetch_one(connection)
        .await?;
    Ok(setting == "on")
}

/// Whether all steps that this server knows have been taken.
async fn is_prepared(connection: &mut PgConnection) -> Result<bool, MigrateError> {
    let begun: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !begun {
        return Ok(false);
    }
    let taken: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success AND version <= $1")
            .bind(NEWEST)
            .fetch_one(connection)
            .await?;
    Ok(usize::try_from(taken).is_ok_and(|taken| taken == STEPS.len()))
}

/// What stands first in the description of a step that removes something: the number that a server has
/// to know to work without it, as in `needs 12: the old column goes`.
const NEEDS: &str = "needs ";

/// Steps of newer servers add to the database, which harms nobody, unless they say otherwise.
async fn check_age(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let newer: Vec<String> =
        sqlx::query_scalar("SELECT description FROM _sqlx_migrations WHERE version > $1")
            .bind(NEWEST)
            .fetch_all(connection)
            .await?;
    let needed = newer.iter().filter_map(|description| needed(description)).max();
    match needed.filter(|needed| *needed > NEWEST) {
        Some(needed) => Err(MigrateError::TooOld { needed }),
        None => Ok(()),
    }
}

fn needed(description: &str) -> Option<i64> {
    description.strip_prefix(NEEDS)?.split(':').next()?.trim().parse().ok()
}

/// Makes the server's role where it is missing, before a dump grants it anything.
pub async fn prepare_role(owner: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = owner.connect().await?;
    check_locale(&mut connection).await?;
    make_app_role(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// With LC_CTYPE "C" Postgres knows no Georgian letters: searching would silently find nothing.
async fn check_locale(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let locale: String =
        sqlx::query_scalar("SELECT datctype FROM pg_database WHERE datname = current_database()")
            .fetch_one(connection)
            .await?;
    if locale == "C" || locale == "POSIX" {
        return Err(PostgresError::Locale(locale).into());
    }
    Ok(())
}

/// The lock under which servers that start together prepare a database, until the connection ends.
const PREPARING: i64 = 0x6b61_7264;

async fn make_app_role(connection: &mut PgConnection) -> Result<(), MigrateError> {
    // Two grants at once are an error of Postgres ("tuple concurrently updated").
    sqlx::query("SELECT pg_advisory_lock($1)").bind(PREPARING).execute(&mut *connection).await?;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(APP)
            .fetch_one(&mut *connection)
            .await?;
    if !exists {
        let made = format!("CREATE ROLE {APP} LOGIN NOINHERIT NOBYPASSRLS");
        if sqlx::query(AssertSqlSafe(made)).execute(&mut *connection).await.is_err() {
            // Two servers starting on one cluster may both try.
            let exists: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
                    .bind(APP)
                    .fetch_one(&mut *connection)
                    .await?;
            if !exists {
                return Err(MigrateError::Role);
            }
        }
    }
    let granted = format!("GRANT USAGE ON SCHEMA public TO {APP}");
    sqlx::query(AssertSqlSafe(granted)).execute(connection).await?;
    Ok(())
}
