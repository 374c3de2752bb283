//! Documents in the store: their changes, one row each.

use crate::error::DraftError;
use crate::list::ListRow;
use crate::ports::{StoreError, Table};
use crate::{keys, writer::Writer};
use sha2::{Digest, Sha256};
use shared::id::{DeviceId, RecordId};
use shared::record::history::News;
use shared::record::review::{Review, Seen};
use shared::record::{Actor, Audience, Document, EncodedChange, RecordState};

/// The documents of one record.
#[derive(Debug, Clone)]
pub struct Documents {
    /// Everybody's.
    pub main: Document,
    /// Of those who may read protection answers; begun with the first such answer.
    pub protection: Option<Document>,
}

impl Documents {
    /// Reads a record's documents. `None` when the device has no change of the main document.
    pub async fn load(
        writer: &Writer,
        record: RecordId,
        actor: Actor,
    ) -> Result<Option<Self>, DraftError> {
        let (rows, damaged) = writer.scan(Table::Change, &keys::of_record(record)).await?;
        if let Some(key) = damaged.first() {
            return Err(StoreError::Damaged(format!("change/{key}")).into());
        }
        let changes_of = |audience: Audience| -> Vec<Vec<u8>> {
            rows.iter()
                .filter(|(key, _)| keys::audience(key) == Some(audience))
                .map(|(_, bytes)| bytes.clone())
                .collect()
        };
        let read = |audience| -> Result<Option<Document>, DraftError> {
            let changes = changes_of(audience);
            if changes.is_empty() {
                return Ok(None);
            }
            let mut document = Document::empty(audience, actor);
            document.receive(&changes)?;
            Ok(Some(document))
        };
        let protection = read(Audience::Protection)?;
        Ok(read(Audience::Main)?.map(|main| Self { main, protection }))
    }

    /// The document of an audience, begun when it does not exist yet.
    pub fn of(
        &mut self,
        record: RecordId,
        audience: Audience,
        actor: Actor,
    ) -> Result<&mut Document, DraftError> {
        match audience {
            Audience::Main => Ok(&mut self.main),
            Audience::Protection => {
                if self.protection.is_none() {
                    self.protection = Some(Document::create_companion(record, actor));
                }
                self.protection.as_mut().ok_or(DraftError::NotHere)
            }
        }
    }

    /// Brings the entries of a list row that come from the documents up to date.
    pub fn describe(&mut self, row: &mut ListRow, calculated: impl Fn(&str) -> bool) {
        let header = self.main.header();
        let review = self.review(&calculated);
        let mut two = self.main.two_answers();
        if let Some(protection) = &mut self.protection {
            two.extend(protection.two_answers());
        }
        row.heads = self.state();
        row.form_id.clone_from(&header.form_id);
        row.kind = header.kind.name().to_owned();
        row.household = header.household;
        row.member = header.member;
        row.title = header.title;
        row.place = header.place;
        row.finished = header.state == RecordState::Finished;
        row.review = review.state.name().to_owned();
        row.reason = review.reason;
        row.flags = review.flags.len() as u32;
        row.two_answers = two.iter().filter(|field| !calculated(&field.path.key)).count() as u32;
    }
}

impl Documents {
    /// What the office says. `calculated` tells which questions' answers follow from others.
    pub fn review(&mut self, calculated: impl Fn(&str) -> bool) -> Review {
        let entries = self.main.review_entries();
        let header = self.main.header();
        Review::read(&header, &entries, || {
            let altered = Seen::altered(&entries, &mut self.main, self.protection.as_mut());
            altered.iter().any(|field| !calculated(&field.path.key))
        })
    }

    /// The newest changes of all documents.
    pub fn seen(&mut self) -> Seen {
        let protection = self.protection.as_mut().map(Document::heads).unwrap_or_default();
        Seen { main: self.main.heads(), protection }
    }

    /// What others altered since the documents were as `seen`, calculated answers left out; `own` tells
    /// which devices are this person's.
    pub fn news_since(
        &mut self,
        seen: &Seen,
        own: impl Fn(DeviceId) -> bool,
        calculated: impl Fn(&str) -> bool,
    ) -> Vec<News> {
        let mut news = self.main.news_since(&seen.main, &own);
        if let Some(protection) = &mut self.protection {
            news.extend(protection.news_since(&seen.protection, &own));
        }
        news.retain(|of| !calculated(&of.path.key));
        news
    }

    /// A hash of the newest changes of all documents: equal for equal documents, never 0.
    pub fn state(&mut self) -> u64 {
        let mut hash = Sha256::new();
        for document in [Some(&mut self.main), self.protection.as_mut()].into_iter().flatten() {
            document.heads().iter().for_each(|head| hash.update(head.as_bytes()));
            hash.update([0]);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        u64::from_be_bytes(first).max(1)
    }
}

/// Queues a change as a row of its document.
pub fn store_change(writer: &Writer, record: RecordId, audience: Audience, change: &EncodedChange) {
    writer.put(Table::Change, keys::change(record, audience, change.hash), &change.bytes);
}

impl Documents {
    /// Documents that changes of others are about to fill.
    pub fn empty(actor: Actor) -> Self {
        Self { main: Document::empty(Audience::Main, actor), protection: None }
    }
}
