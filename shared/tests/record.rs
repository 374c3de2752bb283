//! Records over Automerge: what two devices without contact may do to one record.

#[path = "record/decided.rs"]
mod decided;
#[path = "record/foreign.rs"]
mod foreign;
#[path = "record/news.rs"]
mod news;

use shared::id::{DeviceId, RecordId, item_id};
use shared::merge::{MAX_BYTES, MAX_DOCUMENT, Refusal, Sender, Stored, merge, merge_onto};
use shared::record::review::{Flag, Review, ReviewState, Seen};
use shared::record::{Actor, Audience, Document, Edit, EncodedChange, FieldPath, ValueKind};

const RECORD: RecordId = RecordId([5; 16]);

fn actor(device: u8) -> Actor {
    Actor { device: DeviceId([device; 8]), session: [device; 8] }
}

fn set(key: &str, value: &str) -> Edit {
    Edit::set(FieldPath::top(key), value, ValueKind::Plain)
}

fn many(key: &str, value: &str) -> Edit {
    Edit::set(FieldPath::top(key), value, ValueKind::Multiple)
}

fn add(item: &str) -> Edit {
    Edit::AddItem {
        repeat: FieldPath::top("members"),
        item: item.into(),
        order: format!("o{item}"),
    }
}

/// A household that both devices hold.
fn household() -> (Document, Document) {
    let mut first = Document::create(RECORD, "hh_core", actor(1));
    let edits = [set("rooms", "2"), set("heat", "gas"), add("nino")];
    first.edit(&edits, 1_000, "v1").expect("edited").expect("a change");
    let second = Document::load(&first.save(), Audience::Main, actor(2)).expect("loads");
    (first, second)
}

fn exchange(a: &mut Document, b: &mut Document) {
    let bytes = |document: &mut Document| -> Vec<Vec<u8>> {
        document.changes().into_iter().map(|change| change.bytes).collect()
    };
    let (from_a, from_b) = (bytes(a), bytes(b));
    a.receive(&from_b).expect("received");
    b.receive(&from_a).expect("received");
    assert_eq!(a.heads(), b.heads());
    assert_eq!(a.answers(), b.answers());
}

#[test]
fn different_fields_merge_and_the_same_field_shows_both_values() {
    let (mut a, mut b) = household();
    a.edit(&[set("rooms", "3"), set("water", "well")], 5_000, "v1").unwrap();
    b.edit(&[set("rooms", "4"), set("heat", "wood")], 6_000, "v1").unwrap();
    exchange(&mut a, &mut b);
    let answers = a.answers();
    assert_eq!(answers.value(&FieldPath::top("water")), "well");
    assert_eq!(answers.value(&FieldPath::top("heat")), "wood");
    let both = a.two_answers();
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].path, FieldPath::top("rooms"));
    let seen: Vec<_> =
        both[0].values.iter().map(|value| (value.value.as_str(), value.device, value.at)).collect();
    assert_eq!(seen, [("3", Some(DeviceId([1; 8])), 5), ("4", Some(DeviceId([2; 8])), 6)]);
    let shown = both[0].values.iter().find(|value| value.shown).unwrap();
    assert_eq!(answers.value(&FieldPath::top("rooms")), shown.value);

    b.edit(&[set("rooms", "4")], 9_000, "v1").unwrap().expect("choosing is a change");
    exchange(&mut a, &mut b);
    assert!(a.two_answers().is_empty(), "the choice closes it on both replicas");
}

#[test]
fn the_same_answer_given_twice_is_not_two_answers() {
    let (mut a, mut b) = household();
    a.edit(&[set("rooms", "3")], 5_000, "v1").unwrap();
    b.edit(&[set("rooms", "3")], 6_000, "v1").unwrap();
    exchange(&mut a, &mut b);
    assert!(a.two_answers().is_empty());
    assert!(a.edit(&[set("heat", "gas")], 7_000, "v1").unwrap().is_none(), "nothing altered");
}

#[test]
fn ticks_of_both_devices_survive_even_on_a_question_that_was_untouched() {
    let (mut a, mut b) = household();
    a.edit(&[many("problems", "roof damp")], 5_000, "v1").unwrap();
    b.edit(&[many("problems", "walls")], 6_000, "v1").unwrap();
    exchange(&mut a, &mut b);
    assert_eq!(a.answers().value(&FieldPath::top("problems")), "damp roof walls");
    a.edit(&[many("problems", "damp")], 7_000, "v1").unwrap();
    assert_eq!(a.answers().value(&FieldPath::top("problems")), "damp");
    assert!(a.two_answers().is_empty());
}

#[test]
fn a_child_added_on_each_phone_is_two_children() {
    let (mut a, mut b) = household();
    let name = |item: &str, name: &str| {
        Edit::set(FieldPath::in_item("members", item, "m_first"), name, ValueKind::Plain)
    };
    a.edit(&[add("luka"), name("luka", "ლუკა")], 5_000, "v1").unwrap();
    b.edit(&[add("ana"), name("ana", "ანა"), name("nino", "ნინო")], 6_000, "v1").unwrap();
    exchange(&mut a, &mut b);
    let ids: Vec<_> = a.answers().items.into_iter().map(|item| item.id).collect();
    assert_eq!(ids, ["ana", "luka", "nino"]);
    let answers = b.answers();
    for (item, expected) in [("luka", "ლუკა"), ("ana", "ანა"), ("nino", "ნინო")]
    {
        assert_eq!(answers.value(&FieldPath::in_item("members", item, "m_first")), expected);
    }
}

#[test]
fn removing_a_member_keeps_the_colleagues_edit_and_can_be_undone() {
    let (mut a, mut b) = household();
    let remove = |removed| Edit::RemoveItem {
        repeat: FieldPath::top("members"),
        item: "nino".into(),
        removed,
    };
    let path = FieldPath::in_item("members", "nino", "m_first");
    a.edit(&[remove(true)], 5_000, "v1").unwrap();
    b.edit(&[Edit::set(path.clone(), "ნინო", ValueKind::Plain)], 6_000, "v1").unwrap();
    exchange(&mut a, &mut b);
    assert!(a.answers().is_removed(&path));
    assert_eq!(a.answers().value(&path), "ნინო");
    a.edit(&[remove(false)], 7_000, "v1").unwrap();
    assert!(!a.answers().is_removed(&path));
}

#[test]
fn values_are_kept_as_typed() {
    let (mut a, _) = household();
    let integer = |value: &str| Edit::set(FieldPath::top("n"), value, ValueKind::Integer);
    for value in ["12", "-3", "007", "12 ოთახი", "99999999999999999999"] {
        a.edit(&[integer(value)], 1, "v1").unwrap();
        assert_eq!(a.answers().value(&FieldPath::top("n")), value);
    }
    let text = "გრძელი\nტექსტი";
    a.edit(&[Edit::set(FieldPath::top("t"), text, ValueKind::LongText)], 1, "v1").unwrap();
    assert_eq!(a.answers().value(&FieldPath::top("t")), text);
    a.edit(&[integer("")], 1, "v1").unwrap();
    assert_eq!(a.answers().value(&FieldPath::top("n")), "");
}

#[test]
fn protection_answers_stand_only_in_the_companion_document() {
    let (mut a, _) = household();
    let secret = Edit::Set {
        path: FieldPath::in_item("members", "nino", "flag"),
        value: "physical".into(),
        kind: ValueKind::Multiple,
        audience: Audience::Protection,
    };
    assert!(a.edit(std::slice::from_ref(&secret), 1, "v1").unwrap().is_none());
    let mut one = Document::create_companion(RECORD, actor(1));
    let mut two = Document::create_companion(RECORD, actor(2));
    one.edit(&[secret], 1, "v1").unwrap().unwrap();
    let basis = Edit::Set {
        path: FieldPath::top("basis"),
        value: "seen".into(),
        kind: ValueKind::Plain,
        audience: Audience::Protection,
    };
    two.edit(&[basis], 1, "v1").unwrap().unwrap();
    exchange(&mut one, &mut two);
    let path = FieldPath::in_item("members", "nino", "flag");
    assert_eq!(two.answers().value(&path), "physical", "each may begin it");
    assert_eq!(one.answers().value(&FieldPath::top("basis")), "seen");
    assert!(one.two_answers().is_empty());
    assert_eq!(one.history().len(), 2);
}

#[test]
fn history_tells_who_changed_what_and_what_was_parallel() {
    let (mut a, mut b) = household();
    a.edit(&[set("rooms", "3")], 5_000, "v1").unwrap();
    b.edit(&[many("problems", "roof")], 6_000, "v2").unwrap();
    exchange(&mut a, &mut b);
    let steps = a.history();
    assert_eq!(steps.len(), 3);
    assert_eq!(steps.iter().map(|step| step.parallel).collect::<Vec<_>>(), [false, true, true]);
    let rooms =
        steps.iter().find(|step| step.device == Some(DeviceId([1; 8])) && step.at == 5).unwrap();
    assert_eq!(rooms.fields.len(), 1);
    let field = &rooms.fields[0];
    assert_eq!((field.before.as_str(), field.after.as_str()), ("2", "3"));
    let ticked = steps.iter().find(|step| step.form_version == "v2").unwrap();
    assert_eq!(ticked.fields[0].after, "roof");
}

#[test]
fn replaying_tells_of_single_changes_what_the_history_tells() {
    let (mut a, mut b) = household();
    let item = |removed: bool| Edit::RemoveItem {
        repeat: FieldPath::top("members"),
        item: "nino".into(),
        removed,
    };
    a.edit(&[set("rooms", "3"), many("problems", "roof damp")], 5_000, "v1").unwrap();
    b.edit(&[many("problems", "roof"), set("rooms", "4")], 6_000, "v2").unwrap();
    exchange(&mut a, &mut b);
    let steps: [&[Edit]; 6] = [
        &[many("problems", "damp"), Edit::header("state", "finished")],
        &[item(true)],
        &[item(false), set("rooms", "")],
        &[set("note", &"long text ".repeat(40))],
        &[set("note", &"long words ".repeat(40))],
        &[set("rooms", "3")],
    ];
    for (at, edits) in steps.into_iter().enumerate() {
        a.edit(edits, 7_000 + at as i64, "v2").unwrap();
    }
    let history = a.history();
    let all = history.iter().map(|step| step.hash).collect();
    let replayed = a.fields_of(&all);
    assert_eq!(replayed.len(), history.len());
    for (step, (hash, fields)) in history.iter().zip(replayed) {
        assert_eq!(step.hash, hash);
        assert_eq!(step.fields.len(), fields.len(), "{:?}\n{fields:?}", step.fields);
        for field in &step.fields {
            assert!(fields.contains(field), "{field:?} is not in {fields:?}");
        }
        let since = a.altered_since(&[hash]);
        let replayed = a.altered_since_on_a_phone(&[hash]);
        assert_eq!(since.len(), replayed.len(), "{since:?}\n{replayed:?}");
        assert!(since.iter().all(|field| replayed.contains(field)), "{since:?}\n{replayed:?}");
    }
}

fn bytes(changes: &[EncodedChange]) -> Vec<Vec<u8>> {
    changes.iter().map(|change| change.bytes.clone()).collect()
}

fn worker(device: u8) -> Sender<'static> {
    Sender { device: DeviceId([device; 8]), former: &[], may_review: false }
}

#[test]
fn the_server_merges_once_whatever_is_repeated() {
    let (mut a, _) = household();
    let batch = bytes(&a.changes());
    let first = merge(RECORD, Audience::Main, None, &batch, worker(1)).unwrap();
    assert_eq!((first.accepted.len(), first.refused.len()), (1, 0));
    let stored = { first.document }.save();
    let again = merge(RECORD, Audience::Main, Some(&stored), &batch, worker(1)).unwrap();
    assert_eq!((again.accepted.len(), again.duplicates.len()), (0, 1));
}

#[test]
fn records_begun_alike_in_one_second_begin_differently() {
    let begin = |record: u8| {
        let mut document = Document::create(RecordId([record; 16]), "hh_core", actor(1));
        document.edit(&[Edit::header("state", "draft")], 1_000, "v1").unwrap().unwrap()
    };
    let (one, two) = (begin(1), begin(2));
    assert_ne!(one.hash, two.hash);
    let merged = merge(RecordId([2; 16]), Audience::Main, None, &[one.bytes], worker(1)).unwrap();
    assert_eq!(merged.refused[0].2, Refusal::UnknownRecord, "begun as another record");
}

#[test]
fn refusals_are_named_and_leave_the_document_as_it_was() {
    let (mut a, mut b) = household();
    let stored = a.save();
    a.edit(&[set("rooms", "3")], 5_000, "v1").unwrap();
    let known = bytes(&a.changes());
    let later = b.edit(&[set("rooms", "9")], 5_000, "v1").unwrap().unwrap();
    b.edit(&[set("heat", "wood")], 6_000, "v1").unwrap();
    let gap = b.changes().last().unwrap().bytes.clone();
    let check = |stored: Option<&[u8]>, batch: &[Vec<u8>], sender, expected: &[Refusal]| {
        let merged = merge(RECORD, Audience::Main, stored, batch, sender).unwrap();
        let reasons: Vec<_> = merged.refused.iter().map(|(_, _, reason)| *reason).collect();
        assert_eq!(reasons, expected);
        merged
    };
    check(Some(&stored), &[b"garbage".to_vec()], worker(1), &[Refusal::Malformed]);
    check(Some(&stored), std::slice::from_ref(&later.bytes), worker(1), &[Refusal::ForeignActor]);
    check(Some(&stored), &[gap], worker(2), &[Refusal::MissingDependency]);
    check(None, &[later.bytes], worker(2), &[Refusal::MissingDependency]);
    let mixed = [known[1].clone(), b"x".to_vec()];
    let merged = check(Some(&stored), &mixed, worker(1), &[Refusal::Malformed]);
    assert_eq!(merged.accepted.len(), 1, "good changes beside bad ones are taken");
}

/// A change with one answer of so many bytes.
fn long(document: &mut Document, key: &str, bytes: usize) -> Vec<u8> {
    let made = document.edit(&[set(key, &"x".repeat(bytes))], 5_000, "v1");
    made.expect("edited").expect("a change").bytes
}

fn refused(merged: &shared::merge::Merged) -> Vec<(usize, Refusal)> {
    merged.refused.iter().map(|(index, _, reason)| (*index, *reason)).collect()
}

#[test]
fn a_document_holds_so_many_bytes_and_no_more() {
    let (mut a, _) = household();
    let stored = a.save();
    let part = MAX_BYTES as usize * 2 / 5;
    let batch: Vec<Vec<u8>> =
        ["p", "q", "r", "s"].iter().map(|key| long(&mut a, key, part)).collect();
    let merged = merge(RECORD, Audience::Main, Some(&stored), &batch, worker(1)).unwrap();
    assert_eq!(merged.accepted.len(), 2);
    let expected = [(2, Refusal::TooLarge), (3, Refusal::MissingDependency)];
    assert_eq!(refused(&merged), expected);
    // What the log holds of it counts, not what the document measures by itself.
    let full = Stored { snapshot: &stored, bytes: MAX_BYTES };
    let small = &batch[..1];
    let merged = merge_onto(RECORD, Audience::Main, Some(full), small, worker(1)).unwrap();
    assert_eq!(refused(&merged), [(0, Refusal::TooLarge)]);
    assert_eq!({ merged.document }.save(), stored);
    // The office can still decide about it.
    let mut office = Document::load(&stored, Audience::Main, actor(9)).unwrap();
    let change = office.edit(&[Edit::review("state", "rejected")], 6_000, "").unwrap().unwrap();
    let reviewer = Sender { may_review: true, ..worker(9) };
    let merged = merge_onto(RECORD, Audience::Main, Some(full), &[change.bytes], reviewer).unwrap();
    assert_eq!(merged.accepted.len(), 1);
}

#[test]
fn a_document_holds_so_many_operations_and_no_more() {
    let mut document = Document::create(RECORD, "hh_core", actor(1));
    let mut batch = Vec::new();
    let mut write = |key: &str, count: usize| {
        let text = "x".repeat(count);
        let edit = Edit::set(FieldPath::top(key), text, ValueKind::LongText);
        batch.push(document.edit(&[edit], 5_000, "v1").unwrap().unwrap().bytes);
    };
    for key in ["a", "b", "c", "d"] {
        write(key, MAX_DOCUMENT as usize * 3 / 10);
    }
    let merged = merge(RECORD, Audience::Main, None, &batch, worker(1)).unwrap();
    assert_eq!(merged.accepted.len(), 3);
    assert_eq!(refused(&merged), [(3, Refusal::TooLarge)]);
}

#[test]
fn what_does_not_build_on_a_refused_change_is_taken() {
    let (mut a, _) = household();
    a.edit(&Review::finish(&a.header()), 2_000, "v1").unwrap();
    let stored = a.save();
    // In one session the worker answers, forges a decision and answers again; in another only answers.
    let mut batch = vec![a.edit(&[set("rooms", "3")], 3_000, "v1").unwrap().unwrap().bytes];
    let forged = a.edit(&[Edit::review("state", "approved")], 4_000, "").unwrap().unwrap();
    batch.push(forged.bytes);
    batch.push(a.edit(&[set("rooms", "4")], 5_000, "v1").unwrap().unwrap().bytes);
    let other = Actor { device: DeviceId([1; 8]), session: [2; 8] };
    let mut beside = Document::load(&stored, Audience::Main, other).unwrap();
    for value in ["wood", "gas", "wood"] {
        batch.push(beside.edit(&[set("heat", value)], 6_000, "v1").unwrap().unwrap().bytes);
    }
    for turned in 0..batch.len() {
        let mut batch = batch.clone();
        batch.rotate_left(turned);
        let merged = merge(RECORD, Audience::Main, Some(&stored), &batch, worker(1)).unwrap();
        let mut reasons: Vec<Refusal> = refused(&merged).into_iter().map(|of| of.1).collect();
        reasons.sort_by_key(|reason| reason.code());
        assert_eq!(reasons, [Refusal::MissingDependency, Refusal::NotAllowed]);
        let answers = merged.document.answers();
        assert_eq!(answers.value(&FieldPath::top("rooms")), "3");
        assert_eq!(answers.value(&FieldPath::top("heat")), "wood");
    }
}

#[test]
fn only_the_office_changes_the_review() {
    let (mut a, _) = household();
    a.edit(&Review::finish(&a.header()), 2_000, "v1").unwrap();
    let stored = a.save();
    let flag = Flag { path: FieldPath::top("rooms"), text: "45?".into() };
    let decision = |document: &Document| {
        let review = Review::read(&document.header(), &document.review_entries(), || false);
        Review::decide(
            &review,
            &document.header(),
            ReviewState::Returned,
            "შეამოწმეთ",
            "N. K.",
            3_000,
            std::slice::from_ref(&flag),
        )
    };
    let edits = decision(&a);
    let forged = a.edit(&edits, 3_000, "").unwrap().unwrap();
    let merged = merge(RECORD, Audience::Main, Some(&stored), &[forged.bytes], worker(1)).unwrap();
    assert_eq!(merged.refused[0].2, Refusal::NotAllowed);
    assert!(merged.document.review_entries().is_empty());

    let mut office = Document::load(&stored, Audience::Main, actor(9)).unwrap();
    let change = office.edit(&edits, 3_000, "").unwrap().unwrap();
    let reviewer = Sender { device: DeviceId([9; 8]), former: &[], may_review: true };
    let merged = merge(RECORD, Audience::Main, Some(&stored), &[change.bytes], reviewer).unwrap();
    let document = merged.document;
    let review = Review::read(&document.header(), &document.review_entries(), || false);
    assert_eq!(review.state, ReviewState::Returned);
    assert_eq!(review.flags, [flag]);
}

#[test]
fn a_companion_belongs_to_its_own_record() {
    let mut companion = Document::create_companion(RECORD, actor(3));
    let edit = Edit::Set {
        path: FieldPath::top("flag"),
        value: "x".into(),
        kind: ValueKind::Plain,
        audience: Audience::Protection,
    };
    companion.edit(&[edit], 1, "v1").unwrap();
    let batch = bytes(&companion.changes());
    let merged = merge(RECORD, Audience::Protection, None, &batch, worker(3)).unwrap();
    assert_eq!(merged.accepted.len(), 1);
    let other = RecordId([6; 16]);
    let merged = merge(other, Audience::Protection, None, &batch, worker(3)).unwrap();
    assert_eq!(merged.accepted.len(), 0);
}

#[test]
fn item_ids_do_not_repeat_for_different_random_bytes() {
    let all: std::collections::BTreeSet<_> =
        (0..2000u64).map(|n| item_id((n * 7_919).to_be_bytes())).collect();
    assert_eq!(all.len(), 2000);
}
