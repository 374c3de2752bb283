//! Steps over a store in memory, ended at every storage call.

use super::*;
use crate::ledger::Ledger;
use crate::memory::{MemoryStore, StoreErrorKind};
use crate::ports::{Store, Write, WriteSet};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn store(rows: &[(Table, &str, &[u8])]) -> MemoryStore {
    let store = MemoryStore::default();
    let seal = |(table, key, row): &(Table, &str, &[u8])| {
        Write::Put(*table, (*key).to_owned(), row::seal(*table, key, row))
    };
    let commit = run(store.commit(WriteSet(rows.iter().map(seal).collect())));
    commit.expect("no fault").expect("stored");
    store
}

fn tables(store: &MemoryStore) -> Vec<(Table, Rows)> {
    crate::ledger::COVERED.iter().map(|table| (*table, store.rows(*table))).collect()
}

/// Every row of a table without its seal.
fn payloads(store: &MemoryStore, table: Table) -> Vec<(String, Vec<u8>)> {
    let open = |(key, row): (String, Vec<u8>)| {
        let payload = row::open(table, &key, &row).expect("sound").to_vec();
        (key, payload)
    };
    store.rows(table).into_iter().map(open).filter(|(key, _)| key != crate::ledger::KEY).collect()
}

/// Two steps: every list row doubles its letter, then moves to the table of held changes. One row a commit.
async fn bring_up(store: &MemoryStore) -> Result<(), DraftError> {
    let found = read(&tables(store))?;
    let writer = Writer::new(Rc::new(store.clone()));
    let mut ledger = Ledger::begin([1; 8]);
    tables(store).iter().for_each(|(table, rows)| ledger.note(*table, rows));
    writer.keep_ledger(ledger);
    let double = || -> Local<'_, Result<(), DraftError>> {
        Box::pin(async {
            for (key, row) in writer.scan(Table::List, "").await?.0 {
                // A row that has been through it.
                if row.len() < 2 {
                    writer.put(Table::List, key, &row.repeat(2));
                    writer.flush().await?;
                }
            }
            Ok(())
        })
    };
    let shift = || -> Local<'_, Result<(), DraftError>> {
        Box::pin(async {
            for (key, row) in writer.scan(Table::List, "").await?.0 {
                writer.put(Table::Held, key.clone(), &row);
                writer.delete(Table::List, key);
                writer.flush().await?;
            }
            Ok(())
        })
    };
    take(&writer, found, &[(LAYOUT - 1, &double), (LAYOUT, &shift)]).await
}

#[test]
fn steps_that_end_at_any_call_are_gone_on_with() {
    let before: [(Table, &str, &[u8]); 4] = [
        (Table::List, "1", b"a"),
        (Table::List, "2", b"b"),
        (Table::Journal, "1/0", b"kept"),
        (Table::Meta, keys::LAYOUT, &[0x82, (LAYOUT - 2) as u8, (LAYOUT - 2) as u8]),
    ];
    let calm = store(&before);
    run(bring_up(&calm)).expect("no fault").expect("brought up");
    let calls = calm.calls();
    let kinds = [
        StoreErrorKind::Full,
        StoreErrorKind::Closed,
        StoreErrorKind::DiesBefore,
        StoreErrorKind::DiesAfter,
    ];
    assert!(calls > 8);
    for call in 1..=calls {
        for kind in kinds {
            let store = store(&before);
            store.fail_call(call, kind);
            let first = run(bring_up(&store));
            if !matches!(first, Some(Ok(()))) {
                let told = read(&tables(&store)).expect("readable");
                let moved = store.rows(Table::List).len() < 2;
                assert!(!moved || told.newest == LAYOUT, "rows are newer, and nothing says so");
                run(bring_up(&store)).expect("no fault").expect("brought up");
            }
            for table in [Table::Meta, Table::List, Table::Held, Table::Journal] {
                assert_eq!(payloads(&store, table), payloads(&calm, table), "{call} {kind:?}");
            }
            let mark = read(&tables(&store)).expect("readable");
            assert_eq!(mark, Mark { newest: LAYOUT, reached: LAYOUT });
        }
    }
    let held = payloads(&calm, Table::Held);
    assert_eq!(held, [("1".to_owned(), b"aa".to_vec()), ("2".to_owned(), b"bb".to_vec())]);
}

#[test]
fn only_a_database_is_newer_not_a_row_of_it() {
    let current = [0x82, LAYOUT as u8, LAYOUT as u8];
    let newer = [0x82, LAYOUT as u8 + 1, LAYOUT as u8];
    let odd = |row: Vec<u8>| [vec![9], row[1..].to_vec()].concat();
    let rows = |mark: Option<&[u8]>, odd_rows: usize| {
        let mut all = vec![];
        if let Some(mark) = mark {
            all.push((keys::LAYOUT.to_owned(), row::seal(Table::Meta, keys::LAYOUT, mark)));
        }
        for number in 0..4 {
            let sealed = row::seal(Table::Meta, "k", b"x");
            let row = if number < odd_rows { odd(sealed) } else { sealed };
            all.push((format!("{number}"), row));
        }
        vec![(Table::Meta, all)]
    };
    assert_eq!(read(&rows(Some(&newer), 0)), Err(StoreError::TooNew));
    for odd_rows in 0..=4 {
        assert!(read(&rows(Some(&current), odd_rows)).is_ok(), "{odd_rows} of 4");
    }
    // Without a mark most rows decide.
    assert_eq!(read(&rows(None, 4)), Err(StoreError::TooNew));
    assert_eq!(read(&rows(None, 3)), Err(StoreError::TooNew));
    let unmarked = Mark { newest: UNMARKED, reached: UNMARKED };
    assert_eq!(read(&rows(None, 1)), Ok(unmarked));
    assert_eq!(read(&[]), Ok(unmarked));
}
