//! The command line: `kardakar serve | migrate | user | backup | restore | export | device | form | expr`.

mod backup;
mod database;
mod device;
mod export;
mod serve;
mod user;

use clap::{Args, Parser, Subcommand};
use server::postgres::PostgresError;
use std::path::PathBuf;
use std::process::ExitCode;

/// Collects household surveys from phones and serves the office that reviews them.
#[derive(Debug, Parser)]
#[command(name = "kardakar", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Where the data are.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The data directory: holds the private Postgres.
    #[arg(long, env = "KARDAKAR_DATA", default_value = ".kardakar")]
    data: PathBuf,
    /// A Postgres to use instead of the private one: postgres://owner:password@host/database. Its role
    /// must own the database and be a member of kardakar_app.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The login for requests, when it is another one than the owner's.
    #[arg(long, env = "KARDAKAR_APP_DATABASE_URL", hide_env_values = true)]
    app_database_url: Option<String>,
    /// The directory with initdb and postgres for the private Postgres.
    #[arg(long, env = "KARDAKAR_PG_BIN")]
    pg_bin: Option<PathBuf>,
    /// Connections to Postgres.
    #[arg(long, env = "KARDAKAR_CONNECTIONS", default_value_t = 16)]
    connections: u32,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (and its private Postgres, unless DATABASE_URL is set).
    Serve(serve::Serve),
    /// Bring the database up to date and stop.
    Migrate(Data),
    /// Manage people.
    #[command(subcommand)]
    User(user::User),
    /// Write a backup into a new directory; the server may be running.
    Backup(backup::Backup),
    /// Restore a backup; phones then send again what it lacks.
    Restore(backup::Restore),
    /// Begin a new epoch, after the database was put back to an earlier moment by other means than `restore`;
    /// phones then send again what it lacks.
    Epoch(Data),
    /// Write every record as one line of JSON to standard output.
    Export(export::Export),
    /// Work as a device: enrol, status, list, fill, sync, load.
    #[command(subcommand)]
    Device(device::Command),
    /// Check, test or convert a form: check FILE | test FORM SCENARIOS | convert FILE --to FORMAT.
    Form(Forward),
    /// Decode what the server hands over: started by the server itself.
    #[command(hide = true)]
    Worker,
    /// Evaluate expressions given as lines of JSON: eval --lines.
    Expr(Forward),
}

/// Arguments that the form tools read themselves.
#[derive(Debug, Args)]
struct Forward {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Migrate(#[from] server::migrate::MigrateError),
    #[error(transparent)]
    Store(#[from] server::store::StoreError),
    #[error(transparent)]
    Backup(#[from] server::backup::BackupError),
    #[error("DATABASE_URL: {0}")]
    Url(sqlx::Error),
    #[error("{0}")]
    Other(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl CommandError {
    /// 69 (EX_UNAVAILABLE) tells scripts that Postgres has to be installed first.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Postgres(PostgresError::NoBinaries)
            | Self::Migrate(server::migrate::MigrateError::Postgres(PostgresError::NoBinaries)) => {
                69
            }
            _ => 1,
        }
    }
}

/// Runs a command to its end.
pub fn run(arguments: Arguments) -> ExitCode {
    if matches!(arguments.command, Command::Worker) {
        return server::worker::run();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("kardakar: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match arguments.command {
        Command::Serve(serve) => runtime.block_on(serve::run(serve)),
        Command::Migrate(data) => runtime.block_on(migrate(data)),
        Command::User(user) => runtime.block_on(user::run(user)),
        Command::Backup(backup) => runtime.block_on(backup::run_backup(backup)),
        Command::Restore(restore) => runtime.block_on(backup::run_restore(restore)),
        Command::Epoch(data) => runtime.block_on(epoch(data)),
        Command::Export(export) => runtime.block_on(export::run(export)),
        Command::Worker => return ExitCode::SUCCESS,
        Command::Device(command) => runtime.block_on(device::run(command)),
        Command::Form(rest) => return forward("form", rest),
        Command::Expr(rest) => return forward("expr", rest),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kardakar: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn migrate(data: Data) -> Result<(), CommandError> {
    server::telemetry::start_logging(false);
    let database = database::open(&data).await?;
    println!("The database is up to date (migration {}).", server::migrate::NEWEST);
    database.close().await;
    Ok(())
}

async fn epoch(data: Data) -> Result<(), CommandError> {
    server::telemetry::start_logging(false);
    let database = database::open(&data).await?;
    let begun = server::backup::begin_epochs(&database.store).await;
    database.close().await;
    println!("Municipalities that begin a new epoch: {}.", begun?);
    Ok(())
}

fn forward(command: &str, rest: Forward) -> ExitCode {
    let mut arguments = vec![command.to_owned()];
    arguments.extend(rest.arguments);
    let input = std::io::stdin();
    let output = std::io::stdout();
    let mut host = form::cli::Host {
        input: &mut input.lock(),
        output: &mut output.lock(),
        now_ms: server::state::system_clock()(),
    };
    ExitCode::from(form::cli::run(&arguments, &mut host))
}
