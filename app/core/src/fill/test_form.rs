//! A small form for the tests of this module.

use form::model::{Form, Kind, Node, NodeId, QuestionType, Text};
use form::session::{Address, Context, Session};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Two sections, a field list, a roster, a labelled group, and a group for the worker.
pub fn form() -> Form {
    let text = Kind::Question(QuestionType::Text);
    let rows: [(&str, &str, Kind, &str); 13] = [
        ("first", "", Kind::Group, ""),
        ("consent", "first", text, "required"),
        ("contact", "first", Kind::Group, "field-list relevant labelled"),
        ("street", "contact", text, ""),
        ("phone", "contact", text, ""),
        ("members", "first", Kind::Repeat, ""),
        ("m_first", "members", text, "required"),
        ("m_last", "members", text, ""),
        ("scale", "first", Kind::Group, "labelled"),
        ("s1", "scale", text, ""),
        ("s2", "scale", text, ""),
        ("worker", "", Kind::Group, "worker"),
        ("seen", "worker", Kind::Question(QuestionType::Integer), ""),
    ];
    let mut form = Form { nodes: vec![Node::default()], ..Form::default() };
    form.nodes[0].name = "data".into();
    for (name, parent, kind, words) in rows {
        let up = form.nodes.iter().position(|node| node.name == parent).unwrap_or(0);
        let id = NodeId(form.nodes.len() as u32);
        form.nodes[up].children.push(id);
        let has = |word: &str| words.split(' ').any(|found| found == word);
        let when =
            |word: &str, value: &str| if has(word) { value.to_owned() } else { String::new() };
        let label =
            if has("labelled") { Text::from([(String::new(), name.into())]) } else { Text::new() };
        let attributes = match has("worker") {
            true => BTreeMap::from([("worker_only".to_owned(), "yes".to_owned())]),
            false => BTreeMap::new(),
        };
        form.nodes.push(Node {
            name: name.into(),
            key: name.into(),
            parent: Some(NodeId(up as u32)),
            kind,
            label,
            required: when("required", "yes"),
            relevant: when("relevant", "${consent} != 'no'"),
            appearance: if has("field-list") { vec!["field-list".into()] } else { Vec::new() },
            attributes,
            ..Node::default()
        });
    }
    form
}

/// A new record of it.
pub fn session() -> Session {
    Session::new(Arc::new(form()), Context::default())
}

/// The address of a node.
pub fn at(form: &Form, name: &str, items: &[&str]) -> Address {
    let node = form.by_key(name).unwrap_or_default();
    Address { items: items.iter().map(|item| (*item).to_owned()).collect(), node }
}
