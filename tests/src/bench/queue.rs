//! What many unsent changes cost the device at each request: processor time of this thread.

use crate::bench::sync::{FixedClock, Seeded};
use crate::records::Maker;
use crate::run;
use device::device::{Device, Identity, Ports};
use device::memory::MemoryStore;
use device::ports::{Local, Reply, Store, Table, Transport, Write, WriteSet};
use device::{ListRow, row};
use minicbor::bytes::ByteVec;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::time::{ClockId, clock_gettime};
use shared::id::{DeviceId, Epoch, FormVersionId, RecordId};
use shared::record::Audience;
use shared::record::document::change_hash;
use shared::sync::codec;
use shared::sync::message::{PROTOCOL, SyncRequest, SyncResponse};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const DEVICE: DeviceId = DeviceId([7; 8]);
const STEPS: [&str; 5] = ["upgrade", "start", "first request", "the same again", "all sent"];

/// A server that takes everything, once it is there.
#[derive(Default)]
struct Taking {
    there: Cell<bool>,
    requests: Cell<u64>,
    held: RefCell<Vec<u8>>,
}

impl Transport for Taking {
    fn post<'a>(
        &'a self,
        path: &'a str,
        _token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move {
            if !self.there.get() {
                return None;
            }
            self.requests.set(self.requests.get() + 1);
            let size = path.split_once("size=").and_then(|(_, rest)| rest.split('&').next());
            let size: usize = size.map_or(body.len(), |size| size.parse().expect("a number"));
            let mut held = self.held.borrow_mut();
            held.extend_from_slice(&body);
            let media_type = codec::MEDIA_TYPE.to_owned();
            let answer =
                |status, body| Some(Reply { status, media_type, retry_after_ms: None, body });
            if held.len() < size {
                let received = shared::sync::message::TransferState { received: held.len() as u32 };
                return answer(202, codec::encode(&received));
            }
            let _: SyncRequest = codec::decode(&held).expect("a request");
            held.clear();
            let response = SyncResponse {
                protocol: PROTOCOL,
                epoch: Epoch([1; 16]),
                cursor: 1,
                more: false,
                refused: vec![],
                pull: vec![],
                forms: vec![],
                directory: None,
                now_ms: 0,
                packed: None,
                left: None,
                scope: None,
                settled: None,
                ticket: None,
                renew: None,
                abilities: None,
                paused: None,
            };
            answer(200, codec::encode(&response))
        })
    }
}

fn encoded<T: minicbor::Encode<()>>(message: &T) -> Vec<u8> {
    let mut payload = Vec::new();
    minicbor::encode(message, &mut payload).expect("writing to memory");
    payload
}

/// So many changes, so many of each record, one after the other in time.
fn changes(count: usize, each: usize) -> Vec<(RecordId, Vec<u8>)> {
    let mut maker = Maker::new(DEVICE, FormVersionId([0; 16]).to_string(), 1);
    let mut all = Vec::new();
    while all.len() < count {
        let (record, mut document, bytes) = maker.record().expect("a record");
        all.push((record, bytes));
        for _ in 1..each {
            all.push((record, maker.edit(&mut document).expect("an edit")));
        }
    }
    all
}

fn store(changes: &[(RecordId, Vec<u8>)], each: usize) -> MemoryStore {
    let store = MemoryStore::default();
    let mut writes = Vec::new();
    let mut put = |table: Table, key: String, payload: &[u8]| {
        let sealed = row::seal(table, &key, payload);
        writes.push(Write::Put(table, key, sealed));
    };
    let identity = Identity { device: DEVICE, token: "0".repeat(64) };
    put(Table::Meta, "identity".into(), &encoded(&identity));
    for (number, (record, bytes)) in changes.iter().enumerate() {
        let hash = change_hash(bytes).expect("a change");
        put(Table::Change, format!("{record}/0/{hash}"), bytes);
        let unsent = (*record, Audience::Main, ByteVec::from(bytes.clone()));
        put(Table::Outbox, format!("{number:016x}"), &encoded(&unsent));
        if number % each == 0 {
            let mut row = ListRow::new(*record, "f", FormVersionId([0; 16]), 0);
            row.unsent = each as u32;
            put(Table::List, record.to_string(), &encoded(&row));
        }
    }
    run(store.commit(WriteSet(writes))).expect("no fault").expect("stored");
    store
}

pub fn spent<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = clock_gettime(ClockId::ThreadCPUTime);
    let done = work();
    let after = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = (after.tv_sec - before.tv_sec) as f64;
    (seconds * 1e3 + (after.tv_nsec - before.tv_nsec) as f64 / 1e6, done)
}

fn measure(count: usize, each: usize) -> [f64; STEPS.len()] {
    let changes = changes(count, each);
    let transport = Rc::new(Taking::default());
    let ports = Ports {
        store: Rc::new(store(&changes, each)),
        transport: transport.clone(),
        clock: Rc::new(FixedClock),
        entropy: Rc::new(Seeded(RefCell::new(StdRng::seed_from_u64(7)))),
    };
    let open = || run(Device::open(ports.clone(), "bench".into())).expect("no fault");
    // The rows are those of a build that did not name the states of documents yet.
    let (upgrade, device) = spent(open);
    drop(device.expect("it opens"));
    let (start, device) = spent(open);
    let device = device.expect("it opens");
    assert_eq!(device.unsent_total(), count);
    let (first, _) = spent(|| run(device.sync()));
    let (again, _) = spent(|| run(device.sync()));
    transport.there.set(true);
    let (sent, outcome) = spent(|| run(device.sync()));
    let outcome = outcome.expect("no fault");
    assert_eq!((outcome.sent, outcome.waiting, outcome.failure), (count, 0, None));
    println!(
        "{count:>8}{each:>8}{upgrade:>12.1}{start:>12.1}{first:>12.1}{again:>12.1}{sent:>12.1}{:>10}",
        transport.requests.get()
    );
    [upgrade, start, first, again, sent]
}

/// Prints a table for growing queues.
pub fn print() {
    println!("Milliseconds of processor time for a queue of unsent changes");
    println!(
        "{:>8}{:>8}{:>12}{:>12}{:>12}{:>12}{:>12}{:>10}",
        "changes", "each", "upgrade", "start", "request", "again", "all sent", "requests"
    );
    for each in [1, 100] {
        for count in [2_500, 5_000, 10_000, 20_000] {
            let all = measure(count, each);
            let parts: Vec<String> =
                STEPS.iter().zip(all).map(|(name, ms)| format!("\"{name}\":{ms:.1}")).collect();
            println!(
                "{{\"bench\":\"queue\",\"changes\":{count},\"each\":{each},{}}}",
                parts.join(",")
            );
        }
    }
}
