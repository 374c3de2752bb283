//! The device's side of sync as a state machine: it decides, the caller sends, stores and waits.
//!
//! ```text
//!          due or asked            response
//!   idle ───────────────▶ sending ──────────▶ idle, at once again when there is more
//!    ▲                       │
//!    └── after the back-off ─┘ failure
//! ```

use super::ability::{Abilities, MOST_PAGE, feature};
use super::backoff::Backoff;
use super::message::{DocumentChanges, OLDEST_PROTOCOL, PROTOCOL, SyncRequest, SyncResponse};
use crate::id::{Epoch, FormVersionId, RecordId, StoreId};
use crate::record::Audience;
use std::collections::BTreeMap;

/// How much change data one request carries, in bytes before compression.
pub const PUSH_LIMIT: usize = MOST_PAGE as usize;
/// How many documents one request may carry beside that: each costs the server a merge. A request with more is refused
/// as a whole, 413.
pub const MOST_DOCUMENTS: usize = 10_000;
/// How long after a successful sync the next one is due, milliseconds.
pub const INTERVAL_MS: i64 = 5 * 60_000;

/// What the device remembers between syncs. It is stored with the data it speaks of, in the same
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SyncState {
    /// The life of this database.
    #[n(0)]
    pub store: StoreId,
    /// The server's epoch, once known.
    #[n(1)]
    pub epoch: Option<Epoch>,
    /// Up to where changes of others have been received.
    #[n(2)]
    pub cursor: u64,
    /// Version of the directory that is stored.
    #[n(3)]
    pub directory_version: u64,
    /// When the server last answered, Unix milliseconds; 0 for never.
    #[n(4)]
    pub last_contact_ms: i64,
    /// The version of the protocol in which the server answers; 1 while unknown.
    #[n(5)]
    pub protocol: Option<u16>,
    /// The ticket of the last stored response.
    #[n(6)]
    pub ticket: Option<u64>,
    /// How often the server found this database in use elsewhere too.
    #[n(7)]
    pub copies: Option<u32>,
    /// Whether the last response said that more waits on the server.
    #[n(8)]
    pub behind: Option<bool>,
    /// What both can do, as the server said last; `None` while it says nothing.
    #[n(9)]
    pub agreed: Option<Abilities>,
    /// The formats of compiled forms that the build read which stored the last response.
    #[n(10)]
    pub formats: Option<Vec<u32>>,
    /// Nothing of what this device sends is taken in at present.
    #[n(11)]
    pub paused: Option<bool>,
}

impl SyncState {
    /// A database that has never met a server.
    pub fn new(store: StoreId) -> Self {
        Self {
            store,
            epoch: None,
            cursor: 0,
            directory_version: 0,
            last_contact_ms: 0,
            protocol: None,
            ticket: None,
            copies: None,
            behind: None,
            agreed: None,
            formats: None,
            paused: None,
        }
    }

    /// Whether the server has a feature.
    pub fn has(&self, feature: u32) -> bool {
        match &self.agreed {
            Some(agreed) => agreed.has(feature),
            None => self.protocol.is_some_and(|protocol| protocol >= 2),
        }
    }

    /// Whether the server goes on with transfers that were cut.
    pub fn is_modern(&self) -> bool {
        self.has(feature::TRANSFERS)
    }

    /// Whether messages to the server may be compressed.
    pub fn deflate(&self) -> bool {
        self.agreed.as_ref().is_none_or(Abilities::deflate)
    }

    fn learn(&mut self, protocol: u16, agreed: Option<&Abilities>) {
        self.protocol = Some(protocol.min(PROTOCOL));
        // Of what a server says it is good for, only what this build knows.
        let known = |theirs| Abilities::own().and(&Abilities::said(protocol, Some(theirs)));
        self.agreed = agreed.filter(|_| protocol >= 2).map(known);
    }
}

/// One unsent change in the order in which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// The key under which the device stores it.
    pub key: String,
    /// The record.
    pub record: RecordId,
    /// The audience.
    pub audience: Audience,
    /// The change.
    pub bytes: Vec<u8>,
}

/// Why a request brought no usable response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing answered.
    Offline,
    /// Something else than our server answered: a page of a hotel or an operator.
    Portal,
    /// The server does not know this device, or no longer.
    Unauthorised,
    /// The server cannot work right now; perhaps it said when to come back (milliseconds).
    Unavailable(Option<u64>),
    /// The server understood the request and refused it as a whole.
    Refused,
    /// The device could not store what it received.
    Storage,
}

/// What a response means for the device's store.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    /// Keys of unsent changes that the server has committed.
    pub acknowledged: Vec<String>,
    /// Keys of changes that the server will not take, with its code: kept, shown, not sent again.
    pub held: Vec<(String, String)>,
    /// The state to store with all this.
    pub state: SyncState,
    /// Whether the server lost what it had: everything this device holds is to be sent again.
    pub resend_all: bool,
    /// Whether another request should follow at once.
    pub again: bool,
}

/// The machine.
#[derive(Debug)]
pub struct Engine {
    state: SyncState,
    backoff: Backoff,
    due_ms: i64,
    sending: Option<Vec<Vec<String>>>,
    more_unsent: bool,
    resumed: bool,
    stopped: bool,
}

impl Engine {
    /// A machine that is due at once.
    pub fn new(state: SyncState) -> Self {
        Self {
            state,
            backoff: Backoff::NONE,
            due_ms: 0,
            sending: None,
            more_unsent: false,
            resumed: false,
            stopped: false,
        }
    }

    /// What is remembered.
    pub fn state(&self) -> &SyncState {
        &self.state
    }

    /// Records were removed from the device: under another name for its database it is sent its own
    /// changes to them, should they come back. What is to be remembered now.
    pub fn rename_store(&mut self, fresh: StoreId) -> SyncState {
        self.state.store = fresh;
        self.state.ticket = None;
        self.state.clone()
    }

    /// The device was connected again: the server is to say what is in its scope. What is to be remembered
    /// now.
    pub fn forget_directory(&mut self) -> SyncState {
        // No server has given this version.
        self.state.directory_version = u64::MAX;
        self.state.clone()
    }

    /// What is to be stored before anything of a response is, if it is the first: should only a part of it get to
    /// the disk, the next request asks like one of a device that was connected again, and the server says which of
    /// those records are in scope.
    pub fn before_storing(&mut self) -> Option<SyncState> {
        (self.state.directory_version == 0).then(|| self.forget_directory())
    }

    /// What was stored is not trusted any more: the next sync begins from this state.
    pub fn forget(&mut self, state: SyncState) {
        self.state = state;
        self.sending = None;
    }

    /// The server said which version of the protocol it speaks and what it can do. What is to be remembered
    /// now.
    pub fn learn(&mut self, newest: u16, agreed: Option<&Abilities>) -> SyncState {
        self.state.learn(newest, agreed);
        self.state.clone()
    }

    /// When to sync next, Unix milliseconds; `None` while sending, or for good once the server has
    /// refused the device itself.
    pub fn next_wake(&self) -> Option<i64> {
        (self.sending.is_none() && !self.stopped).then_some(self.due_ms)
    }

    /// Makes the machine due now: a record was finished, the network came back, the person asked.
    pub fn wake(&mut self, now_ms: i64) {
        self.due_ms = self.due_ms.min(now_ms);
        self.backoff = Backoff::NONE;
        self.stopped = false;
    }

    /// The request to send now, or `None` while one is under way. Takes from `unsent`, in order, as
    /// much as one request carries.
    pub fn next_request<'a>(
        &mut self,
        now_ms: i64,
        unsent: impl IntoIterator<Item = &'a Unsent, IntoIter: ExactSizeIterator>,
        forms: Vec<FormVersionId>,
        build: &str,
    ) -> Option<SyncRequest> {
        if self.sending.is_some() {
            return None;
        }
        let unsent = unsent.into_iter();
        let waiting = unsent.len();
        let mut push: Vec<DocumentChanges> = Vec::new();
        let mut keys: Vec<Vec<String>> = Vec::new();
        let mut places: BTreeMap<(RecordId, Audience), usize> = BTreeMap::new();
        let mut size = 0;
        let mut taken = 0;
        let most = self.state.agreed.as_ref().map_or(PUSH_LIMIT, Abilities::page);
        for change in unsent {
            size += change.bytes.len();
            let full = push.len() == MOST_DOCUMENTS
                && !places.contains_key(&(change.record, change.audience));
            if full || (size > most && taken > 0) {
                break;
            }
            taken += 1;
            let at = *places.entry((change.record, change.audience)).or_insert_with(|| {
                push.push(DocumentChanges {
                    record: change.record,
                    audience: change.audience,
                    changes: Vec::new(),
                });
                keys.push(Vec::new());
                push.len() - 1
            });
            push[at].changes.push(change.bytes.clone().into());
            keys[at].push(change.key.clone());
        }
        self.sending = Some(keys);
        self.more_unsent = taken < waiting;
        self.resumed = false;
        let mut request = SyncRequest {
            protocol: PROTOCOL,
            epoch: self.state.epoch,
            store: self.state.store,
            cursor: self.state.cursor,
            push,
            forms,
            unsent: (waiting - taken) as u32,
            build: build.to_owned(),
            now_ms,
            directory_version: self.state.directory_version,
            oldest: Some(OLDEST_PROTOCOL),
            packed: None,
            ticket: self.state.ticket,
            session: None,
            abilities: Some(Abilities::own()),
            wanted: None,
        };
        if self.state.has(feature::BLOCKS) {
            request.pack();
        }
        Some(request)
    }

    /// The keys of the changes that the request under way carries, as their documents stand in it.
    pub fn sending(&self) -> Vec<Vec<String>> {
        self.sending.clone().unwrap_or_default()
    }

    /// A request was made, and is not sent for now.
    pub fn set_aside(&mut self) {
        self.sending = None;
    }

    /// Goes on with a request that was made before, and sends again when it is through.
    pub fn resume(&mut self, keys: Vec<Vec<String>>) {
        self.sending = Some(keys);
        self.more_unsent = true;
        self.resumed = true;
    }

    /// What the response means. The caller stores it in one transaction and then calls
    /// [`Self::stored`]; when storing fails it calls [`Self::failed`], and the same changes are sent
    /// again.
    /// `fresh` names the database from now on, if the server asks for that.
    pub fn on_response(
        &mut self,
        now_ms: i64,
        response: &SyncResponse,
        fresh: StoreId,
    ) -> Received {
        let keys = self.sending.take().unwrap_or_default();
        let refused = response.refused.iter();
        let refused: BTreeMap<(usize, usize), _> =
            form::order::map(refused.map(|of| ((of.document as usize, of.change as usize), of)));
        let mut acknowledged = Vec::new();
        let mut held = Vec::new();
        for (document, changes) in keys.into_iter().enumerate() {
            for (change, key) in changes.into_iter().enumerate() {
                match refused.get(&(document, change)) {
                    None => acknowledged.push(key),
                    Some(refused) if refused.permanent => held.push((key, refused.code.clone())),
                    Some(_) => {}
                }
            }
        }
        let resend_all = self.state.epoch.is_some_and(|epoch| epoch != response.epoch);
        let mut state = SyncState {
            store: self.state.store,
            epoch: Some(response.epoch),
            cursor: response.cursor,
            directory_version: response
                .directory
                .as_ref()
                .map_or(self.state.directory_version, |directory| directory.version),
            last_contact_ms: now_ms,
            protocol: None,
            ticket: response.ticket,
            copies: self.state.copies,
            behind: response.more.then_some(true),
            agreed: None,
            formats: Abilities::own().forms,
            paused: response.paused,
        };
        state.learn(response.protocol, response.abilities.as_ref());
        let renew = response.renew == Some(true);
        if renew {
            // A copy of this database syncs too. Under a name of its own this one is sent what the
            // copy sent, and is not mistaken for it again.
            state.store = fresh;
            state.cursor = 0;
            state.ticket = None;
            state.copies = Some(state.copies.unwrap_or(0).saturating_add(1));
        }
        // What is refused for now stands before the rest: without any progress it waits for the next sync.
        let further =
            self.more_unsent && (self.resumed || !acknowledged.is_empty() || !held.is_empty());
        let again = response.more || resend_all || further || renew;
        Received { acknowledged, held, state, resend_all, again }
    }

    /// The outcome of [`Self::on_response`] is on disk.
    pub fn stored(&mut self, now_ms: i64, received: &Received) {
        self.state = received.state.clone();
        self.backoff = Backoff::NONE;
        self.due_ms = if received.again { now_ms } else { now_ms + INTERVAL_MS };
    }

    /// The request failed, or its outcome could not be stored. `random` is any number.
    pub fn failed(&mut self, now_ms: i64, failure: Failure, random: u32) {
        self.sending = None;
        self.backoff = self.backoff.failed();
        let mut wait = self.backoff.wait_ms(random);
        if let Failure::Unavailable(Some(asked)) = failure {
            wait = wait.max(asked);
        }
        self.due_ms = now_ms + wait as i64;
        self.stopped = failure == Failure::Unauthorised;
    }
}

#[cfg(test)]
mod tests;
