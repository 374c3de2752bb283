//! What was found wrong with the stored data, and what the device does about it.
//!
//! Nothing is hidden and nothing is guessed: what was damaged is removed, everything that the server has
//! is fetched again, everything that this device made goes out again, and what cannot come back is named
//! to the person until that person has read it.

use crate::device::Device;
use crate::error::DraftError;
use crate::keys;
use crate::layout::{self, Mark};
use crate::ledger::{self, COVERED, Ledger, Page, Testimony};
use crate::list::ListRow;
use crate::ports::{Entropy, Rows, StoreError, Table};
use crate::records::Documents;
use crate::row;
use crate::writer::Writer;
use form::order;
use minicbor::{Decode, Encode};
use shared::id::{AttachmentHash, Epoch, FormVersionId, RecordId, StoreId};
use shared::record::document::change_hash;
use shared::sync::engine::SyncState;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not as the device left it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Finding {
    /// The database is gone or was put back to an earlier state: work since then may be missing.
    #[n(0)]
    Earlier,
    /// Rows of a table came or went.
    #[n(1)]
    Table {
        /// Its name.
        #[n(0)]
        table: String,
    },
    /// A row is damaged. Of which record, if it is one's; whether answers that were not sent yet may be
    /// missing.
    #[n(2)]
    Row {
        /// The table's name.
        #[n(0)]
        table: String,
        /// The row's key.
        #[n(1)]
        key: String,
    },
    /// A record's documents are not in the state that its list row names.
    #[n(3)]
    Record {
        /// The record.
        #[n(0)]
        record: RecordId,
    },
    /// The bytes of an attachment are damaged or gone, and the server has not got all of them.
    #[n(4)]
    Attachment {
        /// Its hash.
        #[n(0)]
        hash: AttachmentHash,
        /// A record that names it.
        #[n(1)]
        record: Option<RecordId>,
        /// The path of the question that it answers there; blank when none does.
        #[n(2)]
        question: String,
    },
}

impl Finding {
    /// The record that it is about.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Record { record } => Some(*record),
            Self::Attachment { record, .. } => *record,
            Self::Row { key, .. } => keys::record(key),
            Self::Earlier | Self::Table { .. } => None,
        }
    }

    /// Whether answers that were called saved, and were not sent, may be missing.
    pub fn may_lose(&self) -> bool {
        match self {
            Self::Earlier | Self::Attachment { .. } => true,
            Self::Table { table } | Self::Row { table, .. } => table == Table::Journal.name(),
            Self::Record { .. } => false,
        }
    }
}

/// The store as it was found at the start.
pub(crate) struct Examined {
    pub tables: BTreeMap<Table, Rows>,
    pub findings: BTreeSet<Finding>,
    pub layout: Mark,
}

impl Examined {
    /// The sound rows of a table.
    pub fn take(&mut self, table: Table) -> Rows {
        self.tables.remove(&table).unwrap_or_default()
    }
}

/// Reads the tables that the ledger covers and compares them with it and with the witness.
pub(crate) async fn examine(
    writer: &Writer,
    entropy: &dyn Entropy,
    witness: Option<String>,
) -> Result<Examined, StoreError> {
    let mut life = [0; 8];
    entropy.fill(&mut life);
    let mut ledger = Ledger::begin(life);
    let mut tables = Vec::with_capacity(COVERED.len());
    for table in COVERED {
        tables.push((table, writer.raw(table).await?));
    }
    // Before anything is called damaged.
    let layout = layout::read(&tables)?;
    let mut examined = Examined { tables: BTreeMap::new(), findings: BTreeSet::new(), layout };
    let mut stored: Option<Page> = None;
    for (table, raw) in tables {
        ledger.note(table, &raw);
        let mut sound = Rows::new();
        for (key, bytes) in raw {
            match row::open(table, &key, &bytes) {
                Ok(payload) if table == Table::Meta && key == ledger::KEY => {
                    stored = minicbor::decode(payload).ok();
                }
                Ok(payload) => sound.push((key, payload.to_vec())),
                Err(_) => {
                    let table_name = table.name().to_owned();
                    examined.findings.insert(Finding::Row { table: table_name, key: key.clone() });
                    writer.delete(table, key);
                }
            }
        }
        examined.tables.insert(table, sound);
    }
    let earlier = ledger::compare(witness.as_deref(), stored.as_ref()) == Testimony::Earlier;
    if earlier {
        examined.findings.insert(Finding::Earlier);
    }
    // Without a stored ledger it is the first start that keeps one.
    if let Some(page) = &stored {
        for table in ledger.differences(page) {
            examined.findings.insert(Finding::Table { table: table.name().to_owned() });
        }
        // What follows is another life: should the database be put back once more, to what it was before it was
        // put back, that is an earlier state too, whatever its number.
        if !earlier {
            ledger.go_on(page);
        }
    }
    writer.keep_ledger(ledger);
    Ok(examined)
}

/// A state of sync in which everything is fetched and sent again.
pub(crate) fn distrust(state: &mut SyncState, entropy: &dyn Entropy) {
    let mut store = [0; 8];
    entropy.fill(&mut store);
    state.store = StoreId(store);
    // No server has this epoch: it sends everything, and is sent everything that was made here.
    state.epoch = Some(Epoch([0; 16]));
    state.cursor = 0;
    state.ticket = None;
    state.directory_version = 0;
}

impl Device {
    /// What was found wrong and nobody has read yet.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.borrow().iter().cloned().collect()
    }

    /// The person has read the findings.
    pub async fn dismiss_findings(&self) -> Result<(), StoreError> {
        self.findings.borrow_mut().clear();
        self.writer.delete(Table::Meta, keys::FINDINGS.into());
        self.save().await
    }

    /// After everything was fetched and sent again only possible losses remain to be read.
    pub(crate) fn drop_findings_without_loss(&self) {
        if !self.disorder.get() {
            self.drop_findings(|found| !found.may_lose());
        }
    }

    /// What these said is over.
    pub(crate) fn drop_findings(&self, over: impl Fn(&Finding) -> bool) {
        let mut findings = self.findings.borrow_mut();
        let before = findings.len();
        findings.retain(|found| !over(found));
        if findings.len() < before {
            let all: Vec<Finding> = findings.iter().cloned().collect();
            self.writer.put_message(Table::Meta, keys::FINDINGS.into(), &all);
        }
    }

    pub(crate) fn add_findings(&self, found: impl IntoIterator<Item = Finding>) {
        let mut findings = self.findings.borrow_mut();
        let before = findings.len();
        findings.extend(found);
        if findings.len() > before {
            let all: Vec<Finding> = findings.iter().cloned().collect();
            self.writer.put_message(Table::Meta, keys::FINDINGS.into(), &all);
        }
    }

    /// Puts the stored data in order after something was found: list rows follow the documents again,
    /// and the next sync fetches and sends everything.
    pub(crate) async fn put_in_order(&self) -> Result<(), DraftError> {
        let state = {
            let mut engine = self.engine.borrow_mut();
            let mut state = engine.state().clone();
            distrust(&mut state, &*self.ports.entropy);
            engine.forget(state.clone());
            state
        };
        self.writer.put_message(Table::Meta, keys::SYNC.into(), &state);
        self.end_exchange();
        self.writer.delete(Table::Meta, keys::TRANSFER.into());
        let (changes, damaged) = self.writer.scan(Table::Change, "").await?;
        self.add_findings(
            damaged.iter().map(|key| Finding::Row {
                table: Table::Change.name().to_owned(),
                key: key.clone(),
            }),
        );
        damaged.into_iter().for_each(|key| self.writer.delete(Table::Change, key));
        let mut present = order::set(changes.into_iter().map(|(key, _)| key));
        let outbox = self.outbox().await?;
        // What waits to be sent stands in the outbox as well.
        for change in &outbox {
            let Some(hash) = change_hash(&change.bytes) else { continue };
            let key = keys::change(change.record, change.audience, hash);
            if present.insert(key.clone()) {
                self.writer.put(Table::Change, key, &change.bytes);
            }
        }
        let mut records = order::set(present.iter().filter_map(|key| keys::record(key)));
        let (journal, _) = self.writer.scan(Table::Journal, "").await?;
        let journals = order::set(journal.iter().filter_map(|(key, _)| keys::record(key)));
        records.extend(self.list().iter().map(|row| row.record));
        let held = self.held_counts().await?;
        let mut waiting: BTreeMap<RecordId, u32> = BTreeMap::new();
        for change in &outbox {
            *waiting.entry(change.record).or_default() += 1;
        }
        for record in records {
            let documents = Documents::load(&self.writer, record, self.actor()).await?;
            let mut row = self.row(record).unwrap_or_else(|| {
                let mut row = ListRow::new(record, "", FormVersionId([0; 16]), 0);
                row.form_version = None;
                row
            });
            match documents {
                Some(mut documents) => self.describe(&mut documents, &mut row),
                None if journals.contains(&record) => row.heads = 0,
                // Nothing of it is here. If the server has it, it comes back.
                None => {
                    self.remove_record(record).await?;
                    continue;
                }
            }
            row.unsent = waiting.get(&record).copied().unwrap_or(0);
            row.held = held.get(&record).copied().unwrap_or(0);
            row.open_edits = journals.contains(&record);
            self.put_row(row);
        }
        if self.may_lack_attachments() {
            self.mend_attachments().await?;
            // Once more when the records that the server has are here again.
            self.writer.put(Table::Meta, keys::MENDING.into(), &[]);
            self.mending.set(true);
        }
        Ok(self.save().await?)
    }

    /// Whether rows of attachments may be gone, by what was found.
    fn may_lack_attachments(&self) -> bool {
        let table = Table::Attachment.name();
        self.findings.borrow().iter().any(|found| match found {
            Finding::Earlier => true,
            Finding::Table { table: of } | Finding::Row { table: of, .. } => of == table,
            Finding::Record { .. } | Finding::Attachment { .. } => false,
        })
    }

    /// After everything was fetched again: the rows of attachments that its records name.
    pub(crate) async fn end_mending(&self) -> Result<(), DraftError> {
        if !self.mending.get() {
            return Ok(());
        }
        self.mend_attachments().await?;
        self.remove_strays().await?;
        self.writer.delete(Table::Meta, keys::MENDING.into());
        self.save().await?;
        self.mending.set(false);
        Ok(())
    }

    /// The documents of a record. Are they not what its row says, that is noted first: whatever is written
    /// on top of them would make the row agree.
    pub(crate) async fn documents(
        &self,
        record: RecordId,
    ) -> Result<Option<Documents>, DraftError> {
        let revision = self.row_revision(record);
        let mut documents = Documents::load(&self.writer, record, self.actor()).await;
        let state = match &mut documents {
            Ok(documents) => documents.as_mut().map_or(0, Documents::state),
            Err(DraftError::Store(StoreError::Damaged(_))) => 0,
            Err(_) => return documents,
        };
        let expected = self.row(record).map_or(0, |row| row.heads);
        let damaged = documents.is_err() || (expected != 0 && state != expected);
        if damaged && self.row_revision(record) == revision {
            self.suspect(record);
        }
        documents
    }

    /// A record's documents are not what its row says: named, and put in order before the next sync.
    pub(crate) fn suspect(&self, record: RecordId) {
        self.add_findings([Finding::Record { record }]);
        self.disorder.set(true);
    }

    /// Compares the documents of some records with their list rows, and looks at as many chunks of attachments,
    /// the next ones with every call. Whether anything was found; then it is fetched again.
    pub async fn verify(&self, count: usize) -> Result<bool, DraftError> {
        let missed = self.verify_attachments(count).await?;
        let rows: Vec<ListRow> = self.list_by_id();
        if rows.is_empty() {
            return Ok(missed);
        }
        let mut found = Vec::new();
        for _ in 0..count.min(rows.len()) {
            let at = self.verified.get() % rows.len();
            self.verified.set(at + 1);
            let record = rows[at].record;
            if self.open_draft(record).is_some() {
                continue;
            }
            let before = self.row_revision(record);
            let state = match Documents::load(&self.writer, record, self.actor()).await {
                Ok(documents) => documents.map_or(0, |mut documents| documents.state()),
                Err(DraftError::Store(StoreError::Damaged(_)) | DraftError::Document(_)) => 0,
                Err(error) => return Err(error),
            };
            let expected = self.row(record).map_or(0, |row| row.heads);
            if self.row_revision(record) == before && state != expected && expected != 0 {
                found.push(Finding::Record { record });
            }
        }
        if found.is_empty() {
            return Ok(missed);
        }
        self.add_findings(found);
        self.put_in_order().await?;
        Ok(true)
    }

    async fn held_counts(&self) -> Result<BTreeMap<RecordId, u32>, StoreError> {
        let mut counts = BTreeMap::new();
        let (rows, _) = self.writer.scan(Table::Held, "").await?;
        for (_, payload) in rows {
            if let Ok(held) = minicbor::decode::<crate::sync::Held>(&payload) {
                *counts.entry(held.record).or_default() += 1;
            }
        }
        Ok(counts)
    }
}
