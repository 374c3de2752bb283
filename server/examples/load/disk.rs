//! A disk that is really full: `TMPDIR` stands on a small file system, and phones send until it is. The
//! database's log has no room then, Postgres ends itself and cannot come back before there is some.

use crate::Outcome;
use crate::machine::Machine;
use crate::scene::Scene;

/// Makes room again when it is removed, in megabytes.
const BALLAST: usize = 24;
/// A disk that takes more than this many requests is not small.
const MOST: usize = 4_000;
const PER_REQUEST: usize = 50;

pub async fn run() -> Outcome {
    let machine = Machine::start("disk").await?;
    let ballast = std::env::temp_dir().join("kardakar-ballast");
    std::fs::write(&ballast, vec![1; BALLAST << 20])?;
    let owner = machine.owner();
    let mut scene = Scene::open(machine, owner).await?;
    let refused = fill(&mut scene).await?;
    println!("{} records acknowledged until the disk was full", scene.acknowledged);
    if refused != (503, true) {
        return Err(format!("a full disk was answered {refused:?}").into());
    }
    for _ in 0..12 {
        let (status, again) = scene.send(PER_REQUEST).await?;
        if status != 200 && (status, again) != (503, true) {
            return Err(format!("a full disk was answered {status} {again}").into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    std::fs::remove_file(&ballast)?;
    let begun = std::time::Instant::now();
    scene.heals(1_200).await?;
    println!(
        "with room again it healed within {:.1} s; nothing acknowledged is lost",
        begun.elapsed().as_secs_f64()
    );
    println!(
        "{}",
        serde_json::json!({ "bench": "disk", "acknowledged": scene.acknowledged, "lost": 0 })
    );
    scene.node.stop().await
}

/// Sends until something is refused.
async fn fill(scene: &mut Scene) -> Outcome<(u16, bool)> {
    for _ in 0..MOST {
        let answer = scene.send(PER_REQUEST).await?;
        if answer.0 != 200 {
            return Ok(answer);
        }
    }
    Err("the disk does not fill: point TMPDIR to a small one (mount -t tmpfs -o size=160m ...)"
        .into())
}
