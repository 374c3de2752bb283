//! Decisions of the office, and answers that are altered after them.

use super::*;

/// What a reviewer decides on what is on their screen.
fn decide(document: &mut Document, seen: &Seen, state: ReviewState, at_ms: i64) {
    let entries = document.review_entries();
    let header = document.header();
    let review = Review::read(&header, &entries, || false);
    let mut edits = Review::decide(&review, &header, state, "?", "N. K.", at_ms, &[]);
    edits.push(seen.edit());
    document.edit(&edits, at_ms, "").expect("edited").expect("a change");
}

fn state_of(document: &mut Document, companion: Option<&mut Document>) -> ReviewState {
    shared::project::project(document, companion, None).review.state
}

fn altered(document: &mut Document) -> Vec<(String, String, String)> {
    let entries = document.review_entries();
    let fields = Seen::altered(&entries, document, None);
    fields.into_iter().map(|field| (field.path.to_string(), field.before, field.after)).collect()
}

#[test]
fn what_is_altered_after_an_approval_asks_for_another() {
    for state in [ReviewState::Approved, ReviewState::Rejected] {
        let (mut phone, _) = household();
        phone.edit(&Review::finish(&phone.header()), 2_000, "v1").unwrap();
        let mut office = Document::load(&phone.save(), Audience::Main, actor(9)).unwrap();
        let seen = Seen { main: office.heads(), protection: vec![] };
        decide(&mut office, &seen, state, 3_000);
        assert_eq!(state_of(&mut office, None), state, "nothing was altered");

        // At the same time, without knowledge of the decision.
        let before = phone.answers().value(&FieldPath::top("heat")).to_owned();
        phone.edit(&[set("heat", "coal")], 3_000, "v1").unwrap();
        office.receive(&bytes(&phone.changes())).unwrap();
        assert_eq!(state_of(&mut office, None), ReviewState::Changed);
        assert_eq!(altered(&mut office), [("heat".into(), before.clone(), "coal".into())]);

        // As it was: the decision covers it again.
        phone.receive(&bytes(&office.changes())).unwrap();
        phone.edit(&[set("heat", &before)], 4_000, "v1").unwrap();
        assert_eq!(state_of(&mut phone, None), state);

        // Afterwards, and finished again.
        let item = Edit::AddItem {
            repeat: FieldPath::top("members"),
            item: "zz".into(),
            order: "9".into(),
        };
        phone.edit(&[item], 5_000, "v1").unwrap();
        assert_eq!(state_of(&mut phone, None), ReviewState::Changed);
        phone.edit(&Review::finish(&phone.header()), 6_000, "v1").unwrap();
        assert_eq!(state_of(&mut phone, None), ReviewState::Changed);

        // Decided again on what there is.
        let seen = Seen { main: phone.heads(), protection: vec![] };
        decide(&mut phone, &seen, state, 7_000);
        assert_eq!(state_of(&mut phone, None), state);
        assert!(altered(&mut phone).is_empty());
    }
}

#[test]
fn a_decision_covers_what_its_maker_had_on_the_screen() {
    let (mut document, _) = household();
    document.edit(&Review::finish(&document.header()), 2_000, "v1").unwrap();
    let seen = Seen { main: document.heads(), protection: vec![] };
    // It arrived between reading and deciding.
    document.edit(&[set("heat", "coal")], 3_000, "v1").unwrap();
    decide(&mut document, &seen, ReviewState::Approved, 3_500);
    assert_eq!(state_of(&mut document, None), ReviewState::Changed);
    let seen = Seen { main: document.heads(), protection: vec![] };
    decide(&mut document, &seen, ReviewState::Approved, 4_000);
    assert_eq!(state_of(&mut document, None), ReviewState::Approved);

    // An answer that goes to the companion document, which did not exist.
    let edit = Edit::Set {
        path: FieldPath::top("flag"),
        value: "x".into(),
        kind: ValueKind::Plain,
        audience: Audience::Protection,
    };
    let mut companion = Document::create_companion(RECORD, actor(3));
    companion.edit(&[edit], 5_000, "v1").unwrap();
    assert_eq!(state_of(&mut document, Some(&mut companion)), ReviewState::Changed);
    let protection = companion.heads();
    decide(&mut document, &Seen { protection, ..seen }, ReviewState::Approved, 6_000);
    assert_eq!(state_of(&mut document, Some(&mut companion)), ReviewState::Approved);
    // Who may not read it, or has not been sent it yet, sees the same.
    assert_eq!(state_of(&mut document, None), ReviewState::Approved);
}
