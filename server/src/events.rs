//! What office pages are told as it happens: which records changed.
//!
//! Postgres carries the word from the server that committed to all others (`NOTIFY`), so it works with
//! several of them. It is a hint: a listener that was away reads the list again.

use crate::store::{Store, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// Records that changed in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsChanged {
    /// The number of the commit's last change.
    pub seq: i64,
    /// The records' ids, hexadecimal.
    pub records: Vec<String>,
}

/// Hands events to the pages of each municipality.
#[derive(Debug, Clone, Default)]
pub struct Events {
    channels: Arc<Mutex<HashMap<i32, broadcast::Sender<RecordsChanged>>>>,
}

/// A page that cannot follow misses events and reads the list again.
const BACKLOG: usize = 256;
/// NOTIFY carries at most 8000 bytes.
const RECORDS_PER_NOTICE: usize = 200;

impl Events {
    /// The events of a municipality from now on.
    pub fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<RecordsChanged> {
        let mut channels = self.channels.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        channels.entry(tenant.0).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Ends every page's stream: the server is stopping, and they would hold it up.
    pub fn close(&self) {
        self.channels.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }

    fn send(&self, tenant: i32, event: RecordsChanged) {
        let channels = self.channels.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(channel) = channels.get(&tenant) {
            // No receiver: nobody is looking.
            let _ = channel.send(event);
        }
    }

    /// Listens until the store is closed. The listener reconnects by itself.
    pub async fn listen(self, store: Store) {
        loop {
            match store.listen().await {
                Ok(mut listener) => loop {
                    match listener.recv().await {
                        Ok(notice) => {
                            if let Some((tenant, event)) = parse(notice.payload()) {
                                self.send(tenant, event);
                            }
                        }
                        Err(sqlx::Error::PoolClosed) => return,
                        Err(error) => {
                            tracing::warn!(%error, "lost the notification connection");
                            break;
                        }
                    }
                },
                Err(error) if store.is_closed() => {
                    tracing::debug!(%error, "no more notifications");
                    return;
                }
                Err(error) => tracing::warn!(%error, "cannot listen for notifications"),
            }
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    }
}

/// The payloads that announce a commit: municipality, number, records.
pub fn payloads(tenant: TenantId, seq: i64, records: &[String]) -> Vec<String> {
    records
        .chunks(RECORDS_PER_NOTICE)
        .map(|part| format!("{} {seq} {}", tenant.0, part.join(",")))
        .collect()
}

fn parse(payload: &str) -> Option<(i32, RecordsChanged)> {
    let mut parts = payload.splitn(3, ' ');
    let tenant = parts.next()?.parse().ok()?;
    let seq = parts.next()?.parse().ok()?;
    let records = parts.next()?.split(',').map(str::to_owned).collect();
    Some((tenant, RecordsChanged { seq, records }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_round_trip_and_stay_small() {
        let records: Vec<String> = (0..450).map(|number| format!("{number:032x}")).collect();
        let payloads = payloads(TenantId(64), i64::MAX, &records);
        assert_eq!(payloads.len(), 3);
        assert!(payloads.iter().all(|payload| payload.len() < 8000));
        let (tenant, event) = parse(&payloads[0]).unwrap();
        assert_eq!((tenant, event.seq, event.records.len()), (64, i64::MAX, 200));
        assert_eq!(parse("nonsense"), None);
    }
}
