//! A server in memory: the merge of crate `shared` over maps instead of Postgres.

mod attachments;
mod office;
mod people;
mod pull;
mod transfer;

use crate::backend::{Backend, Deed, Logged, Projected};
use attachments::Attachment;
use device::ports::Reply;
use office::settle;
use shared::attachment::message::{FETCH, UPLOAD};
use shared::attachment::named_in;
use shared::id::{AttachmentHash, ChangeHash, DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use shared::merge::{Refusal, Sender, merge};
use shared::record::review::{Review, ReviewState, Seen};
use shared::record::{Actor, Audience, Document};
use shared::sync::ability::{Abilities, feature};
use shared::sync::codec;
use shared::sync::message::{PROTOCOL, RefusedChange, SyncRequest, common_protocol};
use std::collections::{BTreeMap, BTreeSet};
use transfer::Transfer;

/// How many changes one response carries; small, so that pulls take several rounds.
const PULL_LIMIT: usize = 40;

/// A committed change.
#[derive(Clone)]
pub struct Committed {
    pub record: RecordId,
    pub audience: Audience,
    pub hash: ChangeHash,
    pub device: DeviceId,
    pub store: StoreId,
    pub bytes: Vec<u8>,
}

/// Where a record lies.
#[derive(Clone, Default)]
struct Place {
    village: String,
    author: Option<DeviceId>,
    placed: u64,
    assigned: Option<(DeviceId, u64)>,
    /// When it may have left somebody's scope.
    moved: Vec<u64>,
}

/// An enrolled device.
#[derive(Clone, Default)]
struct Enrolled {
    villages: Vec<String>,
    scope_version: u64,
    locked_out: bool,
    /// Who has the phone: the name of that person's first one.
    person: Option<DeviceId>,
    /// The names that the phone had before.
    former: Vec<DeviceId>,
}

/// A change refused for good.
#[derive(Clone)]
struct Wedged {
    record: RecordId,
    audience: Audience,
    device: DeviceId,
    /// All who have sent it.
    senders: BTreeSet<DeviceId>,
    bytes: Vec<u8>,
    /// Made by another device than its sender's: its maker may send it yet.
    foreign: bool,
    decided: Option<u64>,
    discarded: bool,
}

/// How far a device's database has come, and from which starts of the app.
#[derive(Clone, Default)]
struct Tickets {
    last: u64,
    before: Option<u64>,
    session: Vec<u8>,
    session_before: Vec<u8>,
    copied: bool,
}

/// The database: what a backup holds.
#[derive(Clone, Default)]
struct Database {
    seq: u64,
    /// By sequence number.
    log: BTreeMap<u64, Committed>,
    documents: BTreeMap<(RecordId, Audience), Vec<u8>>,
    places: BTreeMap<RecordId, Place>,
    wedged: BTreeMap<ChangeHash, Wedged>,
    tickets: BTreeMap<(DeviceId, StoreId), Tickets>,
    attachments: BTreeMap<AttachmentHash, Attachment>,
    /// Changes that lack what they build on, and what they name.
    waiting: BTreeMap<ChangeHash, Vec<AttachmentHash>>,
    /// Which records have ever named which attachment.
    named: BTreeSet<(RecordId, AttachmentHash)>,
}

/// The server.
pub struct Server {
    epoch: Epoch,
    database: Database,
    backup: Option<Database>,
    devices: BTreeMap<DeviceId, Enrolled>,
    transfers: BTreeMap<DeviceId, Transfer>,
    refusals: usize,
    poisoned: bool,
    random: u64,
    /// How many changes one response carries.
    pub pull_limit: usize,
    /// The newest protocol that it speaks.
    pub protocol: u16,
    /// What it can do; `None` for one that does not say.
    pub abilities: Option<Abilities>,
    forms: Vec<(FormVersionId, Vec<u8>)>,
    current: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            epoch: Epoch([1; 16]),
            database: Database::default(),
            backup: None,
            devices: BTreeMap::new(),
            transfers: BTreeMap::new(),
            refusals: 0,
            poisoned: false,
            random: 1,
            pull_limit: PULL_LIMIT,
            protocol: PROTOCOL,
            abilities: Some(Abilities::own()),
            forms: vec![crate::form::published(1), crate::form::published(2)],
            current: 0,
        }
    }
}

/// The office's device.
pub const OFFICE: DeviceId = DeviceId([0xff; 8]);

impl Server {
    /// Puts another form in force.
    pub fn publish(&mut self, version: FormVersionId, compiled: Vec<u8>) {
        self.forms = vec![(version, compiled)];
        self.current = 0;
    }

    /// Answers a sync request as the real server does: commit, then acknowledge.
    fn sync(&mut self, device: DeviceId, body: &[u8]) -> Result<Vec<u8>, u16> {
        let enrolled = self.devices.entry(device).or_default().clone();
        if enrolled.locked_out {
            return Err(401);
        }
        let mut request: SyncRequest = codec::decode(body).map_err(|_| 400u16)?;
        request.unpack().map_err(|_| 400u16)?;
        let newest = request.protocol.min(self.protocol);
        let protocol = common_protocol(request.oldest, newest).ok_or(400u16)?;
        let before = self.database.log.len();
        let refused = self.push(device, &request);
        let accepted = self.database.log.len() > before;
        let pushed: BTreeSet<RecordId> = request.push.iter().map(|of| of.record).collect();
        let mut response = self.pull(device, &enrolled, &request, &pushed, (protocol, accepted));
        response.refused = refused;
        response.abilities = self.agreed(protocol, request.abilities.as_ref());
        let said = Abilities::said(protocol, request.abilities.as_ref());
        if said.has(feature::BLOCKS) && self.can(feature::BLOCKS) {
            response.pack();
        }
        Ok(codec::encode_for(&response, said.deflate()))
    }

    /// What it answers to somebody who says what they can do.
    fn agreed(&self, protocol: u16, theirs: Option<&Abilities>) -> Option<Abilities> {
        let own = self.abilities.as_ref().filter(|_| protocol >= 2)?;
        theirs.map(|theirs| own.and(&Abilities::said(protocol, Some(theirs))))
    }

    fn can(&self, feature: u32) -> bool {
        self.abilities.as_ref().is_none_or(|own| own.has(feature))
    }

    fn push(&mut self, device: DeviceId, request: &SyncRequest) -> Vec<RefusedChange> {
        let mut refused = Vec::new();
        for (index, pushed) in request.push.iter().enumerate() {
            let batch: Vec<Vec<u8>> =
                pushed.changes.iter().map(|bytes| bytes.as_slice().to_vec()).collect();
            let key = (pushed.record, pushed.audience);
            for (change, hash, reason) in self.take_in(key, device, request.store, &batch, false) {
                self.refusals += 1;
                if reason.is_permanent() {
                    let wedged = Wedged {
                        record: key.0,
                        audience: key.1,
                        device,
                        senders: BTreeSet::new(),
                        bytes: batch[change].clone(),
                        foreign: reason == Refusal::ForeignActor,
                        decided: None,
                        discarded: false,
                    };
                    let held = self.database.wedged.entry(hash).or_insert(wedged);
                    held.senders.insert(device);
                } else {
                    self.database.waiting.insert(hash, named_in(&batch[change]));
                }
                refused.push(RefusedChange {
                    document: index as u32,
                    change: change as u32,
                    code: reason.code().into(),
                    permanent: reason.is_permanent(),
                    hash: Some(hash),
                });
            }
        }
        refused
    }

    /// Merges a batch into a document and commits; what was refused. `trusted`: a person vouches.
    fn take_in(
        &mut self,
        key: (RecordId, Audience),
        device: DeviceId,
        store: StoreId,
        batch: &[Vec<u8>],
        trusted: bool,
    ) -> Vec<(usize, ChangeHash, Refusal)> {
        let hash_of = |bytes: &[u8]| {
            shared::record::document::change_hash(bytes).unwrap_or(ChangeHash([0; 32]))
        };
        let missing_main = key.1 == Audience::Protection
            && !self.database.documents.contains_key(&(key.0, Audience::Main));
        if missing_main {
            let all = batch.iter().enumerate();
            return all.map(|(at, b)| (at, hash_of(b), Refusal::MissingDependency)).collect();
        }
        let known = |server: &Self, hash: ChangeHash| {
            server.database.log.values().any(|change| change.hash == hash)
        };
        // The poison hits the first change that is new.
        let mut poison = None;
        if self.poisoned && !trusted {
            poison = batch.iter().position(|bytes| !known(self, hash_of(bytes)));
            self.poisoned = poison.is_none();
        }
        let still_wedged = |server: &Self, bytes: &[u8]| {
            let wedged = server.database.wedged.get(&hash_of(bytes));
            let open = |of: &Wedged| !of.foreign && of.decided.is_none() || of.discarded;
            !trusted && wedged.is_some_and(open)
        };
        let mut refused = Vec::new();
        let mut positions = Vec::new();
        let mut fit = Vec::new();
        for (at, bytes) in batch.iter().enumerate() {
            if poison == Some(at) || still_wedged(self, bytes) {
                refused.push((at, hash_of(bytes), Refusal::NotApplicable));
            } else {
                positions.push(at);
                fit.push(bytes.clone());
            }
        }
        // A person who vouches for a change does so with the rights of the office.
        let former = self.devices.get(&device).map(|of| of.former.clone()).unwrap_or_default();
        let sender = Sender { device, former: &former, may_review: trusted };
        let stored = self.database.documents.get(&key).map(Vec::as_slice);
        let mut merged = merge(key.0, key.1, stored, &fit, sender).expect("stored documents load");
        for (at, hash, reason) in &merged.refused {
            let at = positions[*at];
            refused.push((at, hash.unwrap_or_else(|| hash_of(&batch[at])), *reason));
        }
        let accepted = std::mem::take(&mut merged.accepted);
        if accepted.is_empty() {
            return refused;
        }
        if key.1 == Audience::Main {
            self.place(key.0, device, &merged.document, accepted.len() as u64);
        }
        self.database.documents.insert(key, merged.document.save());
        for change in accepted {
            self.commit(key, change.hash, device, store, change.bytes);
        }
        refused
    }

    fn commit(
        &mut self,
        (record, audience): (RecordId, Audience),
        hash: ChangeHash,
        device: DeviceId,
        store: StoreId,
        bytes: Vec<u8>,
    ) {
        self.database.seq += 1;
        if let Some(wedged) = self.database.wedged.get_mut(&hash)
            && wedged.foreign
            && wedged.decided.is_none()
        {
            // Others had brought it; its maker has sent it now, or a person has vouched for it.
            wedged.decided = Some(self.database.seq);
        }
        self.database.named.extend(named_in(&bytes).into_iter().map(|of| (record, of)));
        let change = Committed { record, audience, hash, device, store, bytes };
        self.database.log.insert(self.database.seq, change);
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply {
        status,
        media_type: "application/problem+json".into(),
        retry_after_ms: None,
        body: if code.is_empty() {
            vec![]
        } else {
            format!("{{\"code\":\"{code}\"}}").into_bytes()
        },
    }
}

impl Backend for Server {
    fn post(&mut self, device: DeviceId, path: &str, body: &[u8], cut: bool, now_ms: i64) -> Reply {
        let answer = match path {
            UPLOAD | FETCH if cut => return Reply::default(),
            UPLOAD | FETCH => match self.attachment(device, path, body, now_ms) {
                Ok(body) => Ok((200, body)),
                Err((status, code)) => return refusal(status, code),
            },
            "/api/sync" if cut => return Reply::default(),
            "/api/sync" => self.sync(device, body).map(|bytes| {
                if bytes.len() > transfer::PART {
                    self.transfers.insert(device, Transfer::answered(body, &bytes));
                }
                (200, bytes)
            }),
            "/api/enrol" if cut => return Reply::default(),
            "/api/enrol" => self.connect(body).map(|bytes| (200, bytes)),
            _ => self.transfer(device, path, body),
        };
        match answer {
            Ok((status, body)) => {
                Reply { status, media_type: codec::MEDIA_TYPE.into(), retry_after_ms: None, body }
            }
            Err(status) => refusal(status, ""),
        }
    }

    fn act(&mut self, deed: &Deed, now_ms: i64) -> bool {
        match deed {
            Deed::Review(record, state) => {
                let reader = Actor { device: OFFICE, session: [0; 8] };
                let companion = self.database.documents.get(&(*record, Audience::Protection));
                let companion = companion
                    .and_then(|bytes| Document::load(bytes, Audience::Protection, reader).ok());
                let protection = companion.map_or(Vec::new(), |mut document| document.heads());
                self.write(*record, now_ms, |document| {
                    let protection = protection.clone();
                    let seen = Seen { main: document.heads(), protection };
                    let header = document.header();
                    let review = Review::read(&header, &document.review_entries(), || false);
                    let mut edits =
                        Review::decide(&review, &header, *state, "შეამოწმეთ", "ოფისი", now_ms, &[]);
                    edits.push(seen.edit());
                    edits
                })
            }
            Deed::Resolve(record) => self.write(*record, now_ms, settle),
            Deed::Assign(record, device) => {
                let Some(place) = self.database.places.get_mut(record) else { return false };
                self.database.seq += 1;
                let seq = self.database.seq;
                place.assigned = device.map(|device| (device, seq));
                place.moved.push(seq);
                if device.is_none() {
                    place.placed = seq;
                }
                true
            }
            Deed::Villages(device, villages) => {
                let mut other = false;
                for of in self.phones_of(*device) {
                    other = of.villages != *villages;
                    of.villages.clone_from(villages);
                    of.scope_version += u64::from(other);
                }
                other
            }
            Deed::Active(device, active) => {
                let mut other = false;
                for of in self.phones_of(*device) {
                    other = std::mem::replace(&mut of.locked_out, !active) == *active;
                }
                other
            }
            Deed::Publish => {
                self.current = (self.current + 1) % self.forms.len();
                true
            }
            Deed::Backup => {
                self.backup = Some(self.database.clone());
                true
            }
            Deed::Restore => self.restore(),
            Deed::Collect => self.collect(now_ms),
            Deed::Poison => !std::mem::replace(&mut self.poisoned, true),
            Deed::Discard(hash) => {
                self.database.seq += 1;
                let seq = self.database.seq;
                let wedged = self.database.wedged.get_mut(hash);
                wedged.map(|of| (of.decided, of.discarded) = (Some(seq), true)).is_some()
            }
            Deed::Retry => {
                self.poisoned = false;
                self.retry()
            }
        }
    }

    fn enrol(&mut self, device: DeviceId, villages: &[String]) {
        let enrolled = Enrolled { villages: villages.to_vec(), ..Enrolled::default() };
        self.devices.insert(device, enrolled);
    }

    fn code(&mut self, device: DeviceId) -> String {
        device.to_string()
    }

    fn log(&self) -> Vec<Logged> {
        let logged = |change: &Committed| Logged {
            record: change.record,
            audience: change.audience,
            hash: change.hash,
        };
        self.database.log.values().map(logged).collect()
    }

    fn documents(&self) -> BTreeMap<(RecordId, Audience), Vec<u8>> {
        self.database.documents.clone()
    }

    fn scope(&self, device: DeviceId) -> BTreeSet<RecordId> {
        self.database.places.keys().copied().filter(|of| self.inside(device, *of)).collect()
    }

    fn rows(&self) -> Option<BTreeMap<RecordId, Projected>> {
        None
    }

    fn attachments(&self) -> BTreeMap<AttachmentHash, Vec<u8>> {
        self.whole_attachments()
    }

    fn refusals(&self) -> usize {
        self.refusals
    }
}

/// The states a reviewer may put a record into.
pub const DECISIONS: [ReviewState; 3] =
    [ReviewState::Returned, ReviewState::Approved, ReviewState::Rejected];
