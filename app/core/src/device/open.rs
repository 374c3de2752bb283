//! Starting the device, and opening, beginning and leaving records.

use super::{Device, OpenError, Ports, StoredForm, Subject};
use crate::attachment::Attachments;
use crate::draft::{Draft, Opening};
use crate::error::DraftError;
use crate::household::roster_instance;
use crate::keys;
use crate::list::ListRow;
use crate::ports::{StoreError, Table};
use crate::records::Documents;
use crate::soundness::{Finding, examine};
use crate::writer::Writer;
use form::model::Form;
use form::order;
use form::session::Context;
use shared::id::{RecordId, StoreId, item_id};
use shared::project::entity;
use shared::record::{Document, Edit};
use shared::sync::engine::{Engine, SyncState};
use shared::sync::message::Directory;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

impl Device {
    /// Starts the device over its store. What is not as the device left it is named by
    /// [`Device::findings`], and put in order as far as it can be.
    pub async fn open(ports: Ports, build: String) -> Result<Self, OpenError> {
        let writer = Rc::new(Writer::new(ports.store.clone()));
        let witness = ports.store.witness();
        let mut examined = examine(&writer, &*ports.entropy, witness).await?;
        let meta = order::map(examined.take(Table::Meta));
        let lists = examined.take(Table::List);
        let forms = examined.take(Table::Form);
        let outbox = examined.take(Table::Outbox);
        let held = examined.take(Table::Held);
        let journal = examined.take(Table::Journal);
        let attachments = Attachments::of(examined.take(Table::Attachment));
        let (found, layout) = (examined.findings, examined.layout);
        let fresh = lists.is_empty() && journal.is_empty() && outbox.is_empty();
        let mut session = [0; 8];
        ports.entropy.fill(&mut session);
        let state = match read::<SyncState>(&meta, keys::SYNC) {
            Some(state) => state,
            None => {
                let mut store = [0; 8];
                ports.entropy.fill(&mut store);
                let state = SyncState::new(StoreId(store));
                writer.put_message(Table::Meta, keys::SYNC.into(), &state);
                state
            }
        };
        let rows =
            lists.into_iter().filter_map(|(_, payload)| minicbor::decode::<ListRow>(&payload).ok());
        let mut rows = order::map(rows.map(|row| (row.record, (1, row))));
        // Whether a journal waits is what the journal says.
        rows.values_mut().for_each(|(_, row)| row.open_edits = false);
        for record in journal.iter().filter_map(|(key, _)| keys::record(key)) {
            if let Some((_, row)) = rows.get_mut(&record) {
                row.open_edits = true;
            }
        }
        let forms =
            order::map(forms.into_iter().filter_map(|(key, payload)| {
                Some((key.parse().ok()?, StoredForm::Encoded(payload)))
            }));
        // A held change keeps the number it had in the outbox: the next must not be put over it.
        let numbered = outbox.last().max(held.last());
        let next = numbered.map_or(0, |(key, _)| keys::number(key) + 1);
        let device = Self {
            identity: RefCell::new(read(&meta, keys::IDENTITY)),
            directory: RefCell::new(read::<Directory>(&meta, keys::DIRECTORY).unwrap_or_default()),
            forms: RefCell::new(forms),
            rows: RefCell::new(rows),
            findings: RefCell::new(order::set(
                read::<Vec<Finding>>(&meta, keys::FINDINGS).unwrap_or_default(),
            )),
            verified: Cell::new(0),
            disorder: Cell::new(false),
            mending: Cell::new(meta.contains_key(keys::MENDING)),
            engine: RefCell::new(Engine::new(state)),
            outbox_number: Cell::new(next),
            syncing: Cell::new(false),
            woken: Cell::new(false),
            exchange: RefCell::default(),
            clock_off: Cell::new(None),
            comparison: RefCell::default(),
            attachments,
            open: RefCell::new(None),
            language: RefCell::new("ka".into()),
            writer,
            ports,
            build,
            session,
        };
        if meta.contains_key(keys::COMPARING) {
            // What the server had sent by then is not remembered: once more from the beginning.
            let mut engine = device.engine.borrow_mut();
            let mut state = engine.state().clone();
            state.cursor = 0;
            engine.forget(state);
            *device.comparison.borrow_mut() = Some(Default::default());
        }
        if !found.is_empty() {
            device.add_findings(found);
            device.put_in_order().await.map_err(of_store)?;
        }
        device.bring_rows_up(layout, fresh).await.map_err(of_store)?;
        device.save().await?;
        Ok(device)
    }

    /// The open draft of a record.
    pub fn open_draft(&self, record: RecordId) -> Option<Rc<RefCell<Draft>>> {
        let draft = self.open.borrow().clone()?;
        let same = draft.borrow().record == record;
        same.then_some(draft)
    }

    /// Begins a record with the form in force. It is durable when this returns.
    pub async fn begin(&self, form_id: &str, subject: &Subject) -> Result<RecordId, DraftError> {
        let info = self.current_form(form_id).ok_or(DraftError::NoForm)?;
        let now = self.ports.clock.now_ms();
        let mut random = [0; 10];
        self.ports.entropy.fill(&mut random);
        let record = RecordId::v7(now, random);
        let mut row = ListRow::new(record, form_id, info.version, now);
        row.kind = shared::project::subject(&info.form).name().to_owned();
        let mut edits = vec![Edit::header("state", "draft")];
        if let Subject::Child { household, member } = subject {
            if !entity::follows_household(&info.form) {
                row.kind = "child".to_owned();
            }
            row.household = Some(*household);
            row.member.clone_from(member);
            row.place = self.row(*household).map(|row| row.place).unwrap_or_default();
            edits.push(Edit::header("household", household.to_string()));
            edits.push(Edit::header("member", member.clone()));
            edits.push(Edit::header("place", row.place.clone()));
        }
        edits.push(Edit::header("kind", row.kind.clone()));
        row.open_edits = true;
        self.put_row(row);
        for (number, edit) in edits.iter().enumerate() {
            let key = keys::journal(record, number as u64);
            self.writer.put_message(Table::Journal, key, edit);
        }
        self.save().await?;
        Ok(record)
    }

    /// Opens a record for filling in. At most one is open: the one that was is left first.
    pub async fn open_record(&self, record: RecordId) -> Result<Rc<RefCell<Draft>>, DraftError> {
        if let Some(draft) = self.open_draft(record) {
            return Ok(draft);
        }
        self.leave().await?;
        self.save().await?;
        loop {
            let before = self.row_revision(record);
            let mut draft = self.read_draft(record).await?;
            // Changes may have arrived while the rows were read.
            if self.row_revision(record) == before {
                draft.look(self.own_devices());
                let draft = Rc::new(RefCell::new(draft));
                *self.open.borrow_mut() = Some(draft.clone());
                return Ok(draft);
            }
        }
    }

    /// Makes the open record's journal a change and closes it. After an error it is still open.
    pub async fn leave(&self) -> Result<(), DraftError> {
        let open = self.open.borrow().clone();
        let Some(draft) = open else { return Ok(self.save().await?) };
        loop {
            self.close_draft(&draft)?;
            self.save().await?;
            // Answers may have been given while the rows were written.
            if draft.borrow().is_closed() {
                *self.open.borrow_mut() = None;
                return Ok(());
            }
        }
    }

    /// Leaves the open record and puts everything on disk, also what a sync queues meanwhile: the page may go.
    pub async fn settle(&self) -> Result<(), DraftError> {
        loop {
            self.leave().await?;
            if self.is_saved() {
                return Ok(());
            }
        }
    }

    /// Finishes the open record. The caller has checked it.
    pub async fn finish(&self, draft: &Rc<RefCell<Draft>>) -> Result<(), DraftError> {
        let saved = {
            let draft = draft.borrow();
            let form = draft.session().form();
            let asks = !form.last_saved_names().is_empty();
            asks.then(|| (form.form_id.clone(), draft.session().last_saved()))
        };
        let made = draft.borrow_mut().finish(self.ports.clock.now_ms())?;
        if let Some((form_id, answers)) = saved {
            self.writer.put_message(Table::Meta, [keys::LAST_SAVED, &form_id].concat(), &answers);
        }
        self.queue_made(draft, &made);
        Ok(self.save().await?)
    }

    /// The newest changes of a record's documents: two replicas with equal heads are equal.
    pub async fn heads(
        &self,
        record: RecordId,
    ) -> Result<Vec<(shared::record::Audience, Vec<shared::id::ChangeHash>)>, DraftError> {
        let documents = Documents::load(&self.writer, record, self.actor()).await?;
        let mut documents = documents.ok_or(DraftError::NotHere)?;
        let mut heads = vec![(shared::record::Audience::Main, documents.main.heads())];
        if let Some(companion) = &mut documents.protection {
            heads.push((shared::record::Audience::Protection, companion.heads()));
        }
        Ok(heads)
    }

    /// A new random item id.
    pub fn new_item(&self) -> String {
        let mut random = [0; 8];
        self.ports.entropy.fill(&mut random);
        item_id(random)
    }

    /// Journals of records that are not open become changes: what a crash left behind.
    pub(crate) async fn close_left_behind(&self) -> Result<(), DraftError> {
        let left: Vec<RecordId> = self
            .list()
            .into_iter()
            .filter(|row| row.open_edits && self.open_draft(row.record).is_none())
            .map(|row| row.record)
            .collect();
        for record in left {
            let draft = match self.read_draft(record).await {
                // Without its form the journal stays as it is: durable, and sent later.
                Err(DraftError::NoForm) => continue,
                // Without all of its changes too: they are on their way.
                Err(DraftError::Document(_)) => continue,
                other => other?,
            };
            if self.open_draft(record).is_some() {
                continue;
            }
            self.close_draft(&Rc::new(RefCell::new(draft)))?;
        }
        Ok(())
    }

    fn close_draft(&self, draft: &Rc<RefCell<Draft>>) -> Result<(), DraftError> {
        let made = draft.borrow_mut().close(self.ports.clock.now_ms())?;
        if !made.is_empty()
            || self.row(draft.borrow().record()).as_ref() != Some(draft.borrow().row())
        {
            self.queue_made(draft, &made);
        }
        Ok(())
    }

    fn queue_made(
        &self,
        draft: &Rc<RefCell<Draft>>,
        made: &[(shared::record::Audience, shared::record::EncodedChange)],
    ) {
        let row = draft.borrow().row().clone();
        let record = row.record;
        self.put_row(row);
        for (audience, change) in made {
            self.queue_change(record, *audience, &change.bytes);
        }
        // A draft that is not the open one does not hear of the queue by itself.
        if let Some(row) = self.row(record) {
            draft.borrow_mut().row = row;
        }
        if !made.is_empty() {
            self.wake();
        }
    }

    pub(crate) async fn read_draft(&self, record: RecordId) -> Result<Draft, DraftError> {
        let documents = self.documents(record).await?;
        let row = self.row(record).ok_or(DraftError::NotHere)?;
        let documents = documents.unwrap_or_else(|| Documents {
            main: Document::create(record, &row.form_id, self.actor()),
            protection: None,
        });
        let (journal, damaged) = self.writer.scan(Table::Journal, &keys::of_record(record)).await?;
        if let Some(key) = damaged.first() {
            return Err(StoreError::Damaged(format!("journal/{key}")).into());
        }
        let journal = journal
            .into_iter()
            .filter_map(|(key, payload)| {
                Some((keys::number(&key), minicbor::decode(&payload).ok()?))
            })
            .collect();
        let info = match self.current_form(&row.form_id) {
            Some(info) => info,
            None => {
                let version = row.form_version.ok_or(DraftError::NoForm)?;
                let form = self.form(version).ok_or(DraftError::NoForm)?;
                super::FormInfo { version, form }
            }
        };
        let context = self.context(&info.form, &row).await?;
        let older = row.form_version.filter(|version| *version != info.version);
        let before = older.and_then(|version| self.form(version));
        Draft::open(Opening {
            record,
            documents,
            form: info.form,
            version: info.version,
            before,
            context,
            actor: self.actor(),
            journal,
            row,
            writer: self.writer.clone(),
        })
    }

    /// What a form may know beside its answers.
    async fn context(&self, form: &Form, row: &ListRow) -> Result<Context, DraftError> {
        let mut seed = [0; 8];
        self.ports.entropy.fill(&mut seed);
        let mut external = BTreeMap::new();
        if let Some(household) = row.household
            && form.instances.contains_key("roster")
        {
            let rows = match self.roster(household).await {
                Ok((members, answers)) => roster_instance(&members, &answers, &row.member),
                // The household may be out of this phone's area: the child's own answers suffice.
                Err(DraftError::NotHere) => Vec::new(),
                Err(error) => return Err(error),
            };
            external.insert("roster".to_owned(), rows);
        }
        external.extend(self.entity_instances(form, row.record).await?);
        Ok(Context {
            last_saved: self.last_saved(form).await?,
            now_ms: self.ports.clock.now_ms(),
            utc_offset_minutes: self.ports.clock.utc_offset_minutes(),
            language: self.language.borrow().clone(),
            username: self.directory.borrow().person.clone(),
            device_id: self.actor().device.to_string(),
            seed: u64::from_le_bytes(seed),
            external,
        })
    }

    /// What a form may know of its record that was finished last on this device.
    async fn last_saved(&self, form: &Form) -> Result<BTreeMap<String, String>, StoreError> {
        if form.last_saved_names().is_empty() {
            return Ok(BTreeMap::new());
        }
        let key = [keys::LAST_SAVED, &form.form_id].concat();
        let (rows, _) = self.writer.scan(Table::Meta, &key).await?;
        let row = rows.into_iter().find(|(found, _)| *found == key);
        Ok(row.and_then(|(_, payload)| minicbor::decode(&payload).ok()).unwrap_or_default())
    }
}

fn of_store(error: DraftError) -> StoreError {
    match error {
        DraftError::Store(error) => error,
        other => StoreError::Damaged(other.to_string()),
    }
}

fn read<T: for<'b> minicbor::Decode<'b, ()>>(
    meta: &BTreeMap<String, Vec<u8>>,
    key: &str,
) -> Option<T> {
    minicbor::decode(meta.get(key)?).ok()
}
