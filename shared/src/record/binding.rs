//! Between a form and a record: where a question's answer is kept, and how.

use super::{Audience, FieldPath, ValueKind};
use form::model::{Form, Node, NodeId, QuestionType};

/// How a question's answer is kept in the document.
pub fn value_kind(node: &Node) -> ValueKind {
    match node.question() {
        Some(QuestionType::Integer) => ValueKind::Integer,
        Some(QuestionType::SelectMultiple) => ValueKind::Multiple,
        Some(QuestionType::Text) if node.appears("multiline") => ValueKind::LongText,
        _ => ValueKind::Plain,
    }
}

/// Who may hold a question's answer: the question's own `sensitivity`, else that of the nearest
/// group around it that has one.
pub fn audience(form: &Form, id: NodeId) -> Audience {
    let mut at = Some(id);
    while let Some(here) = at {
        let node = form.node(here);
        match node.attributes.get("sensitivity").map(String::as_str) {
            Some("protection") => return Audience::Protection,
            Some(word) if !word.is_empty() => return Audience::Main,
            _ => at = node.parent,
        }
    }
    Audience::Main
}

/// The path under which a node's answer is kept. `items` are the ids of the repeat items around it,
/// outermost first.
pub fn path(form: &Form, id: NodeId, items: &[String]) -> FieldPath {
    let repeats = form.repeats_of(id);
    FieldPath {
        items: repeats
            .iter()
            .zip(items)
            .map(|(repeat, item)| (form.node(*repeat).key.clone(), item.clone()))
            .collect(),
        key: form.node(id).key.clone(),
    }
}

/// The node and the item ids that a path stands for in this form; `None` when the form has no such
/// question, or has it elsewhere.
pub fn locate(form: &Form, path: &FieldPath) -> Option<(NodeId, Vec<String>)> {
    let id = form.by_key(&path.key)?;
    let repeats = form.repeats_of(id);
    let same = repeats.len() == path.items.len()
        && repeats.iter().zip(&path.items).all(|(repeat, (key, _))| form.node(*repeat).key == *key);
    same.then(|| (id, path.items.iter().map(|(_, item)| item.clone()).collect()))
}
