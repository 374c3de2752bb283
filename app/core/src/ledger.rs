//! What the store should hold: counted and added up with every commit, so that rows which vanish or come
//! back are found out although each row by itself is sound.
//!
//! ```text
//! ledger row   life, number of the commit, and for each table: rows, exclusive or of their checksums
//! witness      life and number of the commit, kept outside the database
//! ```
//!
//! A database that was put back to an earlier state agrees with its own ledger, but not with the
//! witness. Documents and the bytes of attachments are not covered here: too large to be read at every
//! start. A list row says which state its documents have ([`crate::list::ListRow::heads`]), the row of an
//! attachment which bytes it has.

use crate::ports::{Rows, Table, Write};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// The key of the ledger's own row, which is not part of the sums.
pub const KEY: &str = "ledger";

/// The tables that are read at every start. New ones come last: builds that did not know them kept sums of the
/// others only.
pub const COVERED: [Table; 7] = [
    Table::Meta,
    Table::Journal,
    Table::Outbox,
    Table::Held,
    Table::List,
    Table::Form,
    Table::Attachment,
];

/// Rows of one table, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Sum {
    #[n(0)]
    rows: u64,
    #[n(1)]
    checksums: u64,
}

/// The ledger as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Page {
    /// Drawn when the database is made.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    life: Vec<u8>,
    /// Counts commits.
    #[n(1)]
    pub number: u64,
    /// In the order of [`COVERED`].
    #[n(2)]
    sums: Vec<Sum>,
}

impl Page {
    /// The text of the witness.
    pub fn witness(&self) -> String {
        let life: String = self.life.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{life} {}", self.number)
    }
}

/// The ledger and the checksum of every row it covers.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub page: Page,
    known: BTreeMap<(Table, String), u64>,
}

fn covered(table: Table, key: &str) -> bool {
    COVERED.contains(&table) && !(table == Table::Meta && key == KEY)
}

/// The checksum in a sealed row's head.
fn checksum(row: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let head = row.get(1..9).unwrap_or_default();
    bytes[..head.len()].copy_from_slice(head);
    u64::from_be_bytes(bytes)
}

impl Ledger {
    /// A ledger of what is there, under a new name.
    pub fn begin(life: [u8; 8]) -> Self {
        let sums = vec![Sum::default(); COVERED.len()];
        Self { page: Page { life: life.to_vec(), number: 0, sums }, known: BTreeMap::new() }
    }

    /// Takes rows in as they were found.
    pub fn note(&mut self, table: Table, rows: &Rows) {
        for (key, row) in rows {
            self.put(table, key, Some(checksum(row)));
        }
    }

    /// The ledger after these writes.
    pub fn after(&self, writes: &[Write]) -> (Page, Vec<(Table, String, Option<u64>)>) {
        let mut next = self.page.clone();
        next.number += 1;
        let mut latest: BTreeMap<(Table, &str), Option<u64>> = BTreeMap::new();
        for write in writes {
            let (table, key, value) = match write {
                Write::Put(table, key, row) => (*table, key, Some(checksum(row))),
                Write::Delete(table, key) => (*table, key, None),
            };
            if covered(table, key) {
                latest.insert((table, key), value);
            }
        }
        let mut changed = Vec::with_capacity(latest.len());
        for ((table, key), value) in latest {
            let key = key.to_owned();
            let before = self.known.get(&(table, key.clone())).copied();
            add(&mut next.sums, table, before, value);
            changed.push((table, key, value));
        }
        (next, changed)
    }

    /// These writes are on disk.
    pub fn adopt(&mut self, page: Page, changed: Vec<(Table, String, Option<u64>)>) {
        for (table, key, value) in changed {
            match value {
                Some(value) => self.known.insert((table, key), value),
                None => self.known.remove(&(table, key)),
            };
        }
        self.page = page;
    }

    fn put(&mut self, table: Table, key: &str, value: Option<u64>) {
        if !covered(table, key) {
            return;
        }
        let place = (table, key.to_owned());
        let before = self.known.get(&place).copied();
        add(&mut self.page.sums, table, before, value);
        if let Some(value) = value {
            self.known.insert(place, value);
        }
    }

    /// The tables whose rows are not those of a stored ledger. A build that covered fewer says nothing of the
    /// others.
    pub fn differences(&self, stored: &Page) -> Vec<Table> {
        let differs = |(at, _): &(usize, &Table)| {
            stored.sums.get(*at).is_some_and(|sum| self.page.sums.get(*at) != Some(sum))
        };
        COVERED.iter().enumerate().filter(differs).map(|(_, table)| *table).collect()
    }

    /// Goes on where a stored ledger stopped.
    pub fn go_on(&mut self, stored: &Page) {
        self.page.life.clone_from(&stored.life);
        self.page.number = stored.number;
    }
}

fn add(sums: &mut [Sum], table: Table, before: Option<u64>, after: Option<u64>) {
    let Some(at) = COVERED.iter().position(|of| *of == table) else { return };
    let Some(sum) = sums.get_mut(at) else { return };
    if let Some(before) = before {
        sum.rows = sum.rows.wrapping_sub(1);
        sum.checksums ^= before;
    }
    if let Some(after) = after {
        sum.rows = sum.rows.wrapping_add(1);
        sum.checksums ^= after;
    }
}

/// What a witness says of a stored ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Testimony {
    /// Nothing against it.
    Fine,
    /// The database is an earlier state, or another one.
    Earlier,
}

/// Compares a witness with the ledger that was found; `None` for either that is missing.
pub fn compare(witness: Option<&str>, stored: Option<&Page>) -> Testimony {
    let (Some(witness), Some(stored)) = (witness, stored) else {
        return if witness.is_some() { Testimony::Earlier } else { Testimony::Fine };
    };
    let own = stored.witness();
    let (life, number) = own.split_once(' ').unwrap_or_default();
    match witness.split_once(' ') {
        Some((seen, _)) if seen != life => Testimony::Earlier,
        Some((_, seen)) if seen.parse::<u64>().is_ok_and(|seen| seen > stored.number) => {
            Testimony::Earlier
        }
        _ => {
            debug_assert!(!number.is_empty());
            Testimony::Fine
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn put(table: Table, key: &str, payload: &[u8]) -> Write {
        Write::Put(table, key.into(), row::seal(table, key, payload))
    }

    #[test]
    fn a_ledger_kept_along_equals_one_made_afresh() {
        let mut along = Ledger::begin([1; 8]);
        let batches = [
            vec![put(Table::List, "a", b"1"), put(Table::Journal, "a/0", b"x")],
            vec![put(Table::List, "a", b"2"), Write::Delete(Table::Journal, "a/0".into())],
            vec![put(Table::Outbox, "0", b"c"), put(Table::Outbox, "0", b"d")],
            vec![Write::Delete(Table::Outbox, "7".into()), put(Table::Change, "z", b"not covered")],
        ];
        for batch in &batches {
            let (page, changed) = along.after(batch);
            along.adopt(page, changed);
        }
        let mut afresh = Ledger::begin([1; 8]);
        let sealed =
            |table, key: &str, payload| vec![(key.to_owned(), row::seal(table, key, payload))];
        afresh.note(Table::List, &sealed(Table::List, "a", b"2"));
        afresh.note(Table::Outbox, &sealed(Table::Outbox, "0", b"d"));
        assert_eq!(afresh.differences(&along.page), []);
        assert_eq!(along.page.number, 4);
        let mut missing = Ledger::begin([1; 8]);
        missing.note(Table::List, &sealed(Table::List, "a", b"2"));
        assert_eq!(missing.differences(&along.page), [Table::Outbox]);
        // As a build kept it that did not cover attachments.
        let mut older = along.page.clone();
        older.sums.pop();
        afresh.note(Table::Attachment, &sealed(Table::Attachment, "p", b"1"));
        assert_eq!(afresh.differences(&older), []);
        assert_eq!(afresh.differences(&along.page), [Table::Attachment]);
    }

    #[test]
    fn a_witness_knows_an_earlier_state() {
        let page = Page { life: vec![1; 8], number: 5, sums: vec![] };
        let life = "0101010101010101";
        assert_eq!(compare(None, Some(&page)), Testimony::Fine);
        assert_eq!(compare(None, None), Testimony::Fine);
        assert_eq!(compare(Some(&format!("{life} 5")), Some(&page)), Testimony::Fine);
        assert_eq!(compare(Some(&format!("{life} 4")), Some(&page)), Testimony::Fine);
        assert_eq!(compare(Some(&format!("{life} 6")), Some(&page)), Testimony::Earlier);
        assert_eq!(compare(Some("02 1"), Some(&page)), Testimony::Earlier);
        assert_eq!(compare(Some(&format!("{life} 1")), None), Testimony::Earlier);
    }
}
