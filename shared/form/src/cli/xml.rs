//! XML as a [`Tree`]: enough for contexts of `expr eval` (no DTD, the five entities and references).

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use jiff::tz::TimeZone;

use crate::expr::{NodeKind, NodeRef, Tree};

struct Node {
    kind: NodeKind,
    name: String,
    text: String,
    parent: Option<u32>,
    children: Vec<u32>,
    attributes: Vec<u32>,
}

/// A document and the environment of an evaluation.
pub struct Document {
    nodes: Vec<Node>,
    /// Where absolute paths start.
    pub start: NodeRef,
    pub now_ms: i64,
    pub zone: TimeZone,
    pub language: String,
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
            random: Cell::new(1),
        };
        document.add(NodeKind::Document, "", None);
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
        };
        self.nodes.push(node);
        if let Some(parent) = parent {
            let parent = &mut self.nodes[parent as usize];
            match kind {
                NodeKind::Attribute => parent.attributes.push(index),
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
        into.extend(self.at(node).attributes.iter().map(|index| reference(*index as usize)));
    }

    fn kind(&self, node: NodeRef) -> NodeKind {
        self.at(node).kind
    }

    fn name(&self, node: NodeRef) -> Cow<'_, str> {
        Cow::Borrowed(&self.at(node).name)
    }

    fn namespace(&self, node: NodeRef) -> Cow<'_, str> {
        let name = &self.at(node).name;
        let declared = match name.split_once(':') {
            Some((prefix, _)) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        let mut here = Some(node.index);
        while let Some(index) = here {
            if let Some(found) = self.attribute(index, &declared) {
                return Cow::Borrowed(found);
            }
            here = self.nodes[index as usize].parent;
        }
        Cow::Borrowed("")
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
        left.index.cmp(&right.index)
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

struct Reader<'a> {
    source: &'a str,
    at: usize,
    document: &'a mut Document,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), String> {
        let mut open = vec![0u32];
        while self.at < self.source.len() {
            let rest = &self.source[self.at..];
            let parent = open.last().copied();
            if let Some(inner) = rest.strip_prefix("<!--") {
                let text = self.until(inner, "-->", 4)?;
                self.leaf(NodeKind::Comment, "", text, parent);
            } else if let Some(inner) = rest.strip_prefix("<![CDATA[") {
                let text = self.until(inner, "]]>", 9)?;
                self.text(text, parent);
            } else if let Some(inner) = rest.strip_prefix("<?") {
                let text = self.until(inner, "?>", 2)?;
                let (name, data) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                if name != "xml" {
                    self.leaf(NodeKind::Instruction, name, data.trim_start(), parent);
                }
            } else if let Some(inner) = rest.strip_prefix("<!") {
                self.until(inner, ">", 2)?;
            } else if let Some(inner) = rest.strip_prefix("</") {
                self.until(inner, ">", 2)?;
                open.pop();
                if open.is_empty() {
                    return Err("The XML closes an element that is not open.".to_owned());
                }
            } else if rest.starts_with('<') {
                if let Some(element) = self.element(parent)? {
                    open.push(element);
                }
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.at += end;
                self.text(&unescape(&rest[..end]), parent);
            }
            if open.len() > 1000 {
                return Err("The XML is nested too deeply.".to_owned());
            }
        }
        if open.len() == 1 { Ok(()) } else { Err("The XML ends inside an element.".to_owned()) }
    }

    fn until(&mut self, inner: &'a str, end: &str, skipped: usize) -> Result<&'a str, String> {
        let length = inner.find(end).ok_or("The XML is cut off.")?;
        self.at += skipped + length + end.len();
        Ok(&inner[..length])
    }

    fn leaf(&mut self, kind: NodeKind, name: &str, text: &str, parent: Option<u32>) {
        let index = self.document.add(kind, name, parent);
        self.document.nodes[index as usize].text = text.to_owned();
    }

    fn text(&mut self, text: &str, parent: Option<u32>) {
        // Text outside the document element is white space and no node.
        if text.is_empty() || parent == Some(0) {
            return;
        }
        let last = parent.and_then(|at| self.document.nodes[at as usize].children.last().copied());
        match last {
            Some(last) if self.document.nodes[last as usize].kind == NodeKind::Text => {
                self.document.nodes[last as usize].text.push_str(text);
            }
            _ => self.leaf(NodeKind::Text, "", text, parent),
        }
    }

    fn element(&mut self, parent: Option<u32>) -> Result<Option<u32>, String> {
        let rest = &self.source[self.at + 1..];
        let end =
            rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
        let element = self.document.add(NodeKind::Element, &rest[..end], parent);
        let mut rest = rest[end..].trim_start();
        loop {
            if let Some(after) = rest.strip_prefix("/>") {
                self.at = self.source.len() - after.len();
                return Ok(None);
            }
            if let Some(after) = rest.strip_prefix('>') {
                self.at = self.source.len() - after.len();
                return Ok(Some(element));
            }
            let (name, after) = rest.split_once('=').ok_or("An attribute has no value.")?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let quote = quote.ok_or("An attribute value has no quotes.")?;
            let (value, after) = after[1..].split_once(quote).ok_or("A quote is not closed.")?;
            let name = name.trim();
            let attribute = self.document.add(NodeKind::Attribute, name, Some(element));
            self.document.nodes[attribute as usize].text = unescape(value);
            rest = after.trim_start();
        }
    }
}

fn unescape(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        found.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';') else { break };
        let name = &rest[1..end];
        let letter = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => match name.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16)) {
                Some(code) => code.ok().and_then(char::from_u32),
                None => name.strip_prefix('#').and_then(|code| char::from_u32(code.parse().ok()?)),
            },
        };
        match letter {
            Some(letter) => found.push(letter),
            None => found.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    found + rest
}
