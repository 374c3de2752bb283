//! Sending: piece after piece, from where the server is.

use super::{AttachmentRow, Health};
use crate::device::{Device, problem_code};
use crate::ports::StoreError;
use crate::sync::classify;
use shared::attachment::message::{Stored, UPLOAD, Upload};
use shared::attachment::{PIECE, PIECES_AT_ONCE, named_in};
use shared::sync::ability::{Abilities, feature};
use shared::sync::codec;
use shared::sync::engine::Failure;

/// A piece that took longer is too large for this network, milliseconds.
const SLOW_MS: i64 = 6_000;
/// A piece that took less may be larger the next time, milliseconds.
const FAST_MS: i64 = 1_500;
/// How often in a row the server may keep nothing of a piece.
const PATIENCE: u32 = 3;

/// What sending achieved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachmentOutcome {
    /// Attachments that the server has now.
    pub sent: usize,
    /// Whether it stopped because records are to be sent first.
    pub paused: bool,
    /// Why it ended early, if it did.
    pub failure: Option<Failure>,
}

/// Why sending one attachment ended before its end.
enum Stop {
    /// Records go first.
    Paused,
    /// Nothing can be sent now.
    Failed(Failure),
    /// The server does not take this one; others may go.
    Refused(String),
    /// This one makes no progress now; others may.
    Later,
    /// Its bytes here are damaged, or gone; others may go.
    Damaged(String),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(key) => Self::Damaged(key),
            _ => Self::Failed(Failure::Storage),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Device {
    /// Sends what waits, oldest first, until nothing is left, records are to be sent or something fails.
    /// One at a time: a second call while one runs does nothing.
    pub async fn send_attachments(&self) -> AttachmentOutcome {
        let mut outcome = AttachmentOutcome::default();
        let kept = |of: &Abilities| of.has(feature::ATTACHMENTS);
        let kept = self.engine.borrow().state().agreed.as_ref().is_none_or(kept);
        if !kept || self.identity().is_none() || self.attachments.sending.replace(true) {
            return outcome;
        }
        match self.send_waiting(&mut outcome).await {
            Ok(()) | Err(Stop::Refused(_) | Stop::Later | Stop::Damaged(_)) => {}
            Err(Stop::Paused) => outcome.paused = true,
            Err(Stop::Failed(failure)) => outcome.failure = Some(failure),
        }
        self.attachments.sending.set(false);
        outcome
    }

    /// The server has taken in a change that names attachments. What it got before, and nothing named, it may
    /// have removed since; from now on it keeps it.
    pub(crate) fn ask_again(&self, change: &[u8]) {
        for hash in named_in(change) {
            if let Some(row) =
                self.attachment_row(hash).filter(|row| row.own && row.epoch.is_some())
            {
                self.put_attachment(AttachmentRow { epoch: None, ..row });
            }
        }
    }

    /// What the server would not take is offered to it again with the next sync.
    pub async fn retry_attachments(&self) -> Result<(), StoreError> {
        for row in self.attachments().into_iter().filter(|row| !row.refused.is_empty()) {
            self.put_attachment(AttachmentRow { refused: String::new(), ..row });
        }
        self.save().await
    }

    async fn send_waiting(&self, outcome: &mut AttachmentOutcome) -> Result<(), Stop> {
        let mut waiting = self.attachments();
        // What is not whole here the server may have all the same, or so much of it that the rest suffices.
        let begun = |row: &AttachmentRow| row.is_here() || row.own && row.health != Health::Sound;
        waiting.retain(|row| begun(row) && row.refused.is_empty() && !self.is_received(row));
        form::order::sort_by(&mut waiting, |a, b| (a.made_ms, a.hash).cmp(&(b.made_ms, b.hash)));
        for row in waiting {
            match self.send_one(row.clone()).await {
                Ok(()) => outcome.sent += 1,
                Err(Stop::Refused(code)) => {
                    if let Some(row) = self.attachment_row(row.hash) {
                        self.put_attachment(AttachmentRow { refused: code, ..row });
                        self.save().await?;
                    }
                }
                Err(Stop::Later) => outcome.failure = Some(Failure::Refused),
                Err(Stop::Damaged(key)) => self.miss(row.hash, key).await?,
                Err(stop) => return Err(stop),
            }
        }
        self.bring_again().await;
        Ok(())
    }

    async fn send_one(&self, mut row: AttachmentRow) -> Result<(), Stop> {
        let mut pieces = 1;
        let (mut idle, mut restarted) = (0, false);
        // After a pause the server is asked where it is; a new attachment begins with its first piece.
        let mut ask = row.received > 0 || row.health != Health::Sound;
        loop {
            // Retaken or removed meanwhile.
            if self.attachment_row(row.hash).is_none_or(|now| now.records.is_empty()) {
                return Ok(());
            }
            if self.syncing.get() {
                return Err(Stop::Paused);
            }
            let offset = row.received.min(row.size);
            let length = if ask { 0 } else { (pieces * PIECE).min(row.size - offset) };
            let begun = self.ports.clock.now_ms();
            let stored = match self.send_piece(&row, offset, length).await {
                // Something else was there: from the beginning, once.
                Err(Stop::Refused(code)) if code == "attachment_damaged" && !restarted => {
                    restarted = true;
                    if row.is_here() && self.attachment(row.hash).await?.is_none() {
                        return Err(Stop::Damaged(row.hash.to_string()));
                    }
                    row.received = 0;
                    ask = false;
                    continue;
                }
                other => other?,
            };
            pieces = match self.ports.clock.now_ms() - begun {
                took if took > SLOW_MS => 1,
                took if took < FAST_MS && length > 0 => (pieces * 2).min(PIECES_AT_ONCE),
                _ => pieces,
            };
            idle = if stored.received > offset || ask { 0 } else { idle + 1 };
            if !stored.complete && idle >= PATIENCE {
                return Err(Stop::Later);
            }
            ask = false;
            let first = row.received == 0;
            row.received = stored.received.min(row.size);
            if stored.complete {
                return Ok(self.acknowledge(&row).await?);
            }
            // Kept once, so that a restart asks before it sends; each time would cost a disk write.
            self.note_received(&row, first).await?;
        }
    }

    async fn note_received(&self, row: &AttachmentRow, durable: bool) -> Result<(), StoreError> {
        let Some(mut now) = self.attachment_row(row.hash) else { return Ok(()) };
        now.received = row.received;
        if durable {
            self.put_attachment(now);
            return self.save().await;
        }
        self.attachments.rows.borrow_mut().insert(now.hash, now);
        Ok(())
    }

    async fn acknowledge(&self, row: &AttachmentRow) -> Result<(), StoreError> {
        let Some(mut now) = self.attachment_row(row.hash) else { return Ok(()) };
        now.received = now.size;
        now.epoch = self.engine.borrow().state().epoch;
        now.acknowledged_ms = self.ports.clock.now_ms();
        if now.health == Health::Unknown {
            // Sent, and removed here since: it comes back when somebody looks at it.
            return self.drop_attachment(&now).await;
        }
        if now.health == Health::Lost {
            now.health = Health::Missing;
            now.here = 0;
            self.drop_attachment_findings(now.hash);
        }
        self.put_attachment(now);
        self.save().await
    }

    async fn send_piece(
        &self,
        row: &AttachmentRow,
        offset: u64,
        length: u64,
    ) -> Result<Stored, Stop> {
        let bytes = self.read_chunks(row.hash, offset, length).await?;
        let upload = Upload { hash: row.hash, size: row.size, offset, bytes: bytes.into() };
        let token = self.identity().map(|identity| identity.token);
        let body = codec::encode_plain(&upload);
        let reply = self.ports.transport.post(UPLOAD, token.as_deref(), body).await;
        let body = classify(reply).map_err(|(failure, reply)| match (failure, &reply) {
            (Failure::Refused, Some(reply)) => Stop::Refused(problem_code(reply)),
            (failure, _) => Stop::Failed(failure),
        })?;
        codec::decode(&body).map_err(|_| Stop::Failed(Failure::Offline))
    }

    /// Asks whether the server has all of it. When it has not, it is sent again.
    pub(super) async fn server_has(&self, row: &AttachmentRow) -> bool {
        match self.send_piece(row, row.size, 0).await {
            Ok(stored) if stored.complete => true,
            Ok(stored) => {
                let received = stored.received;
                self.put_attachment(AttachmentRow { received, epoch: None, ..row.clone() });
                false
            }
            Err(_) => false,
        }
    }
}
