//! What others do to a record, and what the worker says of it.

use super::*;
use form::session::Address;
use shared::record::answer::{Answers, LEFT};
use shared::record::review::{Flag, Review, ReviewState};
use shared::record::said::{Opinion, Settled};
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::message::{DevicePerson, DocumentChanges};

const COLLEAGUE: DeviceId = DeviceId([9; 8]);

/// A household with a question and a roster; one finished record of it.
fn household() -> (Device, RecordId) {
    let mut form = form("hh", "household");
    let repeat = NodeId(2);
    let node = |name: &str, parent: NodeId, kind: Kind| Node {
        name: name.into(),
        key: name.into(),
        parent: Some(parent),
        kind,
        ..Node::default()
    };
    form.nodes[0].children.push(repeat);
    form.nodes.push(node("members", NodeId::ROOT, Kind::Repeat));
    form.nodes.push(node("m_first", repeat, Kind::Question(QuestionType::Text)));
    form.nodes[2].children.push(NodeId(3));
    form.settings.insert(setting::ROSTER.to_owned(), "members".to_owned());
    let device = start(&MemoryStore::default()).0;
    publish(&device, &[form]);
    let record = run(device.begin("hh", &Subject::Own)).expect("begun");
    let draft = run(device.open_record(record)).expect("open");
    let roster = Address { items: vec![], node: repeat };
    for item in ["i1", "i2"] {
        draft.borrow_mut().add_item(&roster, item);
        let name = Address { items: vec![item.to_owned()], node: NodeId(3) };
        draft.borrow_mut().set(&name, item);
    }
    let a = draft.borrow().address(&FieldPath::top("a")).expect("a question");
    draft.borrow_mut().set(&a, "1");
    run(device.finish(&draft)).expect("finished");
    run(device.leave()).expect("left");
    (device, record)
}

/// A colleague, or the office, alters the record elsewhere; the change arrives.
fn arrives(device: &Device, record: RecordId, edits: &[Edit]) {
    let documents = run(Documents::load(&device.writer, record, device.actor()));
    let mut main = documents.expect("read").expect("there").main;
    let actor = Actor { device: COLLEAGUE, session: [1; 8] };
    let mut theirs = Document::load(&main.save(), Audience::Main, actor).expect("loads");
    let change = theirs.edit(edits, 50_000, "v").expect("edited").expect("a change");
    let changes = vec![change.bytes.into()];
    let pulled = DocumentChanges { record, audience: Audience::Main, changes };
    run(device.receive_changes(&pulled)).expect("received");
}

fn answers(device: &Device, record: RecordId) -> Answers {
    let documents = run(Documents::load(&device.writer, record, device.actor()));
    documents.expect("read").expect("there").main.answers()
}

#[test]
fn what_a_colleague_altered_is_news_until_it_was_seen() {
    let (device, record) = household();
    let set = |value: &str| Edit::set(FieldPath::top("a"), value, ValueKind::Plain);
    let draft = run(device.open_record(record)).expect("open");
    let at = draft.borrow().address(&FieldPath::top("a")).expect("a question");
    let item = Address { items: vec!["i3".into()], node: NodeId(2) };
    assert_eq!(draft.borrow().news_of(&at), None, "one's own answer is no news");
    run(device.leave()).expect("left");

    let repeat = FieldPath::top("members");
    let add = Edit::AddItem { repeat, item: "i3".into(), order: "z".into() };
    arrives(&device, record, &[set("2"), add]);
    // The lists know of it before the record is opened.
    assert_eq!(device.row(record).map(|row| row.news.len()), Some(2));
    let draft = run(device.open_record(record)).expect("open");
    let told = |at: &Address| draft.borrow().news_of(at).map(|of| (of.device, of.at));
    assert_eq!((told(&at), told(&item)), (Some((COLLEAGUE, 50)), Some((COLLEAGUE, 50))));
    // What was not seen stays news when the record is opened again.
    assert!(draft.borrow_mut().see(std::slice::from_ref(&item)));
    assert!(!draft.borrow_mut().see(std::slice::from_ref(&item)), "seen once");
    run(device.leave()).expect("left");
    let draft = run(device.open_record(record)).expect("open");
    assert!(draft.borrow().news_of(&at).is_some() && draft.borrow().news_of(&item).is_none());
    // While it is open more arrives.
    let inside = FieldPath::in_item("members", "i1", "m_first");
    arrives(&device, record, &[Edit::set(inside, "x", ValueKind::Plain)]);
    let first = Address { items: vec!["i1".into()], node: NodeId(2) };
    assert!(draft.borrow().news_in(&first).is_some() && draft.borrow().news_in(&item).is_none());
    let name = Address { items: vec!["i1".into()], node: NodeId(3) };
    assert!(draft.borrow_mut().see(&[at.clone(), name]));
    run(device.leave()).expect("left");
    assert_eq!(device.row(record).map(|row| row.news), Some(vec![]));

    // The same person's other phone is no colleague.
    let people = vec![DevicePerson { device: COLLEAGUE, name: "ნინო".into() }];
    let current_forms = device.directory().current_forms;
    device.set_directory(Directory {
        people,
        person: "ნინო".into(),
        current_forms,
        ..Directory::default()
    });
    arrives(&device, record, &[set("3")]);
    let draft = run(device.open_record(record)).expect("open");
    assert_eq!(draft.borrow().news_of(&at), None);
}

#[test]
fn who_left_is_out_of_the_list_and_the_record_keeps_why() {
    let (device, record) = household();
    let draft = run(device.open_record(record)).expect("open");
    let roster = Address { items: vec![], node: NodeId(2) };
    draft.borrow_mut().leave_item(&roster, "i1", "died");
    assert_eq!(draft.borrow().session().items(&roster), ["i2"]);
    assert_eq!(draft.borrow().removed_items(&roster), ["i1"]);
    run(device.leave()).expect("left");
    let items = vec![("members".to_owned(), "i1".to_owned())];
    assert_eq!(answers(&device, record).left(&items), "died");
    assert_eq!(device.row(record).map(|row| row.members), Some((1, 0)));
    let members = run(device.members(record)).expect("members");
    let seen: Vec<_> = members.iter().map(|of| (&*of.name, of.removed, &*of.left)).collect();
    assert_eq!(seen, [("i1", true, "died"), ("i2", false, "")]);

    let draft = run(device.open_record(record)).expect("open");
    assert_eq!(draft.borrow().why_left("i1"), "died");
    draft.borrow_mut().restore_item(&roster, "i1").expect("restored");
    assert_eq!(draft.borrow().session().items(&roster), ["i1", "i2"]);
    assert_eq!(draft.borrow().why_left("i1"), "");
    run(device.leave()).expect("left");
    let path = FieldPath { items: items.clone(), key: LEFT.into() };
    let kept = answers(&device, record);
    assert_eq!((kept.left(&items), kept.value(&path)), ("", ""));
}

#[test]
fn an_opinion_and_words_back_reach_the_document() {
    let (device, record) = household();
    let draft = run(device.open_record(record)).expect("open");
    let path = FieldPath::top("a");
    draft.borrow_mut().give_opinion(&path, Some("2"), "seen");
    assert_eq!(draft.borrow().opinions().len(), 1, "at once, from the journal");
    draft.borrow_mut().give_opinion(&path, None, "");
    run(device.leave()).expect("left");
    let own = device.actor().device;
    let draft = run(device.open_record(record)).expect("open");
    let given = Opinion { path: path.clone(), device: own, value: None, reason: String::new() };
    assert_eq!(draft.borrow().opinions(), [given]);
    let at = draft.borrow().address(&path).expect("a question");
    draft.borrow_mut().settle(&at, "2");
    assert_eq!(draft.borrow().opinions(), [], "settled: of nothing any more");
    run(device.leave()).expect("left");

    let header = |device: &Device| {
        let documents = run(Documents::load(&device.writer, record, device.actor()));
        documents.expect("read").expect("there").main.header()
    };
    let decide = |at_ms: i64, flags: &[Flag]| {
        let before = Review::default();
        Review::decide(&before, &header(&device), ReviewState::Returned, "?", "N. K.", at_ms, flags)
    };
    let flag = Flag { path: path.clone(), text: "how many?".into() };
    let settled =
        Settled { path: path.clone(), at_ms: 5, by: "N. K.".into(), reason: "asked".into() };
    let edits: Vec<Edit> = decide(70, &[flag]).into_iter().chain([settled.edit()]).collect();
    arrives(&device, record, &edits);
    let draft = run(device.open_record(record)).expect("open");
    assert_eq!(draft.borrow().settled(), [settled]);
    draft.borrow_mut().reply(Some(&path), "counted twice");
    draft.borrow_mut().reply(None, "back in spring");
    run(device.leave()).expect("left");
    let draft = run(device.open_record(record)).expect("open");
    let said = |draft: &Rc<RefCell<Draft>>| -> Vec<(String, String)> {
        draft.borrow().replies().into_iter().collect()
    };
    let both = [("", "back in spring"), ("a", "counted twice")];
    assert_eq!(said(&draft), both.map(|(path, words)| (path.to_owned(), words.to_owned())));
    draft.borrow_mut().reply(None, "");
    assert_eq!(said(&draft).len(), 1, "taken back");
    run(device.leave()).expect("left");
    // Returned once more: what was said of the first return is no answer to it.
    arrives(&device, record, &decide(90, &[]));
    let draft = run(device.open_record(record)).expect("open");
    assert_eq!(said(&draft), []);
}
