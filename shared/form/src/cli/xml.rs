//! XML as a [`Tree`]: enough for contexts of `expr eval` (no DTD, the five entities and references).

mod names;
mod reader;

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::expr::{NodeKind, NodeRef, Tree};
use reader::Reader;

struct Node {
    kind: NodeKind,
    name: String,
    text: String,
    parent: Option<u32>,
    children: Vec<u32>,
    /// Declarations of namespaces too, which are no attributes to XPath.
    attributes: Vec<u32>,
    /// Filled by [`Document::declare`].
    namespaces: Vec<u32>,
}

/// A document and the environment of an evaluation.
pub struct Document {
    nodes: Vec<Node>,
    /// Where absolute paths start.
    pub start: NodeRef,
    pub now_ms: i64,
    pub zone: TimeZone,
    pub language: String,
    /// What the prefixes of expressions stand for, where the document says something else or nothing.
    pub prefixes: BTreeMap<String, String>,
    random: Cell<u64>,
}

fn reference(index: usize) -> NodeRef {
    NodeRef { document: 0, index: index as u32 }
}

impl Document {
    /// Parses a document; a text that is empty gives an empty document.
    pub fn parse(source: &str) -> Result<Document, String> {
        let mut document = Document {
            nodes: Vec::new(),
            start: reference(0),
            now_ms: 0,
            zone: TimeZone::UTC,
            language: String::new(),
            prefixes: BTreeMap::new(),
            random: Cell::new(1),
        };
        document.add(NodeKind::Document, "", None);
        // XML's line ends are line feeds, whatever was typed.
        let source = &source.replace("\r\n", "\n").replace('\r', "\n");
        Reader { source, at: 0, document: &mut document }.read()?;
        Ok(document)
    }

    fn add(&mut self, kind: NodeKind, name: &str, parent: Option<u32>) -> u32 {
        let index = self.nodes.len() as u32;
        let node = Node {
            kind,
            name: name.to_owned(),
            text: String::new(),
            parent,
            children: Vec::new(),
            attributes: Vec::new(),
            namespaces: Vec::new(),
        };
        self.nodes.push(node);
        if let Some(parent) = parent {
            let parent = &mut self.nodes[parent as usize];
            match kind {
                NodeKind::Attribute => parent.attributes.push(index),
                NodeKind::Namespace => parent.namespaces.push(index),
                _ => parent.children.push(index),
            }
        }
        index
    }

    fn at(&self, node: NodeRef) -> &Node {
        &self.nodes[node.index as usize]
    }

    /// The node of a positional path such as `/a[1]/b[2]/text()[1]`.
    pub fn find_path(&self, path: &str) -> Option<NodeRef> {
        let mut here = 0;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let (name, place) = match part.strip_suffix(']').and_then(|part| part.rsplit_once('['))
            {
                Some((name, place)) => (name, place.parse::<usize>().ok()?),
                None => (part, 1),
            };
            if let Some(name) = name.strip_prefix('@') {
                let found = self.nodes[here].attributes.iter();
                here = *found.clone().find(|at| self.nodes[**at as usize].name == name)? as usize;
                continue;
            }
            let same = |index: &&u32| self.step_name(**index) == name;
            here =
                *self.nodes[here].children.iter().filter(same).nth(place.checked_sub(1)?)? as usize;
        }
        Some(reference(here))
    }

    fn step_name(&self, index: u32) -> &str {
        let node = &self.nodes[index as usize];
        match node.kind {
            NodeKind::Text => "text()",
            NodeKind::Comment => "comment()",
            NodeKind::Instruction => "processing-instruction()",
            _ => &node.name,
        }
    }

    /// Positional path of a node.
    pub fn path(&self, node: NodeRef) -> String {
        let here = self.at(node);
        let Some(parent) = here.parent else { return "/".to_owned() };
        let above = match self.path(reference(parent as usize)) {
            root if root == "/" => String::new(),
            path => path,
        };
        if here.kind == NodeKind::Attribute {
            return format!("{above}/@{}", here.name);
        }
        let name = self.step_name(node.index);
        let siblings = &self.nodes[parent as usize].children;
        let place = siblings
            .iter()
            .filter(|at| self.step_name(**at) == name)
            .position(|at| *at == node.index);
        format!("{above}/{name}[{}]", place.map_or(1, |at| at + 1))
    }

    fn attribute(&self, node: u32, name: &str) -> Option<&str> {
        let found = self.nodes[node as usize].attributes.iter();
        let mut found = found.map(|at| &self.nodes[*at as usize]);
        found.find(|attribute| attribute.name == name).map(|attribute| attribute.text.as_str())
    }

    fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = u32> + 'a {
        let is = move |index: &u32| {
            let node = &self.nodes[*index as usize];
            node.kind == NodeKind::Element && local(&node.name) == name
        };
        (0..self.nodes.len() as u32).filter(is)
    }

    fn child(&self, node: u32, name: &str) -> Option<u32> {
        let children = &self.nodes[node as usize].children;
        children.iter().copied().find(|at| local(&self.nodes[*at as usize].name) == name)
    }

    fn collect_text(&self, index: u32, into: &mut String) {
        let node = &self.nodes[index as usize];
        match node.kind {
            NodeKind::Text => into.push_str(&node.text),
            _ => node.children.iter().for_each(|child| self.collect_text(*child, into)),
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

impl Tree for Document {
    fn root(&self, _node: NodeRef) -> NodeRef {
        self.start
    }

    fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        self.at(node).parent.map(|index| reference(index as usize))
    }

    fn children(&self, node: NodeRef, into: &mut Vec<NodeRef>) {
        into.extend(self.at(node).children.iter().map(|index| reference(*index as usize)));
    }

    fn attributes(&self, node: NodeRef, into: &mut Vec<NodeRef>) {
        let declares = |index: &&u32| names::is_declaration(&self.nodes[**index as usize].name);
        let attributes = self.at(node).attributes.iter();
        into.extend(attributes.filter(|at| !declares(at)).map(|index| reference(*index as usize)));
    }

    fn kind(&self, node: NodeRef) -> NodeKind {
        self.at(node).kind
    }

    fn name(&self, node: NodeRef) -> Cow<'_, str> {
        Cow::Borrowed(&self.at(node).name)
    }

    fn namespaces(&self, node: NodeRef, into: &mut Vec<NodeRef>) {
        into.extend(self.at(node).namespaces.iter().map(|index| reference(*index as usize)));
    }

    fn namespace(&self, node: NodeRef) -> Cow<'_, str> {
        let here = self.at(node);
        let (prefix, is_prefixed) = match here.name.split_once(':') {
            Some((prefix, _)) => (prefix, true),
            None => ("", false),
        };
        Cow::Borrowed(match here.kind {
            NodeKind::Element => self.bound(node.index, prefix),
            NodeKind::Attribute if is_prefixed => self.bound(node.index, prefix),
            // What has no prefix is in no namespace, and neither is what has no name.
            _ => "",
        })
    }

    fn is_named(&self, node: NodeRef, name: &str) -> bool {
        self.at(node).name == name || self.means(node, name)
    }

    fn text(&self, node: NodeRef) -> Cow<'_, str> {
        let here = self.at(node);
        match here.kind {
            NodeKind::Document | NodeKind::Element => {
                let mut found = String::new();
                self.collect_text(node.index, &mut found);
                Cow::Owned(found)
            }
            _ => Cow::Borrowed(&here.text),
        }
    }

    fn order(&self, left: NodeRef, right: NodeRef) -> Ordering {
        self.rank(left).cmp(&self.rank(right))
    }

    fn instance(&self, id: &str) -> Option<NodeRef> {
        let found = self.elements("instance").find(|at| self.attribute(*at, "id") == Some(id));
        found.map(|index| reference(index as usize))
    }

    fn itext(&self, id: &str) -> Option<Vec<NodeRef>> {
        let language = |at: &u32| self.attribute(*at, "lang") == Some(&self.language);
        let marked = |at: &u32| self.attribute(*at, "default").is_some();
        let translation = self
            .elements("translation")
            .find(language)
            .or_else(|| self.elements("translation").find(marked))
            .or_else(|| self.elements("translation").next())?;
        let texts = self.nodes[translation as usize].children.iter().copied();
        let text = texts.filter(|at| self.attribute(*at, "id") == Some(id)).last()?;
        self.child(text, "value").map(|value| vec![reference(value as usize)])
    }

    fn pulldata(&self, instance: &str, column: &str, key: &str, wanted: &str) -> Option<String> {
        let root = self.nodes[self.instance(instance)?.index as usize].children.first()?;
        let text = |item: u32, name: &str| {
            let child = self.child(item, name)?;
            Some(self.text(reference(child as usize)).into_owned())
        };
        let mut items = self.nodes[*root as usize].children.iter().copied();
        let found = items.find(|item| text(*item, key).as_deref() == Some(wanted))?;
        text(found, column)
    }

    fn choice_label(&self, from: NodeRef, value: &str, question: &str) -> Option<String> {
        super::evaluate::choice_label(self, from, value, question)
    }

    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn offset_minutes(&self, utc_ms: i64) -> i32 {
        let Ok(instant) = jiff::Timestamp::from_millisecond(utc_ms) else { return 0 };
        self.zone.to_offset(instant).seconds() / 60
    }

    fn language(&self) -> &str {
        if self.language.is_empty() { "en" } else { &self.language }
    }

    fn random(&self) -> f64 {
        let next = self.random.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random.set(next);
        (next >> 11) as f64 / (1u64 << 53) as f64
    }
}
