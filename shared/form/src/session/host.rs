//! The session as the evaluator sees it: document 0 is the instance, the others are tables.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

use super::Session;
use super::instance::NONE;
use super::table::{Place, Table};
use crate::expr::{NodeKind, NodeRef, Tree};
use crate::model::NodeId;

/// A sequence of random numbers from a seed (SplitMix64), usable through a shared reference.
pub(crate) struct Random(AtomicU64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Memory::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Clone for Random {
    fn clone(&self) -> Random {
        Random::new(self.0.load(Memory::Relaxed))
    }
}

/// The parent of the root element.
const DOCUMENT: NodeRef = NodeRef { document: 0, index: NONE };

pub(crate) fn here(index: u32) -> NodeRef {
    NodeRef { document: 0, index }
}

impl Session {
    fn table(&self, node: NodeRef) -> Option<(&Table, Place)> {
        let at = node.document.checked_sub(1)?;
        let table = self.table_at(at as usize)?;
        Some((table, table.place(node.index)))
    }

    /// Tables: first those of the host, then the choice lists, built when first asked for.
    fn table_at(&self, at: usize) -> Option<&Arc<Table>> {
        if let Some((_, table)) = self.external.get(at) {
            return Some(table);
        }
        let (name, table) = self.lists.get(at - self.external.len())?;
        let language = &self.context.language;
        let list = self.form.lists.get(name)?;
        Some(table.get_or_init(|| {
            Arc::new(Table::from_list(list, language, &self.form.default_language))
        }))
    }

    /// Number and table of an instance.
    pub(crate) fn table_named(&self, name: &str) -> Option<(u32, &Arc<Table>)> {
        let names = self.external.iter().map(|(name, _)| name);
        let mut names = names.chain(self.lists.iter().map(|(name, _)| name));
        let at = names.position(|found| found == name)?;
        Some((at as u32 + 1, self.table_at(at)?))
    }

    /// The place of a slot among its siblings.
    pub(crate) fn place_of(&self, index: u32) -> usize {
        let parent = self.slot(index).parent;
        if parent == NONE {
            return 0;
        }
        if !self.slot(index).is_item() {
            return self.program.places[self.slot(index).node as usize] as usize;
        }
        let wanted = self.slot(index).order_key();
        self.slot(parent).children.partition_point(|other| self.slot(*other).order_key() < wanted)
    }

    fn lineage(&self, index: u32) -> Vec<u32> {
        let up = |index: &u32| Some(self.slot(*index).parent).filter(|parent| *parent != NONE);
        let mut found: Vec<u32> = std::iter::successors(Some(index), up).collect();
        found.reverse();
        found
    }

    fn push_child(&self, child: u32, into: &mut Vec<NodeRef>) {
        if self.is_range(child) {
            into.extend(self.slot(child).children.iter().map(|item| here(*item)));
        } else {
            into.push(here(child));
        }
    }
}

impl Tree for Session {
    fn root(&self, _node: NodeRef) -> NodeRef {
        DOCUMENT
    }

    fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        if let Some((table, place)) = self.table(node) {
            let up = match place {
                Place::Instance => return None,
                Place::Root => Place::Instance,
                Place::Row(_) => Place::Root,
                Place::Cell(row, _) => Place::Row(row),
            };
            return Some(NodeRef { document: node.document, index: table.index(up) });
        }
        if node == DOCUMENT {
            return None;
        }
        match self.slot(node.index).parent {
            NONE => Some(DOCUMENT),
            parent if self.is_range(parent) => Some(here(self.slot(parent).parent)),
            parent => Some(here(parent)),
        }
    }

    fn children(&self, node: NodeRef, into: &mut Vec<NodeRef>) {
        if let Some((table, place)) = self.table(node) {
            let at = |place| NodeRef { document: node.document, index: table.index(place) };
            match place {
                Place::Instance => into.push(at(Place::Root)),
                Place::Root => into.extend((0..table.rows()).map(|row| at(Place::Row(row)))),
                Place::Row(row) => {
                    let columns = 0..table.columns.len() as u32;
                    let present = columns.filter(|column| table.has(row, *column));
                    into.extend(present.map(|column| at(Place::Cell(row, column))));
                }
                Place::Cell(..) => {}
            }
        } else if node == DOCUMENT {
            into.push(here(0));
        } else if self.is_range(node.index) {
            into.extend(self.slot(node.index).children.iter().map(|item| here(*item)));
        } else {
            self.slot(node.index).children.iter().for_each(|child| self.push_child(*child, into));
        }
    }

    fn children_named(&self, node: NodeRef, name: &str, into: &mut Vec<NodeRef>) {
        if let Some((table, place)) = self.table(node) {
            let at = |place| NodeRef { document: node.document, index: table.index(place) };
            match place {
                Place::Instance if name == "root" => into.push(at(Place::Root)),
                Place::Root if name == "item" => {
                    into.extend((0..table.rows()).map(|row| at(Place::Row(row))));
                }
                Place::Row(row) => {
                    let column = table.column(name).filter(|column| table.has(row, *column));
                    into.extend(column.map(|column| at(Place::Cell(row, column))));
                }
                _ => {}
            }
        } else if node == DOCUMENT {
            if self.form.nodes[0].name == name {
                into.push(here(0));
            }
        } else {
            for child in &self.slot(node.index).children {
                if self.form.node(NodeId(self.slot(*child).node)).name == name {
                    self.push_child(*child, into);
                }
            }
        }
    }

    fn find(&self, parent: NodeRef, name: &str, column: &str, text: &str) -> Option<Vec<NodeRef>> {
        let (table, place) = self.table(parent)?;
        if place != Place::Root || name != "item" {
            return None;
        }
        let column = table.column(column)?;
        let at =
            |row: u32| NodeRef { document: parent.document, index: table.index(Place::Row(row)) };
        Some(table.find(column, text).map(at).collect())
    }

    fn kind(&self, node: NodeRef) -> NodeKind {
        if node == DOCUMENT { NodeKind::Document } else { NodeKind::Element }
    }

    fn name(&self, node: NodeRef) -> Cow<'_, str> {
        Cow::Borrowed(match self.table(node) {
            Some((_, Place::Instance)) => "instance",
            Some((_, Place::Root)) => "root",
            Some((_, Place::Row(_))) => "item",
            Some((table, Place::Cell(_, column))) => &table.columns[column as usize],
            None if node == DOCUMENT => "",
            None => &self.form.node(NodeId(self.slot(node.index).node)).name,
        })
    }

    /// A node that is not relevant reads as blank.
    fn text(&self, node: NodeRef) -> Cow<'_, str> {
        match self.table(node) {
            Some((table, Place::Cell(row, column))) => {
                return Cow::Borrowed(table.cell(row, column));
            }
            Some(_) => {}
            None if node == DOCUMENT => {}
            None => {
                let slot = self.slot(node.index);
                if !slot.relevant {
                    return Cow::Borrowed("");
                }
                if slot.children.is_empty() {
                    return Cow::Borrowed(&slot.value);
                }
            }
        }
        let mut children = Vec::new();
        self.children(node, &mut children);
        Cow::Owned(children.into_iter().map(|child| self.text(child).into_owned()).collect())
    }

    fn order(&self, left: NodeRef, right: NodeRef) -> Ordering {
        if left.document != 0 || right.document != 0 || left == right {
            return left.cmp(&right);
        }
        if left == DOCUMENT || right == DOCUMENT {
            return right.index.cmp(&left.index);
        }
        let (lefts, rights) = (self.lineage(left.index), self.lineage(right.index));
        let same = lefts.iter().zip(&rights).take_while(|(a, b)| a == b).count();
        match (lefts.get(same), rights.get(same)) {
            (Some(a), Some(b)) => self.place_of(*a).cmp(&self.place_of(*b)),
            (None, _) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }

    fn relevant(&self, node: NodeRef) -> bool {
        node.document != 0 || node == DOCUMENT || self.slot(node.index).relevant
    }

    fn position(&self, node: NodeRef) -> usize {
        match self.table(node) {
            Some((_, Place::Row(row))) => row as usize + 1,
            Some(_) => 1,
            None if node == DOCUMENT || !self.slot(node.index).is_item() => 1,
            None => self.place_of(node.index) + 1,
        }
    }

    fn instance(&self, id: &str) -> Option<NodeRef> {
        self.table_named(id).map(|(document, _)| NodeRef { document, index: 0 })
    }

    fn reference(&self, from: NodeRef, node: u32, shared: u32) -> Vec<NodeRef> {
        let from = if from.document == 0 && from != DOCUMENT { from.index } else { 0 };
        self.instances(from, node, shared, false).into_iter().map(here).collect()
    }

    fn choice_label(&self, from: NodeRef, value: &str, question: &str) -> Option<String> {
        let name = question.trim();
        let name = match name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => name.trim(),
            None => name.rsplit('/').next().unwrap_or(name),
        };
        let context = NodeId(self.slot(from.index).node);
        let target = super::program::resolve(&self.form, context, name)?;
        let shared = super::program::shared(&self.form, context, target);
        let slot = *self.instances(from.index, target.0, shared, false).first()?;
        self.label_of_choice(slot, value, &self.context.language)
    }

    fn pulldata(&self, name: &str, column: &str, key_column: &str, key: &str) -> Option<String> {
        let name = name.trim_end_matches(".csv");
        let (_, table) = self.table_named(name)?;
        let row = table.find(table.column(key_column)?, key).next()?;
        Some(table.cell(row, table.column(column)?).to_owned())
    }

    fn last_saved(&self, name: &str) -> String {
        self.context.last_saved.get(name).cloned().unwrap_or_default()
    }

    fn now_ms(&self) -> i64 {
        self.context.now_ms
    }

    fn offset_minutes(&self, _utc_ms: i64) -> i32 {
        self.context.utc_offset_minutes
    }

    fn language(&self) -> &str {
        &self.context.language
    }

    fn random(&self) -> f64 {
        (self.random.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}
