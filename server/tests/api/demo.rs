//! The demonstration on a database in trouble.

use super::Outcome;
use server::demo;
use server::testing::{World, empty_database};
use shared::policy::Role;
use sqlx::{AssertSqlSafe, ConnectOptions};

/// It prints a new code at each start; where none can be stored the server starts all the same.
#[tokio::test]
async fn a_demonstration_starts_on_a_database_that_takes_no_writes() -> Outcome {
    let (owner, app) = empty_database().await?;
    let world = World::on(owner.clone(), app.clone(), None).await?;
    world.person(world.tenant, "mariam", Role::Worker).await?;
    let name = owner.get_database().ok_or("no name")?.to_owned();
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    sqlx::query(AssertSqlSafe(set)).execute(&mut owner.connect().await?).await?;
    let later = World::on_existing(owner, app).await?;
    assert!(demo::announce(&later.state, later.tenant).await.is_ok());
    assert!(demo::announce(&world.state, world.tenant).await.is_ok(), "older connections write");
    Ok(())
}
