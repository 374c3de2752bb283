//! Changes that the server refuses for good, and what people decide about them.

use shared::id::ChangeHash;
use shared::record::FieldPath;
use tests::backend::Deed;
use tests::checker::check;
use tests::run;
use tests::world::World;

/// A phone whose second change was refused, with a third that builds on it.
fn refused() -> (World, ChangeHash) {
    let mut world = World::new(9, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    world.play_story(0);
    world.net.server.borrow_mut().act(&Deed::Poison, 0);
    world.answer_fixed(0, "heat", "stove");
    world.sync(0);
    world.answer_fixed(0, "rooms", "77");
    world.sync(0);
    let device = world.phones[0].device.as_ref().expect("it runs");
    let held = run(device.held()).expect("no fault").expect("read");
    assert_eq!(held.len(), 2, "the change and what builds on it: {held:?}");
    assert_eq!(held[0].code, "not_applicable");
    assert!(held[0].fields.contains(&("heat".to_owned(), "stove".to_owned())));
    assert_eq!(held[1].code, "missing_dependency");
    assert_eq!(device.list()[0].chip().name(), "held");
    let hash = held[0].hash;
    (world, hash)
}

#[test]
fn what_is_retried_arrives_with_all_that_builds_on_it() {
    let (mut world, _) = refused();
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn what_is_discarded_leaves_and_what_builds_on_it_stays() {
    let (mut world, hash) = refused();
    assert!(world.net.server.borrow_mut().act(&Deed::Discard(hash), 0));
    world.excuse(&FieldPath::top("heat"), "stove");
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn what_is_held_before_a_restart_is_held_beside_what_comes_after() {
    let mut world = World::new(9, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    world.play_story(0);
    world.crash(0);
    world.net.server.borrow_mut().act(&Deed::Poison, 0);
    for (key, value) in [("heat", "stove"), ("rooms", "77")] {
        world.answer_fixed(0, key, value);
        world.sync(0);
        world.crash(0);
    }
    let device = world.phones[0].device.as_ref().expect("it runs");
    let held = run(device.held()).expect("no fault").expect("read");
    assert_eq!(held.len(), 2, "the change and what builds on it: {held:?}");
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}
