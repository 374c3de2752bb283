//! The instance tree: one slot per live node, repeat items known by id.

use std::collections::BTreeMap;

use super::{Address, Session};
use crate::model::{Kind, NodeId};

/// No slot.
pub(crate) const NONE: u32 = u32::MAX;

/// A live node. A repeat has a slot for itself (its range) whose children are its items; an item
/// has the same form node as the range.
#[derive(Clone, Default)]
pub(crate) struct Slot {
    pub node: u32,
    pub parent: u32,
    /// Groups and items: a slot per child of the form node. Ranges: items in order.
    pub children: Vec<u32>,
    pub value: String,
    /// The answer of its own `relevant`.
    pub own_relevant: bool,
    /// Its own and everything around it.
    pub relevant: bool,
    pub alive: bool,
    pub extra: Option<Box<Extra>>,
}

/// What only repeats need.
#[derive(Clone, Default)]
pub(crate) struct Extra {
    /// Of an item: its id and order key; of a range: empty.
    pub item: String,
    pub order: String,
    /// Of a range: items by id.
    pub items: BTreeMap<String, u32>,
}

impl Slot {
    pub fn is_item(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| !extra.item.is_empty())
    }

    /// What items of a range are sorted by.
    pub fn order_key(&self) -> Option<(&str, &str)> {
        self.extra.as_ref().map(|extra| (extra.order.as_str(), extra.item.as_str()))
    }
}

impl Session {
    pub(crate) fn slot(&self, index: u32) -> &Slot {
        &self.slots[index as usize]
    }

    pub(crate) fn slot_mut(&mut self, index: u32) -> &mut Slot {
        &mut self.slots[index as usize]
    }

    /// The repeat itself, as opposed to one of its items.
    pub(crate) fn is_range(&self, index: u32) -> bool {
        let slot = self.slot(index);
        self.form.node(NodeId(slot.node)).kind == Kind::Repeat && !slot.is_item()
    }

    /// The slot of an address.
    pub(crate) fn locate(&self, at: &Address) -> Option<u32> {
        let path = self.program.paths.get(at.node.index())?;
        let mut items = at.items.iter();
        let mut here = 0;
        for node in path {
            let place = self.program.places[*node as usize] as usize;
            here = *self.slot(here).children.get(place)?;
            if self.form.node(NodeId(*node)).kind != Kind::Repeat {
                continue;
            }
            match items.next() {
                Some(item) => here = *self.slot(here).extra.as_ref()?.items.get(item)?,
                None if *node == at.node.0 => break,
                None => return None,
            }
        }
        if items.next().is_some() { None } else { Some(here) }
    }

    /// The address of a slot.
    pub(crate) fn address(&self, index: u32) -> Address {
        let mut items = Vec::new();
        let mut here = index;
        while here != NONE {
            let slot = self.slot(here);
            if slot.is_item()
                && let Some(extra) = &slot.extra
            {
                items.push(extra.item.clone());
            }
            here = slot.parent;
        }
        items.reverse();
        Address { items, node: NodeId(self.slot(index).node) }
    }

    /// Items around a slot, outermost first, the slot itself included when it is one.
    pub(crate) fn items_around(&self, index: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut here = index;
        while here != NONE {
            if self.slot(here).is_item() {
                found.push(here);
            }
            here = self.slot(here).parent;
        }
        found.reverse();
        found
    }

    /// All slots of `node` in the items that `from` shares with it, in document order. For a repeat:
    /// its items, or its ranges when `ranges`.
    pub(crate) fn instances(&self, from: u32, node: u32, shared: u32, ranges: bool) -> Vec<u32> {
        let around = self.items_around(from);
        let bound = (shared as usize).min(around.len());
        let base = if bound == 0 { 0 } else { around[bound - 1] };
        let mut found = Vec::new();
        let path = &self.program.paths[node as usize];
        let below = match base {
            0 => 0,
            _ => {
                let repeat = self.slot(base).node;
                path.iter().position(|at| *at == repeat).map_or(path.len(), |at| at + 1)
            }
        };
        if below == path.len() {
            if self.slot(base).node == node {
                found.push(base);
            }
            return found;
        }
        self.expand(base, &path[below..], ranges, &mut found);
        found
    }

    fn expand(&self, from: u32, path: &[u32], ranges: bool, into: &mut Vec<u32>) {
        let [node, rest @ ..] = path else {
            into.push(from);
            return;
        };
        let place = self.program.places[*node as usize] as usize;
        let Some(child) = self.slot(from).children.get(place).copied() else { return };
        if self.form.node(NodeId(*node)).kind == Kind::Repeat && !(rest.is_empty() && ranges) {
            self.slot(child)
                .children
                .iter()
                .for_each(|item| self.expand(*item, rest, ranges, into));
        } else {
            self.expand(child, rest, ranges, into);
        }
    }

    /// Builds the slots of a form node under `parent`, ranges empty, and returns the first.
    pub(crate) fn grow(&mut self, node: NodeId, parent: u32) -> u32 {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(Slot::default());
                self.slots.len() as u32 - 1
            }
        };
        let relevant = parent == NONE || self.slot(parent).relevant;
        *self.slot_mut(index) = Slot {
            node: node.0,
            parent,
            own_relevant: true,
            relevant,
            alive: true,
            ..Slot::default()
        };
        let form = self.form.clone();
        match form.node(node).kind {
            Kind::Repeat => self.slot_mut(index).extra = Some(Box::default()),
            _ => self.grow_children(node, index),
        }
        index
    }

    fn grow_children(&mut self, node: NodeId, index: u32) {
        let form = self.form.clone();
        for child in &form.node(node).children {
            let slot = self.grow(*child, index);
            self.slot_mut(index).children.push(slot);
        }
    }

    /// Builds an item in a range and returns its slot; an id that is there already gives that one.
    pub(crate) fn grow_item(&mut self, range: u32, item: &str, order: &str) -> (u32, bool) {
        let extra = self.slot(range).extra.as_ref();
        if let Some(known) = extra.and_then(|extra| extra.items.get(item)) {
            return (*known, false);
        }
        let node = NodeId(self.slot(range).node);
        let index = self.grow(node, range);
        let extra =
            Extra { item: item.to_owned(), order: order.to_owned(), items: BTreeMap::new() };
        self.slot_mut(index).extra = Some(Box::new(extra));
        self.grow_children(node, index);
        let wanted = self.slot(index).order_key();
        let siblings = &self.slot(range).children;
        let place = siblings.partition_point(|other| self.slot(*other).order_key() < wanted);
        let slot = self.slot_mut(range);
        slot.children.insert(place, index);
        if let Some(extra) = &mut slot.extra {
            extra.items.insert(item.to_owned(), index);
        }
        (index, true)
    }

    /// Takes an item out of its range and frees its slots.
    pub(crate) fn prune(&mut self, range: u32, item: u32) {
        let id =
            self.slot(item).extra.as_ref().map_or_else(String::new, |extra| extra.item.clone());
        let slot = self.slot_mut(range);
        slot.children.retain(|child| *child != item);
        if let Some(extra) = &mut slot.extra {
            extra.items.remove(&id);
        }
        let mut waiting = vec![item];
        while let Some(index) = waiting.pop() {
            waiting.append(&mut self.slot_mut(index).children);
            *self.slot_mut(index) = Slot::default();
            self.free.push(index);
        }
    }

    /// A slot and everything under it, in document order.
    pub(crate) fn subtree(&self, index: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut waiting = vec![index];
        while let Some(next) = waiting.pop() {
            found.push(next);
            waiting.extend(self.slot(next).children.iter().rev());
        }
        found
    }
}
