//! Keeps the private Postgres running. When its postmaster ends without being asked to (out of memory, a
//! full disk, killed), it is started again, and recovers from its log.

use super::account::Account;
use super::binaries::Binaries;
use super::cluster::{self, Places};
use super::{Durability, PostgresError};
use std::time::Duration;
use tokio::process::{Child, ChildStdin};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// Between two attempts to start it; doubled up to the longest while it does not stay up.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// Running this long means that what ended it before is over.
const STEADY: Duration = Duration::from_secs(60);

/// What it takes to start the cluster.
pub struct Start {
    pub binaries: Binaries,
    pub account: Account,
    pub places: Places,
    pub durability: Durability,
}

impl Start {
    pub async fn launch(&self) -> Result<(Child, ChildStdin), PostgresError> {
        cluster::stop_left_over(&self.binaries, &self.account, &self.places).await?;
        cluster::launch(&self.binaries, &self.account, &self.places, self.durability)
    }
}

/// Runs until `stop` is sent or dropped and Postgres has ended.
pub async fn keep(
    start: Start,
    (mut child, mut leash): (Child, ChildStdin),
    mut stop: oneshot::Receiver<()>,
) {
    let mut pause = SHORTEST;
    loop {
        let since = Instant::now();
        let ended = tokio::select! {
            _ = &mut stop => {
                drop(leash);
                let _ = child.wait().await;
                return;
            }
            ended = child.wait() => ended,
        };
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        tracing::error!(%how, log = %start.places.log.display(), "Postgres ended; starting it again");
        pause = if since.elapsed() > STEADY { SHORTEST } else { LONGEST.min(pause * 2) };
        (child, leash) = loop {
            tokio::select! {
                _ = &mut stop => return,
                () = sleep(pause) => {}
            }
            match start.launch().await {
                Ok(running) => break running,
                Err(error) => tracing::error!(%error, "Postgres cannot be started"),
            }
            pause = LONGEST.min(pause * 2);
        };
    }
}
