//! Devices, their workers, reviewers and an administrator, acting in an order that the seed decides.

mod background;
mod clock;
mod office;
mod photos;
pub mod trouble;

use crate::backend::Backend;
use crate::form::{MEMBER, QUESTIONS, VILLAGES};
use crate::net::{Link, Net};
use crate::run;
use crate::server::Server;
use crate::trace;
pub use clock::SimClock;
use clock::SimEntropy;
use device::device::{Device, Identity, Ports, Subject};
use device::memory::{MemoryStore, StoreErrorKind};
use device::ports::{Store, Table, Write, WriteSet};
use device::{Draft, row};
use form::session::Address;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use shared::id::{AttachmentHash, DeviceId, RecordId};
use shared::record::FieldPath;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// An edit that a worker made, and whether the phone said that it is saved.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub device: DeviceId,
    /// Which phone: a copy of a phone is the same device.
    pub phone: usize,
    pub record: RecordId,
    pub path: FieldPath,
    pub value: String,
    pub saved: bool,
    /// The phone died before it said so: the edit may be there or not.
    pub undecided: bool,
}

/// A member that a worker added, in the same way.
#[derive(Debug, Clone)]
pub struct Added {
    pub device: DeviceId,
    pub phone: usize,
    pub record: RecordId,
    pub item: String,
    pub saved: bool,
    pub undecided: bool,
}

/// A phone: its storage outlives it.
pub struct Phone {
    pub id: DeviceId,
    pub store: MemoryStore,
    pub device: Option<Device>,
    draft: Option<Rc<RefCell<Draft>>>,
    skew: Rc<Cell<i64>>,
}

/// Everything.
pub struct World {
    pub random: StdRng,
    pub net: Rc<Net>,
    pub now: Rc<Cell<i64>>,
    pub phones: Vec<Phone>,
    pub attempts: Vec<Attempt>,
    /// Records whose beginning was reported as saved.
    pub begun: Vec<(usize, RecordId)>,
    pub members: Vec<Added>,
    pub crashes: u64,
    pub storage_errors: u64,
    /// Storage calls that failed on phones whose storage was deleted since.
    failed: BTreeMap<StoreErrorKind, u64>,
    pub syncs: u64,
    /// What else happened, by kind.
    pub events: BTreeMap<&'static str, u64>,
    /// What happens beside the story, drawn apart so that the story stays the same.
    fates: StdRng,
    /// Devices that are locked out for now.
    locked_out: BTreeSet<DeviceId>,
    /// When phones are found with the database of an older build: in some seeds, so that those which are
    /// named in tests keep their story.
    older: Option<StdRng>,
    /// When photos are taken, replaced, removed and looked at, in the same way.
    photos: Option<StdRng>,
    /// When the server's clock is set, in the same way.
    server_clock: Option<StdRng>,
    /// What was attached: the bytes by their hash.
    pub attached: BTreeMap<AttachmentHash, Vec<u8>>,
    /// Of these no phone and no server is left that had them.
    pub gone: BTreeSet<AttachmentHash>,
    /// What a phone had not sent when the browser deleted its storage, by the record that names it.
    pub evicted: BTreeSet<(RecordId, AttachmentHash)>,
}

impl World {
    /// How many storage calls failed, by kind.
    pub fn failed_calls(&self) -> BTreeMap<StoreErrorKind, u64> {
        let mut all = self.failed.clone();
        for (kind, count) in self.phones.iter().flat_map(|phone| phone.store.failed()) {
            *all.entry(kind).or_default() += count;
        }
        all
    }

    /// Phones around a server in memory.
    pub fn new(seed: u64, phones: usize) -> Self {
        Self::around(Box::new(Server::default()), seed, phones)
    }

    pub fn around(server: Box<dyn Backend>, seed: u64, phones: usize) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let net = Rc::new(Net::around(server, seed ^ 0x5eed));
        let now = net.now.clone();
        let phones = (0..phones)
            .map(|index| Phone {
                id: DeviceId([index as u8 + 1; 8]),
                store: MemoryStore::default(),
                device: None,
                draft: None,
                skew: Rc::new(Cell::new(random.random_range(-400_000_000..400_000_000))),
            })
            .collect();
        let mut world = Self {
            random,
            net,
            now,
            phones,
            attempts: Vec::new(),
            begun: Vec::new(),
            members: Vec::new(),
            crashes: 0,
            storage_errors: 0,
            failed: BTreeMap::new(),
            syncs: 0,
            events: BTreeMap::new(),
            fates: StdRng::seed_from_u64(seed ^ 0xfa7e),
            locked_out: BTreeSet::new(),
            older: matches!(seed % 8, 0 | 3).then(|| StdRng::seed_from_u64(seed ^ 0x01de)),
            photos: matches!(seed % 10, 0 | 4 | 8 | 9)
                .then(|| StdRng::seed_from_u64(seed ^ 0xf070)),
            server_clock: (seed % 6 == 2).then(|| StdRng::seed_from_u64(seed ^ 0xc10c)),
            attached: BTreeMap::new(),
            gone: BTreeSet::new(),
            evicted: BTreeSet::new(),
        };
        for phone in 0..world.phones.len() {
            // The first sees the whole municipality, the others work in one settlement each.
            let villages: Vec<String> = match phone {
                0 => vec![],
                _ => vec![VILLAGES[phone % VILLAGES.len()].to_owned()],
            };
            world.net.server.borrow_mut().enrol(world.phones[phone].id, &villages);
            world.enrol(phone);
            world.start(phone);
            world.sync(phone);
        }
        world
    }

    /// Enrolment is not what the simulation is about: the identity is put into the store.
    fn enrol(&mut self, phone: usize) {
        let phone = &self.phones[phone];
        let identity = Identity { device: phone.id, token: crate::backend::token(phone.id) };
        let mut payload = Vec::new();
        minicbor::encode(&identity, &mut payload).expect("writing to memory");
        let sealed = row::seal(Table::Meta, "identity", &payload);
        let write = Write::Put(Table::Meta, "identity".into(), sealed);
        run(phone.store.commit(WriteSet(vec![write]))).expect("no fault is set").expect("stored");
    }

    fn start(&mut self, phone: usize) {
        let seed = self.random.next_u64();
        self.start_drawing(phone, seed);
    }

    fn start_drawing(&mut self, index: usize, seed: u64) {
        let phone = &mut self.phones[index];
        let ports = Ports {
            store: Rc::new(phone.store.clone()),
            transport: Rc::new(Link { net: self.net.clone(), device: phone.id }),
            clock: Rc::new(SimClock { now: self.now.clone(), skew: phone.skew.clone() }),
            entropy: Rc::new(SimEntropy(RefCell::new(StdRng::seed_from_u64(seed)))),
        };
        phone.draft = None;
        phone.device = run(Device::open(ports, "simulation".into())).and_then(Result::ok);
        // It died right after it was connected again.
        let name = phone.device.as_ref().and_then(Device::identity).map(|of| of.device);
        if let Some(name) = name.filter(|name| *name != phone.id) {
            phone.id = name;
            self.start_drawing(index, seed);
        }
    }

    /// The app is gone without a word, and opened again.
    pub fn crash(&mut self, phone: usize) {
        self.crash_with(phone, |_| {});
    }

    /// The same; something is done to its storage before it is opened again.
    fn crash_with(&mut self, phone: usize, alter: impl FnOnce(&MemoryStore)) {
        trace::event("crash", phone);
        self.crashes += 1;
        let own = self.attempts.iter_mut().filter(|attempt| attempt.phone == phone);
        own.for_each(|attempt| attempt.undecided |= !attempt.saved);
        let own = self.members.iter_mut().filter(|added| added.phone == phone);
        own.for_each(|added| added.undecided |= !added.saved);
        self.phones[phone].draft = None;
        self.phones[phone].device = None;
        alter(&self.phones[phone].store);
        self.start(phone);
        if self.phones[phone].device.is_none() {
            // A fault that was still set hit the start: the next start meets none.
            self.start(phone);
        }
    }

    /// The app is closed for good, and the service worker sends what it left ready.
    pub fn in_background(&mut self, phone: usize) {
        trace::event("service worker", phone);
        if let Some(device) = self.phones[phone].device.as_ref()
            && run(device.prepare_parcel()).is_none()
        {
            return self.crash(phone);
        }
        if background::send(&self.phones[phone].store, &self.net, self.phones[phone].id) {
            *self.events.entry("sent in the background").or_default() += 1;
        }
        // The page may be there still, or come back later.
        if self.random.random_range(0..2) == 0 {
            self.crash(phone);
        }
    }

    /// One action of somebody.
    pub fn step(&mut self) {
        self.now.set(self.now.get() + self.random.random_range(1..60_000));
        let phone = self.random.random_range(0..self.phones.len());
        if self.random.random_range(0..100) < 6 {
            let kind = *[
                StoreErrorKind::Full,
                StoreErrorKind::Closed,
                StoreErrorKind::DiesBefore,
                StoreErrorKind::DiesAfter,
            ]
            .choose(&mut self.random)
            .expect("not empty");
            let call = self.random.random_range(1..6);
            self.phones[phone].store.fail_call(call, kind);
        }
        self.set_server_clock();
        self.snap(phone);
        match self.random.random_range(0..1000) {
            0..80 => self.begin(phone),
            80..220 => self.open(phone),
            220..560 => self.answer(phone),
            560..640 => self.add_member(phone),
            640..710 => self.leave(phone),
            710..750 => self.finish(phone),
            750..865 => self.sync(phone),
            865..880 => self.in_background(phone),
            880..910 => self.crash(phone),
            910..975 => self.office(),
            _ => self.misfortune(phone),
        }
    }

    /// One action where records change hands all the time.
    pub fn step_of_scope(&mut self) {
        self.now.set(self.now.get() + self.random.random_range(1..60_000));
        let phone = self.random.random_range(0..self.phones.len());
        if self.random.random_range(0..100) < 8 {
            let kinds =
                [StoreErrorKind::Full, StoreErrorKind::DiesBefore, StoreErrorKind::DiesAfter];
            let kind = *kinds.choose(&mut self.random).expect("not empty");
            let call = self.random.random_range(1..12);
            self.phones[phone].store.fail_call(call, kind);
        }
        self.snap(phone);
        match self.random.random_range(0..100) {
            0..8 => self.begin(phone),
            8..20 => self.open(phone),
            20..40 => self.answer(phone),
            40..47 => self.leave(phone),
            47..52 => self.finish(phone),
            52..75 => self.sync(phone),
            75..77 => self.crash(phone),
            77..79 => self.in_background(phone),
            79..98 => self.scope(),
            _ => self.poison(),
        }
    }

    fn begin(&mut self, phone: usize) {
        let Some(device) = self.phones[phone].device.as_ref() else { return self.start(phone) };
        match run(device.begin("household", &Subject::Own)) {
            Some(Ok(record)) => self.begun.push((phone, record)),
            Some(Err(_)) => self.storage_errors += 1,
            None => self.crash(phone),
        }
    }

    fn open(&mut self, phone: usize) {
        let Some(device) = self.phones[phone].device.as_ref() else { return self.start(phone) };
        let rows = device.list();
        let Some(row) = rows.choose(&mut self.random) else { return };
        match run(device.open_record(row.record)) {
            Some(Ok(draft)) => self.phones[phone].draft = Some(draft),
            Some(Err(_)) => {
                self.storage_errors += 1;
                self.phones[phone].draft = None;
            }
            None => self.crash(phone),
        }
    }

    fn answer(&mut self, phone: usize) {
        let Some(draft) = self.phones[phone].draft.clone() else { return self.open(phone) };
        let (key, _, values) = *QUESTIONS.choose(&mut self.random).expect("not empty");
        let value = *values.choose(&mut self.random).expect("not empty");
        let path = FieldPath::top(key);
        let Some(at) = draft.borrow().address(&path) else { return };
        draft.borrow_mut().set(&at, value);
        self.attempt(phone, &draft, path, value);
        self.save(phone);
    }

    fn add_member(&mut self, phone: usize) {
        let Some(draft) = self.phones[phone].draft.clone() else { return self.open(phone) };
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        let Some(repeat) = draft.borrow().address(&FieldPath::top("members")) else { return };
        let item = device.new_item();
        draft.borrow_mut().add_item(&repeat, &item);
        let path = FieldPath::in_item("members", &item, MEMBER);
        let name = format!("ბავშვი {}", self.members.len());
        let Some(node) = draft.borrow().session().form().by_key(MEMBER) else { return };
        draft.borrow_mut().set(&Address { items: vec![item.clone()], node }, &name);
        let record = draft.borrow().record();
        let device = self.phones[phone].id;
        self.members.push(Added { device, phone, record, item, saved: false, undecided: false });
        self.attempt(phone, &draft, path, &name);
        self.save(phone);
    }

    fn attempt(&mut self, phone: usize, draft: &Rc<RefCell<Draft>>, path: FieldPath, value: &str) {
        let device = self.phones[phone].id;
        let record = draft.borrow().record();
        let value = value.to_owned();
        self.attempts.push(Attempt {
            device,
            phone,
            record,
            path,
            value,
            saved: false,
            undecided: false,
        });
    }

    /// What the phone then calls saved must never be lost.
    fn save(&mut self, phone: usize) {
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        match run(device.save()) {
            Some(Ok(())) => {
                assert!(device.is_saved());
                self.mark_saved(phone);
            }
            Some(Err(_)) => self.storage_errors += 1,
            None => self.crash(phone),
        }
    }

    fn mark_saved(&mut self, phone: usize) {
        let own = self.attempts.iter_mut().filter(|attempt| attempt.phone == phone);
        own.for_each(|attempt| attempt.saved |= !attempt.undecided);
        let own = self.members.iter_mut().filter(|added| added.phone == phone);
        own.for_each(|added| added.saved |= !added.undecided);
    }

    fn leave(&mut self, phone: usize) {
        let Some(device) = self.phones[phone].device.as_ref() else { return self.start(phone) };
        match run(device.leave()) {
            Some(Ok(())) => self.phones[phone].draft = None,
            Some(Err(_)) => self.storage_errors += 1,
            None => self.crash(phone),
        }
    }

    fn finish(&mut self, phone: usize) {
        let Some(draft) = self.phones[phone].draft.clone() else { return };
        let Some(device) = self.phones[phone].device.as_ref() else { return };
        match run(device.finish(&draft)) {
            Some(Ok(())) => self.mark_saved(phone),
            Some(Err(_)) => self.storage_errors += 1,
            None => self.crash(phone),
        }
    }

    pub fn sync(&mut self, phone: usize) {
        trace::event("sync", phone);
        self.syncs += 1;
        let Some(device) = self.phones[phone].device.as_ref() else { return self.start(phone) };
        match run(device.sync()) {
            Some(_) => self.send_photos(phone),
            None => self.crash(phone),
        }
    }

    /// A fixed story on one phone: begin, answer, add a member, finish, sync, correct, sync.
    pub fn play_story(&mut self, phone: usize) {
        self.begin(phone);
        self.open(phone);
        for _ in 0..4 {
            self.answer(phone);
        }
        self.add_member(phone);
        self.finish(phone);
        self.sync(phone);
        self.open(phone);
        self.answer(phone);
        self.leave(phone);
        self.sync(phone);
    }

    /// The faults stop: everybody leaves what is open, and syncs `rounds` times.
    pub fn settle(&mut self, rounds: usize) {
        self.net.trouble.set(0);
        self.net.deliver_delayed();
        self.calm();
        for phone in 0..self.phones.len() {
            self.phones[phone].store.fail_call(0, StoreErrorKind::Full);
            if self.phones[phone].device.is_none() {
                self.start(phone);
            }
            self.leave(phone);
        }
        let mut left = rounds;
        let mut decisions = 0;
        while left > 0 {
            for phone in 0..self.phones.len() {
                self.sync(phone);
            }
            left -= 1;
            // What comes to the office only now needs a person, and rounds after that.
            if decisions < MOST_DECISIONS && self.decide() {
                decisions += 1;
                left = rounds;
            }
        }
        self.end_photos();
    }
}

/// How often a person may have to decide before everything is through.
const MOST_DECISIONS: usize = 8;

/// How many actions one seed takes, and how many phones.
pub const STEPS: usize = 150;
pub const PHONES: usize = 3;

/// Plays a seed to its end.
pub fn play(seed: u64, steps: usize) -> World {
    play_around(Box::new(Server::default()), seed, steps)
}

/// Plays a seed in which records change hands all the time. `look` is asked before and after each step.
pub fn play_scope<T>(
    seed: u64,
    steps: usize,
    before: impl Fn(&World) -> T,
    mut after: impl FnMut(&World, usize, T),
) -> World {
    let mut world = World::new(seed, PHONES);
    world.net.trouble.set(30);
    for step in 0..steps {
        let seen = before(&world);
        world.step_of_scope();
        after(&world, step, seen);
    }
    world.settle(3);
    world
}

/// The same around another server.
pub fn play_around(server: Box<dyn Backend>, seed: u64, steps: usize) -> World {
    let mut world = World::around(server, seed, PHONES);
    world.net.trouble.set(30);
    for _ in 0..steps {
        world.step();
    }
    world.settle(3);
    world
}
