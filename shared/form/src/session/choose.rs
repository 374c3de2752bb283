//! Options of selects: lists, files and repeats, filtered and shuffled.

use std::collections::BTreeMap;

use super::host::here;
use super::instance::NONE;
use super::table::{Place, Table};
use super::{Address, Choice, Session};
use crate::expr::eval::{park_miller, shuffle};
use crate::expr::{Dialect, Evaluator, Expr, NodeRef, Tree, inline};
use crate::model::{ChoiceItem, Choices, Node, NodeId, Text, pick, truthy};

/// From how many options on a list is readied before it is asked for.
const LARGE: usize = 1_000;

impl Session {
    /// Options of a select after its filter, in order; labels in `language`.
    pub fn choices(&self, at: &Address, language: &str) -> Vec<Choice> {
        let Some(slot) = self.locate(at) else { return Vec::new() };
        let node = self.form.node(at.node);
        let filter = self.program.nodes[at.node.index()].filter.as_ref();
        let mut found = match &node.choices {
            Choices::None => Vec::new(),
            Choices::List(name) => self.list_choices(slot, name, filter, language),
            Choices::File(file) => self.file_choices(slot, node, file, filter),
            Choices::Reference(source) => self.repeat_choices(slot, node, source, filter),
        };
        if node.parameters.get("randomize").is_some_and(|found| truthy(found)) {
            self.randomize(slot, node, &mut found);
        }
        found
    }

    /// The rows of a file that a select offers, without their texts: what a list too long to be read at once is
    /// drawn and searched from. `None` for a select that has its options from elsewhere, or shuffled.
    pub fn offer(&self, at: &Address) -> Option<Offer> {
        let slot = self.locate(at)?;
        let node = self.form.node(at.node);
        let Choices::File(name) = &node.choices else { return None };
        if node.parameters.get("randomize").is_some_and(|found| truthy(found)) {
            return None;
        }
        let (document, file) = self.file(node, name)?;
        let rows = match self.program.nodes[at.node.index()].filter.as_ref() {
            Some(filter) => self.rows(slot, document, file.table, filter),
            None => (0..file.table.rows()).collect(),
        };
        Some(Offer { node: at.node, rows })
    }

    /// Reads the texts of an offer.
    pub fn read_offer<'a>(&'a self, offer: &'a Offer) -> Option<Offered<'a>> {
        let node = self.form.node(offer.node);
        let Choices::File(name) = &node.choices else { return None };
        let (_, file) = self.file(node, name)?;
        Some(Offered { file, rows: &offer.rows })
    }

    /// Names that a select offers now; `None` when that cannot be said, its file being absent.
    pub(crate) fn offered(&self, slot: u32) -> Option<Vec<String>> {
        let node = self.form.node(NodeId(self.slot(slot).node));
        if let Choices::File(file) = &node.choices {
            self.table_named(file.rsplit_once('.').map_or(file, |(name, _)| name))?;
        }
        // What a select_one_external offers is a search, not a rule.
        if node.attributes.contains_key("query") {
            return None;
        }
        let choices = self.choices(&self.address(slot), "");
        Some(choices.into_iter().map(|choice| choice.name).collect())
    }

    /// Readies what large lists of options are looked up in, else built when such a list is first asked
    /// for: one list at a call, of the first node from `from` on that has one. Where to go on; `None` when
    /// no list is left.
    pub fn ready(&self, from: usize) -> Option<usize> {
        for (at, node) in self.form.nodes.iter().enumerate().skip(from) {
            let (name, file) = match &node.choices {
                Choices::List(name) => (name.as_str(), None),
                Choices::File(file) => {
                    (file.rsplit_once('.').map_or(file.as_str(), |(name, _)| name), Some(file))
                }
                _ => continue,
            };
            let rows = self.form.lists.get(name).map_or(0, |list| list.items.len());
            let filter = self.program.nodes[at].filter.as_ref();
            if rows < LARGE || (file.is_none() && filter.is_none()) {
                continue;
            }
            if let Some((_, table)) = self.table_named(name) {
                let of_filter = filter.and_then(crate::expr::eval::looked_up);
                let looked = of_filter.and_then(|column| table.column(column));
                let value = file.and_then(|file| self.file(node, file)?.1.value);
                for column in looked.into_iter().chain(value) {
                    table.index_of(column);
                }
            }
            return Some(at + 1);
        }
        None
    }

    fn randomize(&self, slot: u32, node: &Node, choices: &mut [Choice]) {
        let seed = match node.parameters.get("seed") {
            Some(source) => {
                super::program::compile(&self.form, NodeId(self.slot(slot).node), source)
                    .ok()
                    .and_then(|expr| self.evaluate(slot, &expr))
                    .map(|value| Evaluator::new(self, here(slot), Dialect::Xforms).number(&value))
            }
            None => None,
        };
        // Without a seed the order is of this record, not of this moment: it must not jump about.
        let own = (self.context.seed ^ u64::from(self.slot(slot).node)) % 2_147_483_647;
        shuffle(choices, &mut park_miller(seed.unwrap_or(own as f64)));
    }

    fn list_choices(
        &self,
        slot: u32,
        name: &str,
        filter: Option<&Expr>,
        language: &str,
    ) -> Vec<Choice> {
        let Some(list) = self.form.lists.get(name) else { return Vec::new() };
        let item = |item: &ChoiceItem| self.choice_of(slot, item, language);
        let Some(filter) = filter else { return list.items.iter().map(item).collect() };
        let Some((document, table)) = self.table_named(name) else { return Vec::new() };
        self.rows(slot, document, table, filter)
            .into_iter()
            .filter_map(|row| list.items.get(row as usize).map(item))
            .collect()
    }

    /// Rows of a table for which a filter holds.
    fn rows(&self, slot: u32, document: u32, table: &Table, filter: &Expr) -> Vec<u32> {
        let root = NodeRef { document, index: table.index(Place::Root) };
        let evaluator = Evaluator::new(self, here(slot), Dialect::Xforms);
        let found = evaluator.select(root, "item", filter).unwrap_or_default();
        let row = |node: NodeRef| match table.place(node.index) {
            Place::Row(row) => Some(row),
            _ => None,
        };
        found.into_iter().filter_map(row).collect()
    }

    fn choice_of(&self, slot: u32, item: &ChoiceItem, language: &str) -> Choice {
        let fallback = &self.form.default_language;
        let label = pick(&item.label, language, fallback);
        let label =
            if inline::is_filled(label) { self.substitute(slot, label) } else { label.to_owned() };
        let file = |(kind, files): (&String, &Text)| {
            (kind.clone(), pick(files, language, fallback).to_owned())
        };
        let mut media = BTreeMap::new();
        for (kind, name) in item.media.iter().map(file) {
            media.insert(kind, name);
        }
        Choice {
            label: if label.is_empty() { item.name.clone() } else { label },
            name: item.name.clone(),
            media,
            geometry: item.columns.get("geometry").cloned().unwrap_or_default(),
        }
    }

    /// The table of a file with its number, and which columns are which.
    fn file(&self, node: &Node, file: &str) -> Option<(u32, FileColumns<'_>)> {
        let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
        let (document, table) = self.table_named(name)?;
        let parameter = |key: &str, otherwise: &str| {
            let name = node.parameters.get(key).map_or(otherwise, String::as_str);
            table.column(name)
        };
        let is_map = file.ends_with(".geojson");
        let value = parameter("value", if is_map { "id" } else { "name" });
        let label = parameter("label", if is_map { "title" } else { "label" }).or(value);
        Some((document, FileColumns { table, value, label }))
    }

    fn file_choices(
        &self,
        slot: u32,
        node: &Node,
        file: &str,
        filter: Option<&Expr>,
    ) -> Vec<Choice> {
        let Some((document, file)) = self.file(node, file) else { return Vec::new() };
        let geometry = file.table.column("geometry");
        let rows = match filter {
            Some(filter) => self.rows(slot, document, file.table, filter),
            None => (0..file.table.rows()).collect(),
        };
        rows.into_iter()
            .map(|row| Choice {
                name: file.cell(row, file.value),
                label: file.cell(row, file.label),
                media: BTreeMap::new(),
                geometry: file.cell(row, geometry),
            })
            .collect()
    }

    /// Items of a repeat: the text of the named question, or with `value=item` the id of the item.
    fn repeat_choices(
        &self,
        slot: u32,
        node: &Node,
        source: &str,
        filter: Option<&Expr>,
    ) -> Vec<Choice> {
        let from = NodeId(self.slot(slot).node);
        let Some(repeat) = self.program.nodes[from.index()].choices_of else { return Vec::new() };
        let named = super::program::names_in(source).next().unwrap_or("");
        let shared = super::program::shared(&self.form, from, NodeId(repeat));
        let mut items: Vec<NodeRef> =
            self.instances(slot, repeat, shared, false).into_iter().map(here).collect();
        items.retain(|item| self.relevant(*item));
        if let Some(filter) = filter {
            let evaluator = Evaluator::new(self, here(slot), Dialect::Xforms);
            items = evaluator.keep(items, filter).unwrap_or_default();
        }
        let child = |item: NodeRef, name: &str| self.below(item.index, name);
        let mut found = Vec::new();
        for item in items {
            let text = child(item, named);
            let value = match node.parameters.get("value").map(String::as_str) {
                Some("item") => self.address(item.index).items.pop().unwrap_or_default(),
                Some(name) => child(item, name),
                None => text.clone(),
            };
            let label = node.parameters.get("label").map_or(text, |name| child(item, name));
            if !value.is_empty() && (!label.is_empty() || node.parameters.contains_key("value")) {
                found.push(Choice { name: value, label, ..Choice::default() });
            }
        }
        found
    }

    /// Text of the question `name` somewhere in an item.
    fn below(&self, item: u32, name: &str) -> String {
        let is = |slot: &u32| self.form.node(NodeId(self.slot(*slot).node)).name == name;
        let found = self.subtree(item).into_iter().find(is);
        found.map_or_else(String::new, |slot| self.text(here(slot)).into_owned())
    }

    /// Label of one option of a select, filtered out or not; `None` when there is no such option. Quicker
    /// than looking for it among all of them.
    pub fn choice_label(&self, at: &Address, name: &str, language: &str) -> Option<String> {
        self.label_of_choice(self.locate(at)?, name, language)
    }

    /// Label of the option `value` of the select at a slot, filtered out or not.
    pub(crate) fn label_of_choice(&self, slot: u32, value: &str, language: &str) -> Option<String> {
        if slot == NONE {
            return None;
        }
        let node = self.form.node(NodeId(self.slot(slot).node));
        let found = match &node.choices {
            Choices::List(name) => {
                let list = self.form.lists.get(name)?;
                let item = list.items.iter().find(|item| item.name == value)?;
                return Some(self.choice_of(slot, item, language).label);
            }
            Choices::File(file) => {
                let (_, file) = self.file(node, file)?;
                let row = file.table.find(file.value?, value).next()?;
                return Some(file.cell(row, file.label));
            }
            Choices::Reference(source) => self.repeat_choices(slot, node, source, None),
            Choices::None => return None,
        };
        found.into_iter().find(|choice| choice.name == value).map(|choice| choice.label)
    }
}

/// Which rows of its file a select offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    node: NodeId,
    rows: Vec<u32>,
}

impl Offer {
    /// How many options there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The texts of an offer, by the places of its options.
pub struct Offered<'a> {
    file: FileColumns<'a>,
    rows: &'a [u32],
}

impl<'a> Offered<'a> {
    fn text(&self, place: usize, column: Option<u32>) -> &'a str {
        let cell = self.rows.get(place).zip(column);
        cell.map_or("", |(row, column)| self.file.table.cell(*row, column))
    }

    /// The name of an option; blank for a place that does not exist.
    pub fn name(&self, place: usize) -> &'a str {
        self.text(place, self.file.value)
    }

    /// Its label.
    pub fn label(&self, place: usize) -> &'a str {
        self.text(place, self.file.label)
    }

    /// The place of the first option of this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        let mut rows = self.file.table.find(self.file.value?, name);
        rows.find_map(|row| self.rows.binary_search(&row).ok())
    }
}

/// Where a file of options has their names and labels.
struct FileColumns<'a> {
    table: &'a Table,
    value: Option<u32>,
    label: Option<u32>,
}

impl FileColumns<'_> {
    fn cell(&self, row: u32, column: Option<u32>) -> String {
        column.map_or_else(String::new, |column| self.table.cell(row, column).to_owned())
    }
}
