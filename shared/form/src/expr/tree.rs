//! What the evaluator asks of a document, and of the world around it.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A node: which document, and which node of it. Meaningful only to the [`Tree`] that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef {
    pub document: u32,
    pub index: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Document,
    Element,
    Attribute,
    Text,
    Comment,
    Instruction,
    Namespace,
}

/// Documents and environment of an evaluation. Only the first group must be provided.
pub trait Tree {
    /// Where absolute paths start: the parent of the document element.
    fn root(&self, node: NodeRef) -> NodeRef;
    fn parent(&self, node: NodeRef) -> Option<NodeRef>;
    /// Appends the children in document order.
    fn children(&self, node: NodeRef, into: &mut Vec<NodeRef>);
    fn kind(&self, node: NodeRef) -> NodeKind;
    /// Name as written, with prefix.
    fn name(&self, node: NodeRef) -> Cow<'_, str>;
    /// String value: text of the node and everything in it.
    fn text(&self, node: NodeRef) -> Cow<'_, str>;
    /// Document order.
    fn order(&self, left: NodeRef, right: NodeRef) -> Ordering;

    fn attributes(&self, _node: NodeRef, _into: &mut Vec<NodeRef>) {}
    /// Appends the namespace nodes of an element.
    fn namespaces(&self, _node: NodeRef, _into: &mut Vec<NodeRef>) {}
    fn namespace(&self, _node: NodeRef) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    /// Whether a name of an expression means this node; `prefix:*` is any name of the prefix.
    fn is_named(&self, node: NodeRef, name: &str) -> bool {
        let own = self.name(node);
        match name.strip_suffix('*') {
            Some(prefix) => own.starts_with(prefix),
            None => own == name,
        }
    }
    /// Appends the children with this name.
    fn children_named(&self, node: NodeRef, name: &str, into: &mut Vec<NodeRef>) {
        let from = into.len();
        self.children(node, into);
        let mut kept = from;
        for at in from..into.len() {
            if self.kind(into[at]) == NodeKind::Element && self.is_named(into[at], name) {
                into.swap(kept, at);
                kept += 1;
            }
        }
        into.truncate(kept);
    }
    /// Children `name` whose child `column` has exactly this text, when an index answers that.
    fn find(
        &self,
        _parent: NodeRef,
        _name: &str,
        _column: &str,
        _text: &str,
    ) -> Option<Vec<NodeRef>> {
        None
    }
    /// Whether the node takes part in aggregates; a node that is not relevant does not.
    fn relevant(&self, _node: NodeRef) -> bool {
        true
    }
    /// 1-based place among siblings of the same name.
    fn position(&self, node: NodeRef) -> usize {
        let Some(parent) = self.parent(node) else { return 1 };
        let mut siblings = Vec::new();
        self.children_named(parent, &self.name(node), &mut siblings);
        siblings.iter().position(|found| *found == node).map_or(1, |at| at + 1)
    }
    /// The element whose child is the root of a secondary instance.
    fn instance(&self, _id: &str) -> Option<NodeRef> {
        None
    }
    /// Nodes of `${name}` bound to form node `node`, seen from `from`.
    fn reference(&self, _from: NodeRef, _node: u32, _shared: u32) -> Vec<NodeRef> {
        Vec::new()
    }
    /// Nodes that a text such as `/data/x` or `${x}` names, for `jr:choice-name` and `pulldata`.
    fn choice_label(&self, _from: NodeRef, _value: &str, _question: &str) -> Option<String> {
        None
    }
    /// `pulldata(instance, column, key column, key)`.
    fn pulldata(
        &self,
        _instance: &str,
        _column: &str,
        _key_column: &str,
        _key: &str,
    ) -> Option<String> {
        None
    }
    /// `jr:itext(id)`.
    fn itext(&self, _id: &str) -> Option<Vec<NodeRef>> {
        None
    }
    fn last_saved(&self, _name: &str) -> String {
        String::new()
    }
    /// Milliseconds since 1970-01-01T00:00Z.
    fn now_ms(&self) -> i64 {
        0
    }
    /// Offset of local time from UTC at an instant, in minutes.
    fn offset_minutes(&self, _utc_ms: i64) -> i32 {
        0
    }
    /// Language for the names of months and days.
    fn language(&self) -> &str {
        "en"
    }
    /// The next random number in `[0, 1)`.
    fn random(&self) -> f64 {
        0.5
    }
}
