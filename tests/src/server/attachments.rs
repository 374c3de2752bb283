//! Attachments on the server in memory: as `server/src/http/attachments.rs` takes and gives them, and as
//! `server/src/blob/collect.rs` removes them.

use super::Server;
use crate::trace;
use shared::attachment::message::{Fetch, Piece, Stored, UPLOAD, Upload};
use shared::attachment::{LARGEST, PIECE, PIECES_AT_ONCE, Placing, named_in, place};
use shared::id::{AttachmentHash, ChangeHash, DeviceId};
use shared::sync::codec;
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: i64 = 24 * 3_600_000;
/// What stopped arriving, and what no record names, is kept this long.
const KEPT_MS: i64 = 60 * DAY_MS;

/// An attachment, as far as it has arrived.
#[derive(Clone)]
pub(super) struct Attachment {
    size: u64,
    bytes: Vec<u8>,
    complete: bool,
    /// When it last moved.
    at_ms: i64,
}

type Answer = Result<Vec<u8>, (u16, &'static str)>;

impl Server {
    pub(super) fn attachment(
        &mut self,
        device: DeviceId,
        path: &str,
        body: &[u8],
        now_ms: i64,
    ) -> Answer {
        if self.devices.get(&device).is_none_or(|of| of.locked_out) {
            return Err((401, "unauthorised"));
        }
        match path {
            UPLOAD => {
                let upload: Upload = codec::decode(body).map_err(|_| (400, "malformed"))?;
                self.upload(&upload, now_ms)
            }
            _ => {
                let fetch: Fetch = codec::decode(body).map_err(|_| (400, "malformed"))?;
                self.fetch(device, &fetch)
            }
        }
    }

    fn upload(&mut self, upload: &Upload, now_ms: i64) -> Answer {
        if upload.size == 0
            || upload.size > LARGEST
            || upload.bytes.len() as u64 > PIECE * PIECES_AT_ONCE
        {
            return Err((413, "too_large"));
        }
        let stored = |received, complete| Ok(codec::encode(&Stored { received, complete }));
        let known = self.database.attachments.contains_key(&upload.hash);
        if !known && upload.bytes.is_empty() {
            return stored(0, false);
        }
        let of = self.database.attachments.entry(upload.hash).or_insert_with(|| Attachment {
            size: upload.size,
            bytes: Vec::new(),
            complete: false,
            at_ms: now_ms,
        });
        if of.complete {
            return stored(of.size, true);
        }
        if of.size != upload.size {
            (of.size, of.bytes) = (upload.size, Vec::new());
        }
        match place(of.bytes.len() as u64, of.size, upload.offset, upload.bytes.len() as u64) {
            Placing::Append { skip } => {
                of.bytes.extend_from_slice(&upload.bytes[skip..]);
                of.at_ms = now_ms;
            }
            Placing::Known | Placing::Gap => {}
            Placing::Beyond => return Err((422, "field")),
        }
        if (of.bytes.len() as u64) < of.size {
            return stored(of.bytes.len() as u64, false);
        }
        if AttachmentHash::of(&of.bytes) != upload.hash {
            of.bytes.clear();
            return Err((422, "attachment_damaged"));
        }
        (of.complete, of.at_ms) = (true, now_ms);
        trace::photo("the server has", upload.hash);
        stored(of.size, true)
    }

    fn fetch(&self, device: DeviceId, fetch: &Fetch) -> Answer {
        let named = self.database.named.contains(&(fetch.record, fetch.hash));
        if !named || !self.inside(device, fetch.record) {
            return Err((404, "not_found"));
        }
        let piece = match self.database.attachments.get(&fetch.hash) {
            None => Piece { size: 0, received: 0, bytes: Vec::new().into() },
            Some(of) => {
                let length = fetch.length.clamp(1, PIECE * PIECES_AT_ONCE);
                let from = fetch.offset.min(of.size);
                let to = fetch.offset.saturating_add(length).min(of.size);
                let (size, received) = (of.size, of.bytes.len() as u64);
                let bytes = match of.complete {
                    true => of.bytes[from as usize..to as usize].to_vec(),
                    false => Vec::new(),
                };
                Piece { size, received, bytes: bytes.into() }
            }
        };
        Ok(codec::encode_plain(&piece))
    }

    /// Removes what was given up and what nothing names; whether there was something.
    pub(super) fn collect(&mut self, now_ms: i64) -> bool {
        let before = self.database.attachments.len();
        let mut named: BTreeSet<AttachmentHash> =
            self.database.named.iter().map(|(_, of)| *of).collect();
        // What waits may be taken in later, when the phone has no copy any more.
        let logged: BTreeSet<ChangeHash> = self.database.log.values().map(|of| of.hash).collect();
        self.database.waiting.retain(|hash, _| !logged.contains(hash));
        named.extend(self.database.waiting.values().flatten());
        let held = self.database.wedged.values().filter(|of| of.decided.is_none());
        named.extend(held.flat_map(|of| named_in(&of.bytes)));
        self.database.attachments.retain(|hash, of| {
            let kept = of.at_ms >= now_ms - KEPT_MS || of.complete && named.contains(hash);
            if !kept {
                trace::photo("the server collects", *hash);
            }
            kept
        });
        self.database.attachments.len() < before
    }

    pub(super) fn whole_attachments(&self) -> BTreeMap<AttachmentHash, Vec<u8>> {
        let whole = self.database.attachments.iter().filter(|(_, of)| of.complete);
        whole.map(|(hash, of)| (*hash, of.bytes.clone())).collect()
    }
}
