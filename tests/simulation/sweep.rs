//! Every storage call of these stories fails once, or is the last before the app dies.

use device::memory::StoreErrorKind;
use shared::record::review::ReviewState;
use tests::backend::Deed;
use tests::checker::check;
use tests::world::World;

/// Two phones that see everything, with a finished household each.
fn world() -> World {
    let mut world = World::new(31, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    world.play_story(0);
    world.play_story(1);
    world.sync(0);
    world
}

/// Plays the story once for every storage call that it makes on the first phone, and every fault.
fn sweep(story: fn(&mut World)) {
    let play = |fault: Option<(u64, StoreErrorKind)>| -> u64 {
        let mut world = world();
        let before = world.phones[0].store.calls();
        if let Some((call, kind)) = fault {
            world.phones[0].store.fail_call(call, kind);
        }
        story(&mut world);
        let calls = world.phones[0].store.calls() - before;
        world.settle(3);
        assert_eq!(check(&world), Vec::<String>::new(), "{fault:?}");
        calls
    };
    let calls = play(None);
    assert!(calls > 5, "the story makes {calls} storage calls");
    for call in 1..=calls {
        for kind in StoreErrorKind::ALL {
            play(Some((call, kind)));
        }
    }
}

fn act(world: &World, deed: &Deed) {
    world.net.server.borrow_mut().act(deed, world.now.get());
}

#[test]
fn members_that_come_go_and_come_back() {
    sweep(|world| {
        world.add_member_to_newest(0);
        world.remove_a_member(0);
        world.sync(0);
        world.restore_a_member(0);
        world.sync(0);
    });
}

#[test]
fn a_record_that_is_returned_and_corrected() {
    sweep(|world| {
        let records = world.net.server.borrow().records();
        for record in records {
            act(world, &Deed::Review(record, ReviewState::Returned));
        }
        world.sync(0);
        world.answer_fixed(0, "rooms", "5");
        world.finish_newest(0);
        world.sync(0);
    });
}

#[test]
fn two_answers_that_the_office_settles() {
    sweep(|world| {
        world.sync(1);
        world.answer_fixed(0, "heat", "gas");
        world.answer_fixed(1, "heat", "stove");
        world.sync(1);
        world.sync(0);
        let records = world.net.server.borrow().records();
        for record in records {
            act(world, &Deed::Resolve(record));
        }
        world.sync(0);
    });
}

#[test]
fn a_worker_who_is_moved_and_comes_back() {
    sweep(|world| {
        let device = world.phones[0].id;
        world.answer_fixed(0, "rooms", "6");
        act(world, &Deed::Villages(device, vec![tests::form::VILLAGES[1].to_owned()]));
        world.sync(0);
        world.sync(0);
        act(world, &Deed::Villages(device, vec![]));
        world.sync(0);
    });
}

#[test]
fn work_that_the_service_worker_sends() {
    sweep(|world| {
        world.answer_fixed(0, "rooms", "8");
        world.in_background(0);
        world.answer_fixed(0, "heat", "gas");
        world.sync(0);
        world.in_background(0);
        world.sync(0);
    });
}
