//! The database in trouble: full, read-only, killed, busy. What was acknowledged is there; the phone is
//! told when to come again; reading goes on where it can; all of it heals by itself.

use crate::machine::Machine;
use crate::scene::Scene;
use crate::{Outcome, settings};
use server::testing;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

async fn scene(
    name: &str,
    owner: PgConnectOptions,
    more: &[(&'static str, String)],
) -> Outcome<Scene> {
    let mut settings = settings(&owner);
    settings.extend(more.iter().cloned());
    Scene::open(Machine::start_with(name, &settings).await?, owner).await
}

async fn run(owner: &PgConnectOptions, statement: String) -> Outcome {
    let mut connection = owner.clone().database("postgres").connect().await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
    Ok(())
}

/// Ends every connection of the server, as a restart of Postgres does.
async fn disconnect(owner: &PgConnectOptions) -> Outcome {
    let database = owner.get_database().unwrap_or_default();
    let who = format!("datname = '{database}' AND pid <> pg_backend_pid()");
    run(owner, format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {who}")).await
}

#[tokio::test]
async fn a_read_only_database_is_waited_for() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let mut scene = scene("read-only", owner.clone(), &[]).await?;
    assert_eq!(scene.send(5).await?.0, 200);
    let body = scene.phone.request(Vec::new());
    scene.phone.sync(&body).await?;
    let database = owner.get_database().unwrap_or_default().to_owned();
    let set = format!("ALTER DATABASE {database} SET default_transaction_read_only = on");
    run(&owner, set).await?;
    disconnect(&owner).await?;
    for _ in 0..3 {
        assert_eq!(scene.send(2).await?, (503, true));
    }
    // A phone that only asks is answered, and shows the same ticket again afterwards.
    let (ticket, seen) = (scene.phone.ticket, scene.phone.cursor);
    let body = scene.phone.request(Vec::new());
    let response = scene.phone.sync(&body).await?;
    assert!(ticket.is_some() && scene.phone.ticket == ticket);
    assert!(response.cursor >= seen && response.renew.is_none());
    // Looking at the app and at the server's health goes on.
    let mut probe = crate::http::Connection::new(scene.node.address);
    assert_eq!(probe.send("GET", "/healthz", &[], b"").await?.status, 200);
    // A server that starts now does the same.
    let later = Machine::start_with("read-only-later", &settings(&owner)).await?;
    std::mem::replace(&mut scene.node, later).stop().await?;
    scene.phone.connection = crate::http::Connection::new(scene.node.address);
    assert_eq!(scene.send(1).await?, (503, true));
    let body = scene.phone.request(Vec::new());
    scene.phone.sync(&body).await?;
    let reset = format!("ALTER DATABASE {database} RESET default_transaction_read_only");
    run(&owner, reset).await?;
    disconnect(&owner).await?;
    scene.heals(200).await?;
    scene.node.stop().await
}

/// What Postgres says when the disk is full, at a statement and at the commit itself.
#[tokio::test]
async fn a_full_disk_is_waited_for() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let mut scene = scene("full", owner.clone(), &[]).await?;
    assert_eq!(scene.send(5).await?.0, 200);
    let mut connection = owner.connect().await?;
    let function = "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        END $$";
    connection.execute(sqlx::raw_sql(function)).await?;
    let triggers = [
        "CREATE TRIGGER no_room BEFORE INSERT ON changes EXECUTE FUNCTION no_room()",
        "CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON changes DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION no_room()",
    ];
    for trigger in triggers {
        connection.execute(sqlx::raw_sql(trigger)).await?;
        for _ in 0..2 {
            assert_eq!(scene.send(2).await?, (503, true));
        }
        connection.execute(sqlx::raw_sql("DROP TRIGGER no_room ON changes")).await?;
        scene.heals(200).await?;
    }
    scene.node.stop().await
}

/// Connections die at any moment of a request, in the middle of a commit too.
#[tokio::test]
async fn connections_that_die_lose_nothing() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let mut scene = scene("dying", owner.clone(), &[]).await?;
    assert_eq!(scene.send(5).await?.0, 200);
    for delay in 0..12 {
        let kill = async {
            tokio::time::sleep(std::time::Duration::from_millis(delay * 7)).await;
            disconnect(&owner).await
        };
        let (answer, killed) = tokio::join!(scene.send(10), kill);
        killed?;
        let (status, again) = answer?;
        assert!(status == 200 || (status == 503 && again), "{status} {again}");
    }
    scene.heals(200).await?;
    scene.node.stop().await
}

/// With one connection for everybody, those who wait too long are told to come again.
#[tokio::test]
async fn a_busy_database_sheds_load() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let mut scene = scene("busy", owner.clone(), &[]).await?;
    assert_eq!(scene.send(5).await?.0, 200);
    // Somebody holds the municipality's row: every commit waits.
    let mut holder = owner.connect().await?;
    holder.execute("BEGIN; SELECT 1 FROM tenants FOR UPDATE").await?;
    assert_eq!(scene.send(2).await?, (503, true));
    holder.execute("COMMIT").await?;
    scene.heals(200).await?;
    scene.node.stop().await
}

/// The private Postgres is killed as the kernel kills what uses too much memory: the server starts it
/// again, and it recovers what it had acknowledged.
#[tokio::test]
async fn a_killed_postgres_is_started_again() -> Outcome {
    let node = Machine::start("killed").await?;
    let owner = node.owner();
    let mut scene = Scene::open(node, owner).await?;
    assert_eq!(scene.send(5).await?.0, 200);
    for delay in [0, 20, 60] {
        let postmaster = postmaster(&scene.node).await?;
        let kill = async {
            tokio::time::sleep(std::time::Duration::from_millis(delay)).await;
            rustix::process::kill_process(postmaster, rustix::process::Signal::KILL)
        };
        let (answer, killed) = tokio::join!(scene.send(10), kill);
        killed?;
        let (status, again) = answer?;
        assert!(status == 200 || (status == 503 && again), "{status} {again}");
        scene.heals(200).await?;
    }
    scene.node.stop().await
}

async fn postmaster(node: &Machine) -> Outcome<rustix::process::Pid> {
    let file = tokio::fs::read_to_string(node.data.join("postgres/cluster/postmaster.pid")).await?;
    let pid = file.lines().next().unwrap_or_default().trim().parse()?;
    rustix::process::Pid::from_raw(pid).ok_or_else(|| "no postmaster".into())
}
