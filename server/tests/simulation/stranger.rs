//! A client that was written from docs/SYNC.md alone (tests/wire/client.py) against the real server.

use axum::http::Method;
use serde_json::json;
use server::router::build_router;
use server::testing::{TestError, World};
use shared::id::{DeviceId, RecordId};
use shared::policy::Role;
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const RECORDS: u32 = 150;

async fn code(world: &World, admin: &str, login: &str) -> Result<String, TestError> {
    let user = world.person(world.tenant, login, Role::Worker).await?;
    let body = json!({ "user": user.simple().to_string() });
    let answer = world.json(Method::POST, "/api/enrolment-codes", Some(admin), &body).await;
    Ok(answer.json()["code"].as_str().ok_or("no code")?.to_owned())
}

/// Lines of changes that the device could have made, with text that hardly compresses.
fn changes(device: DeviceId) -> String {
    let actor = Actor { device, session: [3; 8] };
    let mut lines = String::new();
    let mut state = 7u64;
    for number in 0..RECORDS {
        let mut random = [0; 10];
        random[..4].copy_from_slice(&number.to_be_bytes());
        let record = RecordId::v7(1_760_000_000_000 + i64::from(number), random);
        let note: String = (0..1200)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'a' + (state >> 40) as u8 % 26)
            })
            .collect();
        let mut main = Document::create(record, "household", actor);
        let mut companion = Document::create_companion(record, actor);
        let edits = [
            Edit::header("state", "finished"),
            Edit::set(FieldPath::top("rooms"), (number % 7).to_string(), ValueKind::Integer),
            Edit::set(FieldPath::top("heat"), note, ValueKind::Plain),
            Edit::Set {
                path: FieldPath::top("flag"),
                value: "none".into(),
                kind: ValueKind::Plain,
                audience: Audience::Protection,
            },
        ];
        for (audience, document) in
            [(Audience::Main, &mut main), (Audience::Protection, &mut companion)]
        {
            let made = document.edit(&edits, 1_760_000_000_000, "").expect("edits");
            let hex: String =
                made.expect("a change").bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            lines.push_str(&format!("{record} {} {hex}\n", audience as u8));
        }
    }
    lines
}

fn converse(mut child: Child) -> Result<String, TestError> {
    let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    if let Ok(device) = line.trim().parse::<DeviceId>() {
        let mut input = child.stdin.take().ok_or("no input")?;
        input.write_all(changes(device).as_bytes())?;
    }
    line.clear();
    output.read_line(&mut line)?;
    let status = child.wait()?;
    if status.success() { Ok(line) } else { Err("the client found something wrong".into()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_written_from_the_document_sends_fetches_and_continues() -> Result<(), TestError> {
    let world = World::new().await?;
    let admin = world.office("admin", Role::Administrator).await?;
    let (first, second) =
        (code(&world, &admin, "first").await?, code(&world, &admin, "second").await?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = build_router(world.state.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wire/client.py");
    let child = Command::new("python3")
        .arg(client)
        .args([format!("http://{address}"), first, second])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let said = tokio::task::spawn_blocking(move || converse(child)).await??;
    assert!(said.starts_with(&format!("{} documents up and down", RECORDS * 2)), "{said}");
    Ok(())
}
