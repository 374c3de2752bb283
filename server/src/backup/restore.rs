//! Restoring: check everything, load all of it into an empty database, begin a new epoch.

use super::{ATTACHMENTS, BackupError, DUMP, Manifest, Target, copy_below, program};
use crate::migrate::{migrate, prepare_role};
use crate::postgres::{self, Binaries};
use crate::store::{Store, StoreResult};
use sqlx::postgres::PgConnectOptions;
use std::path::Path;

/// Loads a backup into an empty database and its attachments into a directory; brings it up to date and
/// draws new epochs. Sessions end: people sign in again.
pub async fn restore(
    from: &Path,
    target: &Target,
    app: &PgConnectOptions,
    attachments: Option<&Path>,
    binaries: Option<&Binaries>,
) -> Result<Manifest, BackupError> {
    let manifest = Manifest::verified(from)?;
    if postgres::has_tables(&target.options).await? {
        return Err(BackupError::Occupied);
    }
    prepare_role(&target.options).await?;
    program::load(target, &from.join(DUMP), binaries).await?;
    migrate(&target.options).await?;
    let store = Store::connect(app.clone(), 2).await?;
    begin_epochs(&store).await?;
    store.close().await;
    let files = from.join(ATTACHMENTS);
    if let Some(to) = attachments.filter(|_| files.is_dir()) {
        copy_below(&files, to)?;
    }
    Ok(manifest)
}

/// The database was put back to an earlier moment, by whatever means: every municipality begins a new epoch, by
/// which phones notice and send again what is missing, and nobody stays signed in. How many there are.
pub async fn begin_epochs(store: &Store) -> StoreResult<usize> {
    let tenants = store.tenants().await?;
    for tenant in &tenants {
        let mut tx = store.begin(*tenant).await?;
        tx.begin_epoch(rand::random()).await?;
        tx.commit().await?;
    }
    Ok(tenants.len())
}
