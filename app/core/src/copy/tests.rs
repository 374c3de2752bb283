use super::*;
use crate::attachment::Health;
use crate::device::{Ports, Subject};
use crate::fill::test_form;
use crate::memory::MemoryStore;
use crate::ports::{Clock, Entropy, Local, Reply, Transport};
use shared::id::DeviceId;
use shared::sync::message::DevicePerson;
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// No network, a clock that stands still, and random numbers that repeat with their seed.
struct Around(Cell<u64>);

impl Transport for Around {
    fn post<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: Vec<u8>) -> Local<'a, Option<Reply>> {
        Box::pin(async { None })
    }
}

impl Clock for Around {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

impl Entropy for Around {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            self.0.set(next);
            *byte = (next >> 33) as u8;
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("everything answers at once here"),
    }
}

const VERSION: FormVersionId = FormVersionId([5; 16]);

fn blank(seed: u64) -> Device {
    let around = Rc::new(Around(Cell::new(seed)));
    let store = Rc::new(MemoryStore::default());
    let ports = Ports { store, transport: around.clone(), clock: around.clone(), entropy: around };
    run(Device::open(ports, "test".into())).unwrap()
}

/// A device of the municipality that `known` devices are in.
fn connected(seed: u64, device: u8, known: &[u8]) -> Device {
    let made = blank(seed);
    let mut form = test_form::form();
    form.form_id = "probe".into();
    made.add_form(&PublishedForm { version: VERSION, compiled: form.to_bytes().into() });
    let person = |device: &u8| DevicePerson { device: DeviceId([*device; 8]), name: "N".into() };
    made.set_directory(Directory {
        current_forms: vec![VERSION],
        people: known.iter().map(person).collect(),
        ..Directory::default()
    });
    made.adopt_identity(&Identity { device: DeviceId([device; 8]), token: "00".into() });
    run(made.save()).unwrap();
    made
}

/// Begins a record with an answer; returns it.
fn visit(device: &Device, answer: &str) -> RecordId {
    run(async {
        let record = device.begin("probe", &Subject::Own).await.unwrap();
        let draft = device.open_record(record).await.unwrap();
        let at = test_form::at(&test_form::form(), "street", &[]);
        draft.borrow_mut().set(&at, answer);
        device.save().await.unwrap();
        record
    })
}

fn answer_of(device: &Device, record: RecordId) -> String {
    run(async {
        let draft = device.open_record(record).await.unwrap();
        let at = test_form::at(&test_form::form(), "street", &[]);
        let value = draft.borrow().session().value(&at).to_owned();
        device.leave().await.unwrap();
        value
    })
}

fn copied(device: &Device) -> Vec<u8> {
    run(device.copy_out()).unwrap().unwrap()
}

#[test]
fn a_phone_that_lost_everything_goes_on_as_itself() {
    let first = connected(1, 1, &[1]);
    let record = visit(&first, "Rustaveli 5");
    let other = visit(&first, "Chavchavadze 7");
    let photo = run(first.attach(other, "roof.webp", "image/webp", &[7; 50_000])).unwrap();
    let bytes = copied(&first);
    assert!(first.unsent_total() > 0, "making a copy sends nothing");

    let again = blank(2);
    let taken = run(again.copy_in(&bytes)).unwrap();
    assert_eq!((taken.records, taken.files, taken.foreign), (2, 1, false));
    assert_eq!(again.identity(), first.identity());
    assert_eq!(again.unsent_total(), first.unsent_total());
    assert_eq!(answer_of(&again, record), "Rustaveli 5");
    assert_eq!(answer_of(&again, other), "Chavchavadze 7");
    assert_eq!(run(again.attachment(photo.hash)).unwrap().unwrap(), [7; 50_000]);
    assert!(again.is_saved());
    let outbox = |device: &Device| -> Vec<Vec<u8>> {
        run(device.outbox()).unwrap().into_iter().map(|change| change.bytes).collect()
    };
    assert_eq!(outbox(&again), outbox(&first), "the same changes in the same order");
}

#[test]
fn a_copy_taken_in_twice_adds_nothing() {
    let first = connected(1, 1, &[1]);
    visit(&first, "Rustaveli 5");
    let bytes = copied(&first);
    let own = run(first.copy_in(&bytes)).unwrap();
    assert_eq!((own.changes, own.files), (0, 0), "the phone that made it has everything");
    let again = blank(2);
    assert!(run(again.copy_in(&bytes)).unwrap().changes > 0);
    let (list, unsent) = (again.list(), again.unsent_total());
    assert_eq!(run(again.copy_in(&bytes)).unwrap().changes, 0);
    assert_eq!((again.list(), again.unsent_total()), (list, unsent));
}

#[test]
fn another_phone_of_the_municipality_takes_it_in_under_its_own_name() {
    let first = connected(1, 1, &[1, 2]);
    let record = visit(&first, "Rustaveli 5");
    let bytes = copied(&first);
    let second = connected(2, 2, &[1, 2]);
    let own = visit(&second, "Agmashenebeli 1");
    let taken = run(second.copy_in(&bytes)).unwrap();
    assert!(taken.foreign && taken.changes > 0);
    assert_eq!(second.actor().device, DeviceId([2; 8]));
    assert_eq!(answer_of(&second, record), "Rustaveli 5");
    assert_eq!(answer_of(&second, own), "Agmashenebeli 1");
}

#[test]
fn a_phone_of_elsewhere_and_a_damaged_copy_are_refused() {
    let first = connected(1, 1, &[1]);
    visit(&first, "Rustaveli 5");
    let bytes = copied(&first);
    let stranger = connected(3, 3, &[3]);
    assert!(matches!(run(stranger.copy_in(&bytes)), Err(CopyError::Foreign)));
    assert!(stranger.list().is_empty() && stranger.unsent_total() == 0);
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(
            matches!(run(blank(4).copy_in(&bytes[..cut])), Err(CopyError::Unreadable)),
            "{cut}"
        );
    }
}

#[test]
fn files_that_are_too_much_are_counted_and_smaller_ones_behind_them_still_fit() {
    let row = |size| AttachmentRow {
        hash: AttachmentHash::of(&[size as u8]),
        size,
        here: size,
        records: Vec::new(),
        own: true,
        made_ms: 0,
        received: 0,
        epoch: None,
        acknowledged_ms: 0,
        refused: String::new(),
        health: Health::Sound,
    };
    for (sizes, most, kept, count, size) in [
        (vec![], 10, vec![], 0, 0),
        (vec![4, 6], 10, vec![4, 6], 0, 0),
        (vec![4, 7, 6, 1], 10, vec![4, 6], 2, 8),
        (vec![11, 12], 10, vec![], 2, 23),
    ] {
        let (fitting, left_out) = fit(sizes.into_iter().map(row), most);
        assert_eq!(fitting.iter().map(|row| row.size).collect::<Vec<u64>>(), kept);
        assert_eq!(left_out, LeftOut { count, size });
    }
}
