//! A server in memory: the merge of crate `shared` over maps instead of Postgres.

use shared::id::{ChangeHash, DeviceId, Epoch, RecordId, StoreId};
use shared::merge::{Sender, merge};
use shared::record::review::{Review, ReviewState};
use shared::record::{Actor, Audience, Document, EncodedChange};
use shared::sync::codec;
use shared::sync::message::{
    Directory, DocumentChanges, PROTOCOL, PublishedForm, RefusedChange, SyncRequest, SyncResponse,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many changes one response carries; small, so that pulls take several rounds.
const PULL_LIMIT: usize = 40;

/// A committed change.
pub struct Committed {
    pub record: RecordId,
    pub audience: Audience,
    pub hash: ChangeHash,
    pub device: DeviceId,
    pub store: StoreId,
    pub bytes: Vec<u8>,
}

/// The server's database.
pub struct Server {
    pub epoch: Epoch,
    /// In commit order: position + 1 is the sequence number.
    pub log: Vec<Committed>,
    pub documents: BTreeMap<(RecordId, Audience), Vec<u8>>,
    pub refusals: usize,
    /// How many changes one response carries.
    pub pull_limit: usize,
    form: (shared::id::FormVersionId, Vec<u8>),
}

impl Default for Server {
    fn default() -> Self {
        Self {
            epoch: Epoch([1; 16]),
            log: Vec::new(),
            documents: BTreeMap::new(),
            refusals: 0,
            pull_limit: PULL_LIMIT,
            form: crate::form::published(),
        }
    }
}

/// The office's device.
pub const OFFICE: DeviceId = DeviceId([0xff; 8]);

impl Server {
    /// Puts another form in force.
    pub fn publish(&mut self, version: shared::id::FormVersionId, compiled: Vec<u8>) {
        self.form = (version, compiled);
    }

    /// Answers a sync request as the real server does: commit, then acknowledge.
    pub fn sync(&mut self, device: DeviceId, body: &[u8]) -> Result<Vec<u8>, u16> {
        let request: SyncRequest = codec::decode(body).map_err(|_| 400u16)?;
        let refused = self.push(device, &request);
        let (pull, cursor, more) = self.pull(device, &request);
        let (version, compiled) = &self.form;
        let forms = if request.forms.contains(version) {
            vec![]
        } else {
            vec![PublishedForm { version: *version, compiled: compiled.clone().into() }]
        };
        let directory = Directory {
            version: 1,
            current_forms: vec![*version],
            municipality: "გარდაბანი".into(),
            ..Directory::default()
        };
        Ok(codec::encode(&SyncResponse {
            protocol: PROTOCOL,
            epoch: self.epoch,
            cursor,
            more,
            refused,
            pull,
            forms,
            directory: (request.directory_version != 1).then_some(directory),
            now_ms: 0,
        }))
    }

    fn push(&mut self, device: DeviceId, request: &SyncRequest) -> Vec<RefusedChange> {
        let mut refused = Vec::new();
        for (index, pushed) in request.push.iter().enumerate() {
            let key = (pushed.record, pushed.audience);
            let batch: Vec<Vec<u8>> =
                pushed.changes.iter().map(|bytes| bytes.as_slice().to_vec()).collect();
            let sender = Sender { device, may_review: false };
            let stored = self.documents.get(&key).map(Vec::as_slice);
            let mut merged =
                merge(key.0, key.1, stored, &batch, sender).expect("stored documents load");
            for (change, hash, reason) in &merged.refused {
                self.refusals += 1;
                refused.push(RefusedChange {
                    document: index as u32,
                    change: *change as u32,
                    code: reason.code().into(),
                    permanent: reason.is_permanent(),
                    hash: *hash,
                });
            }
            let accepted = std::mem::take(&mut merged.accepted);
            if accepted.is_empty() {
                continue;
            }
            self.documents.insert(key, merged.document.save());
            self.log.extend(accepted.into_iter().map(|change| Committed {
                record: key.0,
                audience: key.1,
                hash: change.hash,
                device,
                store: request.store,
                bytes: change.bytes,
            }));
        }
        refused
    }

    fn pull(&self, device: DeviceId, request: &SyncRequest) -> (Vec<DocumentChanges>, u64, bool) {
        let mut pull: Vec<DocumentChanges> = Vec::new();
        let mut cursor = request.cursor as usize;
        let mut taken = 0;
        while cursor < self.log.len() && taken < self.pull_limit {
            let change = &self.log[cursor];
            cursor += 1;
            if change.device == device && change.store == request.store {
                continue;
            }
            taken += 1;
            let at = pull
                .iter()
                .position(|document| {
                    document.record == change.record && document.audience == change.audience
                })
                .unwrap_or_else(|| {
                    pull.push(DocumentChanges {
                        record: change.record,
                        audience: change.audience,
                        changes: vec![],
                    });
                    pull.len() - 1
                });
            pull[at].changes.push(change.bytes.clone().into());
        }
        (pull, cursor as u64, cursor < self.log.len())
    }

    /// The office decides on a record.
    pub fn review(&mut self, record: RecordId, state: ReviewState, now_ms: i64) {
        let key = (record, Audience::Main);
        let Some(stored) = self.documents.get(&key) else { return };
        let actor = Actor { device: OFFICE, session: (self.log.len() as u64).to_be_bytes() };
        let mut document = Document::load(stored, Audience::Main, actor).expect("it loads");
        let header = document.header();
        let review = Review::read(&header, &document.review_entries());
        let edits = Review::decide(&review, &header, state, "შეამოწმეთ", "ოფისი", now_ms, &[]);
        let Some(EncodedChange { hash, bytes }) =
            document.edit(&edits, now_ms, "").expect("the office may")
        else {
            return;
        };
        self.documents.insert(key, document.save());
        self.log.push(Committed {
            record,
            audience: Audience::Main,
            hash,
            device: OFFICE,
            store: StoreId([0; 8]),
            bytes,
        });
    }

    /// Every record that has a main document.
    pub fn records(&self) -> BTreeSet<RecordId> {
        self.documents.keys().filter(|(_, of)| *of == Audience::Main).map(|(id, _)| *id).collect()
    }
}
