//! Keeping bytes on the device, and letting them go.

use super::{
    AttachError, AttachmentRow, CHUNKS_AT_ONCE, Health, KEEP_MS, MOST_WAITING, chunk_keys,
};
use crate::device::Device;
use crate::ports::{StoreError, Table, Write, WriteSet};
use crate::{keys, row};
use shared::attachment::{AttachmentRef, LARGEST, PIECE, named_in};
use shared::id::{AttachmentHash, RecordId};

impl Device {
    /// Puts an attachment on disk. When this returns it survives a crash, and the answer may name it.
    pub async fn attach(
        &self,
        record: RecordId,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<AttachmentRef, AttachError> {
        let size = bytes.len() as u64;
        if size == 0 {
            return Err(AttachError::Empty);
        }
        if size > LARGEST {
            return Err(AttachError::TooLarge);
        }
        if self.attachments_waiting(None).size + size > MOST_WAITING {
            return Err(AttachError::TooMany);
        }
        let named = AttachmentRef::of(name, media_type, bytes);
        if self.attachment(named.hash).await?.is_some()
            && let Some(mut row) = self.attachment_row(named.hash)
        {
            if !row.records.contains(&record) {
                row.records.push(record);
            }
            self.put_attachment(row);
            self.save().await?;
            return Ok(named);
        }
        let now = self.ports.clock.now_ms();
        let known = self.attachment_row(named.hash);
        let mut row = known.unwrap_or_else(|| AttachmentRow::new(named.hash, size, true, now));
        if !row.records.contains(&record) {
            row.records.push(record);
        }
        loop {
            // Before its bytes: what a crash leaves half written is found by this row.
            self.put_attachment(row.clone());
            self.save().await?;
            self.attachments.writing.set(self.attachments.writing.get() + 1);
            let written = self.write_chunks(named.hash, 0, bytes).await;
            self.attachments.writing.set(self.attachments.writing.get() - 1);
            match (written, self.attachment_row(named.hash)) {
                (Ok(()), Some(now)) => {
                    row = now;
                    break;
                }
                // Another answer was taken back meanwhile, and the bytes went with it.
                (Ok(()), None) => {}
                (Err(error), now) => {
                    // Best effort: what stays is removed by the next tidying.
                    if let Some(now) = now.filter(|now| now.health == Health::Sound) {
                        let _ = self.drop_attachment(&now).await;
                    }
                    return Err(error.into());
                }
            }
        }
        row.here = size;
        row.health = Health::Sound;
        // Also where it had begun to be fetched: the server may not have it.
        row.own = true;
        self.drop_attachment_findings(named.hash);
        self.put_attachment(row);
        self.save().await?;
        Ok(named)
    }

    /// Writes chunks from the one of this number on, some to a transaction.
    pub(super) async fn write_chunks(
        &self,
        hash: AttachmentHash,
        first: u64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let mut number = first;
        for several in bytes.chunks(PIECE as usize * CHUNKS_AT_ONCE) {
            let mut writes = Vec::with_capacity(CHUNKS_AT_ONCE);
            for chunk in several.chunks(PIECE as usize) {
                let key = keys::blob(hash, number);
                let sealed = row::seal(Table::Blob, &key, chunk);
                writes.push(Write::Put(Table::Blob, key, sealed));
                number += 1;
            }
            self.ports.store.commit(WriteSet(writes)).await?;
        }
        Ok(())
    }

    /// Bytes of an attachment on this device. A chunk that is missing counts as damaged.
    pub(super) async fn read_chunks(
        &self,
        hash: AttachmentHash,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::with_capacity(length as usize);
        if length == 0 {
            // A question about one whose bytes may be gone.
            return Ok(bytes);
        }
        let end = offset + length;
        for number in offset / PIECE..end.div_ceil(PIECE) {
            let key = keys::blob(hash, number);
            let rows = self.ports.store.scan(Table::Blob, &key).await?;
            let sealed = rows.first().filter(|(found, _)| *found == key);
            let (_, sealed) = sealed.ok_or_else(|| StoreError::Damaged(format!("blob/{key}")))?;
            let chunk = row::open(Table::Blob, &key, sealed)?;
            let from = offset.saturating_sub(number * PIECE) as usize;
            let to = (end - number * PIECE).min(PIECE) as usize;
            bytes.extend_from_slice(chunk.get(from..to.min(chunk.len())).unwrap_or_default());
        }
        Ok(bytes)
    }

    /// An attachment that is on this device; not one whose bytes turn out to be damaged.
    pub async fn attachment(&self, hash: AttachmentHash) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(row) = self.attachment_row(hash).filter(AttachmentRow::is_here) else {
            return Ok(None);
        };
        match self.read_chunks(hash, 0, row.size).await {
            Ok(bytes) if AttachmentHash::of(&bytes) == hash => Ok(Some(bytes)),
            Ok(_) | Err(StoreError::Damaged(_)) => {
                self.miss(hash, keys::blob(hash, 0)).await?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A record's answer does not name an attachment any more: what nothing names goes at once. One that a change
    /// names stays and is sent: the office has seen the name, and may decide for that answer.
    pub async fn detach(&self, record: RecordId, hash: AttachmentHash) -> Result<(), StoreError> {
        let (changes, _) = self.writer.scan(Table::Change, &keys::of_record(record)).await?;
        if changes.iter().any(|(_, bytes)| named_in(bytes).contains(&hash)) {
            return Ok(());
        }
        let Some(mut row) = self.attachment_row(hash) else { return Ok(()) };
        row.records.retain(|of| *of != record);
        if row.records.is_empty() {
            return self.drop_attachment(&row).await;
        }
        self.put_attachment(row);
        self.save().await
    }

    pub(super) async fn drop_attachment(&self, row: &AttachmentRow) -> Result<(), StoreError> {
        // Together: a row without its chunks would say that they are here.
        chunk_keys(row.hash, row.size).for_each(|key| self.writer.delete(Table::Blob, key));
        self.forget_attachment(row.hash);
        self.save().await
    }

    /// Removes what a crash left half written, and what the server has had for `keep_ms`: only of records
    /// of which nothing waits, and only after the server has said once more that it has it. Returns how
    /// many bytes became free.
    pub async fn tidy_attachments(&self, keep_ms: i64) -> Result<u64, StoreError> {
        let now = self.ports.clock.now_ms();
        let mut freed = 0;
        for row in self.attachments() {
            if row.own && row.here < row.size && row.health == Health::Sound {
                if self.attachments.writing.get() == 0 {
                    self.drop_attachment(&row).await?;
                }
                continue;
            }
            let since = if row.own { row.acknowledged_ms } else { row.made_ms };
            // A clock that was set back since tells nothing: then it is as good as old.
            let young = (since..since.saturating_add(keep_ms)).contains(&now);
            if !self.is_received(&row) || young || self.is_wanted(&row) {
                continue;
            }
            if row.own && !self.server_has(&row).await {
                continue;
            }
            self.drop_attachment(&row).await?;
            freed += row.size;
        }
        Ok(freed)
    }

    /// How many bytes [`Device::tidy_attachments`] could free at once.
    pub fn attachments_removable(&self) -> u64 {
        let rows = self.attachments().into_iter();
        rows.filter(|row| self.is_received(row) && !self.is_wanted(row)).map(|row| row.here).sum()
    }

    /// What the device keeps anyway: [`KEEP_MS`].
    pub async fn tidy_old_attachments(&self) -> Result<u64, StoreError> {
        self.tidy_attachments(KEEP_MS).await
    }

    /// Whether a record that names it is open or has something to send, or a form in force shows it.
    fn is_wanted(&self, row: &AttachmentRow) -> bool {
        if row.records.is_empty() && self.is_form_file(row.hash) {
            return true;
        }
        row.records.iter().any(|record| {
            let waits = |row: crate::ListRow| row.unsent > 0 || row.open_edits || row.held > 0;
            self.open_draft(*record).is_some() || self.row(*record).is_some_and(waits)
        })
    }
}
