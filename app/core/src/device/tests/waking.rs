//! What happens while something else is under way: a sync asked for during one, a row queued while others are
//! written.

use super::*;
use crate::ports::{Rows, Store, Table, WriteSet};
use shared::sync::message::SyncResponse;
use std::future::poll_fn;

/// A network that answers when it is told to, with this.
#[derive(Default)]
struct Slow {
    arrived: Cell<bool>,
    answer: RefCell<Option<Reply>>,
}

impl Transport for Slow {
    fn post<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: Vec<u8>) -> Local<'a, Option<Reply>> {
        Box::pin(async move {
            poll_fn(|_| if self.arrived.get() { Poll::Ready(()) } else { Poll::Pending }).await;
            self.answer.borrow().clone()
        })
    }
}

/// When the next sync is due after one that was asked for before its request, and after one during it.
fn due(answer: Option<Reply>) -> [i64; 2] {
    let slow = Rc::new(Slow { answer: RefCell::new(answer), ..Slow::default() });
    let around = start(&MemoryStore::default()).1;
    let ports = Ports {
        store: Rc::new(MemoryStore::default()),
        transport: slow.clone(),
        clock: around.clone(),
        entropy: around.clone(),
    };
    let device = run(Device::open(ports, "test".into())).expect("an open device");
    device.adopt_identity(&Identity { device: DeviceId([1; 8]), token: "00".into() });
    [false, true].map(|meanwhile| {
        slow.arrived.set(false);
        device.wake();
        let mut sync = pin!(device.sync());
        let mut context = Context::from_waker(Waker::noop());
        assert!(sync.as_mut().poll(&mut context).is_pending());
        if meanwhile {
            device.wake();
        }
        slow.arrived.set(true);
        assert!(sync.as_mut().poll(&mut context).is_ready());
        device.next_sync_ms().expect("a time") - around.now_ms.get()
    })
}

#[test]
fn what_is_asked_for_during_a_sync_follows_it() {
    // The network came back when the request had failed already.
    let [before, during] = due(None);
    assert!(before >= 2_500, "a failure waits");
    assert_eq!(during, 0);
    // A record was finished when the request was under way.
    let body = codec::encode(&SyncResponse::default());
    let media_type = codec::MEDIA_TYPE.into();
    let [before, during] = due(Some(Reply { status: 200, media_type, retry_after_ms: None, body }));
    assert_eq!((before, during), (shared::sync::engine::INTERVAL_MS, 0));
}

/// A store that takes two looks to write.
struct Disk {
    rows: MemoryStore,
}

impl Store for Disk {
    fn scan<'a>(&'a self, table: Table, prefix: &'a str) -> Local<'a, Result<Rows, StoreError>> {
        self.rows.scan(table, prefix)
    }

    fn commit(&self, writes: WriteSet) -> Local<'_, Result<(), StoreError>> {
        let mut looks = 0;
        Box::pin(async move {
            let waited = poll_fn(|_| {
                looks += 1;
                if looks > 1 { Poll::Ready(()) } else { Poll::Pending }
            });
            waited.await;
            self.rows.commit(writes).await
        })
    }
}

#[test]
fn a_page_may_go_when_what_was_queued_meanwhile_is_on_disk_too() {
    let around = start(&MemoryStore::default()).1;
    let ports = Ports {
        store: Rc::new(Disk { rows: MemoryStore::default() }),
        transport: around.clone(),
        clock: around.clone(),
        entropy: around.clone(),
    };
    let mut context = Context::from_waker(Waker::noop());
    let mut opening = pin!(Device::open(ports, "test".into()));
    let device = loop {
        if let Poll::Ready(device) = opening.as_mut().poll(&mut context) {
            break device.expect("an open device");
        }
    };
    device.writer.put(Table::Meta, "test/first".into(), b"1");
    let mut settling = pin!(device.settle());
    assert!(settling.as_mut().poll(&mut context).is_pending());
    device.writer.put(Table::Meta, "test/second".into(), b"2");
    assert!(settling.as_mut().poll(&mut context).is_pending(), "the second is not written yet");
    assert!(matches!(settling.as_mut().poll(&mut context), Poll::Ready(Ok(()))));
    assert!(device.is_saved());
}
