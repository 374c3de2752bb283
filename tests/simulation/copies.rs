//! Two phones with a copy of the same database.

use tests::backend::Deed;
use tests::checker::check;
use tests::world::World;

/// A phone that sees everything and has a finished record, and its copy; none of them has synced since.
fn copied() -> World {
    let mut world = World::new(17, 1);
    world.play_story(0);
    world.sync(0);
    world.copy_profile(0);
    world
}

#[test]
fn copies_get_each_others_work() {
    let mut world = copied();
    for round in 5..8 {
        world.answer_fixed(0, "rooms", &round.to_string());
        world.sync(0);
        world.answer_fixed(1, "heat", ["gas", "stove"][round % 2]);
        world.sync(1);
    }
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn a_copy_is_sent_all_pages_of_what_the_other_did() {
    let mut world = copied();
    // More than the server sends at once, under the name that both databases have.
    for round in 0..60 {
        world.answer_fixed(1, "rooms", &(round + 1).to_string());
    }
    world.sync(1);
    // Its start of the app is not the one that the other followed, so that only the ticket tells.
    world.crash(0);
    world.sync(0);
    world.excuse_superseded();
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn copies_are_known_as_such_after_a_restore() {
    let mut world = copied();
    for _ in 0..2 {
        world.answer_fixed(0, "rooms", "7");
        world.sync(0);
    }
    // Found out here; the first is to hear of it with its next sync.
    world.answer_fixed(1, "heat", "stove");
    world.sync(1);
    for deed in [Deed::Backup, Deed::Restore] {
        assert!(world.net.server.borrow_mut().act(&deed, world.now.get()));
    }
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}
