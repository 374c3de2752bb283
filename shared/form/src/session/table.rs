//! A secondary instance as a table: `root/item/column`, with an index per column when asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::model::{ChoiceList, pick};

/// Rows of text. Nodes are numbers: 0 the instance, 1 its root, then each row and its cells.
#[derive(Default)]
pub(crate) struct Table {
    pub columns: Vec<String>,
    /// All cells behind each other, row by row, and where each ends: a cell of its own allocation would make
    /// a table of 50,000 rows several times as slow to build.
    text: String,
    ends: Vec<u32>,
    indexes: Vec<OnceLock<Index>>,
    /// Empty cells are no nodes: choices of a form leave out what the author left blank.
    sparse: bool,
}

/// Rows of a column by the hash of their cell: those of hash `h` are `rows[starts[h]..starts[h + 1]]`, in order.
pub(crate) struct Index {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Index {
    /// Of the rows for which `cell` gives a text.
    fn build<'a>(count: u32, cell: impl Fn(u32) -> Option<&'a str>) -> Index {
        let buckets = count.next_power_of_two() as usize;
        let hashes: Vec<(u32, u32)> = (0..count)
            .filter_map(|row| Some((row, hash(cell(row)?) & (buckets as u32 - 1))))
            .collect();
        let mut starts = vec![0_u32; buckets + 1];
        for (_, hash) in &hashes {
            starts[*hash as usize + 1] += 1;
        }
        for at in 0..buckets {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; hashes.len()];
        for (row, hash) in hashes {
            let place = &mut next[hash as usize];
            rows[*place as usize] = row;
            *place += 1;
        }
        Index { starts, rows }
    }

    /// The rows whose text has the same hash.
    fn of(&self, text: &str) -> &[u32] {
        let hash = hash(text) as usize & (self.starts.len() - 2);
        &self.rows[self.starts[hash] as usize..self.starts[hash + 1] as usize]
    }
}

/// FNV-1a: short texts, and nobody gains by making them collide but the author of the form, who waits.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What a node number of a table stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Instance,
    Root,
    Row(u32),
    Cell(u32, u32),
}

impl Table {
    fn new(columns: Vec<String>, sparse: bool) -> Table {
        let indexes = columns.iter().map(|_| OnceLock::new()).collect();
        Table { columns, text: String::new(), ends: Vec::new(), indexes, sparse }
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len() as u32);
    }

    /// From rows the host supplies.
    pub fn from_rows(rows: &[BTreeMap<String, String>]) -> Table {
        let mut columns: Vec<String> = Vec::new();
        for name in rows.iter().flat_map(BTreeMap::keys) {
            if !columns.iter().any(|found| found == name) {
                columns.push(name.clone());
            }
        }
        let mut table = Table::new(columns.clone(), false);
        for row in rows {
            for column in &columns {
                table.push(row.get(column).map_or("", String::as_str));
            }
        }
        table
    }

    /// From a choice list, labels in one language.
    pub fn from_list(list: &ChoiceList, language: &str, fallback: &str) -> Table {
        let mut columns = vec!["name".to_owned(), "label".to_owned()];
        for name in list.items.iter().flat_map(|item| item.columns.keys()) {
            if !columns.iter().any(|found| found == name) {
                columns.push(name.clone());
            }
        }
        let mut table = Table::new(columns.clone(), true);
        table.ends.reserve_exact(list.items.len() * columns.len());
        for item in &list.items {
            table.push(&item.name);
            table.push(pick(&item.label, language, fallback));
            for column in &columns[2..] {
                table.push(item.columns.get(column).map_or("", String::as_str));
            }
        }
        table
    }

    pub fn rows(&self) -> u32 {
        self.ends.len().checked_div(self.columns.len()).unwrap_or(0) as u32
    }

    pub fn column(&self, name: &str) -> Option<u32> {
        self.columns.iter().position(|found| found == name).map(|at| at as u32)
    }

    pub fn cell(&self, row: u32, column: u32) -> &str {
        let at = row as usize * self.columns.len() + column as usize;
        let Some(end) = self.ends.get(at) else { return "" };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..*end as usize]
    }

    /// Whether the cell is a node.
    pub fn has(&self, row: u32, column: u32) -> bool {
        !self.sparse || !self.cell(row, column).is_empty()
    }

    /// Rows whose column is exactly this text, in order.
    pub fn find<'a>(&'a self, column: u32, text: &'a str) -> impl Iterator<Item = u32> + 'a {
        let rows = self.index_of(column).map_or(&[][..], |index| index.of(text));
        rows.iter().copied().filter(move |row| self.cell(*row, column) == text)
    }

    /// The index of a column, built when it is first asked for.
    pub fn index_of(&self, column: u32) -> Option<&Index> {
        let index = self.indexes.get(column as usize)?;
        let cell = |row| self.has(row, column).then(|| self.cell(row, column));
        Some(index.get_or_init(|| Index::build(self.rows(), cell)))
    }

    pub fn place(&self, index: u32) -> Place {
        let width = self.columns.len() as u32 + 1;
        match index.checked_sub(2) {
            None if index == 0 => Place::Instance,
            None => Place::Root,
            Some(at) if at % width == 0 => Place::Row(at / width),
            Some(at) => Place::Cell(at / width, at % width - 1),
        }
    }

    pub fn index(&self, place: Place) -> u32 {
        let width = self.columns.len() as u32 + 1;
        match place {
            Place::Instance => 0,
            Place::Root => 1,
            Place::Row(row) => 2 + row * width,
            Place::Cell(row, column) => 3 + row * width + column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of a text is found, in order, and no other; blank cells of a sparse table are none.
    #[test]
    fn an_index_finds_what_looking_through_finds() {
        for (count, different) in [(0, 1), (1, 1), (7, 3), (1000, 10), (1000, 1000)] {
            let cell = |at: usize| match at % different {
                0 => String::new(),
                value => format!("r{value}"),
            };
            for sparse in [false, true] {
                let mut table = Table::new(vec!["name".into(), "region".into()], sparse);
                for at in 0..count {
                    table.push(&format!("p{at}"));
                    table.push(&cell(at));
                }
                assert_eq!(table.rows() as usize, count);
                for wanted in (0..=different).map(cell).chain(["r".into(), "p1".into()]) {
                    let all = (0..count).filter(|at| cell(*at) == wanted);
                    let held: Vec<u32> =
                        all.filter(|_| !sparse || !wanted.is_empty()).map(|at| at as u32).collect();
                    assert_eq!(table.find(1, &wanted).collect::<Vec<_>>(), held, "{wanted}");
                }
                assert!(table.find(0, "p0").eq((0..count.min(1)).map(|at| at as u32)));
                assert_eq!(table.find(2, "p0").count(), 0);
            }
        }
    }
}
