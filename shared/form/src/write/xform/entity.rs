//! Entity blocks (<https://getodk.github.io/xforms-spec/entities>).

use super::Xml;
use super::expression::Writer;
use crate::model::{Form, NodeId};

/// The `meta` of a group or repeat that has an entity.
pub fn nested(form: &Form, container: NodeId, out: &mut Xml) {
    if let Some(entity) = crate::read::entity_places(form).get(&container) {
        out.open("meta", &[]);
        block(form, *entity, out);
        out.close("meta");
    }
}

/// What an update says of the version that it began with, and where the entity's list has it.
const VERSIONS: [(&str, &str); 3] =
    [("baseVersion", "__version"), ("trunkVersion", "__trunkVersion"), ("branchId", "__branchId")];

/// The `entity` element of a declaration.
pub fn block(form: &Form, entity: usize, out: &mut Xml) {
    let Some(row) = form.entities.get(entity) else { return };
    let get = |key: &str| row.get(key).map_or("", String::as_str);
    let (has_id, creates) = (!get("entity_id").is_empty(), !get("create_if").is_empty());
    let flag = |on: bool| if on { "1" } else { "" };
    let attributes = [
        ("dataset", get("list_name")),
        ("id", ""),
        ("create", flag(!has_id || creates)),
        ("update", flag(has_id)),
    ];
    let mut attributes = attributes.to_vec();
    if has_id {
        attributes.extend(VERSIONS.map(|(name, _)| (name, "")));
    }
    if get("label").is_empty() {
        return out.empty("entity", &attributes);
    }
    out.open("entity", &attributes);
    out.empty("label", &[]);
    out.close("entity");
}

/// Binds of all entities: id, conditions and label.
pub fn binds(form: &Form, out: &mut Xml) {
    for (container, entity) in crate::read::entity_places(form) {
        let Some(row) = form.entities.get(entity) else { continue };
        let path = [&form.path(container), "/meta/entity"].concat();
        let writer = Writer::below(form, container, "/meta/entity/label");
        let get = |key: &str| row.get(key).map_or("", String::as_str);
        let mut bind = |suffix: &str, source: &str| {
            let (path, calculate) = ([&path, suffix].concat(), writer.expression(source));
            let attributes = [
                ("nodeset", path.as_str()),
                ("type", "string"),
                ("readonly", "true()"),
                ("calculate", &calculate),
            ];
            out.empty("bind", &attributes);
        };
        bind("/@id", get("entity_id"));
        for (name, column) in VERSIONS.iter().filter(|_| !get("entity_id").is_empty()) {
            let id = writer.inside_predicate(get("entity_id"));
            let list = get("list_name");
            let source = std::format!("instance('{list}')/root/item[name={id}]/{column}");
            bind(&["/@", name].concat(), &source);
        }
        for (suffix, key) in
            [("/@create", "create_if"), ("/@update", "update_if"), ("/label", "label")]
        {
            if !get(key).is_empty() {
                bind(suffix, get(key));
            }
        }
        identity(form, container, entity, "odk-instance-first-load", out);
    }
}

/// Gives a new entity its id when the form opens or an item begins.
pub fn identity(form: &Form, container: NodeId, entity: usize, event: &str, out: &mut Xml) {
    let Some(row) = form.entities.get(entity) else { return };
    if row.get("entity_id").is_none_or(String::is_empty) {
        let path = [&form.path(container), "/meta/entity/@id"].concat();
        out.empty("setvalue", &[("ref", &path), ("event", event), ("value", "uuid()")]);
    }
}
