//! The same workload by other systems, when the folder with their drivers is named by `KARDAKAR_PEERS`. Each
//! driver is `node <file> <round trip ms> <bits/s> <records>` and prints a JSON line a step: `name` (`W1`, ...),
//! `up`, `down` in bytes.

use crate::Outcome;
use crate::link::Step;
use serde_json::Value;
use std::path::PathBuf;
use tokio::process::Command;

/// Systems, and how their drivers are called.
const PEERS: [(&str, &[&str]); 3] = [
    ("PouchDB", &["pouch.mjs"]),
    ("automerge-repo", &["am.mjs", "imm"]),
    ("Hocuspocus/Yjs", &["hp.mjs"]),
];

/// Runs what is at hand and prints each step beside ours.
pub async fn compare(records: usize, ours: &[Step]) -> Outcome {
    let Some(folder) = std::env::var_os("KARDAKAR_PEERS").map(PathBuf::from) else {
        println!("Other systems: name the folder with their drivers in KARDAKAR_PEERS.");
        return Ok(());
    };
    println!("{:<18}{:<6}{:>11}{:>11}{:>22}", "", "step", "up B", "down B", "bytes, times ours");
    for (name, driver) in PEERS {
        let mut node = Command::new("node");
        node.current_dir(&folder).args(driver).args(["0", "0", &records.to_string()]);
        let output = node.kill_on_drop(true).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let steps: Vec<Value> =
            said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if steps.is_empty() {
            println!("{name:<18}did not run: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        for step in &steps {
            row(name, step, ours);
        }
    }
    Ok(())
}

fn row(name: &str, step: &Value, ours: &[Step]) {
    let short: String = step["name"].as_str().unwrap_or_default().chars().take(2).collect();
    let Some(own) = ours.iter().find(|own| own.name.starts_with(&short)) else { return };
    let (up, down) = (step["up"].as_u64().unwrap_or(0), step["down"].as_u64().unwrap_or(0));
    let times = (up + down) as f64 / (own.up + own.down) as f64;
    println!("{name:<18}{short:<6}{up:>11}{down:>11}{times:>22.1}");
    println!(
        "{}",
        serde_json::json!({ "bench": "link", "peer": name, "step": short, "up": up,
                                       "down": down, "times_ours": times })
    );
}
