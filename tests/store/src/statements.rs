//! The statements. Each begins with an empty place.

use crate::{Failing, Held, Place, together};
use device::ports::{Local, Rows, Store, StoreError, Table, Write, WriteSet};
use std::rc::Rc;
use stored::row;

type Statement = for<'a> fn(&'a dyn Place) -> Local<'a, Held>;

/// Every statement and what it says.
pub fn all() -> Vec<(&'static str, Statement)> {
    vec![
        ("an empty store has no rows", |of| Box::pin(empty(of))),
        ("every table holds every byte", |of| Box::pin(every_byte(of))),
        ("a put replaces, a delete removes, also nothing", |of| Box::pin(replaced(of))),
        ("the writes of a set happen in their order", |of| Box::pin(order_within(of))),
        ("rows come in the order of their keys", |of| Box::pin(key_order(of))),
        ("numbers in keys come in the order of counting", |of| Box::pin(numbers(of))),
        ("a prefix gives the rows below it and no others", |of| Box::pin(prefixes(of))),
        ("a set without writes is no error", |of| Box::pin(nothing(of))),
        ("one set holds thousands of rows", |of| Box::pin(many(of))),
        ("a row holds megabytes", |of| Box::pin(large(of))),
        ("sets begun together happen one behind the other", |of| Box::pin(sets_in_order(of))),
        ("a reader sees a whole set or nothing of it", |of| Box::pin(whole_sets(of))),
        ("a set that fails has not happened", |of| Box::pin(failed_sets(of))),
        ("what passes is tried again by itself", |of| Box::pin(second_try(of))),
        ("after a lost connection the work goes on", |of| Box::pin(lost(of))),
        ("everything is there when it is opened again", |of| Box::pin(again(of))),
        ("a second opener reads and does not write", |of| Box::pin(second(of))),
        ("sealed rows come back sound, in their own place only", |of| Box::pin(sealed(of))),
        ("the witness outlives the store", |of| Box::pin(witness(of))),
    ]
}

fn put(table: Table, key: &str, value: &[u8]) -> Write {
    Write::Put(table, key.to_owned(), value.to_vec())
}

fn delete(table: Table, key: &str) -> Write {
    Write::Delete(table, key.to_owned())
}

async fn open(place: &dyn Place) -> Result<Rc<dyn Store>, String> {
    place.open().await.map_err(|error| format!("it does not open: {error}"))
}

async fn commit(store: &Rc<dyn Store>, writes: Vec<Write>) -> Held {
    store.commit(WriteSet(writes)).await.map_err(|error| format!("a commit fails: {error}"))
}

async fn scan(store: &Rc<dyn Store>, table: Table, prefix: &str) -> Result<Rows, String> {
    store.scan(table, prefix).await.map_err(|error| format!("a scan fails: {error}"))
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Held {
    if found == wanted {
        return Ok(());
    }
    let short = |of: &T| format!("{of:?}").chars().take(300).collect::<String>();
    Err(format!("{what}: {} instead of {}", short(found), short(wanted)))
}

async fn holds(store: &Rc<dyn Store>, what: &str, table: Table, wanted: &[(&str, &[u8])]) -> Held {
    let wanted: Rows = wanted.iter().map(|(key, row)| ((*key).to_owned(), row.to_vec())).collect();
    equal(what, &scan(store, table, "").await?, &wanted)
}

async fn keys(store: &Rc<dyn Store>, table: Table, prefix: &str) -> Result<Vec<String>, String> {
    Ok(scan(store, table, prefix).await?.into_iter().map(|(key, _)| key).collect())
}

async fn empty(place: &dyn Place) -> Held {
    let store = open(place).await?;
    for table in Table::ALL {
        holds(&store, table.name(), table, &[]).await?;
    }
    equal("witness", &store.witness(), &None)
}

async fn every_byte(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let bytes: Vec<u8> = (0..=255).collect();
    let mut writes = Vec::new();
    for table in Table::ALL {
        writes.push(put(table, "all", &[table.name().as_bytes(), &bytes].concat()));
        writes.push(put(table, "none", &[]));
    }
    commit(&store, writes).await?;
    for table in Table::ALL {
        let all = [table.name().as_bytes(), &bytes].concat();
        holds(&store, table.name(), table, &[("all", &all), ("none", &[])]).await?;
    }
    Ok(())
}

async fn replaced(place: &dyn Place) -> Held {
    let store = open(place).await?;
    commit(&store, vec![put(Table::List, "a", b"1"), put(Table::List, "b", b"1")]).await?;
    commit(&store, vec![put(Table::List, "a", b"a longer one")]).await?;
    commit(&store, vec![delete(Table::List, "b"), delete(Table::List, "never there")]).await?;
    holds(&store, "list", Table::List, &[("a", b"a longer one")]).await?;
    holds(&store, "another table", Table::Held, &[]).await
}

async fn order_within(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let set = vec![
        put(Table::Meta, "last", b"1"),
        delete(Table::Meta, "last"),
        put(Table::Journal, "gone", b"1"),
        put(Table::Meta, "last", b"2"),
        put(Table::Meta, "last", b"3"),
        delete(Table::Journal, "gone"),
    ];
    commit(&store, set).await?;
    holds(&store, "put, deleted, put", Table::Meta, &[("last", b"3")]).await?;
    holds(&store, "put, deleted", Table::Journal, &[]).await
}

async fn key_order(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let ordered =
        ["", "-", "/", "0", "00", "0/", "0/0", "00/", "9", "A", "a", "a/", "a0", "aa", "f"];
    let mut wanted: Vec<String> = ordered.iter().map(|key| (*key).to_owned()).collect();
    wanted.sort();
    let writes = wanted.iter().rev().map(|key| put(Table::Blob, key, key.as_bytes())).collect();
    commit(&store, writes).await?;
    equal("keys", &keys(&store, Table::Blob, "").await?, &wanted)
}

async fn numbers(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let mut numbers = vec![0, 1, 9, 10, 15, 16, 255, 256, 1 << 31, 1 << 32, u64::MAX - 1, u64::MAX];
    numbers.extend((3..60).map(|bit| (1u64 << bit) + 7));
    let writes = numbers.iter().rev();
    let writes = writes.map(|number| put(Table::Journal, &format!("r/{number:016x}"), b"x"));
    commit(&store, writes.collect()).await?;
    numbers.sort_unstable();
    numbers.dedup();
    let wanted: Vec<String> = numbers.iter().map(|number| format!("r/{number:016x}")).collect();
    equal("keys", &keys(&store, Table::Journal, "r/").await?, &wanted)
}

async fn prefixes(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let all = ["a", "a/", "a/0", "a/0/1", "a/ზ", "a/z", "a0", "aa", "b", "b/0"];
    let writes = all.iter().map(|key| put(Table::Change, key, b"x")).collect();
    commit(&store, writes).await?;
    commit(&store, vec![put(Table::Outbox, "a/other table", b"x")]).await?;
    for prefix in ["", "a", "a/", "a/0", "a/0/1", "a/ზ", "b/", "c", "a/00"] {
        let mut wanted: Vec<String> = all.iter().map(|key| (*key).to_owned()).collect();
        wanted.retain(|key| key.starts_with(prefix));
        wanted.sort();
        equal(prefix, &keys(&store, Table::Change, prefix).await?, &wanted)?;
    }
    Ok(())
}

async fn nothing(place: &dyn Place) -> Held {
    let store = open(place).await?;
    commit(&store, vec![]).await?;
    commit(&store, vec![put(Table::Meta, "a", b"1")]).await?;
    commit(&store, vec![]).await?;
    holds(&store, "meta", Table::Meta, &[("a", b"1")]).await
}

const MANY: usize = 3000;

async fn many(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let key = |number: usize| format!("{number:08x}");
    let row = |number: usize| vec![number as u8; number % 300];
    let writes = (0..MANY).map(|number| put(Table::Outbox, &key(number), &row(number)));
    commit(&store, writes.collect()).await?;
    let wanted: Rows = (0..MANY).map(|number| (key(number), row(number))).collect();
    equal("all", &scan(&store, Table::Outbox, "").await?, &wanted)?;
    let gone = (0..MANY).filter(|number| number % 3 > 0);
    commit(&store, gone.map(|number| delete(Table::Outbox, &key(number))).collect()).await?;
    let left: Rows = wanted.into_iter().step_by(3).collect();
    equal("a third", &scan(&store, Table::Outbox, "").await?, &left)
}

async fn large(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let mut state = 1u32;
    let mut noise = |size: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..size).map(|_| next()).collect()
    };
    let (one, other) = (noise(6 << 20), noise((1 << 20) + 1));
    commit(&store, vec![put(Table::Blob, "one", &one), put(Table::Meta, "other", &other)]).await?;
    let same = |rows: Rows, key: &str, row: &[u8]| rows == [(key.to_owned(), row.to_vec())];
    let whole = same(scan(&store, Table::Blob, "one").await?, "one", &one)
        && same(scan(&store, Table::Meta, "").await?, "other", &other);
    equal("both come back as they were", &whole, &true)
}

async fn sets_in_order(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let sets = (0..40u8).map(|number| {
        let own = format!("{number:02}");
        store.commit(WriteSet(vec![
            put(Table::Meta, "last", &[number]),
            put(Table::List, &own, &[]),
        ]))
    });
    for done in together(sets.collect()).await {
        done.map_err(|error| format!("a commit fails: {error}"))?;
    }
    holds(&store, "the last one counts", Table::Meta, &[("last", &[39])]).await?;
    equal("all happened", &scan(&store, Table::List, "").await?.len(), &40)
}

async fn whole_sets(place: &dyn Place) -> Held {
    let store = open(place).await?;
    for round in 0..5 {
        let prefix = format!("{round}/");
        let writes = (0..200).map(|number| put(Table::Change, &format!("{prefix}{number}"), b"x"));
        let writing = store.commit(WriteSet(writes.collect()));
        let writing: Local<'_, Result<usize, StoreError>> =
            Box::pin(async move { writing.await.map(|()| 200) });
        let mut all = vec![writing];
        for _ in 0..3 {
            let reading = store.scan(Table::Change, &prefix);
            all.push(Box::pin(async move { reading.await.map(|rows| rows.len()) }));
        }
        for seen in together(all).await {
            let seen = seen.map_err(|error| format!("a call fails: {error}"))?;
            equal("all or none", &(seen == 0 || seen == 200), &true)?;
        }
    }
    Ok(())
}

async fn failed_sets(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let before: &[(&str, &[u8])] = &[("kept", b"before"), ("removed", b"before")];
    let first = before.iter().map(|(key, row)| put(Table::List, key, row)).collect();
    commit(&store, first).await?;
    let set = || {
        WriteSet(vec![
            put(Table::List, "kept", b"after"),
            delete(Table::List, "removed"),
            put(Table::Journal, "new", b"after"),
            put(Table::List, "new", b"after"),
        ])
    };
    for how in [Failing::Full, Failing::Cut, Failing::Refused] {
        for write in 1..=4 {
            if !place.fail(write, how, true) {
                continue;
            }
            let what = format!("{how:?} at write {write}");
            let failed = store.commit(set()).await;
            equal(&format!("{what} is told"), &failed.is_err(), &true)?;
            if how == Failing::Full {
                equal(&what, &failed, &Err(StoreError::Full))?;
            }
            // Whatever it needs to go on, the next call has it.
            place.fail(0, how, false);
            holds(&store, &what, Table::List, before).await?;
            holds(&store, &what, Table::Journal, &[]).await?;
        }
    }
    store.commit(set()).await.map_err(|error| format!("it does not work any more: {error}"))?;
    holds(&store, "afterwards", Table::List, &[("kept", b"after"), ("new", b"after")]).await
}

async fn second_try(place: &dyn Place) -> Held {
    let store = open(place).await?;
    for write in 1..=2 {
        if !place.is_shared() || !place.fail(write, Failing::Cut, false) {
            continue;
        }
        commit(&store, vec![put(Table::Meta, "a", b"1"), put(Table::List, "b", b"2")]).await?;
        holds(&store, "meta", Table::Meta, &[("a", b"1")]).await?;
        holds(&store, "list", Table::List, &[("b", b"2")]).await?;
        commit(&store, vec![delete(Table::Meta, "a"), delete(Table::List, "b")]).await?;
    }
    Ok(())
}

async fn lost(place: &dyn Place) -> Held {
    let store = open(place).await?;
    commit(&store, vec![put(Table::Meta, "a", b"1")]).await?;
    if !place.lose_connection() {
        return Ok(());
    }
    holds(&store, "reading", Table::Meta, &[("a", b"1")]).await?;
    place.lose_connection();
    commit(&store, vec![put(Table::Meta, "b", b"2")]).await?;
    place.lose_connection();
    place.lose_connection();
    holds(&store, "reading", Table::Meta, &[("a", b"1"), ("b", b"2")]).await
}

async fn again(place: &dyn Place) -> Held {
    for round in 0..4u8 {
        let store = open(place).await?;
        let wanted: Vec<String> = (0..round).map(|number| format!("{number}")).collect();
        equal("keys", &keys(&store, Table::Journal, "").await?, &wanted)?;
        commit(&store, vec![put(Table::Journal, &format!("{round}"), &[round])]).await?;
    }
    Ok(())
}

async fn second(place: &dyn Place) -> Held {
    let store = open(place).await?;
    commit(&store, vec![put(Table::Meta, "a", b"1")]).await?;
    let Some(opening) = place.open_second() else { return Ok(()) };
    let Ok(second) = opening.await else {
        // There is one opener only: the first goes on.
        return holds(&store, "meta", Table::Meta, &[("a", b"1")]).await;
    };
    holds(&second, "it reads", Table::Meta, &[("a", b"1")]).await?;
    let refused = second.commit(WriteSet(vec![put(Table::Meta, "a", b"2")])).await;
    equal("it does not write", &refused, &Err(StoreError::Locked))?;
    commit(&store, vec![put(Table::Meta, "b", b"1")]).await?;
    holds(&second, "it follows", Table::Meta, &[("a", b"1"), ("b", b"1")]).await
}

async fn sealed(place: &dyn Place) -> Held {
    let store = open(place).await?;
    let seal = |table: Table, key: &str| row::seal(table.name(), key, key.as_bytes());
    let places = [(Table::List, "a"), (Table::List, "b"), (Table::Journal, "a")];
    let writes = places.iter().map(|(table, key)| put(*table, key, &seal(*table, key)));
    commit(&store, writes.collect()).await?;
    for (table, key) in places {
        for (found, bytes) in scan(&store, table, "").await? {
            equal(&found, &row::open(table.name(), &found, &bytes), &Ok(found.as_bytes()))?;
        }
        let elsewhere = places.iter().filter(|other| **other != (table, key));
        for (other_table, other_key) in elsewhere {
            let found = scan(&store, *other_table, other_key).await?.remove(0).1;
            let read = row::open(table.name(), key, &found);
            equal("a row of another place", &read, &Err(row::Unsound::Damaged))?;
        }
    }
    Ok(())
}

async fn witness(place: &dyn Place) -> Held {
    if !place.has_witness() {
        return Ok(());
    }
    {
        let store = open(place).await?;
        store.set_witness("first");
        store.set_witness("second 2");
        equal("the last words", &store.witness(), &Some("second 2".to_owned()))?;
    }
    let store = open(place).await?;
    equal("when opened again", &store.witness(), &Some("second 2".to_owned()))
}
