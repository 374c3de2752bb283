//! The drill of docs/OPERATIONS.md, "archiving the log": a base backup and archived segments, Postgres put back
//! to a moment between them and the end, a new epoch, and phones that bring the rest.

use super::Outcome;
use super::core::{CorePhone, Network, two_phones};
use super::restore::{DATABASE, Scratch, contents, postgres};
use server::backup::begin_epochs;
use server::postgres::{APP, Binaries, Durability, OWNER, Postgres};
use server::testing::{TestError, World};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use std::cell::RefCell;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Longer than any start of Postgres on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

async fn run(owner: &PgConnectOptions, statement: &str) -> Outcome {
    let mut connection = owner.connect().await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))).await?;
    Ok(())
}

fn program(name: &str) -> PathBuf {
    let programs = std::env::var_os("KARDAKAR_PG_BIN").map(PathBuf::from);
    let found = Binaries::find(programs.as_deref()).ok().map(|all| all.program(name));
    found.filter(|path| path.is_file()).unwrap_or_else(|| name.into())
}

fn execute(command: &mut Command) -> Outcome {
    let output = command.env_remove("PGOPTIONS").output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

/// A cluster that archives its log.
async fn archiving(data: &Path, archive: &Path) -> Result<Postgres, TestError> {
    let first = postgres(data).await?;
    let owner = first.options(OWNER, "postgres");
    let at = archive.display();
    let command = format!("test ! -f {at}/%f && cp %p {at}/%f.part && mv {at}/%f.part {at}/%f");
    run(&owner, &format!("ALTER SYSTEM SET archive_command = '{command}'")).await?;
    run(&owner, "ALTER SYSTEM SET archive_mode = on").await?;
    run(&owner, "ALTER SYSTEM SET wal_level = replica").await?;
    first.stop().await;
    postgres(data).await
}

/// The base backup in the place of a cluster, about to replay the archive up to a named moment.
fn unpack(base: &Path, archive: &Path, cluster: &Path, until: &str) -> Outcome {
    std::fs::create_dir_all(cluster)?;
    std::fs::set_permissions(cluster, Permissions::from_mode(0o700))?;
    execute(Command::new("tar").arg("-xzf").arg(base.join("base.tar.gz")).arg("-C").arg(cluster))?;
    let settings = format!(
        "archive_mode = off\nrestore_command = 'cp {}/%f %p'\nrecovery_target_name = '{until}'\n\
         recovery_target_action = 'promote'\n",
        archive.display()
    );
    let file = cluster.join("postgresql.auto.conf");
    let before = std::fs::read_to_string(&file)?;
    std::fs::write(&file, before + &settings)?;
    let signal = cluster.join("recovery.signal");
    std::fs::write(&signal, "")?;
    // Postgres runs as somebody else where the tests run as root.
    Ok(std::fs::set_permissions(signal, Permissions::from_mode(0o666))?)
}

#[tokio::test]
async fn the_archived_log_brings_the_database_back_and_phones_the_rest() -> Outcome {
    let scratch = Scratch::new();
    let (first, second) = (scratch.0.join("first"), scratch.0.join("second"));
    let (archive, base) = (scratch.0.join("archive"), scratch.0.join("base"));
    std::fs::create_dir_all(&archive)?;
    std::fs::set_permissions(&archive, Permissions::from_mode(0o777))?;
    let cluster = archiving(&first, &archive).await?;
    let (owner, app) = (cluster.options(OWNER, DATABASE), cluster.options(APP, DATABASE));
    let world = World::on(owner.clone(), app, None).await?;
    let (_, _, identities) = two_phones(&world).await?;
    let network: Network = Rc::new(RefCell::new(Some(Rc::new(world))));
    let mut one = CorePhone::open(&network, &identities[0], 1).await?;
    let mut two = CorePhone::open(&network, &identities[1], 2).await?;
    one.sync().await?;
    one.fill().await?;
    one.sync().await?;

    let socket = cluster.socket().display().to_string();
    let mut backup = Command::new(program("pg_basebackup"));
    backup.args(["-h", &socket, "-U", OWNER, "-D"]).arg(&base);
    execute(backup.args(["-Ft", "-z", "-X", "none", "-c", "fast", "--no-sync"]))?;

    // In no backup, but in the archived log.
    two.sync().await?;
    two.fill().await?;
    two.edit_all("7").await?;
    two.sync().await?;
    let world = network.borrow().clone().ok_or("no server")?;
    let archived = contents(&world).await?;
    run(&owner, "SELECT pg_create_restore_point('drill')").await?;
    run(&owner, "SELECT pg_switch_wal()").await?;
    // Lost with the server: what the last minute brought.
    one.sync().await?;
    one.fill().await?;
    one.edit_all("8").await?;
    one.sync().await?;
    let lost = contents(&world).await?;
    assert!(lost.0.len() > archived.0.len() && lost.1 == 3 && archived.1 == 2);
    network.borrow_mut().take();
    drop(world);
    // Its end archives what is complete.
    cluster.stop().await;

    unpack(&base, &archive, &second.join("postgres/cluster"), "drill")?;
    let programs = std::env::var_os("KARDAKAR_PG_BIN").map(PathBuf::from);
    let cluster = Postgres::start(&second, programs.as_deref(), Durability::None).await?;
    let (owner, app) = (cluster.options(OWNER, DATABASE), cluster.options(APP, DATABASE));
    let begun = Instant::now();
    while recovers(&owner).await.unwrap_or(true) {
        assert!(begun.elapsed() < PATIENCE, "it does not end replaying the log");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let world = Rc::new(World::on_existing(owner, app).await?);
    assert_eq!(contents(&world).await?, archived, "exactly what was there at that moment");
    assert_eq!(begin_epochs(&world.state.store).await?, 1);
    assert!(world.sign_in("boss", "first").await.is_ok());

    *network.borrow_mut() = Some(world.clone());
    for _ in 0..3 {
        for phone in [&one, &two] {
            phone.device.wake();
            let _ = phone.sync().await;
        }
    }
    for phone in [&one, &two] {
        let held = phone.device.held().await.map_err(|error| format!("{error:?}"))?;
        assert!(held.is_empty() && phone.device.unsent_total() == 0, "{held:?}");
        assert_eq!(phone.device.list().len(), 3);
    }
    let back = contents(&world).await?;
    assert_eq!(back, lost, "everything is back, and nothing twice");
    Ok(())
}

async fn recovers(owner: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = owner.connect().await?;
    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut connection).await
}
