//! One request and its response, over a network that may cut either at any byte.
//!
//! What has travelled is not sent again: the server says how much of a request it keeps, and gives the
//! rest of a response from where this device stopped. A request larger than a part, and a response that
//! was cut, are kept on disk, so that the app may be closed in between.

use super::sequence::in_sequence;
use super::{Exchange, classify};
use crate::device::Device;
use crate::keys;
use crate::ports::{StoreError, Table};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared::id::StoreId;
use shared::sync::codec::{self, CodecError};
use shared::sync::engine::{Failure, Unsent};
use shared::sync::message::{SyncResponse, TransferState};
use shared::sync::transfer::{PART, TransferId};

/// Where requests go.
pub(super) const PATH: &str = "/api/sync";
/// How often in a row a transfer may end early before the sync gives up for now.
const PATIENCE: u32 = 3;
/// How many messages one exchange may take.
const MOST_STEPS: usize = 1000;

/// A request under way, as it is kept.
#[derive(Debug, Clone, Encode, Decode)]
pub(crate) struct Pending {
    /// The database whose changes it carries.
    #[n(0)]
    store: StoreId,
    /// The request, encoded.
    #[n(1)]
    pub request: ByteVec,
    /// The keys of the changes in it, document by document.
    #[n(2)]
    pub keys: Vec<Vec<String>>,
    /// What has arrived of the response.
    #[n(3)]
    response: ByteVec,
}

fn read(response: &[u8]) -> Result<SyncResponse, CodecError> {
    let mut response = codec::decode::<SyncResponse>(response)?;
    response.unpack()?;
    Ok(response)
}

/// How one message to the server ended.
enum Step {
    /// The whole response.
    Done(Box<SyncResponse>),
    /// More of the request or of the response has travelled than before.
    Further,
    /// Nothing has.
    Nothing(Failure),
}

impl Device {
    /// A request that an earlier sync, perhaps of an earlier start, could not end.
    pub(crate) async fn pending(&self) -> Result<Option<Pending>, StoreError> {
        let kept = self.exchange.borrow().clone();
        let pending = match kept {
            Exchange::Unknown => {
                let (rows, _) = self.writer.scan(Table::Meta, keys::TRANSFER).await?;
                rows.into_iter().find_map(|(_, payload)| minicbor::decode(&payload).ok())
            }
            Exchange::Idle => None,
            Exchange::Under(pending) => Some(*pending),
        };
        let own = pending.filter(|of: &Pending| of.store == self.engine.borrow().state().store);
        *self.exchange.borrow_mut() =
            own.clone().map_or(Exchange::Idle, |of| Exchange::Under(Box::new(of)));
        Ok(own)
    }

    /// A new request under way. One that carries changes is on disk when this returns, with the parcel
    /// for the service worker.
    pub(super) async fn begin_exchange(
        &self,
        now_ms: i64,
        unsent: &[Unsent],
    ) -> Result<Option<Pending>, StoreError> {
        let (forms, wanted) = self.form_wishes().await?;
        let unsent = in_sequence(unsent);
        let request = self.engine.borrow_mut().next_request(now_ms, unsent, forms, &self.build);
        let Some(mut request) = request else { return Ok(None) };
        request.session = Some(self.actor().session.to_vec().into());
        let keys = self.engine.borrow().sending();
        let store = self.engine.borrow().state().store;
        request.wanted = wanted;
        let request = codec::encode_for(&request, self.engine.borrow().state().deflate()).into();
        let pending = Pending { store, request, keys, response: Vec::new().into() };
        if !pending.keys.is_empty() {
            self.put_parcel(&pending);
            self.keep_exchange(&pending).await?;
        }
        Ok(Some(pending))
    }

    /// What an earlier sync began goes on when something of it has travelled, or the service worker has
    /// sent it; a small request is otherwise made anew, with everything that waits by now.
    pub(super) async fn worth_going_on(
        &self,
        mut pending: Pending,
    ) -> Result<Option<Pending>, StoreError> {
        if let Some(answer) = self.parcel_answer(&pending).await? {
            pending.response = answer.into();
            return Ok(Some(pending));
        }
        let small = pending.request.len() <= PART || !self.engine.borrow().state().is_modern();
        if small && pending.response.is_empty() {
            self.end_exchange();
            return Ok(None);
        }
        Ok(Some(pending))
    }

    async fn keep_exchange(&self, pending: &Pending) -> Result<(), StoreError> {
        *self.exchange.borrow_mut() = Exchange::Under(Box::new(pending.clone()));
        self.writer.put_message(Table::Meta, keys::TRANSFER.into(), pending);
        self.writer.flush().await
    }

    /// The request is through, or of no use any more. Written with whatever follows.
    pub(crate) fn end_exchange(&self) {
        let was = std::mem::replace(&mut *self.exchange.borrow_mut(), Exchange::Idle);
        if !matches!(was, Exchange::Idle) {
            self.writer.delete(Table::Meta, keys::TRANSFER.into());
            self.take_parcel_back();
        }
    }

    /// Sends a request and receives its response, going on where a cut happened.
    pub(crate) async fn exchange(
        &self,
        mut pending: Pending,
        begun_before: bool,
    ) -> Result<SyncResponse, Failure> {
        let modern = self.engine.borrow().state().is_modern();
        let size = pending.request.len();
        // How much of the request the server has; unknown after a cut or a restart.
        let mut sent: Option<usize> = if begun_before { None } else { Some(0) };
        let mut failures = 0;
        // The most of a request that went at once, and the most that had travelled so far.
        let (mut most, mut best) = (usize::MAX, 0);
        if let Some(response) = read(&pending.response).ok().filter(|_| begun_before) {
            // The service worker has sent it while the app was closed.
            return Ok(response);
        }
        for _ in 0..MOST_STEPS {
            let from = pending.response.len();
            let whole = size <= PART && from == 0 || !modern;
            let (path, body) = match sent {
                _ if whole => (PATH.to_owned(), pending.request.to_vec()),
                _ if from > 0 => (self.transfer_path(&pending, size), Vec::new()),
                // An empty part asks how much has arrived.
                None => (self.transfer_path(&pending, size), Vec::new()),
                Some(at) => {
                    let end = size.min(most.saturating_add(at));
                    (self.transfer_path(&pending, at), pending.request[at..end].to_vec())
                }
            };
            let length = body.len();
            match self.step(&mut pending, &path, body, &mut sent).await {
                Step::Done(response) => return Ok(*response),
                Step::Further => {
                    let travelled = sent.unwrap_or(0) + pending.response.len();
                    if travelled > best {
                        (failures, best) = (0, travelled);
                        most = if length > 0 { most.saturating_mul(2) } else { most };
                    }
                }
                // Of a body that was cut a proxy may have passed on nothing, and one that it finds too large
                // it answers itself: less at a time gets through.
                Step::Nothing(failure)
                    if modern && (failure == Failure::Offline || length > PART) =>
                {
                    failures += 1;
                    sent = None;
                    if whole || failures >= PATIENCE {
                        return Err(failure);
                    }
                    most = if failures == 1 { (length / 8).max(PART) } else { PART };
                }
                Step::Nothing(failure) => return Err(failure),
            }
        }
        Err(Failure::Offline)
    }

    pub(super) fn transfer_path(&self, pending: &Pending, at: usize) -> String {
        let id = TransferId::of(&pending.request);
        id.path(pending.request.len(), at, pending.response.len())
    }

    async fn step(
        &self,
        pending: &mut Pending,
        path: &str,
        body: Vec<u8>,
        sent: &mut Option<usize>,
    ) -> Step {
        let token = self.identity().map(|identity| identity.token);
        let reply = self.ports.transport.post(path, token.as_deref(), body).await;
        let partly = reply.as_ref().is_some_and(|reply| reply.status == 202);
        let body = match classify(reply) {
            Ok(body) => body,
            Err((failure, _)) => {
                if failure == Failure::Refused {
                    // Made by an older build, or forgotten by the server: made anew next time.
                    self.end_exchange();
                }
                return Step::Nothing(failure);
            }
        };
        if partly {
            let received = codec::decode::<TransferState>(&body).map(|state| state.received);
            let Ok(received) = received else { return Step::Nothing(Failure::Offline) };
            let before = sent.replace((received as usize).min(pending.request.len()));
            if !pending.response.is_empty() {
                // The server has forgotten the response.
                pending.response = Vec::new().into();
                self.end_exchange();
                return Step::Further;
            }
            return if before.is_none() || *sent > before {
                Step::Further
            } else {
                Step::Nothing(Failure::Offline)
            };
        }
        if body.is_empty() {
            return Step::Nothing(Failure::Offline);
        }
        pending.response.extend_from_slice(&body);
        match read(&pending.response) {
            Ok(response) => Step::Done(Box::new(response)),
            Err(CodecError::UnknownFormat) => {
                pending.response = Vec::new().into();
                Step::Nothing(Failure::Portal)
            }
            Err(CodecError::Damaged) if self.engine.borrow().state().is_modern() => {
                // Cut: what arrived is kept.
                match self.keep_exchange(pending).await {
                    Ok(()) => Step::Further,
                    Err(_) => Step::Nothing(Failure::Storage),
                }
            }
            Err(error) => {
                // Whole and yet not readable: from the beginning. That it is more than this build reads is
                // told: the network is not to blame.
                self.end_exchange();
                pending.response = Vec::new().into();
                match error {
                    CodecError::TooLarge => Step::Nothing(Failure::Refused),
                    _ => Step::Nothing(Failure::Offline),
                }
            }
        }
    }
}
