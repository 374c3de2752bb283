//! One request and its response, over a network that may cut either at any byte.
//!
//! What has travelled is not sent again: the server says how much of a request it keeps, and gives the
//! rest of a response from where this device stopped. A request larger than a part, and a response that
//! was cut, are kept on disk, so that the app may be closed in between.

use super::{Exchange, classify};
use crate::device::Device;
use crate::keys;
use crate::ports::{StoreError, Table};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use shared::id::StoreId;
use shared::sync::codec::{self, CodecError};
use shared::sync::engine::Failure;
use shared::sync::message::{SyncResponse, TransferState};
use shared::sync::transfer::{PART, TransferId};

/// Where requests go.
const PATH: &str = "/api/sync";
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
    request: ByteVec,
    /// The keys of the changes in it, document by document.
    #[n(2)]
    pub keys: Vec<Vec<String>>,
    /// What has arrived of the response.
    #[n(3)]
    response: ByteVec,
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

    /// A new request under way. A large one is on disk when this returns.
    pub(crate) async fn begin_exchange(
        &self,
        request: Vec<u8>,
        keys: Vec<Vec<String>>,
    ) -> Result<Pending, StoreError> {
        let store = self.engine.borrow().state().store;
        let large = request.len() > PART && self.engine.borrow().state().is_modern();
        let pending = Pending { store, request: request.into(), keys, response: Vec::new().into() };
        if large {
            self.keep_exchange(&pending).await?;
        }
        Ok(pending)
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
        let mut sent = if begun_before { None } else { Some(0) };
        let mut failures = 0;
        for _ in 0..MOST_STEPS {
            let from = pending.response.len();
            let whole = size <= PART && from == 0 || !modern;
            let (path, body) = match sent {
                _ if whole => (PATH.to_owned(), pending.request.to_vec()),
                _ if from > 0 => (self.transfer_path(&pending, size), Vec::new()),
                // An empty part asks how much has arrived.
                None => (self.transfer_path(&pending, size), Vec::new()),
                Some(at) => (self.transfer_path(&pending, at), pending.request[at..].to_vec()),
            };
            match self.step(&mut pending, &path, body, &mut sent).await {
                Step::Done(response) => return Ok(*response),
                Step::Further => failures = 0,
                Step::Nothing(failure) if modern && failure == Failure::Offline => {
                    failures += 1;
                    sent = None;
                    if whole || failures >= PATIENCE {
                        return Err(failure);
                    }
                }
                Step::Nothing(failure) => return Err(failure),
            }
        }
        Err(Failure::Offline)
    }

    fn transfer_path(&self, pending: &Pending, at: usize) -> String {
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
        let read = codec::decode::<SyncResponse>(&pending.response)
            .and_then(|mut response| response.unpack().map(|()| response));
        match read {
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
            Err(_) => {
                // Whole and yet not readable: from the beginning.
                self.end_exchange();
                pending.response = Vec::new().into();
                Step::Nothing(Failure::Offline)
            }
        }
    }
}
