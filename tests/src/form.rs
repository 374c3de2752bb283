//! A small household form: one question of each kind that documents keep differently.

use form::model::{Form, Kind, Node, NodeId, QuestionType};
use shared::id::FormVersionId;
use std::collections::BTreeMap;

/// The settlements.
pub const VILLAGES: [&str; 3] = ["norio", "martkopi", "sartichala"];

/// Questions outside the roster, with a few values each.
pub const QUESTIONS: [(&str, QuestionType, &[&str]); 6] = [
    ("rooms", QuestionType::Integer, &["1", "2", "3", "45", ""]),
    ("heat", QuestionType::SelectOne, &["gas", "wood", "none"]),
    ("problems", QuestionType::SelectMultiple, &["roof", "damp roof", "walls", ""]),
    ("note", QuestionType::Text, &["ჭერი ჟონავს", "გზა იკეტება"]),
    ("flag", QuestionType::SelectOne, &["none", "physical"]),
    ("place", QuestionType::SelectOne, &VILLAGES),
];

/// The question that takes a photo.
pub const PHOTO: &str = "house";

/// The roster's question.
pub const MEMBER: &str = "m_first";

fn question(name: &str, parent: u32, kind: QuestionType) -> Node {
    Node {
        name: name.into(),
        key: name.into(),
        parent: Some(NodeId(parent)),
        kind: Kind::Question(kind),
        ..Node::default()
    }
}

/// A version of the form; they differ in name only.
pub fn household(version: u32) -> Form {
    let mut nodes = vec![Node { name: "data".into(), kind: Kind::Root, ..Node::default() }];
    for (name, kind, _) in QUESTIONS {
        let mut node = question(name, 0, kind);
        match name {
            "note" => node.appearance = vec!["multiline".into()],
            "flag" => {
                node.attributes.insert("sensitivity".into(), "protection".into());
            }
            _ => {}
        }
        nodes.push(node);
    }
    let repeat = nodes.len() as u32;
    nodes.push(Node {
        name: "members".into(),
        key: "members".into(),
        parent: Some(NodeId(0)),
        kind: Kind::Repeat,
        children: vec![NodeId(repeat + 1)],
        ..Node::default()
    });
    nodes.push(question(MEMBER, repeat, QuestionType::Text));
    nodes.push(question(PHOTO, 0, QuestionType::Image));
    nodes[0].children = (1..=repeat).chain([repeat + 2]).map(NodeId).collect();
    let settings = BTreeMap::from([
        ("subject".to_owned(), "household".to_owned()),
        ("roster".to_owned(), "members".to_owned()),
        ("place".to_owned(), "place".to_owned()),
    ]);
    Form {
        version: version.to_string(),
        form_id: "household".into(),
        nodes,
        settings,
        ..Form::default()
    }
}

/// A version of the form as published: its id and its encoded bytes.
pub fn published(version: u32) -> (FormVersionId, Vec<u8>) {
    let bytes = household(version).to_bytes();
    (FormVersionId::of(&bytes), bytes)
}
