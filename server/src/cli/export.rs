//! `kardakar export`: lines of JSON, one record each.

use super::user::find_tenant;
use super::{CommandError, Data, database};
use clap::Args;
use server::store::{Store, TenantId};
use std::io::Write;

const PAGE: i64 = 500;

/// What to export.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    data: Data,
    /// The municipality's short name, when there are several.
    #[arg(long)]
    municipality: Option<String>,
}

/// Runs the command.
pub async fn run(export: Export) -> Result<(), CommandError> {
    let database = database::open(&export.data).await?;
    let outcome = async {
        let tenant = find_tenant(&database.store, export.municipality.as_deref()).await?;
        write_lines(&database.store, tenant, &mut std::io::stdout().lock()).await
    };
    let outcome = outcome.await;
    database.close().await;
    outcome
}

async fn write_lines(
    store: &Store,
    tenant: TenantId,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let mut after = None;
    loop {
        let mut tx = store.begin(tenant).await?;
        let page = tx.export_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(out.flush()?) };
        after = Some(*last);
        for (id, mut record) in page {
            record["id"] = serde_json::json!(server::http::hex(id.as_bytes()));
            writeln!(out, "{record}")?;
        }
    }
}
