//! The database put back to an earlier moment, as a restore does it, without the time that a dump takes. People,
//! phones and forms stay: the simulation connects phones again without the server forgetting them.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

/// What a restore takes back.
const TABLES: [&str; 19] = [
    "documents",
    "changes",
    "wedged_changes",
    "records",
    "record_answers",
    "members",
    "needs",
    "attachments",
    "attachment_parts",
    "attachment_references",
    "assignments",
    "scope_moves",
    "device_stores",
    "unprojected",
    "waiting_changes",
    "held_attachments",
    "held_senders",
    "transfers",
    "transfer_parts",
];

async fn run(owner: &PgConnectOptions, statements: String) -> Result<(), sqlx::Error> {
    let mut connection = owner.connect().await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await?;
    Ok(())
}

/// Remembers everything.
pub async fn keep(owner: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut statements = "BEGIN; CREATE SCHEMA IF NOT EXISTS backup;".to_owned();
    for table in TABLES.into_iter().chain(["tenants"]) {
        statements.push_str(&format!(
            "DROP TABLE IF EXISTS backup.{table}; CREATE TABLE backup.{table} AS TABLE public.{table};"
        ));
    }
    run(owner, statements + "COMMIT").await
}

/// Everything as it was remembered, under a new epoch.
pub async fn put_back(owner: &PgConnectOptions) -> Result<(), sqlx::Error> {
    // No trigger and no foreign key minds the order.
    let mut statements = "BEGIN; SET LOCAL session_replication_role = replica;".to_owned();
    for table in TABLES {
        statements.push_str(&format!(
            "DELETE FROM public.{table}; INSERT INTO public.{table} SELECT * FROM backup.{table};"
        ));
    }
    statements.push_str(
        "DELETE FROM public.transfers; DELETE FROM public.transfer_parts;
         UPDATE public.tenants t SET seq = b.seq, epoch = uuid_send(gen_random_uuid())
         FROM backup.tenants b WHERE b.tenant_id = t.tenant_id;",
    );
    run(owner, statements + "COMMIT").await
}
