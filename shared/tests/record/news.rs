//! What somebody is told when others altered a record meanwhile; and members who left.

use super::{add, exchange, household, many, set};
use shared::id::DeviceId;
use shared::record::answer::LEFT;
use shared::record::history::News;
use shared::record::{Document, Edit, FieldPath, ValueKind};

fn news(
    document: &mut Document,
    heads: &[shared::id::ChangeHash],
    own: u8,
) -> Vec<(String, u8, i64)> {
    let found = document.news_since(heads, |device| device == DeviceId([own; 8]));
    let plain = |News { path, device, at }: News| (path.to_string(), device.as_bytes()[0], at);
    found.into_iter().map(plain).collect()
}

#[test]
fn alterations_of_others_are_news_until_they_are_known() {
    let (mut a, mut b) = household();
    let looked = a.heads();
    assert_eq!(news(&mut a, &looked, 1), []);
    b.edit(&[set("rooms", "3"), many("status", "idp")], 5_000, "v1").expect("edited");
    b.edit(&[set("rooms", "4"), set("heat", ""), add("gia")], 9_000, "v1").expect("edited");
    a.edit(&[set("water", "well")], 7_000, "v1").expect("edited");
    exchange(&mut a, &mut b);
    let told = |path: &str, at| (path.to_owned(), 2, at);
    let expected = [told("heat", 9), told("members[gia]/", 9), told("rooms", 9), told("status", 5)];
    let mut found = news(&mut a, &looked, 1);
    found.sort();
    assert_eq!(found, expected);
    // Who did it knows.
    assert_eq!(news(&mut b, &looked, 2).iter().map(|of| &*of.0).collect::<Vec<_>>(), ["water"]);
    // Answered again since by oneself: known.
    a.edit(&[set("rooms", "5")], 10_000, "v1").expect("edited");
    assert!(!news(&mut a, &looked, 1).iter().any(|of| of.0 == "rooms"));
    let now = a.heads();
    assert_eq!(news(&mut a, &now, 1), []);
    // A record that was never looked at, or of which something is missing, has no news.
    assert_eq!(news(&mut a, &[], 1), []);
    let (mut other, _) = household();
    assert_eq!(news(&mut other, &now, 1), []);
}

#[test]
fn a_member_who_left_is_removed_with_a_reason_and_may_come_back() {
    let (mut a, mut b) = household();
    let items = vec![("members".to_owned(), "nino".to_owned())];
    let left = FieldPath { items: items.clone(), key: LEFT.into() };
    let name = FieldPath { items: items.clone(), key: "m_first".into() };
    let removed = |removed| Edit::RemoveItem {
        repeat: FieldPath::top("members"),
        item: "nino".into(),
        removed,
    };
    let leave = [Edit::set(left.clone(), "moved", ValueKind::Plain), removed(true)];
    a.edit(&leave, 5_000, "v1").expect("edited");
    b.edit(&[Edit::set(name.clone(), "ნინო", ValueKind::Plain)], 6_000, "v1").expect("edited");
    exchange(&mut a, &mut b);
    let answers = b.answers();
    assert_eq!((answers.left(&items), answers.value(&name)), ("moved", "ნინო"));
    assert!(answers.is_removed(&name));
    b.edit(&[Edit::set(left, "", ValueKind::Plain), removed(false)], 7_000, "v1").expect("edited");
    exchange(&mut a, &mut b);
    let answers = a.answers();
    assert_eq!((answers.left(&items), answers.is_removed(&name)), ("", false));
}
