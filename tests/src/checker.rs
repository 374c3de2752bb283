//! What must hold once the faults have stopped.

use crate::backend::{Logged, Projected};
use crate::form::{MEMBER, PHOTO, QUESTIONS};
use crate::run;
use crate::world::{Attempt, World};
use device::attachment::{AttachmentRow, Health, Waiting};
use device::memory::MemoryStore;
use device::ports::Table;
use device::row;
use shared::attachment::AttachmentRef;
use shared::id::{AttachmentHash, ChangeHash, DeviceId, RecordId};
use shared::project::project;
use shared::record::history::Part;
use shared::record::{Actor, Audience, Document, FieldPath};
use std::collections::{BTreeMap, BTreeSet};

const READER: Actor = Actor { device: DeviceId([0; 8]), session: [0; 8] };

/// Every promise, checked; the broken ones in words.
pub fn check(world: &World) -> Vec<String> {
    let mut broken = Vec::new();
    unique_changes(world, &mut broken);
    everything_sent(world, &mut broken);
    replicas_equal(world, &mut broken);
    saved_is_there(world, &mut broken);
    nothing_is_invented(world, &mut broken);
    projections_equal(world, &mut broken);
    photos_are_there(world, &mut broken);
    broken
}

fn unique_changes(world: &World, broken: &mut Vec<String>) {
    let server = world.net.server.borrow();
    let mut seen: BTreeSet<(RecordId, ChangeHash)> = BTreeSet::new();
    for change in server.log() {
        if !seen.insert((change.record, change.hash)) {
            let Logged { record, audience, hash } = change;
            broken.push(format!("change {hash} of {record} {audience:?} was committed twice"));
        }
    }
}

fn everything_sent(world: &World, broken: &mut Vec<String>) {
    for phone in &world.phones {
        let Some(device) = &phone.device else {
            broken.push(format!("phone {} does not start", phone.id));
            continue;
        };
        for row in device.list() {
            if row.unsent > 0 || row.held > 0 || row.open_edits {
                broken.push(format!(
                    "phone {}: {} keeps {} unsent, {} held, journal {}",
                    phone.id, row.record, row.unsent, row.held, row.open_edits
                ));
            }
        }
        if !device.damaged().is_empty() {
            broken.push(format!("phone {} has damaged rows", phone.id));
        }
    }
}

fn replicas_equal(world: &World, broken: &mut Vec<String>) {
    let documents = world.net.server.borrow().documents();
    let heads: BTreeMap<_, _> = documents
        .iter()
        .map(|(key, bytes)| {
            let heads = Document::load(bytes, key.1, READER).map(|mut document| document.heads());
            (*key, heads.unwrap_or_default())
        })
        .collect();
    for (index, phone) in world.phones.iter().enumerate() {
        let Some(device) = &phone.device else { continue };
        let listed: BTreeSet<RecordId> = device.list().iter().map(|row| row.record).collect();
        let scope = world.net.server.borrow().scope(phone.id);
        if listed != scope {
            broken.push(format!(
                "phone {} ({index} of {}, {:?}) lacks {:?} and has {:?} beside its scope of {}",
                phone.id,
                world.phones.len(),
                world.events,
                scope.difference(&listed).collect::<Vec<_>>(),
                listed.difference(&scope).collect::<Vec<_>>(),
                scope.len()
            ));
        }
        for record in listed {
            let Some(Ok(found)) = run(device.heads(record)) else {
                broken.push(format!("phone {} cannot read {record}", phone.id));
                continue;
            };
            for (audience, mine) in found {
                let theirs = heads.get(&(record, audience)).cloned().unwrap_or_default();
                if mine != theirs {
                    broken.push(format!("phone {}: {record} {audience:?} differs", phone.id));
                }
            }
        }
    }
}

/// All values that a field ever had, by path, and every item.
fn everything(
    documents: &BTreeMap<(RecordId, Audience), Vec<u8>>,
    record: RecordId,
) -> (BTreeSet<(FieldPath, String)>, BTreeSet<String>) {
    let mut values = BTreeSet::new();
    let mut items = BTreeSet::new();
    for audience in [Audience::Main, Audience::Protection] {
        let Some(bytes) = documents.get(&(record, audience)) else { continue };
        let Ok(mut document) = Document::load(bytes, audience, READER) else { continue };
        for step in document.history() {
            for field in step.fields.iter().filter(|field| field.part != Part::Review) {
                values.insert((field.path.clone(), field.after.clone()));
            }
        }
        items.extend(document.answers().items.into_iter().map(|item| item.id));
    }
    (values, items)
}

/// Every value that any field of any record ever had.
pub fn values(
    documents: &BTreeMap<(RecordId, Audience), Vec<u8>>,
) -> BTreeSet<(RecordId, FieldPath, String)> {
    let records: BTreeSet<RecordId> = documents.keys().map(|(record, _)| *record).collect();
    records
        .into_iter()
        .flat_map(|record| {
            let (values, _) = everything(documents, record);
            values.into_iter().map(move |(path, value)| (record, path, value))
        })
        .collect()
}

fn saved_is_there(world: &World, broken: &mut Vec<String>) {
    let records = world.net.server.borrow().records();
    let documents = &world.net.server.borrow().documents();
    for (_, record) in &world.begun {
        if !records.contains(record) {
            broken.push(format!("record {record} was begun and is gone"));
        }
    }
    let mut known = BTreeMap::new();
    // Edits of one phone to one field may become one change, in which the last stands: a saved edit
    // is there when it or a later one of the same phone is.
    let mut fields: BTreeMap<(RecordId, usize, FieldPath), Vec<&Attempt>> = BTreeMap::new();
    for attempt in &world.attempts {
        let key = (attempt.record, attempt.phone, attempt.path.clone());
        fields.entry(key).or_default().push(attempt);
    }
    for ((record, _, path), attempts) in fields {
        let Some(saved) = attempts.iter().rposition(|attempt| attempt.saved) else { continue };
        let (values, _) = known.entry(record).or_insert_with(|| everything(documents, record));
        if !attempts[saved..].iter().any(|attempt| is_present(values, &path, &attempt.value)) {
            let Attempt { value, device, .. } = attempts[saved];
            broken.push(format!("{device}: {record} {path} = {value:?} was saved and is lost"));
        }
    }
    for added in &world.members {
        let (_, items) =
            known.entry(added.record).or_insert_with(|| everything(documents, added.record));
        if added.saved && !items.contains(&added.item) {
            broken.push(format!(
                "{}: member {} of phone {} was saved and is lost; there are {items:?}; {:?}",
                added.record, added.item, added.phone, world.events
            ));
        }
    }
    for (record, (_, items)) in &known {
        for item in items {
            if !world.members.iter().any(|added| added.record == *record && added.item == *item) {
                broken.push(format!("{record}: nobody added member {item}"));
            }
        }
    }
}

/// Every value that a field ever had was typed into it by somebody. (A record that a crash kept from being
/// reported as begun may be there, empty.)
fn nothing_is_invented(world: &World, broken: &mut Vec<String>) {
    let mut typed: BTreeMap<(RecordId, &FieldPath), BTreeSet<&str>> = BTreeMap::new();
    for attempt in &world.attempts {
        // The options of one question are answers by themselves.
        let options = attempt.value.split_whitespace();
        let whole = std::iter::once(attempt.value.as_str());
        typed.entry((attempt.record, &attempt.path)).or_default().extend(whole.chain(options));
    }
    let questions = QUESTIONS.iter().map(|(name, ..)| *name).chain([MEMBER, PHOTO]);
    let questions: BTreeSet<&str> = questions.collect();
    for (record, path, value) in values(&world.net.server.borrow().documents()) {
        // The header has the same names for nobody's answers.
        if !questions.contains(path.key.as_str()) {
            continue;
        }
        let known = typed.get(&(record, &path)).is_some_and(|all| all.contains(value.as_str()));
        if !known && !value.is_empty() {
            broken.push(format!("{record}: nobody answered {path} with {value:?}"));
        }
    }
}

/// The photos that a record names now, both of two answers included.
pub fn photos_of(
    documents: &BTreeMap<(RecordId, Audience), Vec<u8>>,
    record: RecordId,
) -> Vec<AttachmentRef> {
    let Some(bytes) = documents.get(&(record, Audience::Main)) else { return Vec::new() };
    let Ok(mut document) = Document::load(bytes, Audience::Main, READER) else { return Vec::new() };
    let path = FieldPath::top(PHOTO);
    let mut values = vec![document.answers().value(&path).to_owned()];
    let two = document.two_answers().into_iter().filter(|field| field.path == path);
    values.extend(two.flat_map(|field| field.values.into_iter().map(|value| value.value)));
    let mut found: Vec<AttachmentRef> = Vec::new();
    for named in values.iter().filter_map(|value| value.parse::<AttachmentRef>().ok()) {
        if !found.iter().any(|of| of.hash == named.hash) {
            found.push(named);
        }
    }
    found
}

/// What a phone's storage says of attachments.
pub fn rows_on(store: &MemoryStore) -> Vec<AttachmentRow> {
    let rows = store.rows(Table::Attachment).into_iter().filter_map(|(key, sealed)| {
        let payload = row::open(Table::Attachment, &key, &sealed).ok()?;
        minicbor::decode::<AttachmentRow>(payload).ok()
    });
    rows.collect()
}

/// The attachments of which a phone's storage holds every byte.
pub fn whole_on(store: &MemoryStore) -> Vec<AttachmentHash> {
    let chunks: BTreeMap<String, Vec<u8>> = store.rows(Table::Blob).into_iter().collect();
    let open = |key: &str, sealed: &[u8]| row::open(Table::Blob, key, sealed).map(<[u8]>::to_vec);
    let whole = |row: &AttachmentRow| {
        let prefix = format!("{}/", row.hash);
        let own = chunks.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        let bytes: Vec<u8> = own.flat_map(|(key, of)| open(key, of).unwrap_or_default()).collect();
        row.is_here() && AttachmentHash::of(&bytes) == row.hash
    };
    rows_on(store).into_iter().filter(whole).map(|row| row.hash).collect()
}

/// Every photo that a record names is on the server, whole, and every phone that may see the record can show
/// it; no phone keeps one that waits, or says of one that the server has it although it has not.
fn photos_are_there(world: &World, broken: &mut Vec<String>) {
    if world.attached.is_empty() {
        return;
    }
    let there = world.net.server.borrow().attachments();
    let documents = world.net.server.borrow().documents();
    for (hash, bytes) in &there {
        if AttachmentHash::of(bytes) != *hash {
            broken.push(format!("the server has other bytes under {hash}"));
        }
    }
    let records = world.net.server.borrow().records();
    let mut named = BTreeMap::new();
    for record in records {
        for photo in photos_of(&documents, record) {
            let excused =
                world.gone.contains(&photo.hash) || world.evicted.contains(&(record, photo.hash));
            if !there.contains_key(&photo.hash) && !excused {
                broken.push(format!("{record} names {}, which the server lacks", photo.hash));
            }
            named.insert((record, photo.hash), photo);
        }
    }
    for (index, phone) in world.phones.iter().enumerate() {
        let Some(device) = &phone.device else { continue };
        let waiting = device.attachments_waiting(None);
        if (Waiting { lost: 0, ..waiting }) != Waiting::default() {
            broken.push(format!("phone {index}: of photos there wait {waiting:?}"));
        }
        for row in device.attachments() {
            if row.health != Health::Sound && !world.gone.contains(&row.hash) {
                broken.push(format!("phone {index}: {} is {:?}", row.hash, row.health));
            }
            let claimed = row.own && device.is_received(&row);
            let used = named.keys().any(|(_, hash)| *hash == row.hash);
            if claimed && used && !there.contains_key(&row.hash) {
                broken.push(format!("phone {index}: {} was called received", row.hash));
            }
        }
        for ((record, hash), photo) in &named {
            if !there.contains_key(hash) || device.row(*record).is_none() {
                continue;
            }
            match run(device.fetch_attachment(*record, photo)) {
                Some(Ok(bytes)) if AttachmentHash::of(&bytes) == *hash => {}
                other => broken.push(format!(
                    "phone {index} cannot show {hash} of {record}: {:?}",
                    other.map(|shown| shown.map(|bytes| bytes.len()))
                )),
            }
        }
    }
}

fn is_present(values: &BTreeSet<(FieldPath, String)>, path: &FieldPath, value: &str) -> bool {
    if value.is_empty() {
        // A blanked answer leaves nothing behind when there was none before.
        return true;
    }
    let has = |value: &str| values.contains(&(path.clone(), value.to_owned()));
    if path.key == "problems" { value.split_whitespace().all(has) } else { has(value) }
}

/// What the phones' lists show is what the documents say.
fn projections_equal(world: &World, broken: &mut Vec<String>) {
    let documents = world.net.server.borrow().documents();
    let rows = world.net.server.borrow().rows();
    let form = crate::form::household(1);
    for record in world.net.server.borrow().records() {
        let load = |audience| {
            let bytes = documents.get(&(record, audience))?;
            Document::load(bytes, audience, READER).ok()
        };
        let Some(mut main) = load(Audience::Main) else { continue };
        let mut companion = load(Audience::Protection);
        let row = project(&mut main, companion.as_mut(), Some(&form));
        let expected = Projected {
            review: row.review.state.name().to_owned(),
            two_answers: row.two_answers.len(),
            title: row.header.title.clone(),
        };
        if let Some(rows) = &rows
            && rows.get(&record) != Some(&expected)
        {
            let found = rows.get(&record);
            broken.push(format!("the row of {record} is {found:?}, not {expected:?}"));
        }
        for phone in &world.phones {
            let Some(listed) = phone.device.as_ref().and_then(|device| device.row(record)) else {
                continue;
            };
            let same = listed.review == row.review.state.name()
                && listed.two_answers as usize == row.two_answers.len()
                && listed.title == row.header.title;
            if !same {
                broken.push(format!(
                    "phone {}: the row of {record} is out of date: {} {} {:?}, not {} {} {:?}",
                    phone.id,
                    listed.review,
                    listed.two_answers,
                    listed.title,
                    row.review.state.name(),
                    row.two_answers.len(),
                    row.header.title
                ));
            }
        }
    }
}
