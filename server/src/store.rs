//! All SQL. A statement runs inside a [`TenantTx`], which is the only way to a connection and has the
//! municipality set: row-level security then hides every other one.
//!
//! Statements do not repeat `tenant_id = ...` in their conditions: the policies add it. They write it
//! where rows are made.

mod attachments;
mod audit;
mod changes;
mod devices;
mod documents;
mod enrolment;
mod forms;
mod log;
mod marks;
mod projections;
mod records;
mod scope;
mod sessions;
mod tenants;
mod transfers;
mod users;
mod wedged;

pub use attachments::{AttachmentReader, AttachmentRow};
pub use audit::{AuditEntry, AuditRow};
pub use changes::{ChangeRow, NewChange, PullQuery, WedgedRow};
pub use devices::DeviceRow;
pub use documents::{DocumentRow, DocumentState, LockedDocument, LoggedChange};
pub use enrolment::{CodeRow, SetupRow};
pub use forms::{FormRow, FormVersionRow, NewFormVersion};
pub use marks::{LoggedRecord, Unprojected};
pub use projections::{ProjectedMember, ProjectedNeed, ProjectedRecord, ProjectionBatch};
pub use records::{Counts, RecordFilter, RecordRow, Sort};
pub use scope::{Scope, TicketGiven, TicketShown};
pub use sessions::SessionRow;
pub use tenants::{NewTenant, TenantRow};
pub use transfers::TransferRow;
pub use users::{NewUser, UserListRow, UserRow};
pub use wedged::{DecidedChange, WedgedChange};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Transaction};
use std::time::Duration;

/// The number of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub i32);

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something with this name is already there.
    #[error("a unique name is already taken ({0})")]
    Taken(String),
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(inner) = &error
            && inner.is_unique_violation()
        {
            return Self::Taken(inner.constraint().unwrap_or_default().to_owned());
        }
        Self::Database(error)
    }
}

impl StoreError {
    /// Whether the database cannot work at the moment, as opposed to having refused the statement: it
    /// is not there, stops, starts, has no room or may only be read.
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, WorkerCrashed};
        match self {
            Self::Database(Io(_) | PoolTimedOut | PoolClosed | Protocol(_) | WorkerCrashed) => true,
            Self::Database(Database(error)) => {
                let code = error.code().unwrap_or_default();
                // Connections (08), resources (53), a lock waited for too long, the operator (57), the system (58), damage (XX001,
                // XX002: somebody has to look, and what was sent is not to blame), read-only (25006).
                ["08", "53", "55P03", "57", "58", "XX00", "25006"]
                    .iter()
                    .any(|kind| code.starts_with(kind))
            }
            Self::Database(_) | Self::Taken(_) => false,
        }
    }

    /// What to do about it, where the database cannot work at the moment.
    pub fn advice(&self) -> &'static str {
        let code = match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().unwrap_or_default(),
            Self::Database(sqlx::Error::PoolTimedOut) => {
                return "all connections to the database are in use; try again";
            }
            _ => return "the database does not answer; try again",
        };
        match &*code {
            "53100" => "the database's disk is full: make room there; nothing was stored",
            "25006" => "the database may only be read at the moment; nothing was stored, try again",
            "55P03" | "57014" => "the database is busy; try again",
            "XX001" | "XX002" => {
                "the database is damaged: restore it, or ask whoever looks after it"
            }
            _ => "the database does not answer; try again",
        }
    }

    /// Whether the database may only be read at the moment.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().as_deref() == Some("25006")
            }
            _ => false,
        }
    }

    /// Whether another transaction stood in the way: trying again now can succeed.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Taken(_) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01"))
            }
            Self::Database(_) => false,
        }
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    /// Connects as the server's own role. Where the login is another role (a `DATABASE_URL` with one
    /// login for all), each connection takes that role on.
    pub async fn connect(options: PgConnectOptions, connections: u32) -> StoreResult<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(SESSION).await?;
                    match connection.execute(COMPRESSION).await {
                        // A Postgres that was built without it keeps its own.
                        Err(sqlx::Error::Database(_)) | Ok(_) => Ok(()),
                        Err(lost) => Err(lost),
                    }
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// How many connections there are at most.
    pub fn connections(&self) -> u32 {
        self.pool.options().get_max_connections()
    }

    /// Begins a transaction in one municipality: the one place where `app.tenant` is set.
    pub async fn begin(&self, tenant: TenantId) -> StoreResult<TenantTx> {
        let statement = format!("BEGIN; SET LOCAL app.tenant = '{}'", tenant.0);
        let tx = self.pool.begin_with(AssertSqlSafe(statement)).await?;
        Ok(TenantTx { tx, tenant })
    }

    /// Waits until no other server of this database is starting up; dropping the result lets the next one
    /// begin.
    pub async fn start_alone(&self) -> StoreResult<Transaction<'static, Postgres>> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(START_LOCK).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Listens for [`TenantTx::notify`].
    pub async fn listen(&self) -> StoreResult<PgListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    /// Closes the connections after their running statements.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// The pool, for the directory of municipalities, which is outside all of them.
    fn pool(&self) -> &PgPool {
        &self.pool
    }
}

/// The server's own role; nobody waits for ever, neither for others nor for a statement gone wrong.
const SESSION: &str =
    "SET ROLE kardakar_app; SET lock_timeout = '5s'; SET statement_timeout = '60s'";
/// Answers shrink as much as with Postgres' own compression, in a fraction of the time.
const COMPRESSION: &str = "SET default_toast_compression = 'lz4'";
const CHANNEL: &str = "kardakar";
/// Any number that nothing else in the database locks.
const START_LOCK: i64 = 0x6b61_7264;

/// A transaction in one municipality. Dropping it without [`TenantTx::commit`] undoes it.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    tenant: TenantId,
}

impl TenantTx {
    /// The municipality.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Makes everything done so far durable and visible.
    pub async fn commit(self) -> StoreResult<()> {
        Ok(self.tx.commit().await?)
    }

    /// Tells every server, after the commit, which records changed. Ids only, no personal data.
    pub async fn notify(&mut self, payload: &str) -> StoreResult<()> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(payload)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
