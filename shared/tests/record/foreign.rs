//! What another client may send, and what ours never does.

use super::{RECORD, bytes, household, refused, set, worker};
use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ScalarValue};
use shared::merge::{Refusal, merge};
use shared::record::Audience;

/// A document of device 1 with these maps, and its changes.
fn begun(maps: &[&str]) -> AutoCommit {
    let mut doc = AutoCommit::new().with_actor(ActorId::from(&[1; 16][..]));
    doc.put(ROOT, "#id", ScalarValue::Bytes(RECORD.0.to_vec())).expect("written");
    for map in maps {
        doc.put_object(ROOT, *map, ObjType::Map).expect("written");
    }
    doc
}

fn changes(doc: &mut AutoCommit) -> Vec<Vec<u8>> {
    doc.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect()
}

#[test]
fn a_record_begins_with_its_maps_and_keeps_them() {
    let try_on = |maps: &[&str]| {
        let batch = changes(&mut begun(maps));
        refused(&merge(RECORD, Audience::Main, None, &batch, worker(1)).unwrap())
    };
    assert_eq!(try_on(&["answers", "review"]), []);
    for maps in [&["answers"][..], &["review"], &[]] {
        assert_eq!(try_on(maps), [(0, Refusal::UnknownRecord)], "{maps:?}");
    }
    let mut doc = begun(&["answers", "review"]);
    let stored = doc.save();
    doc.delete(ROOT, "review").unwrap();
    let batch = changes(&mut doc);
    let merged = merge(RECORD, Audience::Main, Some(&stored), &batch, worker(1)).unwrap();
    assert_eq!(refused(&merged), [(1, Refusal::NotAllowed)]);
}

#[test]
fn a_change_with_any_byte_altered_is_taken_for_no_other_change() {
    let (mut a, _) = household();
    let stored = a.save();
    a.edit(&[set("heat", "house")], 5_000, "v1").unwrap();
    let good = bytes(&a.changes()).pop().unwrap();
    for at in 0..good.len() {
        let mut altered = good.clone();
        altered[at] ^= 1;
        let merged = merge(RECORD, Audience::Main, Some(&stored), &[altered], worker(1)).unwrap();
        assert!(merged.accepted.is_empty(), "byte {at}");
        assert_eq!(refused(&merged), [(0, Refusal::Malformed)], "byte {at}");
    }
}
