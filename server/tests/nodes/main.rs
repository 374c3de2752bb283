//! Servers as processes: several on one database, one of them killed in the middle of its work.

// Shared with the benchmarks, which use more of it.
#[allow(dead_code)]
#[path = "../../examples/load/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "../../examples/load/machine.rs"]
mod machine;
#[allow(dead_code)]
#[path = "../../examples/load/office.rs"]
mod office;
#[path = "../../examples/load/scene.rs"]
mod scene;

mod faults;
mod headless;

use machine::Machine;
use office::{Office, push};
use server::testing;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::process::Stdio;
use std::time::Duration;
use tests::records::{Maker, form};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How servers reach a database of the test cluster.
fn settings(owner: &PgConnectOptions) -> Vec<(&'static str, String)> {
    let socket = owner.get_socket().map(|path| path.display().to_string()).unwrap_or_default();
    let socket = socket.replace('/', "%2F");
    let database = owner.get_database().unwrap_or_default();
    let url = |user: &str| format!("postgres://{user}@localhost/{database}?host={socket}");
    vec![
        ("DATABASE_URL", url("kardakar_owner")),
        ("KARDAKAR_APP_DATABASE_URL", url("kardakar_app")),
        ("KARDAKAR_CONNECTIONS", "6".to_owned()),
    ]
}

async fn count(owner: &PgConnectOptions, what: &'static str) -> Outcome<i64> {
    let mut connection = owner.connect().await?;
    Ok(sqlx::query_scalar(what).fetch_one(&mut connection).await?)
}

/// The first administrator; whichever node wrote the newest link.
async fn open_office(nodes: &[&Machine]) -> Outcome<Office> {
    let mut last = Err("no node".into());
    for node in nodes {
        last = Office::open(node).await;
        if last.is_ok() {
            break;
        }
    }
    let mut office = last?;
    office.publish(&form()).await?;
    Ok(office)
}

/// In an upgrade of one node after another, those that are still old may start again; unless the step has
/// taken away what they need.
#[tokio::test]
async fn an_older_server_starts_on_a_newer_database() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let settings = settings(&owner);
    Machine::start_with("before", &settings).await?.stop().await?;
    let mut connection = owner.connect().await?;
    let newer = "INSERT INTO _sqlx_migrations
        (version, description, installed_on, success, checksum, execution_time)
        VALUES ($1, $2, now(), true, 'x', 0)";
    let next = server::migrate::NEWEST + 1;
    let steps =
        [(next, "one more column".to_owned()), (next + 1, format!("needs {}: less", next - 1))];
    for (version, description) in steps {
        sqlx::query(newer).bind(version).bind(description).execute(&mut connection).await?;
    }
    sqlx::query("ALTER TABLE records ADD COLUMN newer text NOT NULL DEFAULT ''")
        .execute(&mut connection)
        .await?;
    let node = Machine::start_with("older", &settings).await?;
    let mut office = open_office(&[&node]).await?;
    let user = office.worker("luka").await?;
    let mut phone = office.phone(&user).await?;
    let (id, _, bytes) = Maker::new(phone.device, phone.form.clone(), 1).record()?;
    let body = phone.request(vec![push(id, bytes)]);
    phone.sync(&body).await?;
    assert_eq!(count(&owner, "SELECT count(*) FROM records").await?, 1);
    node.stop().await?;
    sqlx::query(newer)
        .bind(next + 2)
        .bind(format!("needs {next}: less still"))
        .execute(&mut connection)
        .await?;
    let refused = Machine::start_with("too-old", &settings).await;
    assert!(refused.is_err(), "it would fail at every second request");
    Ok(())
}

/// Somebody reads the table for as long as they like, a dump say; the step has to wait for them, and whoever comes later
/// would wait behind the step.
#[tokio::test]
async fn a_step_is_taken_while_servers_answer() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let node = Machine::start_with("expand", &settings(&owner)).await?;
    let mut office = open_office(&[&node]).await?;
    let user = office.worker("luka").await?;
    let mut phone = office.phone(&user).await?;
    let mut maker = Maker::new(phone.device, phone.form.clone(), 1);
    let mut reader = owner.connect().await?;
    sqlx::query("BEGIN").execute(&mut reader).await?;
    sqlx::query("SELECT count(*) FROM records").execute(&mut reader).await?;
    let next = server::migrate::NEWEST + 1;
    let steps = [(next, "one more column", "ALTER TABLE records ADD COLUMN newer text")];
    let taken = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'newer'";
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'";
    let story = async {
        while count(&owner, waits).await? == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..50 {
            let (id, _, bytes) = maker.record()?;
            let body = phone.request(vec![push(id, bytes)]);
            phone.sync(&body).await?;
        }
        assert_eq!(count(&owner, taken).await?, 0, "it has to wait for the reader");
        sqlx::query("COMMIT").execute(&mut reader).await?;
        Outcome::Ok(())
    };
    let (upgraded, told) = tokio::join!(server::migrate::migrate_to(&owner, &steps), story);
    told?;
    upgraded?;
    assert_eq!(count(&owner, taken).await?, 1);
    assert_eq!(count(&owner, "SELECT count(*) FROM records").await?, 50);
    node.stop().await
}

#[tokio::test]
async fn two_nodes_are_one_server() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let settings = settings(&owner);
    // Both find an empty database at the same moment.
    let (one, two) =
        tokio::join!(Machine::start_with("one", &settings), Machine::start_with("two", &settings));
    let (mut one, two) = (one?, two?);
    assert_eq!(count(&owner, "SELECT count(*) FROM tenants").await?, 1);
    let mut office = open_office(&[&one, &two]).await?;
    let user = office.worker("luka").await?;
    let mut phone = office.phone(&user).await?;
    let mut maker = Maker::new(phone.device, phone.form.clone(), 1);

    // A page that looks at one node sees what arrives at the other.
    let mut page = TcpStream::connect(two.address).await?;
    let head = format!("GET /api/events HTTP/1.1\r\nhost: a\r\ncookie: {}\r\n\r\n", office.cookie);
    page.write_all(head.as_bytes()).await?;
    let mut seen = String::new();
    read_until(&mut page, &mut seen, "hello").await?;
    phone.connection = http::Connection::new(one.address);
    let (id, _, bytes) = maker.record()?;
    let body = phone.request(vec![push(id, bytes)]);
    phone.sync(&body).await?;
    read_until(&mut page, &mut seen, &id.to_string()).await?;

    // The same phone at the other node: what it sent is known there, and nothing is sent back.
    phone.connection = http::Connection::new(two.address);
    phone.sync(&body).await?;
    let quiet = phone.request(Vec::new());
    let again = phone.sync(&quiet).await?;
    assert!(again.pull.is_empty() && again.packed.is_none());
    assert_eq!(count(&owner, "SELECT count(*) FROM changes").await?, 1);

    // One node is killed while requests are on their way; the phone goes on with the other.
    let mut batches = Vec::new();
    for _ in 0..6 {
        let mut documents = Vec::new();
        for _ in 0..20 {
            let (id, _, bytes) = maker.record()?;
            documents.push(push(id, bytes));
        }
        batches.push(phone.request(documents));
    }
    phone.connection = http::Connection::new(one.address);
    phone.sync(&batches[0]).await?;
    let cut = phone.send(&batches[1]);
    let killed = async {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        one.signal("-KILL").await
    };
    let (_, killed) = tokio::join!(cut, killed);
    killed?;
    assert!(!one.ended().await?);
    phone.connection = http::Connection::new(two.address);
    for body in &batches {
        phone.sync(body).await?;
    }
    assert_eq!(count(&owner, "SELECT count(*) FROM records").await?, 121);
    assert_eq!(count(&owner, "SELECT count(*) FROM changes").await?, 121);
    assert_eq!(count(&owner, "SELECT max(seq) FROM changes").await?, 121);
    drop(page);
    two.stop().await
}

/// A server that is asked to stop says so to load balancers, finishes what it has begun and takes nothing
/// new.
#[tokio::test]
async fn a_server_drains() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let mut settings = settings(&owner);
    settings.push(("KARDAKAR_DRAIN_SECONDS", "2".to_owned()));
    let mut node = Machine::start_with("drain", &settings).await?;
    let mut office = open_office(&[&node]).await?;
    let user = office.worker("luka").await?;
    let mut phone = office.phone(&user).await?;
    let mut maker = Maker::new(phone.device, phone.form.clone(), 2);
    let mut documents = Vec::new();
    for _ in 0..50 {
        let (id, _, bytes) = maker.record()?;
        documents.push(push(id, bytes));
    }
    let body = phone.request(documents);
    let mut probe = http::Connection::new(node.address);
    assert_eq!(probe.send("GET", "/readyz", &[], b"").await?.status, 200);
    let work = phone.send(&body);
    let stop = async {
        node.signal("-TERM").await?;
        // The signal arrives when it arrives.
        loop {
            let answer = probe.send("GET", "/readyz", &[], b"").await?;
            if answer.status == 503 {
                return Outcome::Ok(());
            }
        }
    };
    let (answer, stopped) = tokio::join!(work, stop);
    assert_eq!(answer?.status, 200);
    stopped?;
    assert!(node.ended().await?, "a drained server ends well");
    assert_eq!(count(&owner, "SELECT count(*) FROM records").await?, 50);
    assert!(TcpStream::connect(node.address).await.is_err());
    Ok(())
}

/// A shell that started it has been closed, or the program that its output went to.
#[tokio::test]
async fn a_server_ends_well_when_nobody_hears_it() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let data = std::env::temp_dir().join(format!("kardakar-unheard-{}", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_kardakar"));
    command.args(["serve", "--port", "0", "--data"]).arg(&data).envs(settings(&owner));
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    while lines.next_line().await?.is_some_and(|line| !line.starts_with("Ctrl-C")) {}
    drop(lines);
    let id = child.id().ok_or("it has ended")?.to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await?.success());
    assert!(child.wait().await?.success());
    std::fs::remove_dir_all(data)?;
    Ok(())
}

async fn read_until(stream: &mut TcpStream, seen: &mut String, text: &str) -> Outcome {
    let mut buffer = [0; 4096];
    while !seen.contains(text) {
        match stream.read(&mut buffer).await? {
            0 => return Err(format!("the stream ended without {text}: {seen}").into()),
            read => seen.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    Ok(())
}
