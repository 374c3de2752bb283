//! Records that change hands all the time, under every fault: at each moment what a phone has not sent is on it,
//! and what left it left nothing behind.

use device::ports::Table;
use device::row;
use device::sync::Held;
use minicbor::bytes::ByteVec;
use shared::id::{ChangeHash, RecordId};
use shared::record::Audience;
use shared::record::document::change_hash;
use std::collections::BTreeSet;
use tests::checker::check;
use tests::world::{Phone, World, play_scope};

const SEEDS: u64 = 120;
const STEPS: usize = 80;

fn payloads(phone: &Phone, table: Table) -> Vec<(String, Vec<u8>)> {
    let open = |(key, sealed): (String, Vec<u8>)| {
        let payload = row::open(table, &key, &sealed).expect("a sound row").to_vec();
        (key, payload)
    };
    phone.store.rows(table).into_iter().map(open).collect()
}

/// What only this phone answers for: changes that wait, and those that are held.
fn unsent(phone: &Phone) -> BTreeSet<ChangeHash> {
    let waiting = payloads(phone, Table::Outbox).into_iter().filter_map(|(_, payload)| {
        let (_, _, bytes) = minicbor::decode::<(RecordId, Audience, ByteVec)>(&payload).ok()?;
        change_hash(&bytes)
    });
    let held = payloads(phone, Table::Held)
        .into_iter()
        .filter_map(|(_, payload)| change_hash(&minicbor::decode::<Held>(&payload).ok()?.bytes));
    waiting.chain(held).collect()
}

/// The records of which a table has rows; of documents the main ones only, because a companion may come first.
fn records(phone: &Phone, table: Table) -> BTreeSet<String> {
    let keys = phone.store.rows(table).into_iter().map(|(key, _)| key);
    let main = keys.filter(|key| table != Table::Change || key.split('/').nth(1) == Some("0"));
    main.filter_map(|key| Some(key.split('/').next()?.to_owned())).collect()
}

fn look(world: &World, before: &[BTreeSet<ChangeHash>]) -> Vec<String> {
    let log = world.net.server.borrow().log();
    let committed: BTreeSet<ChangeHash> = log.iter().map(|change| change.hash).collect();
    let mut broken = Vec::new();
    for (index, phone) in world.phones.iter().enumerate() {
        let now = unsent(phone);
        for hash in before.get(index).into_iter().flatten() {
            if !now.contains(hash) && !committed.contains(hash) {
                broken.push(format!("phone {index}: {hash} waits no more, and nobody has it"));
            }
        }
        let listed = records(phone, Table::List);
        for table in [Table::Change, Table::Journal] {
            for record in records(phone, table).difference(&listed) {
                broken.push(format!("phone {index}: {record} left rows in {}", table.name()));
            }
        }
    }
    broken
}

#[test]
fn nothing_is_stranded_when_records_change_hands() {
    let (mut moved, mut left) = (0, 0);
    for seed in 0..SEEDS {
        let replay = format!("cargo xtask sim --scope --steps {STEPS} --seed {seed}");
        let listed = |world: &World| -> usize {
            world.phones.iter().map(|of| records(of, Table::List).len()).sum()
        };
        let before = |world: &World| -> (Vec<BTreeSet<ChangeHash>>, usize) {
            (world.phones.iter().map(unsent).collect(), listed(world))
        };
        let world = play_scope(seed, STEPS, before, |world, step, (waiting, count)| {
            let broken = look(world, &waiting);
            assert!(broken.is_empty(), "step {step} of {replay}\n{}", broken.join("\n"));
            left += count.saturating_sub(listed(world));
        });
        let broken = check(&world);
        assert!(broken.is_empty(), "{replay}\n{}", broken.join("\n"));
        moved += world.events.get("assignments").copied().unwrap_or(0);
        moved += world.events.get("moved workers").copied().unwrap_or(0);
    }
    println!("records changed hands {moved} times; {left} left a phone");
    assert!(moved > 500 && left > 50, "{moved} {left}");
}
