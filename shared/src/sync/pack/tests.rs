use super::*;
use crate::id::DeviceId;
use crate::record::{Actor, Document, Edit, FieldPath, ValueKind};
use crate::sync::codec::encode;
use minicbor::bytes::ByteVec;
use proptest::prelude::*;

fn record(number: u8, edits: &[(usize, &str)]) -> Vec<DocumentChanges> {
    let record = RecordId([number; 16]);
    let actor = Actor { device: DeviceId([7; 8]), session: [number / 3; 8] };
    let mut main = Document::create(record, "household", actor);
    let mut companion = Document::create_companion(record, actor);
    let item = format!("aB3dE{number:05}");
    let mut all = vec![
        Edit::header("state", "draft"),
        Edit::AddItem {
            repeat: FieldPath::top("members"),
            item: item.clone(),
            order: "00000400".into(),
        },
    ];
    for (kind, value) in edits {
        let path = |key: &str| FieldPath::top(key);
        all.push(match kind % 5 {
            0 => Edit::set(path("rooms"), *value, ValueKind::Integer),
            1 => Edit::set(path("note"), *value, ValueKind::LongText),
            2 => Edit::set(path("problems"), *value, ValueKind::Multiple),
            3 => {
                Edit::set(FieldPath::in_item("members", &item, "m_first"), *value, ValueKind::Plain)
            }
            _ => Edit::Set {
                path: FieldPath::in_item("members", &item, "flag"),
                value: (*value).to_owned(),
                kind: ValueKind::Plain,
                audience: Audience::Protection,
            },
        });
    }
    let mut found = Vec::new();
    for (audience, document) in
        [(Audience::Main, &mut main), (Audience::Protection, &mut companion)]
    {
        let mut changes = Vec::new();
        for part in all.chunks(3) {
            let made = document.edit(part, i64::from(number) * 1_000_000, "00ff").expect("edits");
            changes.extend(made.map(|change| ByteVec::from(change.bytes)));
        }
        found.push(DocumentChanges { record, audience, changes });
    }
    found
}

fn edits() -> impl Strategy<Value = Vec<(usize, &'static str)>> {
    let value = prop::sample::select(vec!["1", "", "45", "ჭერი ჟონავს", "roof damp", "roof", "x"]);
    prop::collection::vec((0usize..5, value), 0..14)
}

#[test]
fn similar_records_share_what_is_alike() {
    let one = [(0, "3"), (1, "ჭერი ჟონავს"), (2, "roof damp"), (3, "ნინო"), (4, "none")];
    let documents: Vec<DocumentChanges> =
        (0..100).flat_map(|number| record(number, &one)).collect();
    let block = pack(&documents);
    assert_eq!(unpack(&block).as_deref(), Ok(&documents[..]));
    let plain = encode(&documents).len();
    let packed = encode(&ByteVec::from(block)).len();
    assert!(packed * 4 < plain * 3, "{packed} of {plain}");
}

#[test]
fn what_is_no_change_travels_as_it_is() {
    let odd = |bytes: &[u8]| ByteVec::from(bytes.to_vec());
    let mut good = record(1, &[(0, "3")]).remove(0);
    let mut wrong = good.changes[0].to_vec();
    wrong[5] ^= 1;
    good.changes.extend([odd(b""), odd(b"hello"), odd(&wrong), odd(&[0x85, 0x6f, 0x4a, 0x83])]);
    let documents = vec![good];
    assert_eq!(unpack(&pack(&documents)), Ok(documents));
}

#[test]
fn a_block_that_claims_too_much_is_refused() {
    let long = "ა".repeat(40_000);
    let edit = [(3, long.as_str())];
    let documents: Vec<DocumentChanges> =
        (0..150).flat_map(|number| record(number, &edit)).collect();
    assert_eq!(unpack(&pack(&documents)), Err(CodecError::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_change_comes_back_byte_for_byte(all in prop::collection::vec(edits(), 0..6)) {
        let documents: Vec<DocumentChanges> = all
            .iter()
            .enumerate()
            .flat_map(|(number, edits)| record(number as u8, edits))
            .collect();
        prop_assert_eq!(unpack(&pack(&documents)), Ok(documents));
    }

    #[test]
    fn damage_is_found(edits in edits(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut block = pack(&record(3, &edits));
        let at = at.index(block.len());
        block[at] ^= 1 << bit;
        let found = unpack(&block);
        prop_assert!(found.is_err() || found == Ok(record(3, &edits)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = unpack(&bytes);
    }
}
