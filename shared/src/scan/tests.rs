use super::*;
use crate::id::RecordId;
use crate::record::{Actor, Document, Edit, FieldPath, ValueKind};
use automerge::Change;
use proptest::prelude::*;

fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return;
        }
    }
}

/// A chunk around a body; the checksum is not looked at here.
fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([0; 4]);
    bytes.push(kind);
    unsigned(body.len() as u64, &mut bytes);
    bytes.extend(body);
    bytes
}

fn change_of(columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend([7; 16]);
    body.extend([1, 1, 0, 0, 0]);
    unsigned(columns.len() as u64, &mut body);
    for (specification, bytes) in columns {
        unsigned(*specification, &mut body);
        unsigned(bytes.len() as u64, &mut body);
    }
    for (_, bytes) in columns {
        body.extend(bytes);
    }
    chunk(CHANGE, &body)
}

/// A run of one value: 80 bits of count are never needed here.
fn run(count: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A positive signed number is an unsigned one whose sixth bit of the last byte is clear.
    unsigned(count, &mut bytes);
    if bytes.last().is_some_and(|last| last & 0x40 != 0) {
        let last = bytes.len() - 1;
        bytes[last] |= 0x80;
        bytes.push(0);
    }
    bytes.extend(value);
    bytes
}

#[test]
fn runs_are_added_up_before_anything_is_unpacked() {
    let few = change_of(&[(0x42, run(300, &[1]))]);
    assert_eq!(scan(&few).map(|found| found.operations), Ok(300));
    let table = [
        vec![(0x42, run(2_000_000, &[1]))],
        vec![(0x42, run(u64::from(u32::MAX) << 20, &[1]))],
        // One key written out twenty thousand times.
        vec![
            (0x15, run(20_000, &[&[0xe8, 0x07][..], &[b'a'; 1000]].concat())),
            (0x42, run(9, &[1])),
        ],
        // No action, but rows all the same; rows of nothing; a million predecessors of one operation.
        vec![(0x34, vec![0x80, 0x80, 0x80, 0x01])],
        vec![(0x42, vec![0, 0x80, 0x80, 0x80, 0x01])],
        vec![(0x42, run(1, &[1])), (0x70, run(1, &[0xc0, 0x84, 0x3d]))],
        vec![(0x56, run(20_000, &[0xf6, 0xff, 0x03])), (0x57, vec![0; 10])],
    ];
    for columns in table {
        assert_eq!(scan(&change_of(&columns)), Err(ScanError::TooLarge), "{columns:?}");
    }
}

#[test]
fn what_is_no_change_is_named() {
    let columns = |list: &[(u64, Vec<u8>)]| change_of(list);
    let good = columns(&[(0x42, run(3, &[1]))]);
    assert!(scan(&good).is_ok());
    let table = [
        vec![],
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0]].concat(),
        chunk(2, &good[10..]),
        // An unknown column, a compressed one, two in the wrong order, one twice.
        columns(&[(0x92, vec![])]),
        columns(&[(0x4a, vec![])]),
        columns(&[(0x42, vec![]), (0x02, vec![])]),
        columns(&[(0x42, vec![]), (0x42, vec![])]),
        // An actor that is not listed, values that are not there, counters out of range.
        columns(&[(0x01, run(2, &[1]))]),
        columns(&[(0x56, run(2, &[0x16]))]),
        columns(&[(0x13, run(2, &[0x7f]))]),
        columns(&[(0x13, run(3, &[0xff, 0xff, 0xff, 0xff, 0x03]))]),
    ];
    for bytes in table {
        assert_eq!(scan(&bytes), Err(ScanError::Malformed), "{bytes:?}");
    }
}

#[test]
fn every_change_of_ours_passes() {
    let actor = Actor { device: crate::id::DeviceId([3; 8]), session: [4; 8] };
    let mut document = Document::create(RecordId([1; 16]), "hh", actor);
    let repeat = FieldPath::top("members");
    let long = "გრძელი ტექსტი ".repeat(300);
    let rounds: [Vec<Edit>; 3] = [
        vec![
            Edit::set(FieldPath::top("head"), "ნინო", ValueKind::Plain),
            Edit::AddItem { repeat, item: "aaaaaaaaaa".into(), order: "a".into() },
            Edit::set(FieldPath::top("notes"), &long, ValueKind::LongText),
        ],
        vec![Edit::set(FieldPath::top("notes"), &long[6..], ValueKind::LongText)],
        vec![Edit::set(FieldPath::top("rooms"), "4", ValueKind::Integer)],
    ];
    for edits in rounds {
        let change = document.edit(&edits, 1_795_000_000_000, "ab12").unwrap().unwrap();
        let found = scan(&change.bytes).unwrap();
        let decoded = Change::from_bytes(change.bytes.clone()).unwrap();
        assert_eq!(found.operations, decoded.len());
        assert_eq!((found.message.as_str(), found.device), ("ab12", Some(actor.device)));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = scan(&bytes);
        let _ = scan(&chunk(CHANGE, &bytes));
    }

    #[test]
    fn any_columns_are_answered(columns in prop::collection::vec(
        (prop::sample::select(vec![0x01_u64, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70]),
         prop::collection::vec(any::<u8>(), 0..40)), 0..6)) {
        let mut columns = columns;
        columns.sort();
        columns.dedup_by_key(|column| column.0);
        let _ = scan(&change_of(&columns));
    }
}
