//! Records that leave a worker's scope and come back.

use shared::id::RecordId;
use tests::backend::Deed;
use tests::checker::check;
use tests::run;
use tests::world::World;

/// Two phones, and a record that the second began and the office has.
fn begun() -> (World, RecordId) {
    let mut world = World::new(5, 2);
    world.play_story(1);
    let record = world.phones[1].device.as_ref().expect("it runs").list()[0].record;
    (world, record)
}

fn assign(world: &World, record: RecordId, to: Option<usize>) {
    let to = to.map(|phone| world.phones[phone].id);
    assert!(world.net.server.borrow_mut().act(&Deed::Assign(record, to), 0));
}

fn listed(world: &World, phone: usize) -> Vec<RecordId> {
    let device = world.phones[phone].device.as_ref().expect("it runs");
    device.list().iter().map(|row| row.record).collect()
}

#[test]
fn a_record_that_leaves_while_it_is_open_goes_when_it_is_closed() {
    let (mut world, record) = begun();
    let device = world.phones[1].device.as_ref().expect("it runs");
    let draft = run(device.open_record(record)).expect("no fault").expect("it opens");
    assign(&world, record, Some(0));
    world.sync(1);
    assert_eq!(listed(&world, 1), [record]);
    drop(draft);
    world.settle(3);
    assert_eq!(listed(&world, 1), []);
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn a_record_that_comes_back_while_it_is_open_stays() {
    for back in [None, Some(1)] {
        let (mut world, record) = begun();
        let device = world.phones[1].device.as_ref().expect("it runs");
        let draft = run(device.open_record(record)).expect("no fault").expect("it opens");
        assign(&world, record, Some(0));
        world.sync(1);
        assign(&world, record, back);
        world.sync(1);
        drop(draft);
        world.settle(3);
        assert_eq!(listed(&world, 1), [record]);
        assert_eq!(check(&world), Vec::<String>::new());
    }
}

#[test]
fn what_is_held_of_a_record_that_leaves_is_part_of_it_again_when_it_comes_back() {
    let (mut world, record) = begun();
    assert!(world.net.server.borrow_mut().act(&Deed::Poison, 0));
    world.answer_fixed(1, "heat", "stove");
    world.sync(1);
    world.answer_fixed(1, "rooms", "77");
    world.sync(1);
    assign(&world, record, Some(0));
    world.sync(1);
    assert_eq!(listed(&world, 1), []);
    assign(&world, record, None);
    world.sync(1);
    let row = world.phones[1].device.as_ref().expect("it runs").row(record).expect("it is back");
    assert_eq!((row.held, row.unsent), (2, 0));
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn a_record_that_left_before_a_restore_stays_if_nobody_says_so_again() {
    let mut world = World::new(5, 2);
    let act = |world: &World, deed| assert!(world.net.server.borrow_mut().act(&deed, 0));
    act(&world, Deed::Backup);
    world.play_story(1);
    let record = world.phones[1].device.as_ref().expect("it runs").list()[0].record;
    let device = world.phones[1].device.as_ref().expect("it runs");
    let draft = run(device.open_record(record)).expect("no fault").expect("it opens");
    assign(&world, record, Some(0));
    world.sync(1);
    // The assignment is forgotten with everything else.
    act(&world, Deed::Restore);
    drop(draft);
    world.settle(3);
    assert_eq!(listed(&world, 1), [record]);
    assert_eq!(check(&world), Vec::<String>::new());
}
