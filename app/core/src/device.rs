//! The device: identity, lists, forms, and the way from one to an open record.

mod forms;
mod open;
#[cfg(test)]
mod tests;

use crate::attachment::Attachments;
use crate::draft::Draft;
use crate::error::DraftError;
use crate::household::MemberView;
use crate::keys;
use crate::list::ListRow;
use crate::ports::{Clock, Entropy, Reply, Store, StoreError, Table, Transport};
use crate::records::Documents;
use crate::soundness::Finding;
use crate::sync::recover::Comparison;
use crate::sync::{Exchange, Off, classify};
use crate::writer::Writer;
use form::model::Form;
use minicbor::{Decode, Encode};
use shared::id::{DeviceId, FormVersionId, RecordId};
use shared::record::Actor;
use shared::sync::ability::Abilities;
use shared::sync::codec;
use shared::sync::engine::{Engine, Failure};
use shared::sync::message::{DevicePerson, Directory, EnrolRequest, EnrolResponse, MOST_FORMER};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The surroundings of a device.
#[derive(Clone)]
pub struct Ports {
    /// Storage.
    pub store: Rc<dyn Store>,
    /// Network.
    pub transport: Rc<dyn Transport>,
    /// Clock.
    pub clock: Rc<dyn Clock>,
    /// Randomness.
    pub entropy: Rc<dyn Entropy>,
}

/// Who this device is to the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Identity {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The bearer token, hexadecimal.
    #[n(1)]
    pub token: String,
}

/// Why the device could not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a code did not connect the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolError {
    /// The server refused the code; its own code for the reason (`code_expired`, `code_unknown`).
    Refused(String),
    /// Too many wrong codes were tried here; how long to wait, in milliseconds.
    TooMany(Option<u64>),
    /// The code is another municipality's, and the phone holds records of its own: they would go there.
    Elsewhere,
    /// No usable answer.
    Failed(Failure),
    /// The device could not store what it received.
    Store(StoreError),
}

/// A form in force.
#[derive(Debug, Clone)]
pub struct FormInfo {
    /// The version.
    pub version: FormVersionId,
    /// The form.
    pub form: Arc<Form>,
}

/// The device.
pub struct Device {
    pub(crate) ports: Ports,
    pub(crate) writer: Rc<Writer>,
    pub(crate) build: String,
    session: [u8; 8],
    pub(crate) identity: RefCell<Option<Identity>>,
    directory: RefCell<Directory>,
    forms: RefCell<BTreeMap<FormVersionId, StoredForm>>,
    rows: RefCell<BTreeMap<RecordId, (u64, ListRow)>>,
    pub(crate) findings: RefCell<BTreeSet<Finding>>,
    /// How far [`Device::verify`] has come.
    pub(crate) verified: Cell<usize>,
    /// Whether something was found that is not put in order yet.
    pub(crate) disorder: Cell<bool>,
    /// Whether rows of attachments may be missing until everything was fetched again.
    pub(crate) mending: Cell<bool>,
    pub(crate) engine: RefCell<Engine>,
    pub(crate) outbox_number: Cell<u64>,
    pub(crate) syncing: Cell<bool>,
    /// Whether a sync was asked for since the last request of the one that runs was put together.
    pub(crate) woken: Cell<bool>,
    pub(crate) exchange: RefCell<Exchange>,
    pub(crate) clock_off: Cell<Option<Off>>,
    pub(crate) comparison: RefCell<Comparison>,
    pub(crate) attachments: Attachments,
    open: RefCell<Option<Rc<RefCell<Draft>>>>,
    language: RefCell<String>,
}

/// A form as stored, decoded when first used.
enum StoredForm {
    Encoded(Vec<u8>),
    Decoded(Arc<Form>),
}

/// What a new record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A household, or anything that stands for itself.
    Own,
    /// A child of a household; for a form that follows a household up, that household.
    Child {
        /// The household's record.
        household: RecordId,
        /// The child's item in the roster; blank for the household.
        member: String,
    },
}

impl Device {
    /// The identity, once enrolled.
    pub fn identity(&self) -> Option<Identity> {
        self.identity.borrow().clone()
    }

    /// Who makes changes here.
    pub fn actor(&self) -> Actor {
        let device = self.identity().map_or(DeviceId([0; 8]), |identity| identity.device);
        Actor { device, session: self.session }
    }

    /// Who is who.
    pub fn directory(&self) -> Directory {
        self.directory.borrow().clone()
    }

    /// The name of the person behind a device; blank when unknown.
    pub fn person(&self, device: Option<DeviceId>) -> String {
        let directory = self.directory.borrow();
        let known = directory.people.iter().find(|person| Some(person.device) == device);
        known.map_or_else(String::new, |person| person.name.clone())
    }

    /// This device, and others of the same person.
    pub fn own_devices(&self) -> Vec<DeviceId> {
        let this = self.actor().device;
        let directory = self.directory.borrow();
        let mine = |of: &&DevicePerson| of.name == directory.person && !of.name.is_empty();
        let others = directory.people.iter().filter(mine).map(|of| of.device);
        std::iter::once(this).chain(others.filter(|device| *device != this)).collect()
    }

    /// The records about which something was found, in words for a notice: their ids, or a dash.
    pub fn damaged(&self) -> Vec<String> {
        let name = |found: &Finding| found.record().map_or("-".to_owned(), |of| of.to_string());
        self.findings.borrow().iter().map(name).collect()
    }

    /// When the server last answered, Unix milliseconds; 0 for never.
    pub fn last_contact_ms(&self) -> i64 {
        self.engine.borrow().state().last_contact_ms
    }

    /// Whether the server has not sent everything yet that it had for this device.
    pub fn is_behind(&self) -> bool {
        let engine = self.engine.borrow();
        let state = engine.state();
        self.identity.borrow().is_some()
            && (state.last_contact_ms == 0 || state.behind == Some(true))
    }

    /// How many records there are.
    pub fn record_count(&self) -> usize {
        self.rows.borrow().len()
    }

    /// When the next sync is due, Unix milliseconds; `None` while one runs.
    pub fn next_sync_ms(&self) -> Option<i64> {
        if self.syncing.get() { None } else { self.engine.borrow().next_wake() }
    }

    /// Makes a sync due now; while one runs, another after it: the network may have come back when its request
    /// had failed already, and what was finished meanwhile does not travel with it.
    pub fn wake(&self) {
        self.woken.set(true);
        self.engine.borrow_mut().wake(self.ports.clock.now_ms());
    }

    /// Whether a sync runs.
    pub fn is_syncing(&self) -> bool {
        self.syncing.get()
    }

    /// Puts everything queued on disk.
    pub async fn save(&self) -> Result<(), StoreError> {
        self.adopt_open_row();
        self.writer.flush().await
    }

    /// Whether everything is on disk.
    pub fn is_saved(&self) -> bool {
        self.writer.is_saved()
    }

    /// The language in which form texts are wanted.
    pub fn set_language(&self, language: &str) {
        language.clone_into(&mut self.language.borrow_mut());
    }

    // ---- lists ----

    /// All records, most recently altered first.
    pub fn list(&self) -> Vec<ListRow> {
        let mut rows: Vec<ListRow> =
            self.rows.borrow().values().map(|(_, row)| row.clone()).collect();
        form::order::sort_by(&mut rows, |a, b| {
            (b.updated_ms, b.record).cmp(&(a.updated_ms, a.record))
        });
        rows
    }

    /// All records in the order of their ids.
    pub(crate) fn list_by_id(&self) -> Vec<ListRow> {
        self.rows.borrow().values().map(|(_, row)| row.clone()).collect()
    }

    /// One record's row.
    pub fn row(&self, record: RecordId) -> Option<ListRow> {
        self.rows.borrow().get(&record).map(|(_, row)| row.clone())
    }

    /// The child surveys of a household.
    pub fn children_of(&self, household: RecordId) -> Vec<ListRow> {
        let mut rows = self.list();
        let child = shared::record::SubjectKind::Child.name();
        rows.retain(|row| row.household == Some(household) && row.kind == child);
        rows
    }

    /// What else is about a household or its members: follow-ups.
    pub fn visits_of(&self, household: RecordId) -> Vec<ListRow> {
        let mut rows = self.list();
        let child = shared::record::SubjectKind::Child.name();
        rows.retain(|row| row.household == Some(household) && row.kind != child);
        rows
    }

    /// How many changes wait to be sent, in all.
    pub fn unsent_total(&self) -> usize {
        let rows = self.rows.borrow();
        rows.values().map(|(_, row)| row.unsent as usize + usize::from(row.open_edits)).sum()
    }

    pub(crate) fn row_revision(&self, record: RecordId) -> u64 {
        self.rows.borrow().get(&record).map_or(0, |(revision, _)| *revision)
    }

    pub(crate) fn put_row(&self, row: ListRow) {
        self.writer.put_message(Table::List, row.record.to_string(), &row);
        self.keep_row(row);
    }

    pub(crate) fn forget_row(&self, record: RecordId) {
        self.rows.borrow_mut().remove(&record);
    }

    fn keep_row(&self, row: ListRow) {
        let revision = self.row_revision(row.record) + 1;
        self.rows.borrow_mut().insert(row.record, (revision, row));
    }

    pub(crate) fn update_row(&self, record: RecordId, change: impl Fn(&mut ListRow)) {
        // The row of an open record is ahead of the list's.
        let ahead = self.open_draft(record).map(|draft| {
            let mut draft = draft.borrow_mut();
            change(&mut draft.row);
            draft.row.clone()
        });
        let row = ahead.or_else(|| {
            self.row(record).map(|mut row| {
                change(&mut row);
                row
            })
        });
        if let Some(row) = row {
            self.put_row(row);
        }
    }

    /// The list row of the open record is ahead of the lists while it is edited.
    fn adopt_open_row(&self) {
        let open = self.open.borrow().clone();
        if let Some(draft) = open
            && let Ok(draft) = draft.try_borrow()
            && self.row(draft.record()).as_ref() != Some(draft.row())
        {
            self.keep_row(draft.row().clone());
        }
    }

    // ---- forms ----

    pub(crate) fn set_directory(&self, directory: Directory) {
        self.writer.put_message(Table::Meta, keys::DIRECTORY.into(), &directory);
        *self.directory.borrow_mut() = directory;
    }

    /// The name of a settlement in a language; the code when no form knows it.
    pub fn place_name(&self, code: &str, language: &str) -> String {
        self.forms()
            .iter()
            .find_map(|info| {
                let form = &info.form;
                let key = form.settings.get(shared::project::setting::PLACE)?;
                let node = form.node(form.by_key(key)?);
                let form::model::Choices::List(list) = &node.choices else { return None };
                let item = form.lists.get(list)?.items.iter().find(|item| item.name == code)?;
                let name = form::model::pick(&item.label, language, &form.default_language);
                Some(name.to_owned())
            })
            .unwrap_or_else(|| code.to_owned())
    }

    // ---- enrolment ----

    /// Connects the device with a one-time code; one that was connected, again. What it holds stays,
    /// and goes to the municipality that it belongs to, or the code is refused.
    pub async fn enrol(&self, code: &str, label: &str) -> Result<(), EnrolError> {
        let identity = self.identity().filter(|_| self.record_count() > 0);
        let own = identity.and_then(|identity| tenant_of_token(&identity.token));
        let elsewhere = |tenant: Option<u32>| own.zip(tenant).is_some_and(|(own, of)| own != of);
        // Before the code is used up, and with what the server makes of it.
        if elsewhere(tenant_of_code(code)) {
            return Err(EnrolError::Elsewhere);
        }
        let former = self.former().await.map_err(EnrolError::Store)?;
        let request = EnrolRequest {
            code: code.to_owned(),
            label: label.to_owned(),
            build: self.build.clone(),
            former: (!former.is_empty()).then(|| former.clone()),
            abilities: Some(Abilities::own()),
        };
        let reply = self.ports.transport.post("/api/enrol", None, codec::encode(&request)).await;
        let body = classify(reply).map_err(|(failure, reply)| match reply {
            Some(reply) if matches!(failure, Failure::Refused | Failure::Unauthorised) => {
                EnrolError::Refused(problem_code(&reply))
            }
            Some(reply) if reply.status == 429 => EnrolError::TooMany(reply.retry_after_ms),
            _ => EnrolError::Failed(failure),
        })?;
        let response: EnrolResponse =
            codec::decode(&body).map_err(|_| EnrolError::Failed(Failure::Portal))?;
        let token: String = response.token.iter().map(|byte| format!("{byte:02x}")).collect();
        if elsewhere(tenant_of_token(&token)) {
            return Err(EnrolError::Elsewhere);
        }
        let identity = Identity { device: response.device, token };
        self.writer.put_message(Table::Meta, keys::IDENTITY.into(), &identity);
        if !former.is_empty() {
            self.writer.put_message(Table::Meta, keys::FORMER.into(), &former);
            // The server may take now what it did not take from a stranger.
            self.release_foreign().await.map_err(EnrolError::Store)?;
            // Perhaps another person's phone now: the server says what is in scope.
            let state = self.engine.borrow_mut().forget_directory();
            self.writer.put_message(Table::Meta, keys::SYNC.into(), &state);
        }
        self.set_directory(response.directory);
        for form in &response.forms {
            self.add_form(form);
        }
        if let Some(protocol) = response.protocol {
            let agreed = response.abilities.as_ref();
            let state = self.engine.borrow_mut().learn(protocol, agreed);
            self.writer.put_message(Table::Meta, keys::SYNC.into(), &state);
        }
        self.save().await.map_err(EnrolError::Store)?;
        *self.identity.borrow_mut() = Some(identity);
        Ok(())
    }

    /// The names under which this phone was connected so far, the latest last.
    pub(crate) async fn former(&self) -> Result<Vec<DeviceId>, StoreError> {
        let (rows, _) = self.writer.scan(Table::Meta, keys::FORMER).await?;
        let known = rows.iter().find(|(key, _)| key == keys::FORMER);
        let mut former: Vec<DeviceId> =
            known.and_then(|(_, payload)| minicbor::decode(payload).ok()).unwrap_or_default();
        if let Some(identity) = self.identity() {
            former.retain(|device| *device != identity.device);
            former.push(identity.device);
        }
        former.drain(..former.len().saturating_sub(MOST_FORMER));
        Ok(former)
    }

    /// Takes the name of a device that is connected. The caller saves.
    pub(crate) fn adopt_identity(&self, identity: &Identity) {
        self.writer.put_message(Table::Meta, keys::IDENTITY.into(), identity);
        *self.identity.borrow_mut() = Some(identity.clone());
    }

    // ---- the roster ----

    /// The members of a household, removed ones included.
    pub async fn members(&self, household: RecordId) -> Result<Vec<MemberView>, DraftError> {
        let (members, _) = self.roster(household).await?;
        Ok(members.iter().map(MemberView::of).collect())
    }

    pub(crate) async fn roster(
        &self,
        household: RecordId,
    ) -> Result<(Vec<shared::project::Member>, shared::record::answer::Answers), DraftError> {
        let journal = self.row(household).is_some_and(|row| row.open_edits);
        let answers = match self.open_draft(household) {
            Some(draft) => draft.borrow().answers()?,
            // Left behind by a crash: the journal is part of what the household answers.
            None if journal => Box::pin(self.read_draft(household)).await?.answers()?,
            None => {
                let documents = Documents::load(&self.writer, household, self.actor()).await?;
                documents.ok_or(DraftError::NotHere)?.main.answers()
            }
        };
        let form = self.row(household).and_then(|row| self.current_form(&row.form_id));
        let form = form.map(|info| info.form);
        let set = form.as_ref().and_then(|of| of.settings.get(shared::project::setting::ROSTER));
        let repeat = set.map_or("members", String::as_str);
        Ok((shared::project::members(form.as_deref(), &answers, repeat), answers))
    }

    pub(crate) fn describe(&self, documents: &mut Documents, row: &mut ListRow) {
        let form_id = documents.main.header().form_id;
        let form = self.current_form(&form_id).map(|info| info.form);
        documents.describe(row, |key| {
            let Some(form) = &form else { return false };
            form.by_key(key).is_some_and(|id| {
                !form.node(id).question().is_some_and(form::model::QuestionType::has_control)
            })
        });
        if let Some(form) = &form {
            crate::entities::keep(&self.writer, form, row.record, documents);
        }
        let roster = form.as_ref().and_then(|of| of.settings.get(shared::project::setting::ROSTER));
        if let Some(repeat) = roster {
            let members = documents.main.answers();
            let members = shared::project::members(form.as_deref(), &members, repeat);
            let present = members.iter().filter(|member| !member.removed).map(MemberView::of);
            row.members = present.fold((0, 0), |(all, children), member| {
                (all + 1, children + u32::from(member.is_child()))
            });
        }
    }
}

/// The number of the municipality at the beginning of a token; `None` where a token has none.
fn tenant_of_token(token: &str) -> Option<u32> {
    let number = u32::from_str_radix(token.get(..8)?, 16).ok()?;
    (token.len() == 64 && number > 0).then_some(number)
}

/// The number of the municipality in a code: what stands before its last nine digits.
fn tenant_of_code(code: &str) -> Option<u32> {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    digits.get(..digits.len().checked_sub(9)?)?.parse().ok()
}

/// The `code` of a problem document (RFC 9457), found without a JSON reader: the phone has no other
/// use for one.
pub(crate) fn problem_code(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let value = text.split_once("\"code\"").and_then(|(_, rest)| rest.split('"').nth(1));
    value.unwrap_or_default().to_owned()
}
