//! The server goes back to a backup: what it forgot comes back from the phones, the office's own decisions
//! too.

use device::memory::StoreErrorKind;
use shared::id::ChangeHash;
use shared::record::review::ReviewState;
use std::collections::BTreeSet;
use tests::backend::Deed;
use tests::checker::check;
use tests::run;
use tests::world::World;

/// Two phones that see everything; since the backup the office has decided about every record, the phones
/// have made records and answered, and everybody has everything.
fn forgotten() -> (World, BTreeSet<ChangeHash>) {
    let mut world = World::new(21, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    world.play_story(0);
    world.play_story(1);
    world.sync(0);
    assert!(act(&world, &Deed::Backup));
    decide_about_all(&world, ReviewState::Returned);
    for phone in [0, 1, 0] {
        world.sync(phone);
    }
    world.play_story(1);
    world.answer_fixed(0, "rooms", "7");
    decide_about_all(&world, ReviewState::Approved);
    for phone in [0, 1, 0, 1] {
        world.sync(phone);
    }
    let log = logged(&world);
    assert!(act(&world, &Deed::Restore));
    assert!(log.len() > logged(&world).len() + 4, "the backup lacks something");
    (world, log)
}

fn act(world: &World, deed: &Deed) -> bool {
    world.net.server.borrow_mut().act(deed, world.now.get())
}

fn decide_about_all(world: &World, state: ReviewState) {
    let records = world.net.server.borrow().records();
    let decided = records.iter().filter(|record| act(world, &Deed::Review(**record, state)));
    assert!(decided.count() > 0);
}

fn logged(world: &World) -> BTreeSet<ChangeHash> {
    world.net.server.borrow().log().iter().map(|change| change.hash).collect()
}

fn held(world: &World, phone: usize) -> Vec<(ChangeHash, String)> {
    let device = world.phones[phone].device.as_ref().expect("it runs");
    let held = run(device.held()).expect("no fault").expect("read");
    held.into_iter().map(|change| (change.hash, change.code)).collect()
}

#[test]
fn what_the_office_decided_since_the_backup_comes_back() {
    let (mut world, log) = forgotten();
    for phone in [0, 1, 0, 1] {
        world.sync(phone);
    }
    // Nobody has vouched for what the office had made.
    assert!(held(&world, 0).iter().any(|(_, code)| code == "foreign_actor"));
    assert!(!log.is_subset(&logged(&world)));
    world.settle(3);
    assert!(log.is_subset(&logged(&world)), "something did not come back");
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn what_the_office_leaves_out_then_leaves_every_phone() {
    let (mut world, _) = forgotten();
    for phone in [0, 1, 0, 1] {
        world.sync(phone);
    }
    let foreign = |phone| -> BTreeSet<ChangeHash> {
        let held = held(&world, phone).into_iter();
        held.filter(|(_, code)| code == "foreign_actor").map(|(hash, _)| hash).collect()
    };
    // What is another's on both phones is the office's.
    let decisions: BTreeSet<ChangeHash> = foreign(0).intersection(&foreign(1)).copied().collect();
    assert!(!decisions.is_empty());
    world.excuse_superseded();
    for hash in &decisions {
        act(&world, &Deed::Discard(*hash));
    }
    world.settle(3);
    assert!(logged(&world).is_disjoint(&decisions));
    assert_eq!(check(&world), Vec::<String>::new());
}

#[test]
fn a_phone_may_die_at_every_storage_call_on_the_way() {
    let story = |fault: Option<(u64, StoreErrorKind)>| -> u64 {
        let (mut world, log) = forgotten();
        let before = world.phones[0].store.calls();
        if let Some((call, kind)) = fault {
            world.phones[0].store.fail_call(call, kind);
        }
        world.sync(0);
        let calls = world.phones[0].store.calls() - before;
        world.settle(3);
        assert!(log.is_subset(&logged(&world)), "{fault:?}: something did not come back");
        assert_eq!(check(&world), Vec::<String>::new(), "{fault:?}");
        calls
    };
    let calls = story(None);
    assert!(calls > 5, "{calls} storage calls");
    for call in 1..=calls {
        for kind in [StoreErrorKind::DiesBefore, StoreErrorKind::DiesAfter, StoreErrorKind::Full] {
            story(Some((call, kind)));
        }
    }
}
