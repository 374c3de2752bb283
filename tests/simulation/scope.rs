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
