use super::*;
use crate::sync::message::RefusedChange;

const FRESH: StoreId = StoreId([0xf; 8]);

fn engine() -> Engine {
    Engine::new(SyncState::new(StoreId([1; 8])))
}

fn unsent(key: &str, record: u8, size: usize) -> Unsent {
    Unsent {
        key: key.into(),
        record: RecordId([record; 16]),
        audience: Audience::Main,
        bytes: vec![7; size],
    }
}

fn response(refused: Vec<RefusedChange>) -> SyncResponse {
    SyncResponse {
        protocol: PROTOCOL,
        epoch: Epoch([9; 16]),
        cursor: 5,
        more: false,
        refused,
        pull: vec![],
        forms: vec![],
        ..SyncResponse::default()
    }
}

#[test]
fn what_is_not_refused_is_acknowledged() {
    let mut engine = engine();
    let all = [unsent("a", 1, 3), unsent("b", 2, 3), unsent("c", 1, 3), unsent("d", 3, 3)];
    let request = engine.next_request(0, &all, vec![], "").unwrap();
    assert_eq!(request.push.len(), 3);
    assert_eq!(request.push[0].changes.len(), 2);
    assert!(engine.next_request(0, &all, vec![], "").is_none(), "one at a time");
    let refused = |document, change, permanent| RefusedChange {
        document,
        change,
        code: "x".into(),
        permanent,
        hash: None,
    };
    let received =
        engine.on_response(10, &response(vec![refused(0, 1, true), refused(1, 0, false)]), FRESH);
    assert_eq!(received.acknowledged, ["a", "d"]);
    assert_eq!(received.held, [("c".to_owned(), "x".to_owned())]);
    engine.stored(10, &received);
    assert_eq!(engine.state().cursor, 5);
    assert_eq!(engine.next_wake(), Some(10 + INTERVAL_MS));
}

#[test]
fn a_lost_response_sends_the_same_again() {
    let mut engine = engine();
    let all = [unsent("a", 1, 3)];
    let first = engine.next_request(0, &all, vec![], "").unwrap();
    engine.failed(0, Failure::Offline, 0);
    assert!(engine.next_wake().unwrap() > 0);
    let second = engine.next_request(9, &all, vec![], "").unwrap();
    assert_eq!(first.push, second.push);
    assert_eq!(second.cursor, 0);
}

#[test]
fn a_large_outbox_goes_in_several_requests() {
    let mut engine = engine();
    let all = [unsent("a", 1, PUSH_LIMIT + 1), unsent("b", 2, 1), unsent("c", 2, PUSH_LIMIT)];
    let request = engine.next_request(0, &all, vec![], "").unwrap();
    assert_eq!((request.push.len(), request.unsent), (1, 2));
    let received = engine.on_response(0, &response(vec![]), FRESH);
    assert!(received.again);
    engine.stored(3, &received);
    assert_eq!(engine.next_wake(), Some(3));
    let mut request = engine.next_request(3, &all[1..], vec![], "").unwrap();
    request.unpack().unwrap();
    assert_eq!((request.push[0].changes.len(), request.unsent), (1, 1));
}

#[test]
fn many_small_documents_go_in_several_requests() {
    let mut engine = engine();
    let record = |n: usize| RecordId((n as u128).to_be_bytes());
    let mut all: Vec<Unsent> =
        (0..=MOST_DOCUMENTS).map(|n| Unsent { record: record(n), ..unsent("a", 1, 1) }).collect();
    // One more of a document that is in the request already does not add to them.
    all.insert(MOST_DOCUMENTS, Unsent { record: record(0), ..unsent("b", 1, 1) });
    let request = engine.next_request(0, &all, vec![], "").unwrap();
    assert_eq!((request.push.len(), request.unsent), (MOST_DOCUMENTS, 1));
    assert_eq!(request.push[0].changes.len(), 2);
}

#[test]
fn what_is_refused_for_now_is_not_sent_again_at_once() {
    let mut engine = engine();
    let all = [unsent("a", 1, PUSH_LIMIT), unsent("b", 2, 1)];
    engine.next_request(0, &all, vec![], "").unwrap();
    let code = "missing_dependency".into();
    let refused = RefusedChange { document: 0, change: 0, code, permanent: false, hash: None };
    let received = engine.on_response(0, &response(vec![refused]), FRESH);
    assert!(!received.again && received.acknowledged.is_empty());
    engine.stored(0, &received);
    assert_eq!(engine.next_wake(), Some(INTERVAL_MS));
}

#[test]
fn what_the_server_can_is_used_and_nothing_else() {
    let mut engine = engine();
    let all = [unsent("a", 1, 30_000), unsent("b", 2, 30_000)];
    let first = engine.next_request(0, &all, vec![], "").unwrap();
    assert_eq!(first.abilities, Some(Abilities::own()));
    let agreed = Abilities {
        encodings: Some(vec![0, 9]),
        features: Some(vec![99, feature::TRANSFERS]),
        page: Some(40_000),
        ..Abilities::own()
    };
    let answer = SyncResponse { abilities: Some(agreed), ..response(vec![]) };
    let received = engine.on_response(0, &answer, FRESH);
    engine.stored(0, &received);
    let state = engine.state();
    assert!(state.is_modern() && !state.deflate() && !state.has(feature::ATTACHMENTS));
    let second = engine.next_request(0, &all, vec![], "").unwrap();
    assert!(second.packed.is_none(), "no blocks");
    assert_eq!((second.push.len(), second.unsent), (1, 1), "pages of 40,000 bytes");
    // An older server takes its place.
    let received = engine.on_response(0, &response(vec![]), FRESH);
    engine.stored(0, &received);
    assert!(engine.state().agreed.is_none() && engine.state().has(feature::BLOCKS));
}

#[test]
fn a_new_epoch_asks_for_everything() {
    let mut engine = engine();
    engine.state.epoch = Some(Epoch([1; 16]));
    engine.next_request(0, &[] as &[Unsent], vec![], "").unwrap();
    let received = engine.on_response(0, &response(vec![]), FRESH);
    assert!(received.resend_all && received.again);
    assert_eq!(received.state.epoch, Some(Epoch([9; 16])));
}

#[test]
fn a_revoked_device_stops_until_asked() {
    let mut engine = engine();
    engine.next_request(0, &[] as &[Unsent], vec![], "").unwrap();
    engine.failed(0, Failure::Unauthorised, 0);
    assert_eq!(engine.next_wake(), None);
    engine.wake(7);
    assert_eq!(engine.next_wake(), Some(7));
}

#[test]
fn the_server_may_ask_for_a_longer_wait() {
    let mut engine = engine();
    engine.next_request(0, &[] as &[Unsent], vec![], "").unwrap();
    engine.failed(0, Failure::Unavailable(Some(60_000)), 0);
    assert_eq!(engine.next_wake(), Some(60_000));
}

#[test]
fn a_database_in_use_elsewhere_goes_on_under_another_name() {
    let mut engine = engine();
    engine.next_request(0, &[unsent("a", 1, 3)], vec![], "").unwrap();
    let answer = SyncResponse { renew: Some(true), ticket: Some(5), ..response(vec![]) };
    let received = engine.on_response(0, &answer, FRESH);
    assert_eq!((received.state.store, received.state.cursor), (FRESH, 0));
    assert_eq!((received.state.ticket, received.state.copies), (None, Some(1)));
    assert!(received.again && received.acknowledged == ["a"]);
}

#[test]
fn changes_travel_as_a_block_once_the_server_understands_it() {
    let mut engine = engine();
    let all = [unsent("a", 1, 3)];
    let first = engine.next_request(0, &all, vec![], "").unwrap();
    assert!(first.packed.is_none() && first.push.len() == 1);
    let received = engine.on_response(0, &response(vec![]), FRESH);
    engine.stored(0, &received);
    let mut second = engine.next_request(0, &all, vec![], "").unwrap();
    assert!(second.packed.is_some() && second.push.is_empty());
    second.unpack().unwrap();
    assert_eq!(second.push, first.push);
}
