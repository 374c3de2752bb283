//! Databases that another build of the app has left.

use device::Device;
use device::memory::{MemoryStore, StoreErrorKind};
use device::ports::{Store, Table, Write, WriteSet};
use device::{ListRow, row};
use std::collections::BTreeMap;
use tests::checker::check;
use tests::run;
use tests::world::World;
use tests::world::trouble::older_build;

/// What the list rows say of their documents.
fn states(store: &MemoryStore) -> BTreeMap<String, u64> {
    let read = |(key, row): (String, Vec<u8>)| {
        let payload = row::open(Table::List, &key, &row).expect("a sound row");
        let row: ListRow = minicbor::decode(payload).expect("a list row");
        (key, row.heads)
    };
    store.rows(Table::List).into_iter().map(read).collect()
}

/// A phone with records that are sent, unsent and only begun.
fn world() -> World {
    let mut world = World::new(9, 2);
    world.play_story(0);
    world.play_some_of_everything(0);
    world.play_some_of_everything(0);
    world
}

#[test]
fn rows_of_an_older_build_are_brought_up_whatever_ends_it() {
    let open = |fault: Option<(u64, StoreErrorKind)>| {
        let mut world = world();
        let wanted = states(&world.phones[0].store);
        let mut calls = 0;
        world.alter_storage(0, |store| {
            older_build(store);
            assert!(states(store).values().all(|state| *state == 0));
            if let Some((call, kind)) = fault {
                store.fail_call(call, kind);
            }
            calls = store.calls();
        });
        calls = world.phones[0].store.calls() - calls;
        if world.phones[0].device.is_none() {
            // The next start goes on where this one ended.
            world.alter_storage(0, |_| {});
        }
        let device = world.phones[0].device.as_ref().expect("it starts");
        assert_eq!(device.findings(), [], "{fault:?}");
        assert_eq!(states(&world.phones[0].store), wanted, "{fault:?}");
        world.settle(3);
        assert_eq!(check(&world), Vec::<String>::new(), "{fault:?}");
        calls
    };
    let calls = open(None);
    assert!(calls > 10, "the start makes {calls} storage calls");
    for call in 1..=calls {
        for kind in StoreErrorKind::ALL {
            open(Some((call, kind)));
        }
    }
}

/// What the upgrade is for.
#[test]
fn documents_that_go_after_the_upgrade_are_noticed() {
    let mut world = world();
    world.settle(3);
    world.alter_storage(0, older_build);
    let store = world.phones[0].store.clone();
    let (key, _) = store.rows(Table::Change).swap_remove(0);
    world.alter_storage(0, |store| store.tamper(Table::Change, &key, None));
    let device = world.phones[0].device.as_ref().expect("it starts");
    assert!(run(device.verify(1000)).expect("no fault").expect("verified"), "{key} is gone");
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

/// An older build over a newer one's database refuses to begin, and leaves every row as it is.
#[test]
fn a_database_of_a_newer_build_is_left_alone() {
    let mut world = world();
    world.alter_storage(0, |store| {
        // As a newer build says it: its own layout, not reached by all rows yet.
        let newer = [0x82, device::layout::LAYOUT as u8 + 1, device::layout::LAYOUT as u8];
        let row = row::seal(Table::Meta, "layout", &newer);
        let commit = store.commit(WriteSet(vec![Write::Put(Table::Meta, "layout".into(), row)]));
        run(commit).expect("no fault").expect("stored");
    });
    assert!(world.phones[0].device.is_none(), "it must not start");
    let before = world.phones[0].store.copy();
    world.alter_storage(0, |_| {});
    assert!(world.phones[0].device.as_ref().map(Device::record_count).is_none());
    for table in Table::ALL {
        assert_eq!(world.phones[0].store.rows(table), before.rows(table), "{}", table.name());
    }
}
