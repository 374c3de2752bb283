//! What the server has, has lost, or has never been asked about.

use super::*;

#[test]
fn it_stays_until_the_server_says_again_that_it_has_it() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let named = run(device.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    run(device.send_attachments());
    assert_eq!(run(device.tidy_old_attachments()), Ok(0), "too young");
    net.now_ms.set(net.now_ms.get() + KEEP_MS + 1);
    // The server lost it.
    net.server.borrow_mut().kept.clear();
    assert_eq!(run(device.tidy_old_attachments()), Ok(0));
    assert_eq!(device.attachments_waiting(None).count, 1, "it is sent again");
    run(device.send_attachments());
    net.now_ms.set(net.now_ms.get() + KEEP_MS + 1);
    assert_eq!(run(device.tidy_old_attachments()), Ok(100));
    assert_eq!(store.rows(Table::Blob), vec![]);
    assert_eq!(store.rows(Table::Attachment), vec![]);
    let again = run(device.fetch_attachment(RECORD, &named));
    assert_eq!(again, Ok(photo(100)), "and comes back when it is wanted");
}

#[test]
fn another_epoch_makes_it_wait_again() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    run(device.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    run(device.send_attachments());
    other_epoch(&device);
    assert_eq!(device.attachments_waiting(None).count, 1);
    let uploaded = net.server.borrow().uploaded;
    assert_eq!(run(device.send_attachments()).sent, 1);
    assert_eq!(net.server.borrow().uploaded, uploaded, "the server had it: a question was enough");
}

fn other_epoch(device: &Device) {
    let mut state = device.engine.borrow().state().clone();
    state.epoch = Some(Epoch([8; 16]));
    *device.engine.borrow_mut() = shared::sync::engine::Engine::new(state);
}

#[test]
fn what_others_made_is_given_back_to_a_server_that_lost_it() {
    let net = Net::default();
    let (first, second) = (MemoryStore::default(), MemoryStore::default());
    let (maker, reader) = (run(start(&first, &net)), run(start(&second, &net)));
    let named = run(maker.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    run(maker.send_attachments());
    run(reader.fetch_attachment(RECORD, &named)).expect("fetched");
    // The server goes back to a backup, and the phone that made it is gone.
    net.server.borrow_mut().kept.clear();
    assert_eq!(reader.attachments_waiting(None), Waiting::default());
    other_epoch(&reader);
    assert_eq!(reader.attachments_waiting(None).count, 1);
    assert_eq!(run(reader.send_attachments()).sent, 1);
    assert!(net.server.borrow().kept[&named.hash].2);
}

#[test]
fn what_nothing_names_does_not_wait_for_ever() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    // Sent, or sent in part, before it was taken back.
    for (whole, size) in [(true, 100), (false, 3 * PIECE as usize)] {
        let named = run(device.attach(RECORD, "a", "image/webp", &photo(size))).expect("kept");
        match whole {
            true => drop(run(device.send_attachments())),
            false => {
                let row = device.attachment_row(named.hash).expect("a row");
                device.put_attachment(AttachmentRow { received: PIECE, ..row });
            }
        }
        run(device.detach(RECORD, named.hash)).expect("detached");
        other_epoch(&device);
        assert_eq!(device.attachments_waiting(None), Waiting::default());
        assert_eq!(store.rows(Table::Blob), vec![]);
    }
}

/// The office has seen the name, and may decide for that answer although it was replaced here since.
#[test]
fn what_a_change_names_is_sent_although_its_answer_was_replaced() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let named = run(device.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    let hash = shared::id::ChangeHash([3; 32]);
    let key = keys::change(RECORD, shared::record::Audience::Main, hash);
    device.writer.put(Table::Change, key, format!("…{named}…").as_bytes());
    run(device.detach(RECORD, named.hash)).expect("detached");
    assert_eq!(run(device.send_attachments()).sent, 1);
    assert!(net.server.borrow().kept[&named.hash].2);
}

#[test]
fn what_was_sent_before_anything_named_it_is_asked_about_again() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    let named = run(device.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    run(device.send_attachments());
    // Its record waits for months, and the server keeps nothing that no record names.
    net.server.borrow_mut().kept.clear();
    device.ask_again(named.to_string().as_bytes());
    run(device.send_attachments());
    assert!(net.server.borrow().kept[&named.hash].2);
    let uploaded = net.server.borrow().uploaded;
    device.ask_again(named.to_string().as_bytes());
    assert_eq!(run(device.send_attachments()).sent, 1);
    assert_eq!(net.server.borrow().uploaded, uploaded, "the server had it: a question was enough");
}

#[test]
fn a_clock_that_was_set_back_keeps_nothing_for_ever() {
    let (store, net) = (MemoryStore::default(), Net::default());
    let device = run(start(&store, &net));
    net.now_ms.set(400 * 24 * 3_600_000);
    run(device.attach(RECORD, "a", "image/webp", &photo(100))).expect("kept");
    run(device.send_attachments());
    net.now_ms.set(0);
    assert_eq!(run(device.tidy_old_attachments()), Ok(100));
}
