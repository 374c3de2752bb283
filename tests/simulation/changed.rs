//! What is altered after the office has decided, or at the same time without knowing of it: every replica
//! says so, and a new decision ends it.

use shared::record::review::ReviewState;
use std::collections::BTreeSet;
use tests::backend::Deed;
use tests::checker::check;
use tests::world::World;

/// Two phones that see everything and have one finished record.
fn finished() -> World {
    let mut world = World::new(31, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    world.play_story(0);
    world.finish_newest(0);
    everybody(&mut world);
    world
}

fn everybody(world: &mut World) {
    for phone in [0, 1, 0, 1] {
        world.sync(phone);
    }
}

fn decide(world: &World, state: ReviewState) {
    let records = world.net.server.borrow().records();
    for record in records {
        let now = world.now.get();
        assert!(world.net.server.borrow_mut().act(&Deed::Review(record, state), now));
    }
}

/// What the lists of all phones say.
fn listed(world: &World) -> BTreeSet<(String, &'static str)> {
    let devices = world.phones.iter().filter_map(|phone| phone.device.as_ref());
    let rows = devices.flat_map(|device| device.list());
    rows.map(|row| (row.review.clone(), row.chip().name())).collect()
}

#[test]
fn a_correction_after_a_decision_waits_for_another() {
    for (state, name) in [(ReviewState::Approved, "approved"), (ReviewState::Rejected, "rejected")]
    {
        let mut world = finished();
        decide(&world, state);
        everybody(&mut world);
        assert_eq!(listed(&world), [(name.to_owned(), name)].into());
        world.answer_fixed(0, "rooms", "7");
        everybody(&mut world);
        assert_eq!(listed(&world), [("changed".to_owned(), "sent")].into());
        // Finished again is as good: it still is not what was decided on.
        world.finish_newest(0);
        everybody(&mut world);
        assert_eq!(listed(&world), [("changed".to_owned(), "sent")].into());
        decide(&world, state);
        everybody(&mut world);
        assert_eq!(listed(&world), [(name.to_owned(), name)].into());
        world.settle(3);
        assert_eq!(check(&world), Vec::<String>::new());
    }
}

#[test]
fn an_answer_that_was_on_its_way_is_not_approved_with_the_rest() {
    let mut world = finished();
    world.answer_fixed(1, "rooms", "8");
    decide(&world, ReviewState::Approved);
    world.answer_fixed(0, "heat", "wood");
    everybody(&mut world);
    assert_eq!(listed(&world), [("changed".to_owned(), "sent")].into());
    decide(&world, ReviewState::Returned);
    everybody(&mut world);
    assert_eq!(listed(&world), [("returned".to_owned(), "returned")].into());
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}
