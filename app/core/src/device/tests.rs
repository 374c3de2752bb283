//! Which forms a visit can begin with, and connecting again.

mod entities;
mod together;
mod waking;

use super::*;
use crate::memory::MemoryStore;
use crate::ports::Local;
use form::model::{Kind, Node, NodeId, QuestionType};
use shared::project::setting;
use shared::record::SubjectKind;
use shared::sync::message::PublishedForm;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A server that answers one municipality's number as a token, and counts what it is asked.
struct Surroundings {
    tenant: Cell<u32>,
    asked: Cell<usize>,
    now_ms: Cell<i64>,
}

impl Transport for Surroundings {
    fn post<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: Vec<u8>) -> Local<'a, Option<Reply>> {
        self.asked.set(self.asked.get() + 1);
        let mut token = vec![7; 32];
        token[..4].copy_from_slice(&self.tenant.get().to_be_bytes());
        let response = EnrolResponse {
            device: DeviceId([self.asked.get() as u8; 8]),
            token: token.into(),
            directory: Directory::default(),
            forms: vec![],
            protocol: None,
            abilities: None,
        };
        let reply = Reply {
            status: 200,
            media_type: codec::MEDIA_TYPE.into(),
            retry_after_ms: None,
            body: codec::encode(&response),
        };
        Box::pin(async { Some(reply) })
    }
}

impl Clock for Surroundings {
    fn now_ms(&self) -> i64 {
        self.now_ms.get()
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

impl Entropy for Surroundings {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory answers at once"),
    }
}

fn start(store: &MemoryStore) -> (Device, Rc<Surroundings>) {
    let around = Rc::new(Surroundings {
        tenant: Cell::new(1),
        asked: Cell::new(0),
        now_ms: Cell::new(1_000),
    });
    let ports = Ports {
        store: Rc::new(store.clone()),
        transport: around.clone(),
        clock: around.clone(),
        entropy: around.clone(),
    };
    (run(Device::open(ports, "test".into())).expect("an open device"), around)
}

/// A form of one question; `subject` blank for a workbook without that setting.
fn form(id: &str, subject: &str) -> Form {
    let question = Node {
        name: "a".into(),
        key: "a".into(),
        parent: Some(NodeId::ROOT),
        kind: Kind::Question(QuestionType::Text),
        ..Node::default()
    };
    let root = Node { children: vec![NodeId(1)], ..Node::default() };
    let told = (!subject.is_empty()).then(|| (setting::SUBJECT.to_owned(), subject.to_owned()));
    Form {
        form_id: id.into(),
        nodes: vec![root, question],
        settings: told.into_iter().collect(),
        ..Form::default()
    }
}

fn publish(device: &Device, forms: &[Form]) {
    let mut current_forms = Vec::new();
    for form in forms {
        let compiled = form.to_bytes();
        let version = FormVersionId::of(&compiled);
        device.add_form(&PublishedForm { version, compiled: compiled.into() });
        current_forms.push(version);
    }
    device.set_directory(Directory { current_forms, ..Directory::default() });
}

#[test]
fn a_form_without_own_settings_begins_by_itself() {
    let device = start(&MemoryStore::default()).0;
    let ids = |forms: Vec<FormInfo>| -> Vec<String> {
        forms.into_iter().map(|info| info.form.form_id.clone()).collect()
    };
    let all = [
        form("plain", ""),
        form("h1", "household"),
        form("h2", "household"),
        form("c", "child"),
        form("o", "other"),
    ];
    publish(&device, &all);
    assert_eq!(ids(device.forms_alone()), ["plain", "o"]);
    assert_eq!(ids(device.forms_about(SubjectKind::Household)), ["h1", "h2"]);
    let record = run(device.begin("plain", &Subject::Own)).expect("begun");
    assert_eq!(
        device.row(record).map(|row| (row.kind, row.household)),
        Some(("other".into(), None))
    );
    let draft = run(device.open_record(record)).expect("open");
    let at = draft.borrow().address(&shared::record::FieldPath::top("a")).expect("a question");
    draft.borrow_mut().set(&at, "1");
    run(device.finish(&draft)).expect("finished");
    let header = run(Documents::load(&device.writer, record, device.actor()));
    let header = header.expect("read").expect("there").main.header();
    assert_eq!(header.kind, SubjectKind::Other);
    // Without a form about households a child's could never be begun from a member.
    publish(&device, &[form("c", "child"), form("plain", "")]);
    assert_eq!(ids(device.forms_alone()), ["c", "plain"]);
}

/// A form whose question begins with what the record before answered.
fn asking(id: &str) -> Form {
    let mut form = form(id, "");
    form.nodes[1].default = "${last-saved#a}".into();
    form.nodes[1].dynamic_default = true;
    form
}

#[test]
fn a_record_begins_with_what_the_one_finished_last_answered() {
    let store = MemoryStore::default();
    let (device, around) = start(&store);
    publish(&device, &[asking("f"), asking("g"), form("plain", "")]);
    // What a new record of a form holds; it is answered and finished, or left unfinished.
    let visit =
        |around: &Surroundings, device: &Device, form_id: &str, answer: &str, finish: bool| {
            around.now_ms.set(around.now_ms.get() + 1);
            let record = run(device.begin(form_id, &Subject::Own)).expect("begun");
            let draft = run(device.open_record(record)).expect("open");
            draft.borrow_mut().answer_defaults();
            let at =
                draft.borrow().address(&shared::record::FieldPath::top("a")).expect("a question");
            let first = draft.borrow().session().value(&at).to_owned();
            draft.borrow_mut().set(&at, answer);
            if finish {
                run(device.finish(&draft)).expect("finished");
            }
            run(device.leave()).expect("left");
            first
        };
    assert_eq!(visit(&around, &device, "f", "one", true), "");
    assert_eq!(visit(&around, &device, "f", "not finished", false), "one");
    assert_eq!(visit(&around, &device, "g", "another form", true), "");
    assert_eq!(visit(&around, &device, "plain", "asks nothing", true), "");
    // It outlives the app, and another version of the form.
    drop(device);
    let (device, around) = start(&store);
    around.now_ms.set(9_000);
    let mut next = asking("f");
    next.version = "2".into();
    publish(&device, &[next]);
    assert_eq!(visit(&around, &device, "f", "two", true), "one");
    assert_eq!(visit(&around, &device, "f", "", true), "two");
    assert_eq!(visit(&around, &device, "f", "three", true), "", "a blank answer is one too");
}

#[test]
fn a_phone_with_records_is_connected_to_its_own_municipality_only() {
    let store = MemoryStore::default();
    let (device, around) = start(&store);
    publish(&device, &[form("f", "")]);
    run(device.enrol("1 482 193 775", "phone")).expect("connected");
    // Nothing lies here: the phone may change the municipality.
    around.tenant.set(2);
    run(device.enrol("2 482 193 775", "phone")).expect("connected elsewhere");
    publish(&device, &[form("f", "")]);
    let record = run(device.begin("f", &Subject::Own)).expect("begun");
    let before = device.identity();
    let asked = around.asked.get();
    assert_eq!(run(device.enrol("1 482 193 775", "phone")), Err(EnrolError::Elsewhere));
    assert_eq!(around.asked.get(), asked, "the code is not used up");
    // A code that does not say whose it is: the answer does.
    around.tenant.set(1);
    assert_eq!(run(device.enrol("short", "phone")), Err(EnrolError::Elsewhere));
    assert_eq!(device.identity(), before);
    // Nothing of it was kept either.
    drop(device);
    let (device, around) = start(&store);
    assert_eq!(device.identity(), before);
    assert!(device.row(record).is_some());
    around.tenant.set(2);
    run(device.enrol("2 111 222 333", "phone")).expect("connected again");
    assert_ne!(device.identity(), before);
    assert!(device.row(record).is_some());
}

#[test]
fn codes_and_tokens_say_whose_they_are() {
    let cases = [
        ("1 482 193 775", Some(1)),
        ("12-482-193-775", Some(12)),
        ("482193775", None),
        ("", None),
        ("99999999999482193775", None),
    ];
    for (code, tenant) in cases {
        assert_eq!(tenant_of_code(code), tenant, "{code}");
    }
    assert_eq!(tenant_of_token(&format!("0000002a{}", "07".repeat(28))), Some(42));
    assert_eq!(tenant_of_token(&"00".repeat(32)), None);
    assert_eq!(tenant_of_token("0000002a"), None);
    assert_eq!(tenant_of_token("token"), None);
}

#[test]
fn what_is_noted_of_a_record_survives_the_page_until_it_stands_in_the_file() {
    let store = MemoryStore::default();
    let (record, other) = (RecordId([1; 16]), RecordId([2; 16]));
    let (device, _) = start(&store);
    device.note_lines(record, 0, "first\n");
    device.note_lines(record, 1, "second\n");
    device.note_lines(other, 7, "another's\n");
    run(device.save()).expect("saved");
    // The page is killed before this one is written.
    device.note_lines(record, 2, "third\n");
    drop(device);
    let (device, _) = start(&store);
    let (lines, numbers) = run(device.noted_lines(record)).expect("read");
    assert_eq!((lines, numbers.clone()), (vec!["first\n".into(), "second\n".into()], 0..2));
    assert!(device.findings().is_empty());
    device.forget_lines(record, numbers);
    run(device.save()).expect("saved");
    drop(device);
    let (device, _) = start(&store);
    assert_eq!(run(device.noted_lines(record)).expect("read"), (vec![], 0..0));
    let (lines, numbers) = run(device.noted_lines(other)).expect("read");
    assert_eq!((lines, numbers), (vec!["another's\n".into()], 7..8));
}
