//! Chunks and rows that storage has damaged or lost.

use super::*;

/// The oldest of three is damaged before it was sent.
#[test]
fn a_damaged_one_is_named_and_stops_no_other() {
    let ways: [fn(&MemoryStore, &str); 3] = [
        |store, key| store.damage(Table::Blob, key),
        |store, key| store.tamper(Table::Blob, key, None),
        |store, key| {
            let other = keys::blob(AttachmentHash::of(&photo(100)), 0);
            let rows = store.rows(Table::Blob);
            let row = rows.into_iter().find(|(of, _)| *of == other).expect("the other's").1;
            store.tamper(Table::Blob, key, Some(row));
        },
    ];
    for (way, harm) in ways.iter().enumerate() {
        let (store, net) = (MemoryStore::default(), Net::default());
        let device = run(start(&store, &net));
        let sizes = [3 * PIECE as usize, 100, 2 * PIECE as usize];
        let names: Vec<AttachmentRef> = sizes
            .iter()
            .map(|size| {
                net.now_ms.set(net.now_ms.get() + 1000);
                run(device.attach(RECORD, "p", "image/webp", &photo(*size))).expect("kept")
            })
            .collect();
        harm(&store, &keys::blob(names[0].hash, 2));
        let outcome = run(device.send_attachments());
        assert_eq!((outcome.sent, outcome.failure), (2, None), "way {way}");
        let waiting = device.attachments_waiting(Some(RECORD));
        assert_eq!((waiting.count, waiting.lost), (0, 1), "way {way}");
        let named = Finding::Attachment {
            hash: names[0].hash,
            record: Some(RECORD),
            question: String::new(),
        };
        assert_eq!(device.findings(), std::slice::from_ref(&named), "way {way}");
        assert!(named.may_lose() && named.record() == Some(RECORD));
        // Also after a restart, and not again once it was read.
        let device = run(start(&store, &net));
        assert_eq!(device.findings(), [named], "way {way}");
        run(device.dismiss_findings()).expect("read");
        run(device.send_attachments());
        assert_eq!(device.findings(), [], "way {way}");
        // The server lacks what is damaged, so the rest is of no use: no chunk lies about that nobody looks at.
        let rest = store.rows(Table::Blob).into_iter().map(|(key, _)| key);
        let rest: Vec<_> = rest.filter(|key| key.starts_with(&names[0].hash.to_string())).collect();
        assert_eq!(rest, Vec::<String>::new(), "way {way}");
        assert_eq!(run(device.fetch_attachment(RECORD, &names[0])), Err(FetchError::Lost));
        run(device.tidy_old_attachments()).expect("tidied");
        assert_eq!(device.attachments_waiting(None).lost, 1, "way {way}");
        // Taken once more, it is sent like any other.
        run(device.attach(RECORD, "p", "image/webp", &photo(sizes[0]))).expect("kept");
        assert_eq!(run(device.send_attachments()).sent, 1, "way {way}");
        assert_eq!(device.attachments_waiting(None), Waiting::default(), "way {way}");
    }
}

#[test]
fn what_was_refused_is_offered_again_when_a_person_says_so() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let named = run(device.attach(RECORD, "p", "image/webp", &photo(10))).expect("kept");
    let row = device.attachment_row(named.hash).expect("a row");
    device.put_attachment(AttachmentRow { refused: "too_large".into(), ..row });
    run(device.send_attachments());
    assert_eq!(device.attachments_waiting(None).refused, 1);
    assert_eq!(net.server.borrow().requests, 0);
    run(device.retry_attachments()).expect("written");
    assert_eq!(device.attachments_waiting(None).count, 1);
    assert_eq!(run(device.send_attachments()).sent, 1);
}

#[test]
fn what_the_server_has_of_a_damaged_one_is_used() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let bytes = photo(6 * PIECE as usize - 5);
    let named = run(device.attach(RECORD, "p", "image/webp", &bytes)).expect("kept");
    // All of it had arrived, and the answer was lost.
    net.server.borrow_mut().kept.insert(named.hash, (bytes.len() as u64, bytes.clone(), true));
    store.damage(Table::Blob, &keys::blob(named.hash, 5));
    assert_eq!(run(device.attachment(named.hash)), Ok(None));
    assert_eq!(run(device.send_attachments()).sent, 1);
    assert_eq!((device.findings(), run(device.attachment(named.hash))), (vec![], Ok(Some(bytes))));

    let store = MemoryStore::default();
    let device = run(start(&store, &net));
    let bytes = photo(6 * PIECE as usize);
    let named = run(device.attach(RECORD, "p", "image/webp", &bytes)).expect("kept");
    // The first half had arrived.
    let half = bytes[..3 * PIECE as usize].to_vec();
    net.server.borrow_mut().kept.insert(named.hash, (bytes.len() as u64, half, false));
    store.damage(Table::Blob, &keys::blob(named.hash, 1));
    assert_eq!(run(device.attachment(named.hash)), Ok(None));
    assert_eq!(device.findings().len(), 1, "it may be lost");
    assert_eq!(run(device.send_attachments()).sent, 1);
    assert_eq!(device.findings(), [], "it is not");
    assert_eq!(run(device.attachment(named.hash)), Ok(Some(bytes)), "and it is here again");
}

#[test]
fn what_the_server_has_is_fetched_again() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let bytes = photo(4 * PIECE as usize);
    let named = run(device.attach(RECORD, "p", "image/webp", &bytes)).expect("kept");
    run(device.send_attachments());
    store.tamper(Table::Blob, &keys::blob(named.hash, 3), None);
    assert!(!run(device.verify(1)).expect("read"), "not the chunk that is gone");
    assert!(run(device.verify(3)).expect("read"));
    assert_eq!(device.findings().len(), 1);
    assert!(!device.findings().iter().any(Finding::may_lose));
    assert_eq!(device.attachments_waiting(None), Waiting::default());
    // With the next sync, without anybody who looks at it.
    run(device.send_attachments());
    assert_eq!(run(device.attachment(named.hash)), Ok(Some(bytes.clone())));
    // Or when somebody looks at it.
    store.damage(Table::Blob, &keys::blob(named.hash, 0));
    assert_eq!(run(device.fetch_attachment(RECORD, &named)), Ok(bytes));
}
