//! What sync costs in bytes and round trips, measured on the real device core.

use crate::household;
use crate::net::{Fault, Link, Net};
use crate::run;
use crate::server::Server;
use crate::standard;
use device::device::{Device, Identity, Ports, Subject};
use device::memory::MemoryStore;
use device::ports::{Clock, Entropy, Local, Reply, Store, Table, Transport, Write, WriteSet};
use device::{Draft, row};
use form::session::Address;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shared::id::{DeviceId, FormVersionId, StoreId};
use shared::record::FieldPath;
use shared::sync::engine::SyncState;
use shared::sync::message::PROTOCOL;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(super) struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        1_763_700_000_000
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

pub(super) struct Seeded(pub(super) RefCell<StdRng>);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.borrow_mut().fill_bytes(buffer);
    }
}

/// Counts what passes.
struct Counting {
    link: Link,
    up: Cell<usize>,
    down: Cell<usize>,
    trips: Cell<usize>,
}

impl Transport for Counting {
    fn post<'a>(
        &'a self,
        path: &'a str,
        token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move {
            self.up.set(self.up.get() + body.len());
            self.trips.set(self.trips.get() + 1);
            let reply = self.link.post(path, token, body).await;
            let size = reply.as_ref().map_or(0, |reply| reply.body.len());
            self.down.set(self.down.get() + size);
            reply
        })
    }
}

struct Phone {
    device: Device,
    wire: Rc<Counting>,
}

/// One row of the table.
#[derive(Debug)]
pub struct Line {
    pub name: &'static str,
    pub records: usize,
    pub up: usize,
    pub down: usize,
    pub trips: usize,
}

impl Phone {
    fn new(net: &Rc<Net>, number: u8) -> Self {
        let store = MemoryStore::default();
        let id = DeviceId([number; 8]);
        let mut payload = Vec::new();
        let identity = Identity { device: id, token: "00".repeat(32) };
        minicbor::encode(&identity, &mut payload).expect("writing to memory");
        let sealed = row::seal(Table::Meta, "identity", &payload);
        let put = Write::Put(Table::Meta, "identity".into(), sealed);
        run(store.commit(WriteSet(vec![put]))).expect("no fault").expect("stored");
        // The answer to the enrolment told which protocol the server speaks.
        let mut state = SyncState::new(StoreId([number; 8]));
        state.protocol = Some(PROTOCOL);
        let mut payload = Vec::new();
        minicbor::encode(&state, &mut payload).expect("writing to memory");
        let sealed = row::seal(Table::Meta, "sync", &payload);
        let put = Write::Put(Table::Meta, "sync".into(), sealed);
        run(store.commit(WriteSet(vec![put]))).expect("no fault").expect("stored");
        let link = Link { net: net.clone(), device: id };
        let wire =
            Rc::new(Counting { link, up: Cell::new(0), down: Cell::new(0), trips: Cell::new(0) });
        let ports = Ports {
            store: Rc::new(store),
            transport: wire.clone(),
            clock: Rc::new(FixedClock),
            entropy: Rc::new(Seeded(RefCell::new(StdRng::seed_from_u64(u64::from(number))))),
        };
        let device = run(Device::open(ports, "bench".into())).expect("no fault").expect("opens");
        Self { device, wire }
    }

    /// Fills and finishes one record; its size as JSON.
    fn fill(&self, workload: &Workload, random: &mut StdRng) -> usize {
        let begun = run(self.device.begin(&workload.form.form_id, &Subject::Own));
        let record = begun.expect("no fault").expect("begun");
        let draft = run(self.device.open_record(record)).expect("no fault").expect("opens");
        (workload.fill)(&self.device, &mut draft.borrow_mut(), random);
        run(self.device.finish(&draft)).expect("no fault").expect("finished");
        let size = json_size(&draft.borrow());
        run(self.device.leave()).expect("no fault").expect("left");
        size
    }

    fn sync(&self, name: &'static str, records: usize) -> Line {
        let before = (self.wire.up.get(), self.wire.down.get(), self.wire.trips.get());
        let outcome = run(self.device.sync()).expect("no fault");
        assert_eq!((outcome.failure, outcome.waiting, outcome.held), (None, 0, 0));
        Line {
            name,
            records,
            up: self.wire.up.get() - before.0,
            down: self.wire.down.get() - before.1,
            trips: self.wire.trips.get() - before.2,
        }
    }
}

/// What is filled in.
pub struct Workload {
    /// Its form.
    pub form: form::model::Form,
    /// Fills one open record.
    pub fill: fn(&Device, &mut Draft, &mut StdRng),
    /// A question that W3 changes, and two values for it.
    pub edit: (&'static str, [&'static str; 2]),
}

/// The questionnaire `hh_core`, every question answered.
pub fn questionnaire() -> Workload {
    Workload {
        form: household::questionnaire(),
        fill: household::fill,
        edit: ("rooms", ["7", "6"]),
    }
}

/// Records of 40 fields and 3 members of 16 fields.
pub fn standard() -> Workload {
    Workload { form: standard::form(), fill: fill_standard, edit: ("rooms", ["7", "8"]) }
}

fn fill_standard(device: &Device, draft: &mut Draft, random: &mut StdRng) {
    let form = draft.session().form().clone();
    let mut set = |draft: &mut Draft, items: Vec<String>, name: &str, values| {
        if let Some(node) = form.by_key(name) {
            draft.set(&Address { items, node }, &standard::value(values, random));
        }
    };
    for (name, values) in standard::HOUSEHOLD {
        set(draft, vec![], name, values);
    }
    let Some(node) = form.by_key("members") else { return };
    for _ in 0..3 {
        let item = device.new_item();
        draft.add_item(&Address { items: vec![], node }, &item);
        for (name, values) in standard::MEMBER {
            set(draft, vec![item.clone()], name, values);
        }
    }
}

/// The size of a record's answers as JSON, one object with the roster as a list of objects.
fn json_size(draft: &Draft) -> usize {
    let quoted = |text: &str| text.len() + 2;
    let answers = draft.session().answers();
    answers.iter().map(|(at, value)| quoted(&draft.path(at).key) + quoted(value) + 2).sum()
}

fn server_with(workload: &Workload, pull_limit: usize) -> Rc<Net> {
    let compiled = workload.form.to_bytes();
    let mut server = Server::default();
    server.pull_limit = pull_limit;
    server.publish(FormVersionId::of(&compiled), compiled);
    Rc::new(Net::around(Box::new(server), 1))
}

/// What a record costs that travels alone, and what two cost that travel together: the second shows what it
/// would save to know the form's usual words beforehand.
pub fn alone(workload: &Workload) -> [Line; 2] {
    let names = ["one record by itself", "two records together"];
    [1, 2].map(|count| {
        let phone = Phone::new(&server_with(workload, usize::MAX), 1);
        phone.sync("the form comes down", 1);
        let mut random = StdRng::seed_from_u64(7);
        for _ in 0..count {
            phone.fill(workload, &mut random);
        }
        phone.sync(names[count - 1], count)
    })
}

/// Fills `count` records on one phone and measures W1, W2, W3 and W5. Returns the mean size of a
/// record as JSON, and the rows.
pub fn run_all(workload: &Workload, count: usize) -> (usize, Vec<Line>) {
    let net = server_with(workload, usize::MAX);
    let first = Phone::new(&net, 1);
    let mut lines = vec![first.sync("the form comes down", 1)];
    let mut random = StdRng::seed_from_u64(7);
    let json: usize = (0..count).map(|_| first.fill(workload, &mut random)).sum();
    lines.push(first.sync("W1 new records go up", count));
    lines.push(Phone::new(&net, 2).sync("W2 an empty phone fetches all", count));
    let edited = count.min(100);
    let (question, values) = workload.edit;
    for row in first.device.list().into_iter().take(edited) {
        let draft = run(first.device.open_record(row.record)).expect("no fault").expect("opens");
        let at = draft.borrow().address(&FieldPath::top(question)).expect("the form asks it");
        let present = draft.borrow().session().value(&at) == values[0];
        draft.borrow_mut().set(&at, values[usize::from(present)]);
        run(first.device.leave()).expect("no fault").expect("left");
    }
    lines.push(first.sync("W3 one field of each changes", edited));
    lines.push(first.sync("W5 nothing new", 1));
    (json / count, lines)
}

/// A phone's first sync of `count` records, whole and with the download cut `cuts` times: bytes that came
/// down in both cases, and how many syncs the second took.
pub fn first_sync_cut(count: usize, cuts: u32) -> (u64, u64, usize) {
    let workload = standard();
    // About what the server sends at once.
    let net = server_with(&workload, 1_800);
    let first = Phone::new(&net, 1);
    first.sync("the form comes down", 1);
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..count {
        first.fill(&workload, &mut random);
    }
    first.sync("all go up", count);
    let calm = net.bytes_down.get();
    let second = Phone::new(&net, 2);
    second.sync("whole", count);
    let calm = net.bytes_down.get() - calm;
    let before = net.bytes_down.get();
    let third = Phone::new(&net, 3);
    net.cut_next(Fault::ResponseCut, cuts);
    let mut syncs = 1;
    while run(third.device.sync()).expect("no fault").failure.is_some() {
        syncs += 1;
        assert!(syncs <= cuts as usize + 1, "a cut costs one sync");
    }
    assert_eq!(third.device.list().len(), count);
    (calm, net.bytes_down.get() - before, syncs)
}
