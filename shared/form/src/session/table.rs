//! A secondary instance as a table: `root/item/column`, with an index per column when asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use crate::model::{ChoiceList, pick};

type Index = HashMap<Box<str>, Vec<u32>>;

/// Rows of text. Nodes are numbers: 0 the instance, 1 its root, then each row and its cells.
#[derive(Default)]
pub(crate) struct Table {
    pub columns: Vec<String>,
    cells: Vec<Box<str>>,
    indexes: Vec<OnceLock<Index>>,
    /// Empty cells are no nodes: choices of a form leave out what the author left blank.
    sparse: bool,
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
        Table { columns, cells: Vec::new(), indexes, sparse }
    }

    /// From rows the host supplies.
    pub fn from_rows(rows: &[BTreeMap<String, String>]) -> Table {
        let mut columns: Vec<String> = Vec::new();
        for name in rows.iter().flat_map(BTreeMap::keys) {
            if !columns.iter().any(|found| found == name) {
                columns.push(name.clone());
            }
        }
        let mut table = Table::new(columns, false);
        for row in rows {
            for column in &table.columns {
                table.cells.push(row.get(column).map_or("", String::as_str).into());
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
        let mut table = Table::new(columns, true);
        for item in &list.items {
            table.cells.push(item.name.as_str().into());
            table.cells.push(pick(&item.label, language, fallback).into());
            for column in &table.columns[2..] {
                table.cells.push(item.columns.get(column).map_or("", String::as_str).into());
            }
        }
        table
    }

    pub fn rows(&self) -> u32 {
        self.cells.len().checked_div(self.columns.len()).unwrap_or(0) as u32
    }

    pub fn column(&self, name: &str) -> Option<u32> {
        self.columns.iter().position(|found| found == name).map(|at| at as u32)
    }

    pub fn cell(&self, row: u32, column: u32) -> &str {
        let at = row as usize * self.columns.len() + column as usize;
        self.cells.get(at).map_or("", |cell| cell)
    }

    /// Whether the cell is a node.
    pub fn has(&self, row: u32, column: u32) -> bool {
        !self.sparse || !self.cell(row, column).is_empty()
    }

    /// Rows whose column is exactly this text, in order.
    pub fn find(&self, column: u32, text: &str) -> &[u32] {
        let Some(index) = self.indexes.get(column as usize) else { return &[] };
        let index = index.get_or_init(|| {
            let mut built = Index::new();
            for row in 0..self.rows() {
                if self.has(row, column) {
                    built.entry(self.cell(row, column).into()).or_default().push(row);
                }
            }
            built
        });
        index.get(text).map_or(&[], Vec::as_slice)
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
