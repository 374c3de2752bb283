//! The device on the command line, against a real server: records and files, from one to another.

use crate::machine::Machine;
use crate::office::Office;
use crate::{Outcome, settings};
use serde_json::{Value, json};
use server::testing;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const FORM: &str = "| survey |\n| | type | name | label |\n| | text | owner | Owner |\n\
                    | | image | front | The house |\n\n\
                    | settings |\n| | form_id | form_title | version |\n| | house | House | 1 |\n";

/// Runs `kardakar device` over a directory; what it printed last.
async fn device(folder: &Path, arguments: &[&str], input: &str) -> Outcome<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kardakar"));
    command.arg("device").args(arguments).arg("--dir").arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no input")?;
    // What reads nothing may have ended.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let said = String::from_utf8(output.stdout)?;
    Ok(serde_json::from_str(said.lines().last().ok_or("nothing was printed")?)?)
}

async fn connect(office: &mut Office, user: &str, node: &Machine, folder: &Path) -> Outcome {
    let made = office.post("/api/enrolment-codes", &json!({ "user": user })).await?;
    let (code, server) = (made["code"].as_str().ok_or("no code")?, node.address.to_string());
    let server = format!("http://{server}");
    device(folder, &["enrol", "--server", &server, "--code", code], "").await?;
    Ok(())
}

#[tokio::test]
async fn a_file_travels_with_its_record_to_another_device() -> Outcome {
    let (owner, _) = testing::empty_database().await?;
    let node = Machine::start_with("headless", &settings(&owner)).await?;
    let mut office = Office::open(&node).await?;
    office.publish(FORM).await?;
    let user = office.worker("luka").await?;
    let (first, second) = (node.data.join("device-1"), node.data.join("device-2"));
    for folder in [&first, &second] {
        connect(&mut office, &user, &node, folder).await?;
    }
    let line = json!({ "answers": { "owner": "ნინო" }, "finish": false }).to_string();
    let filled = device(&first, &["fill", "--form", "house"], &line).await?;
    let record = filled["record"].as_str().ok_or("no record")?;

    let photo = node.data.join("front.jpg");
    std::fs::write(&photo, vec![7; 300_000])?;
    let photo = photo.to_string_lossy().into_owned();
    let attached = device(&first, &["attach", record, "front", &photo], "").await?;
    let wrong = device(&first, &["attach", record, "back", &photo], "").await;
    assert!(wrong.is_err_and(|error| error.to_string().contains("no question back")));
    let synced = device(&first, &["sync"], "").await?;
    assert_eq!((&synced["files"], &synced["files_waiting"]), (&json!(1), &json!(0)), "{synced}");

    device(&second, &["sync"], "").await?;
    let (here, there) = (
        device(&first, &["show", record], "").await?,
        device(&second, &["show", record], "").await?,
    );
    assert_eq!(here, there);
    assert_eq!(there["answers"]["owner"], "ნინო");
    assert_eq!(there["answers"]["front"], attached["answer"]);
    node.stop().await
}
