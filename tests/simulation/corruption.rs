//! Storage that does not hold what was put into it: found out every time, and put in order from the
//! server.

use device::Finding;
use device::memory::MemoryStore;
use device::ports::Table;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tests::checker::{check, photos_of};
use tests::form::PHOTO;
use tests::run;
use tests::world::World;

const TABLES: [Table; 7] = [
    Table::Meta,
    Table::Change,
    Table::Journal,
    Table::Outbox,
    Table::Held,
    Table::List,
    Table::Form,
];
const CASES: u64 = 200;
/// What is known of photos, and their bytes.
const PHOTOS: [Table; 2] = [Table::Attachment, Table::Blob];
const CASES_OF_PHOTOS: u64 = 100;

/// Does one kind of harm; whether anything is different from before. `earlier` is a former state.
fn harm(
    tables: &[Table],
    store: &MemoryStore,
    earlier: &MemoryStore,
    random: &mut StdRng,
) -> (String, bool) {
    let rows: Vec<(Table, String, Vec<u8>)> = tables
        .iter()
        .flat_map(|table| store.rows(*table).into_iter().map(|(key, row)| (*table, key, row)))
        .collect();
    let (table, key, row) = rows.choose(random).expect("rows").clone();
    let name = format!("{}/{key}", table.name());
    match random.random_range(0..8) {
        0 => {
            let mut row = row;
            let at = random.random_range(0..row.len());
            row[at] ^= 1 << random.random_range(0..8);
            store.tamper(table, &key, Some(row));
            (format!("a bit of {name}, byte {at}"), true)
        }
        1 => {
            store.tamper(table, &key, None);
            (format!("{name} is gone"), true)
        }
        2 => {
            let keep = random.random_range(0..row.len());
            store.tamper(table, &key, Some(row[..keep].to_vec()));
            (format!("{name} is cut to {keep}"), true)
        }
        3 => {
            store.put_back(earlier);
            ("an earlier state".to_owned(), true)
        }
        4 => {
            let gone = store.rows(table);
            gone.iter().for_each(|(key, _)| store.tamper(table, key, None));
            (format!("all of {}", table.name()), true)
        }
        5 => {
            store.put_back(&MemoryStore::default());
            ("everything".to_owned(), true)
        }
        6 => {
            let (other_table, other_key, other) = rows.choose(random).expect("rows").clone();
            store.tamper(table, &key, Some(other.clone()));
            store.tamper(other_table, &other_key, Some(row.clone()));
            (format!("{name} and {other_key} changed places"), row != other)
        }
        _ => {
            let old = earlier.rows(table).into_iter().find(|(other, _)| *other == key);
            let other = old.as_ref().is_some_and(|(_, old)| *old != row);
            if let Some((_, old)) = old {
                store.tamper(table, &key, Some(old));
            }
            (format!("an earlier {name}"), other)
        }
    }
}

#[test]
fn every_corruption_is_found_and_put_in_order() {
    let mut random = StdRng::seed_from_u64(11);
    let mut done = 0;
    let mut seed = 0;
    while done < CASES {
        seed += 1;
        let mut world = World::new(seed % 16, 2);
        world.play_story(0);
        let earlier = world.phones[0].store.copy();
        world.play_some_of_everything(0);
        world.excuse_unsent(0);
        let mut what = (String::new(), false);
        let rows_before = world.phones[0].store.rows(Table::Meta).len();
        assert!(rows_before > 2);
        world.alter_storage(0, |store| what = harm(&TABLES, store, &earlier, &mut random));
        if !what.1 {
            continue;
        }
        done += 1;
        let device = world.phones[0].device.as_ref();
        let device = device.unwrap_or_else(|| panic!("{}: the device does not start", what.0));
        // Documents are not read at every start: a few with every sync, all of them here.
        run(device.verify(1000)).expect("no fault").expect("verified");
        assert!(!device.findings().is_empty(), "not found: {}", what.0);
        assert!(device.damaged().len() == device.findings().len());
        if device.identity().is_none() {
            // The person connects the phone again.
            world.connect_again(0);
        }
        let device = world.phones[0].device.as_ref().expect("it runs");
        run(device.dismiss_findings()).expect("no fault").expect("written");
        world.settle(3);
        let broken = check(&world);
        assert!(broken.is_empty(), "after {}:\n{}", what.0, broken.join("\n"));
        let device = world.phones[0].device.as_ref().expect("it runs");
        run(device.verify(1000)).expect("no fault").expect("verified");
        assert!(device.findings().is_empty(), "after {}: {:?}", what.0, device.findings());
    }
}

#[test]
fn nothing_is_found_in_a_sound_store() {
    for seed in 0..20 {
        let mut world = World::new(seed, 2);
        world.play_some_of_everything(0);
        world.alter_storage(0, |_| {});
        let device = world.phones[0].device.as_ref().expect("it starts");
        run(device.verify(1000)).expect("no fault").expect("verified");
        assert_eq!(device.findings(), []);
    }
}

/// What others changed arrives before anybody looks: the record is not written on top of what is left of it
/// as if nothing were missing.
#[test]
fn changes_of_others_do_not_hide_what_is_gone() {
    for seed in 0..24 {
        let mut world = World::new(seed, 2);
        world.play_story(0);
        world.settle(3);
        let changes = world.phones[0].store.rows(Table::Change);
        let (key, _) = changes[seed as usize % changes.len()].clone();
        world.answer_fixed(1, "heat", "wood");
        world.sync(1);
        world.alter_storage(0, |store| store.tamper(Table::Change, &key, None));
        world.sync(0);
        let device = world.phones[0].device.as_ref().expect("it runs");
        assert!(!device.findings().is_empty(), "seed {seed}: {key} is gone, and nobody noticed");
        run(device.dismiss_findings()).expect("no fault").expect("written");
        world.settle(3);
        let broken = check(&world);
        assert!(broken.is_empty(), "seed {seed}, without {key}:\n{}", broken.join("\n"));
    }
}

/// The first byte of a row names the version of its codec: damaged, it claims to be a newer build's.
#[test]
fn a_row_that_claims_to_be_newer_is_a_damaged_one() {
    for table in TABLES.into_iter().chain(PHOTOS) {
        for first in [0, 2, 127, 255] {
            let mut world = World::new(3, 2);
            world.play_some_of_everything(0);
            world.photograph(0, 1);
            world.excuse_unsent(0);
            let rows = world.phones[0].store.rows(table);
            let Some((key, mut row)) = rows.into_iter().next() else {
                assert!(!PHOTOS.contains(&table));
                continue;
            };
            row[0] = first;
            world.alter_storage(0, |store| store.tamper(table, &key, Some(row)));
            let what = format!("{}/{key} begins with {first}", table.name());
            let device = world.phones[0].device.as_ref();
            let device = device.unwrap_or_else(|| panic!("{what}: the device does not start"));
            run(device.verify(1000)).expect("no fault").expect("verified");
            assert!(!device.findings().is_empty(), "not found: {what}");
            if device.identity().is_none() {
                world.connect_again(0);
            }
            let device = world.phones[0].device.as_ref().expect("it runs");
            run(device.dismiss_findings()).expect("no fault").expect("written");
            world.note_gone_photos();
            world.settle(3);
            read_what_was_found(&world);
            assert_eq!(check(&world), Vec::<String>::new(), "after {what}");
        }
    }
}

fn read_what_was_found(world: &World) -> Vec<Finding> {
    let device = world.phones[0].device.as_ref().expect("it runs");
    let found = device.findings();
    run(device.dismiss_findings()).expect("no fault").expect("written");
    found
}

/// Photos of which one is sent and one is not: whatever happens to their rows is found; what the server has is back
/// afterwards, everything that is sound is sent, and of what is not the person is told by name.
#[test]
fn every_corruption_of_photos_is_found_and_put_in_order() {
    let mut random = StdRng::seed_from_u64(12);
    let (mut done, mut seed, mut told, mut kept) = (0, 0, 0, 0);
    while done < CASES_OF_PHOTOS {
        seed += 1;
        let mut world = World::new(seed % 16, 2);
        world.play_story(0);
        world.photograph(0, 1);
        world.sync(0);
        let earlier = world.phones[0].store.copy();
        world.play_story(0);
        world.photograph(0, 2);
        world.photograph_new(0, 3);
        world.excuse_unsent(0);
        let mut what = (String::new(), false);
        world.alter_storage(0, |store| what = harm(&PHOTOS, store, &earlier, &mut random));
        if !what.1 {
            continue;
        }
        done += 1;
        let device = world.phones[0].device.as_ref();
        let device = device.unwrap_or_else(|| panic!("{}: the device does not start", what.0));
        run(device.verify(1000)).expect("no fault").expect("verified");
        assert!(!device.findings().is_empty(), "not found: {}", what.0);
        let anew = device.identity().is_none();
        if anew {
            world.connect_again(0);
        }
        let mut found = read_what_was_found(&world);
        world.note_gone_photos();
        world.settle(3);
        found.extend(read_what_was_found(&world));
        let broken = check(&world);
        assert!(broken.is_empty(), "after {}:\n{}", what.0, broken.join("\n"));
        // What is gone and named by a record was named to the person, with the record and its question.
        let documents = world.net.server.borrow().documents();
        for record in world.net.server.borrow().records() {
            for photo in photos_of(&documents, record) {
                let named = Finding::Attachment {
                    hash: photo.hash,
                    record: Some(record),
                    question: PHOTO.into(),
                };
                let lost = world.gone.contains(&photo.hash);
                kept += u32::from(!lost);
                told += u32::from(lost && found.contains(&named));
                let said = found.contains(&named) || found.contains(&Finding::Earlier);
                assert_eq!(lost, lost && said, "after {}: {found:?}", what.0);
                assert!(lost || !found.contains(&named), "after {}: it is not lost", what.0);
            }
        }
        let device = world.phones[0].device.as_ref().expect("it runs");
        run(device.verify(1000)).expect("no fault").expect("verified");
        assert!(device.findings().is_empty(), "after {}: {:?}", what.0, device.findings());
        for table in PHOTOS {
            for (key, bytes) in world.phones[0].store.rows(table) {
                let sound = device::row::open(table, &key, &bytes).is_ok();
                assert!(sound, "after {}: {key} is damaged still", what.0);
            }
        }
    }
    println!("{kept} photos kept, {told} named as lost");
    assert!(told > 10 && kept > 100);
}

/// One photo that the office has, replaced by another, and a new one: whichever row goes, no chunk is left that
/// belongs to no row, where nobody would notice that it is damaged.
#[test]
fn a_row_that_is_gone_leaves_no_chunks_that_nobody_looks_after() {
    for seed in 0..6 {
        for which in 0..3 {
            let mut world = World::new(seed, 2);
            world.play_story(0);
            world.photograph(0, 1);
            if seed % 2 == 0 {
                world.sync(0);
            }
            world.photograph(0, 2);
            world.photograph_new(0, 3);
            world.excuse_unsent(0);
            let rows = world.phones[0].store.rows(Table::Attachment);
            assert_eq!(rows.len(), 3, "what a change names stays");
            let (key, _) = &rows[which];
            let what = format!("seed {seed}, without {key}");
            world.alter_storage(0, |store| store.tamper(Table::Attachment, key, None));
            assert!(!read_what_was_found(&world).is_empty(), "{what}: not found");
            world.settle(3);
            let store = &world.phones[0].store;
            let known: Vec<String> =
                store.rows(Table::Attachment).into_iter().map(|(key, _)| key).collect();
            for (chunk, _) in store.rows(Table::Blob) {
                let owned = known.iter().any(|key| chunk.starts_with(key));
                assert!(owned, "{what}: {chunk} belongs to no row");
            }
            // Its bytes were sound: it is here as before, and sent.
            assert!(known.contains(key), "{what}");
            assert_eq!(check(&world), Vec::<String>::new(), "{what}");
        }
    }
}

/// A database that was put back, and is then put back to what it was before that: a state that the witness has
/// heard of, of a time that is over.
#[test]
fn a_state_from_before_it_was_put_back_is_found() {
    let mut world = World::new(3, 2);
    world.play_story(0);
    let early = world.phones[0].store.copy();
    for _ in 0..4 {
        world.play_some_of_everything(0);
    }
    let late = world.phones[0].store.copy();
    world.excuse_unsent(0);
    for state in [early, late] {
        world.alter_storage(0, |store| store.put_back(&state));
        let device = world.phones[0].device.as_ref().expect("it starts");
        assert_eq!(device.findings().first(), Some(&device::Finding::Earlier));
        run(device.dismiss_findings()).expect("no fault").expect("written");
        world.settle(3);
        assert_eq!(check(&world), Vec::<String>::new());
    }
}
