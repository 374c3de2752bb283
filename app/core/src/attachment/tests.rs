//! Attachments against a server in memory behind a network that loses, cuts, repeats and delays.

mod damage;
mod whereabouts;

use super::*;
use crate::Finding;
use crate::device::{Identity, Ports};
use crate::memory::{MemoryStore, StoreErrorKind};
use crate::ports::{Clock, Entropy, Local, Reply, Transport};
use shared::attachment::message::{Fetch, Piece, Stored, UPLOAD, Upload};
use shared::attachment::{AttachmentRef, PIECE, Placing, place};
use shared::id::DeviceId;
use shared::sync::codec;
use shared::sync::engine::Failure;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

const RECORD: RecordId = RecordId([7; 16]);

fn run<T>(future: impl Future<Output = T>) -> T {
    maybe(future).expect("everything answers at once here")
}

fn maybe<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A generator good enough for choosing faults.
#[derive(Clone, Default)]
struct Dice(Rc<Cell<u64>>);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0.set(next);
        (next >> 33) % sides
    }
}

/// What the server holds, and what came over the wire.
#[derive(Default)]
struct Server {
    kept: BTreeMap<AttachmentHash, (u64, Vec<u8>, bool)>,
    uploaded: u64,
    requests: u64,
}

impl Server {
    fn upload(&mut self, upload: &Upload) -> Result<Stored, &'static str> {
        self.uploaded += upload.bytes.len() as u64;
        let (size, kept, complete) =
            self.kept.entry(upload.hash).or_insert((upload.size, Vec::new(), false));
        if !*complete {
            let placing = place(kept.len() as u64, *size, upload.offset, upload.bytes.len() as u64);
            if let Placing::Append { skip } = placing {
                kept.extend_from_slice(&upload.bytes[skip..]);
            }
            if kept.len() as u64 == *size {
                if AttachmentHash::of(kept) != upload.hash {
                    kept.clear();
                    return Err("attachment_damaged");
                }
                *complete = true;
            }
        }
        Ok(Stored { received: kept.len() as u64, complete: *complete })
    }

    fn fetch(&self, fetch: &Fetch) -> Piece {
        match self.kept.get(&fetch.hash) {
            Some((size, kept, true)) => {
                let from = fetch.offset.min(*size) as usize;
                let to = (fetch.offset + fetch.length).min(*size) as usize;
                Piece { size: *size, received: *size, bytes: kept[from..to].to_vec().into() }
            }
            Some((size, kept, false)) => {
                Piece { size: *size, received: kept.len() as u64, bytes: Vec::new().into() }
            }
            None => Piece { size: 0, received: 0, bytes: Vec::new().into() },
        }
    }
}

/// Requests that arrive after their successors: path and body.
type Late = Vec<(String, Vec<u8>)>;

#[derive(Clone, Default)]
struct Net {
    server: Rc<RefCell<Server>>,
    dice: Dice,
    /// Of a hundred requests, how many meet a fault.
    trouble: Rc<Cell<u64>>,
    late: Rc<RefCell<Late>>,
    now_ms: Rc<Cell<i64>>,
}

impl Net {
    fn answer(&self, path: &str, body: &[u8]) -> Reply {
        let mut server = self.server.borrow_mut();
        server.requests += 1;
        self.now_ms.set(self.now_ms.get() + 100);
        let ok = |body| Reply {
            status: 200,
            media_type: codec::MEDIA_TYPE.into(),
            retry_after_ms: None,
            body,
        };
        if path != UPLOAD {
            let fetch: Fetch = codec::decode(body).expect("a fetch");
            return ok(codec::encode_plain(&server.fetch(&fetch)));
        }
        let upload: Upload = codec::decode(body).expect("an upload");
        match server.upload(&upload) {
            Ok(stored) => ok(codec::encode(&stored)),
            Err(code) => Reply {
                status: 422,
                media_type: "application/problem+json".into(),
                retry_after_ms: None,
                body: format!("{{\"code\":\"{code}\"}}").into_bytes(),
            },
        }
    }
}

impl Transport for Net {
    fn post<'a>(
        &'a self,
        path: &'a str,
        _: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move {
            if self.dice.roll(100) >= self.trouble.get() {
                return Some(self.answer(path, &body));
            }
            match self.dice.roll(6) {
                0 => None,
                1 => {
                    self.answer(path, &body);
                    None
                }
                2 => {
                    let mut reply = self.answer(path, &body);
                    let keep = self.dice.roll(reply.body.len() as u64 + 1) as usize;
                    reply.body.truncate(keep);
                    Some(reply)
                }
                3 => {
                    self.answer(path, &body);
                    Some(self.answer(path, &body))
                }
                4 => {
                    self.late.borrow_mut().push((path.to_owned(), body));
                    None
                }
                _ => {
                    let late: Vec<_> = self.late.borrow_mut().drain(..).collect();
                    late.iter().rev().for_each(|(path, body)| drop(self.answer(path, body)));
                    Some(self.answer(path, &body))
                }
            }
        })
    }
}

impl Clock for Net {
    fn now_ms(&self) -> i64 {
        self.now_ms.get()
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

impl Entropy for Net {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.dice.roll(256) as u8);
    }
}

async fn start(store: &MemoryStore, net: &Net) -> Device {
    let (store, net) = (Rc::new(store.clone()), Rc::new(net.clone()));
    let ports = Ports { store, transport: net.clone(), clock: net.clone(), entropy: net };
    let device = Device::open(ports, "test".into()).await.expect("an open device");
    let identity = Identity { device: DeviceId([1; 8]), token: "00".into() };
    *device.identity.borrow_mut() = Some(identity);
    let mut state = device.engine.borrow().state().clone();
    state.epoch = Some(Epoch([9; 16]));
    *device.engine.borrow_mut() = shared::sync::engine::Engine::new(state);
    device
}

fn photo(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * at / 7) as u8).collect()
}

#[test]
fn what_is_attached_survives_a_restart_and_reaches_the_server() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let bytes = photo(3 * PIECE as usize + 5);
    let named = run(async {
        let device = start(&store, &net).await;
        device.attach(RECORD, "roof.webp", "image/webp", &bytes).await.expect("kept")
    });
    run(async {
        let device = start(&store, &net).await;
        assert_eq!(device.attachment(named.hash).await.expect("read"), Some(bytes.clone()));
        let waiting = device.attachments_waiting(Some(RECORD));
        assert_eq!((waiting.count, waiting.size), (1, bytes.len() as u64));
        assert_eq!(device.send_attachments().await.sent, 1);
        assert_eq!(device.attachments_waiting(None), Waiting::default());
    });
    let server = net.server.borrow();
    assert_eq!(server.kept[&named.hash].1, bytes);
    assert_eq!(server.uploaded, bytes.len() as u64, "nothing was sent twice");
}

#[test]
fn a_send_cut_anywhere_goes_on_where_the_server_is() {
    for seed in 0..120 {
        let (store, net) = (MemoryStore::default(), Net::default());
        net.dice.0.set(seed);
        net.trouble.set(40);
        let sizes = [1, PIECE as usize, 5 * PIECE as usize + 77, 17 * PIECE as usize];
        let photos: Vec<Vec<u8>> = sizes.iter().map(|size| photo(*size)).collect();
        let mut device = run(start(&store, &net));
        for bytes in &photos {
            run(device.attach(RECORD, "p", "image/webp", bytes)).expect("kept");
        }
        for round in 0.. {
            assert!(round < 400, "seed {seed} never ends");
            if round > 200 {
                net.trouble.set(0);
            }
            run(device.send_attachments());
            if device.attachments_waiting(None).count == 0 {
                break;
            }
            if net.dice.roll(4) == 0 {
                device = run(start(&store, &net));
            }
        }
        for bytes in &photos {
            let server = net.server.borrow();
            let (_, kept, complete) = &server.kept[&AttachmentHash::of(bytes)];
            assert!(*complete && kept == bytes, "seed {seed}");
        }
    }
}

#[test]
fn every_storage_call_may_fail_or_be_the_last() {
    for kind in StoreErrorKind::ALL {
        for call in 1..40 {
            let (store, net) = (MemoryStore::default(), Net::default());
            let bytes = photo(20 * PIECE as usize);
            let device = run(start(&store, &net));
            store.fail_call(call, kind);
            let attached = maybe(device.attach(RECORD, "p", "image/webp", &bytes));
            if let Some(Ok(_)) = attached {
                maybe(device.send_attachments());
            }
            drop(device);
            store.fail_call(1 << 40, kind);
            let device = run(start(&store, &net));
            let hash = AttachmentHash::of(&bytes);
            if let Some(Ok(named)) = attached {
                // Kept means kept.
                let kept = run(device.attachment(named.hash)).expect("read");
                assert_eq!(kept.as_ref(), Some(&bytes), "{kind:?} {call}");
                run(device.send_attachments());
                assert!(net.server.borrow().kept[&hash].2, "{kind:?} {call}");
            } else {
                // Nothing of it stays for ever, and it can be attached again.
                run(device.tidy_old_attachments()).expect("tidied");
                let left = device.attachment_row(hash);
                assert!(left.is_none_or(|row| row.is_here()), "{kind:?} {call}");
                run(device.attach(RECORD, "p", "image/webp", &bytes)).expect("kept");
                assert_eq!(run(device.attachment(hash)).expect("read"), Some(bytes));
            }
        }
    }
}

#[test]
fn one_that_makes_no_progress_does_not_stop_the_others() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let bad = run(device.attach(RECORD, "a", "image/webp", &photo(10))).expect("kept");
    run(device.attach(RECORD, "b", "image/webp", &photo(20))).expect("kept");
    // The server holds something else under this name, again and again.
    net.server.borrow_mut().kept.insert(bad.hash, (11, vec![1; 10], false));
    let outcome = run(device.send_attachments());
    assert_eq!((outcome.sent, outcome.failure), (1, Some(Failure::Refused)));
    let waiting = device.attachments_waiting(None);
    assert_eq!((waiting.count, waiting.refused), (1, 0));
    net.server.borrow_mut().kept.insert(bad.hash, (10, vec![1; 9], false));
    run(device.send_attachments());
    assert_eq!(device.attachments_waiting(None), Waiting::default(), "damaged once, then whole");
}

#[test]
fn records_go_first() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    run(device.attach(RECORD, "a", "image/webp", &photo(10))).expect("kept");
    device.syncing.set(true);
    let outcome = run(device.send_attachments());
    assert!(outcome.paused);
    assert_eq!(net.server.borrow().requests, 0);
    device.syncing.set(false);
    assert_eq!(run(device.send_attachments()).sent, 1);
}

#[test]
fn what_is_taken_back_before_sending_leaves_nothing() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let bytes = photo(2 * PIECE as usize);
    let other = RecordId([8; 16]);
    for record in [RECORD, other] {
        run(device.attach(record, "a", "image/webp", &bytes)).expect("kept");
    }
    let hash = AttachmentHash::of(&bytes);
    run(device.detach(RECORD, hash)).expect("detached");
    assert_eq!(run(device.attachment(hash)), Ok(Some(bytes)), "another record names it");
    run(device.detach(other, hash)).expect("detached");
    assert_eq!(store.rows(Table::Blob), vec![]);
    run(device.send_attachments());
    assert_eq!(net.server.borrow().requests, 0);
}

#[test]
fn another_phones_photo_is_waited_for_then_fetched_piece_by_piece() {
    let net = Net::default();
    let (first, second) = (MemoryStore::default(), MemoryStore::default());
    let (maker, reader) = (run(start(&first, &net)), run(start(&second, &net)));
    let bytes = photo(30 * PIECE as usize + 1);
    let named = run(maker.attach(RECORD, "a", "image/webp", &bytes)).expect("kept");
    assert_eq!(run(reader.fetch_attachment(RECORD, &named)), Err(FetchError::NotYet));
    run(maker.send_attachments());
    net.trouble.set(60);
    let fetched = (0..200).find_map(|_| run(reader.fetch_attachment(RECORD, &named)).ok());
    assert_eq!(fetched, Some(bytes.clone()));
    assert_eq!(run(reader.attachment(named.hash)), Ok(Some(bytes)));
    assert_eq!(reader.attachments_waiting(None), Waiting::default());
    let lie = AttachmentRef { size: 5, ..named };
    let damaged = run(run(start(&MemoryStore::default(), &net)).fetch_attachment(RECORD, &lie));
    assert!(matches!(damaged, Err(FetchError::Damaged | FetchError::Failed(_))), "{damaged:?}");
}

#[test]
fn limits_are_named() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    assert_eq!(run(device.attach(RECORD, "a", "", &[])), Err(AttachError::Empty));
    let large = vec![0; shared::attachment::LARGEST as usize + 1];
    assert_eq!(run(device.attach(RECORD, "a", "", &large)), Err(AttachError::TooLarge));
    net.trouble.set(100);
    let outcome = run(device.send_attachments());
    assert_eq!(outcome.failure, None, "nothing to send");
    run(device.attach(RECORD, "a", "", &photo(10))).expect("kept");
    net.dice.0.set(1);
    let failures: Vec<Option<Failure>> =
        (0..40).map(|_| run(device.send_attachments()).failure).collect();
    assert!(failures.iter().flatten().all(|failure| *failure == Failure::Offline), "{failures:?}");
}

/// Kept, taken back, sent, removed after the server said that it has it, fetched again.
async fn life(device: &Device, net: &Net, whole: &[u8], taken_back: &[u8]) -> (bool, bool) {
    let Ok(named) = device.attach(RECORD, "a", "image/webp", whole).await else {
        return (false, false);
    };
    let Ok(other) = device.attach(RECORD, "b", "image/webp", taken_back).await else {
        return (true, false);
    };
    if device.detach(RECORD, other.hash).await.is_err() {
        return (true, false);
    }
    device.send_attachments().await;
    net.now_ms.set(net.now_ms.get() + KEEP_MS + 1);
    let _ = device.tidy_old_attachments().await;
    let _ = device.fetch_attachment(RECORD, &named).await;
    (true, true)
}

#[test]
fn every_storage_call_of_a_life_may_fail_or_be_the_last() {
    let (whole, taken_back) = (photo(3 * PIECE as usize + 5), photo(PIECE as usize + 1));
    let hash = AttachmentHash::of(&whole);
    let of_other = AttachmentHash::of(&taken_back);
    let play = |fault: Option<(u64, StoreErrorKind)>| -> u64 {
        let (store, net) = (MemoryStore::default(), Net::default());
        let device = run(start(&store, &net));
        let before = store.calls();
        if let Some((call, kind)) = fault {
            store.fail_call(call, kind);
        }
        // Whoever dies has not said that anything is kept, or taken back, since its last step.
        let (kept, detached) = maybe(life(&device, &net, &whole, &taken_back)).unwrap_or_default();
        let calls = store.calls() - before;
        drop(device);
        store.fail_call(1 << 40, StoreErrorKind::Full);
        let device = run(start(&store, &net));
        let named = AttachmentRef::of("a", "image/webp", &whole);
        if kept || device.attachment_row(hash).is_some_and(|row| row.is_here()) {
            run(device.send_attachments());
            assert!(net.server.borrow().kept[&hash].2, "{fault:?}");
            assert_eq!(
                run(device.fetch_attachment(RECORD, &named)),
                Ok(whole.clone()),
                "{fault:?}"
            );
        }
        net.now_ms.set(net.now_ms.get() + KEEP_MS + 1);
        run(device.tidy_old_attachments()).expect("tidied");
        if detached {
            assert!(device.attachment_row(of_other).is_none(), "{fault:?}");
        }
        for (key, _) in store.rows(Table::Blob) {
            let known =
                device.attachments().iter().any(|row| key.starts_with(&row.hash.to_string()));
            assert!(known, "{fault:?}: {key} belongs to nothing");
        }
        calls
    };
    let calls = play(None);
    assert!(calls > 20, "{calls} storage calls");
    for call in 1..=calls {
        for kind in StoreErrorKind::ALL {
            play(Some((call, kind)));
        }
    }
}
