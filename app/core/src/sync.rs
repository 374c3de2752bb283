//! Sync on the device: carries out what the engine decides.

mod clock;
mod contacts;
mod exchange;
mod held;
mod parcel;
pub(crate) mod recover;
mod scope;
mod sequence;

pub use clock::Off;
pub use contacts::Contact;
pub use held::{Decided, Held, HeldChange};

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::list::ListRow;
use crate::ports::{Reply, StoreError, Table};
use crate::records::Documents;
use form::order;
use shared::id::{ChangeHash, FormVersionId, RecordId, StoreId};
use shared::record::Audience;
use shared::sync::codec;
use shared::sync::engine::{Failure, Received, Unsent};
use shared::sync::message::{DocumentChanges, SyncResponse};

/// What a sync achieved, in the words of the screens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncOutcome {
    /// Changes that the server has committed.
    pub sent: usize,
    /// Changes that the server refused for good.
    pub held: usize,
    /// Changes of others that arrived.
    pub received: usize,
    /// Changes that still wait on the device.
    pub waiting: usize,
    /// Why it ended early, if it did.
    pub failure: Option<Failure>,
    /// Of how many records something was committed, and of how many something arrived.
    pub records: (u32, u32),
}

/// How many records are compared with their rows after a sync.
const VERIFIED_AT_ONCE: usize = 20;

/// The request under way.
#[derive(Debug, Clone, Default)]
pub(crate) enum Exchange {
    /// Not looked for yet.
    #[default]
    Unknown,
    /// None.
    Idle,
    /// One.
    Under(Box<exchange::Pending>),
}

impl Device {
    /// Sends and receives until nothing is left or something fails. One at a time: a second call
    /// while one runs does nothing.
    pub async fn sync(&self) -> SyncOutcome {
        let mut outcome = SyncOutcome::default();
        if self.identity().is_none() || self.syncing.replace(true) {
            return outcome;
        }
        self.woken.set(false);
        let failure = self.sync_rounds(&mut outcome).await.err();
        if let Some(failure) = failure {
            let mut random = [0; 4];
            self.ports.entropy.fill(&mut random);
            let now = self.ports.clock.now_ms();
            self.engine.borrow_mut().failed(now, failure, u32::from_le_bytes(random));
            outcome.failure = Some(failure);
        }
        outcome.waiting = self.unsent_total();
        self.note_contact(&outcome).await;
        self.syncing.set(false);
        if self.woken.get() {
            self.engine.borrow_mut().wake(self.ports.clock.now_ms());
        }
        outcome
    }

    async fn sync_rounds(&self, outcome: &mut SyncOutcome) -> Result<(), Failure> {
        if self.disorder.take() {
            self.put_in_order().await.map_err(|_| Failure::Storage)?;
        }
        self.close_left_behind().await.map_err(|_| Failure::Storage)?;
        self.save().await.map_err(|_| Failure::Storage)?;
        loop {
            self.woken.set(false);
            let unsent = self.outbox().await.map_err(|_| Failure::Storage)?;
            let now = self.ports.clock.now_ms();
            let begun = self.pending().await.map_err(|_| Failure::Storage)?;
            let begun = match begun {
                Some(pending) => {
                    self.worth_going_on(pending).await.map_err(|_| Failure::Storage)?
                }
                None => None,
            };
            let before = begun.is_some();
            let pending = match begun {
                Some(pending) => {
                    self.engine.borrow_mut().resume(pending.keys.clone());
                    pending
                }
                None => {
                    let begun = self.begin_exchange(now, &unsent).await;
                    let Some(pending) = begun.map_err(|_| Failure::Storage)? else { return Ok(()) };
                    pending
                }
            };
            let response = self.exchange(pending, before).await?;
            // What an earlier sync asked may have been answered then.
            if !before {
                self.check_clock(now, response.now_ms);
            }
            let now = self.ports.clock.now_ms();
            let received = self.engine.borrow_mut().on_response(now, &response, self.fresh_store());
            outcome.sent += received.acknowledged.len();
            let acknowledged = order::set(received.acknowledged.iter().map(String::as_str));
            let committed = unsent.iter().filter(|of| acknowledged.contains(of.key.as_str()));
            let committed = order::set(committed.map(|of| of.record));
            let arrived = order::set(response.pull.iter().map(|pulled| pulled.record));
            outcome.records.0 += committed.len() as u32;
            outcome.records.1 += arrived.len() as u32;
            outcome.held += received.held.len();
            outcome.received +=
                response.pull.iter().map(|pulled| pulled.changes.len()).sum::<usize>();
            let queued = self.outbox_number.get();
            self.store_received(&unsent, &received, &response).await.map_err(|error| {
                if matches!(error, DraftError::Store(_)) {
                    Failure::Storage
                } else {
                    Failure::Refused
                }
            })?;
            self.engine.borrow_mut().stored(now, &received);
            // What fails here is tried again with the next sync.
            let _ = self.remove_left().await;
            // What was held until now, or the server lacks, goes out at once.
            if !received.again && self.outbox_number.get() == queued {
                // Whatever the server has is back by now.
                let _ = self.end_mending().await;
                self.drop_findings_without_loss();
                // A few with every sync: the stored documents are what their list rows say.
                let _ = self.verify(VERIFIED_AT_ONCE).await;
                return Ok(());
            }
        }
    }

    /// Queues everything that a response means and puts it on disk together.
    async fn store_received(
        &self,
        unsent: &[Unsent],
        received: &Received,
        response: &SyncResponse,
    ) -> Result<(), DraftError> {
        let before = self.engine.borrow_mut().before_storing();
        if let Some(state) = before {
            self.writer.put_message(Table::Meta, keys::SYNC.into(), &state);
        }
        for form in &response.forms {
            self.add_form(form);
        }
        if let Some(directory) = &response.directory {
            self.set_directory(directory.clone());
        }
        self.end_exchange();
        let absent = self.absent(&response.pull);
        for pulled in &response.pull {
            self.receive_changes(pulled).await?;
        }
        self.complete_returned(&absent, unsent).await?;
        let places = order::map(unsent.iter().map(|change| (change.key.as_str(), change)));
        for key in &received.acknowledged {
            self.writer.delete(Table::Outbox, key.clone());
            if let Some(change) = places.get(key.as_str()) {
                self.update_row(change.record, |row| row.unsent = row.unsent.saturating_sub(1));
                self.ask_again(&change.bytes);
            }
        }
        for (key, code) in &received.held {
            if let Some(change) = places.get(key.as_str()) {
                self.hold(change, code);
            }
        }
        let judged = received.acknowledged.iter().chain(received.held.iter().map(|(key, _)| key));
        let judged = order::set(judged.filter_map(|key| Some(places.get(key.as_str())?.record)));
        self.send_what_is_missing(unsent, received, response).await?;
        self.release_arrived(&response.pull).await?;
        self.settle_held(response.settled.as_deref().unwrap_or_default()).await?;
        self.note_scope(response, &judged, received.resend_all);
        if received.resend_all {
            self.release_held().await?;
            self.queue_everything().await?;
        }
        self.compare_with_server(received, response).await?;
        self.writer.put_message(Table::Meta, keys::SYNC.into(), &received.state);
        Ok(self.save().await?)
    }

    pub(crate) fn fresh_store(&self) -> StoreId {
        let mut store = [0; 8];
        self.ports.entropy.fill(&mut store);
        StoreId(store)
    }

    /// Changes of others for one document.
    pub(crate) async fn receive_changes(&self, pulled: &DocumentChanges) -> Result<(), DraftError> {
        let record = pulled.record;
        let changes: Vec<Vec<u8>> =
            pulled.changes.iter().map(|bytes| bytes.as_slice().to_vec()).collect();
        loop {
            if let Some(draft) = self.open_draft(record) {
                draft.borrow_mut().receive(pulled.audience, &changes)?;
                self.store_pulled(record, pulled.audience, &changes);
                // What is sent is in scope, also when it had left and stayed because it is open.
                draft.borrow_mut().row.leaving = false;
                let row = draft.borrow().row().clone();
                self.put_row(row);
                return Ok(());
            }
            let before = self.row_revision(record);
            let documents = self.documents(record).await?;
            // The record may have been opened or changed while its rows were read.
            if self.open_draft(record).is_some() || self.row_revision(record) != before {
                continue;
            }
            let mut documents = match documents {
                Some(documents) => documents,
                None if pulled.audience == Audience::Main => Documents::empty(self.actor()),
                None => {
                    // The companion document came before its main document: kept until that comes.
                    self.store_pulled(record, pulled.audience, &changes);
                    return Ok(());
                }
            };
            documents.of(record, pulled.audience, self.actor())?.receive(&changes)?;
            self.store_pulled(record, pulled.audience, &changes);
            let mut row = self.row(record).unwrap_or_else(|| {
                let mut row = ListRow::new(record, "", FormVersionId([0; 16]), 0);
                row.form_version = None;
                row
            });
            row.updated_ms = documents.main.changed_ms().min(self.ports.clock.now_ms());
            row.leaving = false;
            self.describe(&mut documents, &mut row);
            self.note_news(&mut documents, &mut row);
            self.put_row(row);
            return Ok(());
        }
    }

    fn store_pulled(&self, record: RecordId, audience: Audience, changes: &[Vec<u8>]) {
        for bytes in changes {
            if let Some(hash) = shared::record::document::change_hash(bytes) {
                self.writer.put(Table::Change, keys::change(record, audience, hash), bytes);
            }
        }
    }

    /// After the server lost data: every change of this device goes out again.
    async fn queue_everything(&self) -> Result<(), DraftError> {
        let queued: Vec<ChangeHash> = self
            .outbox()
            .await?
            .iter()
            .filter_map(|change| shared::record::document::change_hash(&change.bytes))
            .collect();
        let records: Vec<RecordId> = self.list().into_iter().map(|row| row.record).collect();
        for record in records {
            let Some(mut documents) = Documents::load(&self.writer, record, self.actor()).await?
            else {
                continue;
            };
            let device = self.actor().device;
            let mut send = documents.main.changes_of(device);
            if let Some(companion) = &mut documents.protection {
                send.extend(companion.changes_of(device));
            }
            for (audience, change) in send {
                if !queued.contains(&change.hash) {
                    self.queue_change(record, audience, &change.bytes);
                }
            }
        }
        Ok(())
    }

    /// Unsent changes, oldest first.
    pub(crate) async fn outbox(&self) -> Result<Vec<Unsent>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Outbox, "").await?;
        Ok(rows
            .into_iter()
            .filter_map(|(key, payload)| {
                let row: OutboxRow = minicbor::decode(&payload).ok()?;
                Some(Unsent {
                    key,
                    record: row.record,
                    audience: row.audience,
                    bytes: row.bytes.into(),
                })
            })
            .collect())
    }

    pub(crate) fn queue_change(&self, record: RecordId, audience: Audience, bytes: &[u8]) {
        let number = self.outbox_number.get();
        self.outbox_number.set(number + 1);
        let row = OutboxRow { record, audience, bytes: bytes.to_vec().into() };
        self.writer.put_message(Table::Outbox, keys::outbox(number), &row);
        self.update_row(record, |row| row.unsent += 1);
    }
}

/// An unsent change in the store.
#[derive(minicbor::Encode, minicbor::Decode)]
pub(crate) struct OutboxRow {
    #[n(0)]
    pub record: RecordId,
    #[n(1)]
    pub audience: Audience,
    #[n(2)]
    pub bytes: minicbor::bytes::ByteVec,
}

/// What a reply to a message means.
pub(crate) fn classify(reply: Option<Reply>) -> Result<Vec<u8>, (Failure, Option<Reply>)> {
    let Some(reply) = reply else { return Err((Failure::Offline, None)) };
    let ours = reply.media_type == codec::MEDIA_TYPE;
    let problem = reply.media_type == "application/problem+json";
    match reply.status {
        200 | 202 if ours => Ok(reply.body),
        401 | 403 if problem => Err((Failure::Unauthorised, Some(reply))),
        400..=499 if problem && !matches!(reply.status, 408 | 425 | 429) => {
            Err((Failure::Refused, Some(reply)))
        }
        408 | 425 | 429 | 500..=599 => {
            Err((Failure::Unavailable(reply.retry_after_ms), Some(reply)))
        }
        // A page of somebody else's: an operator, a hotel, a filter.
        _ => Err((Failure::Portal, Some(reply))),
    }
}
