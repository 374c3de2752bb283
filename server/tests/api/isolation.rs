//! Row-level security: what the database itself refuses.

use super::Outcome;
use server::store::TenantId;
use server::testing::{World, database, make_tenant};
use shared::policy::Role;
use sqlx::{AssertSqlSafe, ConnectOptions};

/// Every table but the directory of municipalities and sqlx's own.
async fn tables(owner: &sqlx::postgres::PgConnectOptions) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = owner.connect().await?;
    sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
         AND relname NOT IN ('_sqlx_migrations', 'tenant_directory') ORDER BY relname",
    )
    .fetch_all(&mut connection)
    .await
}

#[tokio::test]
async fn every_table_begins_with_its_tenant_and_forces_the_policy() -> Outcome {
    let (owner, _) = database().await?;
    let mut connection = owner.connect().await?;
    let all = tables(&owner).await?;
    assert!(all.len() >= 16, "{all:?}");
    for table in all {
        let (enabled, forced, policies, first): (bool, bool, i64, String) = sqlx::query_as(
            "SELECT c.relrowsecurity, c.relforcerowsecurity,
                    -- Others, which are restrictive, can only take away.
                    (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive),
                    (SELECT a.attname::text FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                     WHERE i.indrelid = c.oid AND i.indisprimary)
             FROM pg_class c WHERE c.relname = $1",
        )
        .bind(&table)
        .fetch_one(&mut connection)
        .await?;
        assert!(enabled && forced && policies == 1, "{table} has no forced policy");
        assert_eq!(first, "tenant_id", "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_tenant_every_table_is_an_error() -> Outcome {
    let (owner, app) = database().await?;
    let mut connection = app.connect().await?;
    for table in tables(&owner).await? {
        let asked = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {table}")));
        assert!(asked.execute(&mut connection).await.is_err(), "{table} can be read");
    }
    // The setting of an earlier transaction does not linger either.
    for statement in ["BEGIN", "SET LOCAL app.tenant = '1'", "COMMIT"] {
        sqlx::query(statement).execute(&mut connection).await?;
    }
    let asked = sqlx::query("SELECT * FROM users").execute(&mut connection).await;
    assert!(asked.is_err());
    Ok(())
}

#[tokio::test]
async fn another_tenants_rows_are_invisible_and_cannot_be_written() -> Outcome {
    let world = World::new().await?;
    let other = make_tenant(&world.state, "second").await?;
    let luka = world.person(world.tenant, "luka", Role::Worker).await?;
    let mut tx = world.state.store.begin(other).await?;
    assert!(tx.user(luka).await?.is_none());
    assert!(tx.users().await?.is_empty());
    // A row for the first municipality from inside the second.
    let app = world.owner.clone().username(server::postgres::APP);
    let mut connection = app.connect().await?;
    sqlx::query("BEGIN").execute(&mut connection).await?;
    sqlx::query("SET LOCAL app.tenant = '2'").execute(&mut connection).await?;
    let forged = sqlx::query(
        "INSERT INTO users (tenant_id, user_id, login, name, role, created_at_ms)
         VALUES (1, gen_random_uuid(), 'spy', 'spy', 'administrator', 0)",
    );
    assert!(forged.execute(&mut connection).await.is_err());
    Ok(())
}

#[tokio::test]
async fn the_servers_role_cannot_rewrite_history() -> Outcome {
    let (_, app) = database().await?;
    for statement in [
        // Of bytes: `damaged::log`.
        "UPDATE changes SET hash = ''",
        "UPDATE changes SET record_id = gen_random_uuid()",
        "DELETE FROM changes",
        "UPDATE audit_log SET action = ''",
        "DELETE FROM audit_log",
        "UPDATE form_versions SET compiled = ''",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "SET ROLE kardakar_owner",
    ] {
        let mut connection = app.connect().await?;
        sqlx::query("BEGIN").execute(&mut connection).await?;
        sqlx::query("SET LOCAL app.tenant = '1'").execute(&mut connection).await?;
        assert!(sqlx::query(statement).execute(&mut connection).await.is_err(), "{statement}");
    }
    Ok(())
}

#[tokio::test]
async fn numbers_are_gapless_across_transactions_that_fail() -> Outcome {
    let world = World::new().await?;
    let mut failed = world.state.store.begin(world.tenant).await?;
    assert_eq!(failed.take_seq(5).await?, 5);
    drop(failed);
    let mut tx = world.state.store.begin(world.tenant).await?;
    assert_eq!(tx.take_seq(3).await?, 3);
    tx.commit().await?;
    let other = make_tenant(&world.state, "second").await?;
    assert_ne!(other, TenantId(1));
    let mut tx = world.state.store.begin(other).await?;
    assert_eq!(tx.take_seq(1).await?, 1);
    Ok(())
}
