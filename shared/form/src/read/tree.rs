//! The nodes of the XForm that a form stands for, generated ones included.

use serde::Serialize;

use crate::model::{Form, Kind, NodeId, QuestionType};

/// A node as `form check` reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct XformNode {
    pub name: String,
    pub path: String,
    /// `question`, `hidden`, `group` or `repeat`.
    pub kind: &'static str,
    /// XForm bind type; empty for groups and repeats.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub data_type: String,
}

/// All nodes below the root in document order, `meta` last.
pub fn xform_nodes(form: &Form) -> Vec<XformNode> {
    let places = super::entities::places(form);
    let mut found = Vec::new();
    children(form, NodeId::ROOT, &places, &mut found);
    let root = form.path(NodeId::ROOT);
    let meta = [root.as_str(), "/meta"].concat();
    let mut inside = Vec::new();
    let mut hidden = |name: &str, data_type: &str| {
        let path = std::format!("{meta}/{name}");
        inside.push(XformNode {
            name: name.to_owned(),
            path,
            kind: "hidden",
            data_type: data_type.to_owned(),
        });
    };
    for node in &form.nodes {
        if node.question() == Some(QuestionType::Audit) {
            hidden("audit", "binary");
        }
    }
    if !form.settings.get("omit_instanceID").is_some_and(|value| crate::model::truthy(value)) {
        hidden("instanceID", "string");
    }
    if form.settings.contains_key("instance_name") {
        hidden("instanceName", "string");
    }
    let entity = places.get(&NodeId::ROOT).copied();
    if !inside.is_empty() || entity.is_some() {
        found.push(group("meta", meta.clone()));
    }
    if let Some(row) = entity {
        push_entity(form, row, &meta, &mut found);
    }
    found.append(&mut inside);
    found
}

fn group(name: &str, path: String) -> XformNode {
    XformNode { name: name.to_owned(), path, kind: "group", data_type: String::new() }
}

fn push_entity(form: &Form, row: usize, meta: &str, into: &mut Vec<XformNode>) {
    let path = [meta, "/entity"].concat();
    let labelled = form.entities.get(row).is_some_and(|entity| entity.contains_key("label"));
    let kind = if labelled { "group" } else { "hidden" };
    into.push(XformNode { kind, ..group("entity", path.clone()) });
    if labelled {
        let path = [&path, "/label"].concat();
        into.push(XformNode {
            name: "label".to_owned(),
            path,
            kind: "hidden",
            data_type: "string".to_owned(),
        });
    }
}

type Places = std::collections::BTreeMap<NodeId, usize>;

fn children(form: &Form, parent: NodeId, places: &Places, into: &mut Vec<XformNode>) {
    for child in &form.node(parent).children {
        let node = form.node(*child);
        if node.question() == Some(QuestionType::Audit) {
            continue;
        }
        let kind = match node.kind {
            Kind::Repeat => "repeat",
            Kind::Group | Kind::Root => "group",
            Kind::Question(QuestionType::BackgroundGeopoint)
                if !node.label.is_empty() || !node.hint.is_empty() =>
            {
                "question"
            }
            Kind::Question(_) if node.has_control() => "question",
            Kind::Question(_) => "hidden",
        };
        let path = form.path(*child);
        into.push(XformNode {
            name: node.name.clone(),
            path: path.clone(),
            kind,
            data_type: node.bind_type().to_owned(),
        });
        children(form, *child, places, into);
        if let Some(row) = places.get(child) {
            let meta = [&path, "/meta"].concat();
            into.push(group("meta", meta.clone()));
            push_entity(form, *row, &meta, into);
        }
    }
}
