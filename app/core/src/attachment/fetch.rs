//! Fetching what another phone made: kept piece by piece, so that a cut costs one piece.

use super::{AttachmentRow, Health};
use crate::device::Device;
use crate::ports::StoreError;
use crate::sync::classify;
use form::model::MediaFile;
use shared::attachment::message::{FETCH, FORM_FILE, Fetch, FetchFormFile, Piece};
use shared::attachment::{AttachmentRef, LARGEST, PIECE, PIECES_AT_ONCE};
use shared::id::{AttachmentHash, RecordId};
use shared::sync::codec;
use shared::sync::engine::Failure;

/// Why an attachment cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The phone that made it has not sent all of it yet.
    #[error("it is still on another phone")]
    NotYet,
    /// The server did not answer, or refused.
    #[error("it cannot be fetched now")]
    Failed(Failure),
    /// It was made here and is damaged, and the server has not got it.
    #[error("it was damaged on this phone")]
    Lost,
    /// What arrived is not what the answer names.
    #[error("it arrived damaged")]
    Damaged,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FetchError {
    /// Whether asking again will not help.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::NotYet | Self::Lost | Self::Failed(Failure::Refused))
    }
}

impl Device {
    /// An attachment of a record: from this device, else from the server.
    pub async fn fetch_attachment(
        &self,
        record: RecordId,
        named: &AttachmentRef,
    ) -> Result<Vec<u8>, FetchError> {
        self.fetch_for(Some(record), named).await
    }

    /// A file that came with a form: from this device, else from the server.
    pub async fn form_file(&self, file: &MediaFile) -> Result<Vec<u8>, FetchError> {
        let unknown = |_| FetchError::Failed(Failure::Refused);
        let named = AttachmentRef {
            name: String::new(),
            hash: file.hash.parse().map_err(unknown)?,
            size: u64::from(file.size),
            media_type: file.media_type.clone(),
        };
        self.fetch_for(None, &named).await
    }

    /// Brings the files of the forms in force that are not here yet, so that they are there offline.
    /// Ends at the first failure: the next sync goes on.
    pub async fn fetch_form_files(&self) {
        for info in self.forms() {
            for file in info.form.files.values() {
                let hash = file.hash.parse().unwrap_or_default();
                let here = self.attachment_row(hash).is_some_and(|row| row.is_here());
                if !here && self.form_file(file).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Whether a form in force shows it.
    pub(super) fn is_form_file(&self, hash: AttachmentHash) -> bool {
        let hash = hash.to_string();
        self.forms().iter().any(|info| info.form.files.values().any(|file| file.hash == hash))
    }

    pub(super) async fn fetch_for(
        &self,
        record: Option<RecordId>,
        named: &AttachmentRef,
    ) -> Result<Vec<u8>, FetchError> {
        if let Some(bytes) = self.attachment(named.hash).await? {
            return Ok(bytes);
        }
        if self.identity().is_none() || named.size == 0 || named.size > LARGEST {
            return Err(FetchError::Failed(Failure::Refused));
        }
        let now = self.ports.clock.now_ms();
        let known = self.attachment_row(named.hash);
        let mut row = known.unwrap_or_else(|| AttachmentRow {
            records: record.into_iter().collect(),
            ..AttachmentRow::new(named.hash, named.size, false, now)
        });
        // Before its bytes, which do not go through the queue: what a crash leaves half written is found by
        // this row, and what is still to be removed of an earlier copy goes first.
        self.put_attachment(row.clone());
        self.save().await?;
        let begun = row.here < row.size;
        while row.here < row.size {
            let bytes = match self.fetch_piece(record, &row).await {
                Err(FetchError::NotYet) if row.health == Health::Lost => Err(FetchError::Lost),
                other => other,
            }?;
            self.write_chunks(row.hash, row.here / PIECE, &bytes).await?;
            // Somebody else has fetched it meanwhile: its row must not become less than it is.
            if let Some(now) = self.attachment_row(row.hash).filter(AttachmentRow::is_here) {
                row = now;
                break;
            }
            row.here += bytes.len() as u64;
            self.put_attachment(row.clone());
            self.save().await?;
        }
        let bytes = match self.read_chunks(row.hash, 0, row.size).await {
            Ok(bytes) => Some(bytes).filter(|bytes| AttachmentHash::of(bytes) == row.hash),
            Err(StoreError::Damaged(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let here = if bytes.is_some() { row.size } else { 0 };
        let health = if bytes.is_some() { Health::Sound } else { row.health };
        if begun || (row.here, row.health) != (here, health) {
            if bytes.is_some() {
                self.drop_attachment_findings(row.hash);
            }
            if bytes.is_some() && !row.own {
                (row.received, row.epoch) = (row.size, self.engine.borrow().state().epoch);
            }
            // What arrived damaged is fetched from the beginning the next time.
            self.put_attachment(AttachmentRow { here, health, ..row });
            self.save().await?;
        }
        bytes.ok_or(FetchError::Damaged)
    }

    /// The next piece: whole chunks, or the rest.
    async fn fetch_piece(
        &self,
        record: Option<RecordId>,
        row: &AttachmentRow,
    ) -> Result<Vec<u8>, FetchError> {
        let length = (PIECES_AT_ONCE * PIECE).min(row.size - row.here);
        let (hash, offset) = (row.hash, row.here);
        let token = self.identity().map(|identity| identity.token);
        let (path, body) = match record {
            Some(record) => (FETCH, codec::encode_plain(&Fetch { record, hash, offset, length })),
            None => (FORM_FILE, codec::encode_plain(&FetchFormFile { hash, offset, length })),
        };
        let reply = self.ports.transport.post(path, token.as_deref(), body).await;
        let body = classify(reply).map_err(|(failure, _)| FetchError::Failed(failure))?;
        let piece: Piece =
            codec::decode(&body).map_err(|_| FetchError::Failed(Failure::Offline))?;
        let bytes = Vec::from(piece.bytes);
        if bytes.is_empty() {
            return Err(FetchError::NotYet);
        }
        let whole = bytes.len() as u64 == length || (bytes.len() as u64).is_multiple_of(PIECE);
        match piece.size == row.size && bytes.len() as u64 <= length && whole {
            true => Ok(bytes),
            false => Err(FetchError::Damaged),
        }
    }
}
