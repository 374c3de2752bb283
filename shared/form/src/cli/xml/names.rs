//! Namespaces of a document: which prefix stands for what, and the nodes of the axis `namespace`.

use std::collections::BTreeMap;

use super::{Document, local};
use crate::expr::{NodeKind, NodeRef, Tree};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Most nodes made for the axis; a document of tests has some dozens.
const MOST: usize = 100_000;

/// Whether an attribute declares a namespace.
pub fn is_declaration(attribute: &str) -> bool {
    attribute == "xmlns" || attribute.starts_with("xmlns:")
}

impl Document {
    /// What a prefix stands for at a node; `""` when nothing declares it.
    pub(super) fn bound(&self, from: u32, prefix: &str) -> &str {
        if prefix == "xml" {
            return XML;
        }
        let declared = match prefix {
            "" => "xmlns".to_owned(),
            _ => ["xmlns:", prefix].concat(),
        };
        let mut here = Some(from);
        while let Some(index) = here {
            if let Some(found) = self.attribute(index, &declared) {
                return found;
            }
            here = self.nodes[index as usize].parent;
        }
        ""
    }

    /// Whether a name of an expression, `prefix:local` or `prefix:*`, means this node though its own
    /// prefix is another.
    pub(super) fn means(&self, node: NodeRef, name: &str) -> bool {
        let Some((prefix, wanted)) = name.split_once(':') else { return false };
        let anywhere = || {
            let declared = ["xmlns:", prefix].concat();
            (0..self.nodes.len() as u32).find_map(|index| self.attribute(index, &declared))
        };
        let uri = self.prefixes.get(prefix).map(String::as_str).or_else(anywhere);
        let fits = wanted == "*" || local(&self.nodes[node.index as usize].name) == wanted;
        fits && uri.is_some_and(|uri| !uri.is_empty() && self.namespace(node) == uri)
    }

    /// Makes the nodes of the axis `namespace`: few expressions ask for them.
    pub fn declare(&mut self) {
        let mut made = 0;
        for index in 1..self.nodes.len() as u32 {
            if self.nodes[index as usize].kind != NodeKind::Element {
                continue;
            }
            let mut found = BTreeMap::from([("xml".to_owned(), XML.to_owned())]);
            let mut here = Some(index);
            while let Some(at) = here {
                let node = &self.nodes[at as usize];
                for attribute in node.attributes.iter().map(|at| &self.nodes[*at as usize]) {
                    if is_declaration(&attribute.name) {
                        let prefix = attribute.name.split_once(':').map_or("", |(_, name)| name);
                        found.entry(prefix.to_owned()).or_insert_with(|| attribute.text.clone());
                    }
                }
                here = node.parent;
            }
            for (prefix, uri) in found.into_iter().filter(|(_, uri)| !uri.is_empty()) {
                made += 1;
                if made > MOST {
                    return;
                }
                let node = self.add(NodeKind::Namespace, &prefix, Some(index));
                self.nodes[node as usize].text = uri;
            }
        }
    }

    /// Where a node stands in document order: namespaces behind their element, before its attributes.
    pub(super) fn rank(&self, node: NodeRef) -> (u32, u32) {
        match &self.nodes[node.index as usize] {
            found if found.kind == NodeKind::Namespace => (found.parent.unwrap_or(0), node.index),
            _ => (node.index, 0),
        }
    }
}
