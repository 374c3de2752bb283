//! After the server went back to a backup: what others made since then is on phones only.
//!
//! Under another epoch the server sends everything in scope from the beginning. What this device has of
//! others and was not sent, the server has lost, and it goes out with this device's own changes. The
//! server may not take it from here (`foreign_actor`): it is held until its maker sends it too, or a person
//! in the office vouches for it.

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::ports::{StoreError, Table};
use form::order;
use shared::id::{ChangeHash, DeviceId, RecordId};
use shared::record::document::change_hash;
use shared::sync::engine::Received;
use shared::sync::message::{DocumentChanges, SyncResponse};
use shared::sync::pack::actor_of;
use std::collections::BTreeSet;

/// The changes that a server under another epoch has sent so far; `None` when nothing is compared.
pub(crate) type Comparison = Option<BTreeSet<ChangeHash>>;

fn hashes(pull: &[DocumentChanges]) -> impl Iterator<Item = ChangeHash> + '_ {
    pull.iter().flat_map(|pulled| &pulled.changes).filter_map(|bytes| change_hash(bytes))
}

impl Device {
    /// Takes a response into the comparison; after the last one queues what the server lacks.
    pub(super) async fn compare_with_server(
        &self,
        received: &Received,
        response: &SyncResponse,
    ) -> Result<(), DraftError> {
        if received.resend_all {
            *self.comparison.borrow_mut() = Some(BTreeSet::new());
            self.writer.put(Table::Meta, keys::COMPARING.into(), &[]);
        }
        if let Some(seen) = self.comparison.borrow_mut().as_mut() {
            seen.extend(hashes(&response.pull));
        }
        if response.more {
            return Ok(());
        }
        let Some(seen) = self.comparison.borrow_mut().take() else { return Ok(()) };
        self.queue_what_others_made(&seen).await?;
        self.writer.delete(Table::Meta, keys::COMPARING.into());
        Ok(())
    }

    async fn queue_what_others_made(&self, seen: &BTreeSet<ChangeHash>) -> Result<(), StoreError> {
        let own = self.actor().device;
        let mut queued =
            order::set(self.outbox().await?.iter().filter_map(|change| change_hash(&change.bytes)));
        queued.extend(self.held_hashes().await?);
        let records: Vec<RecordId> = self.list_by_id().into_iter().map(|row| row.record).collect();
        for record in records {
            let (rows, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
            for (key, bytes) in rows {
                let (Some(audience), Some(hash)) = (keys::audience(&key), change_hash(&bytes))
                else {
                    continue;
                };
                let actor = actor_of(&bytes);
                let maker = actor.and_then(|actor| DeviceId::from_slice(actor.get(..8)?));
                if maker != Some(own) && !seen.contains(&hash) && queued.insert(hash) {
                    self.queue_change(record, audience, &bytes);
                }
            }
        }
        Ok(())
    }

    /// A change that is held here has come from the server: its maker has sent it, or a person has
    /// vouched for it.
    pub(super) async fn release_arrived(&self, pull: &[DocumentChanges]) -> Result<(), DraftError> {
        let waits =
            |pulled: &&DocumentChanges| self.row(pulled.record).is_some_and(|row| row.held > 0);
        if !pull.iter().any(|pulled| waits(&pulled)) {
            return Ok(());
        }
        let arrived: BTreeSet<ChangeHash> = form::order::set(hashes(pull));
        self.release(&arrived).await
    }
}
