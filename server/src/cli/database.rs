//! Opening the database: the private one or `DATABASE_URL`, brought up to date.

use super::{CommandError, Data};
use server::migrate::migrate;
use server::postgres::{APP, DATABASE, Durability, OWNER, Postgres, prepare};
use server::store::Store;
use sqlx::postgres::PgConnectOptions;

/// The database with its connections, and the private Postgres when it is one.
pub struct Database {
    pub store: Store,
    /// How the owner of the schema connects.
    pub owner: PgConnectOptions,
    postgres: Option<Postgres>,
}

/// Opens and migrates.
pub async fn open(data: &Data) -> Result<Database, CommandError> {
    let url = |text: &str| text.parse::<PgConnectOptions>().map_err(CommandError::Url);
    let (owner, app, postgres) = match &data.database_url {
        Some(text) => {
            let owner = url(text)?;
            let app = data.app_database_url.as_deref().map(url).transpose()?;
            (owner.clone(), app.unwrap_or(owner), None)
        }
        None => {
            let postgres =
                Postgres::start(&data.data, data.pg_bin.as_deref(), Durability::Full).await?;
            prepare(&postgres.options(OWNER, "postgres"), DATABASE).await?;
            let (owner, app) = (postgres.options(OWNER, DATABASE), postgres.options(APP, DATABASE));
            (owner, app, Some(postgres))
        }
    };
    let opened = async {
        migrate(&owner).await?;
        Ok(Store::connect(app, data.connections).await?)
    };
    match opened.await {
        Ok(store) => Ok(Database { store, owner, postgres }),
        Err(error) => {
            if let Some(postgres) = postgres {
                postgres.stop().await;
            }
            Err(error)
        }
    }
}

impl Database {
    /// Closes the connections, then stops the private Postgres.
    pub async fn close(self) {
        let closing = self.store.close();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), closing).await;
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}
