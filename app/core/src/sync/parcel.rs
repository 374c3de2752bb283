//! The request that the service worker may send while the app is closed ([`stored::parcel`]).

use super::exchange::{PATH, Pending};
use crate::device::Device;
use crate::error::DraftError;
use crate::ports::{StoreError, Table};
use shared::sync::codec::MEDIA_TYPE;
use shared::sync::transfer::{PART, TransferId};
use stored::parcel::{ANSWER, REQUEST, Request, read_answer};

fn name(request: &[u8]) -> String {
    TransferId::of(request).0.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Device {
    /// Puts what waits on disk as a request that is ready, without sending it: the app is about to go to
    /// the background. Says whether there is one.
    pub async fn prepare_parcel(&self) -> Result<bool, DraftError> {
        if self.identity().is_none() || self.syncing.replace(true) {
            return Ok(false);
        }
        let prepared = self.prepare().await;
        self.engine.borrow_mut().set_aside();
        self.syncing.set(false);
        prepared
    }

    async fn prepare(&self) -> Result<bool, DraftError> {
        self.close_left_behind().await?;
        self.save().await?;
        if let Some(pending) = self.pending().await?
            && self.worth_going_on(pending).await?.is_some()
        {
            return Ok(true);
        }
        let unsent = self.outbox().await?;
        if unsent.is_empty() {
            return Ok(false);
        }
        let now = self.ports.clock.now_ms();
        Ok(self.begin_exchange(now, &unsent).await?.is_some())
    }

    /// Queues the parcel of a request.
    pub(super) fn put_parcel(&self, pending: &Pending) {
        let Some(identity) = self.identity() else { return };
        let body = pending.request.as_slice();
        let modern = self.engine.borrow().state().is_modern();
        // What arrives of a transfer is kept, also when the worker is cut off.
        let path = match modern && body.len() > PART {
            true => self.transfer_path(pending, 0),
            false => PATH.to_owned(),
        };
        let request = Request {
            name: &name(body),
            path: &path,
            token: &identity.token,
            media_type: MEDIA_TYPE,
            body,
        };
        self.writer.put(Table::Parcel, REQUEST.into(), &request.write());
        self.writer.delete(Table::Parcel, ANSWER.into());
    }

    /// The request is through, or of no use any more.
    pub(super) fn take_parcel_back(&self) {
        self.writer.delete(Table::Parcel, REQUEST.into());
        self.writer.delete(Table::Parcel, ANSWER.into());
    }

    /// What the server answered to the service worker, if that has sent this very request.
    pub(super) async fn parcel_answer(
        &self,
        pending: &Pending,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Parcel, ANSWER).await?;
        let own = name(&pending.request);
        Ok(rows.iter().find_map(|(_, payload)| {
            let (of, body) = read_answer(payload)?;
            (of == own).then(|| body.to_vec())
        }))
    }
}
