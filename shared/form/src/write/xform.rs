//! Form → ODK XForms XML (<https://getodk.github.io/xforms-spec/>).

mod actions;
mod attributes;
mod binds;
mod body;
mod entity;
mod expression;
mod itext;
mod xml;

use crate::model::{Choices, Form, Kind, Node, NodeId, QuestionType, pick, truthy};
use attributes::Attributes;
use binds::binds;
use expression::Writer;
use itext::{itext, list_uses_itext};
pub(crate) use xml::{Xml, escape};

/// What every path into the record saved last begins with.
const LAST_SAVED: &str = "instance('__last-saved')";

/// Writes the XForm. Expressions have `${name}` resolved to paths.
pub fn to_xform(form: &Form) -> String {
    let mut out = Xml::default();
    out.raw("<?xml version=\"1.0\"?>\n");
    let mut names = Attributes::default();
    names.set("xmlns", "http://www.w3.org/2002/xforms");
    for (prefix, target) in attributes::prefixes(form) {
        names.set(&["xmlns:", prefix].concat(), target);
    }
    out.open("h:html", &names.pairs());
    out.open("h:head", &[]);
    out.leaf("h:title", &[], pick(&form.title, &form.default_language, ""));
    let version = match crate::read::entity_places(form).keys().max() {
        None => "",
        Some(&NodeId::ROOT) => "2024.1.0",
        Some(_) => "2025.1.0",
    };
    out.open("model", &[("odk:xforms-version", "1.0.0"), ("entities:entities-version", version)]);
    submission(form, &mut out);
    itext(form, &mut out);
    primary(form, &mut out);
    secondary(form, &mut out);
    let (mut logic, mut shown) = (Xml::at(3), Xml::at(1));
    binds(form, &mut logic);
    body::write(form, &mut shown);
    if [&out, &logic, &shown].iter().any(|part| part.text.contains(LAST_SAVED)) {
        out.empty("instance", &[("id", "__last-saved"), ("src", "jr://instance/last-saved")]);
    }
    out.raw(&logic.text);
    out.close("model");
    out.close("h:head");
    out.raw(&shown.text);
    out.close("h:html");
    out.text
}

/// Where and how records are sent.
fn submission(form: &Form, out: &mut Xml) {
    let setting = |key: &str| form.settings.get(key).map_or("", String::as_str);
    let action = setting("submission_url");
    let attributes = [
        ("action", action),
        ("method", if action.is_empty() { "" } else { "post" }),
        ("base64RsaPublicKey", setting("public_key")),
        ("orx:auto-send", setting("auto_send")),
        ("orx:auto-delete", setting("auto_delete")),
        ("odk:client-editable", if truthy(setting("client_editable")) { "true" } else { "" }),
    ];
    if attributes.iter().any(|(_, value)| !value.is_empty()) {
        out.empty("submission", &attributes);
    }
}

/// Whether records have an `instanceID`.
fn has_identity(form: &Form) -> bool {
    !form.settings.get("omit_instanceID").is_some_and(|value| truthy(value))
}

const TEMPLATE: (&str, &str) = ("jr:template", "");

fn primary(form: &Form, out: &mut Xml) {
    out.open("instance", &[]);
    let root = form.node(NodeId::ROOT);
    let mut attributes = Attributes::default();
    for (key, value) in &form.settings {
        if let Some(key) = key.strip_prefix("attribute::").map(str::trim)
            && attributes::is_declared(form, key)
        {
            attributes.set(key, value.as_str());
        }
    }
    let setting = |key: &str| form.settings.get(key).map_or("", String::as_str);
    attributes.set("id", form.form_id.as_str());
    for (key, value) in [
        ("xmlns", setting("instance_xmlns")),
        ("version", form.version.as_str()),
        ("odk:prefix", setting("prefix")),
        ("odk:delimiter", setting("delimiter")),
    ] {
        if !value.is_empty() {
            attributes.set(key, value);
        }
    }
    out.open(&root.name, &attributes.pairs());
    children(form, NodeId::ROOT, out, Place::Top);
    out.open("meta", &[]);
    if let Some(entity) = crate::read::entity_places(form).get(&NodeId::ROOT) {
        entity::block(form, *entity, out);
    }
    if form.nodes.iter().any(|node| node.question() == Some(QuestionType::Audit)) {
        out.empty("audit", &[]);
    }
    if has_identity(form) {
        out.empty("instanceID", &[]);
    }
    if form.settings.contains_key("instance_name") {
        out.empty("instanceName", &[]);
    }
    out.close("meta");
    out.close(&root.name);
    out.close("instance");
}

/// Where in the instance a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In no repeat: a repeat is written as its template and its first item.
    Top,
    /// In a template: a repeat is its template.
    Template,
    /// In the first item: a repeat is its first item, whose template stands in the outer template.
    Item,
}

fn children(form: &Form, parent: NodeId, out: &mut Xml, place: Place) {
    let inside = |child: NodeId, place: Place, out: &mut Xml| {
        children(form, child, out, place);
        entity::nested(form, child, out);
    };
    for child in &form.node(parent).children {
        let node = form.node(*child);
        let mut attributes = Attributes::default();
        attributes.author(form, node, &Writer::new(form, *child), "instance::");
        match node.kind {
            Kind::Question(QuestionType::Audit) => {}
            Kind::Question(_) => out.leaf(&node.name, &attributes.pairs(), &first_value(node)),
            Kind::Repeat => {
                if place != Place::Item {
                    let mut template = vec![TEMPLATE];
                    template.extend(attributes.pairs());
                    out.open(&node.name, &template);
                    inside(*child, Place::Template, out);
                    out.close(&node.name);
                }
                if place != Place::Template {
                    out.open(&node.name, &attributes.pairs());
                    inside(*child, Place::Item, out);
                    out.close(&node.name);
                }
            }
            _ => {
                out.open(&node.name, &attributes.pairs());
                inside(*child, place, out);
                out.close(&node.name);
            }
        }
    }
}

/// What a question holds before anybody answers; a picture is a file that comes with the form.
fn first_value(node: &Node) -> String {
    match node.question() {
        _ if node.dynamic_default => String::new(),
        Some(QuestionType::Image)
            if !node.default.is_empty() && !node.default.contains("jr://images/") =>
        {
            ["jr://images/", &node.default].concat()
        }
        _ => node.default.clone(),
    }
}

/// Whether a list stands in the body of every select that takes it, so that no instance is wanted.
fn is_only_searched(form: &Form, name: &str) -> bool {
    let takes = |node: &&Node| matches!(&node.choices, Choices::List(list) if list == name);
    let mut users = form.nodes.iter().filter(takes).peekable();
    users.peek().is_some() && users.all(|node| body::choices_by_search(node).is_some())
}

fn secondary(form: &Form, out: &mut Xml) {
    for (name, list) in form.lists.iter().filter(|(name, _)| !is_only_searched(form, name)) {
        out.open("instance", &[("id", name)]);
        out.open("root", &[]);
        for (at, item) in list.items.iter().enumerate() {
            out.open("item", &[]);
            if list_uses_itext(form, list) {
                out.leaf("itextId", &[], &std::format!("{name}-{at}"));
            } else {
                out.leaf("label", &[], pick(&item.label, "", ""));
            }
            out.leaf("name", &[], &item.name);
            for (column, text) in &item.columns {
                if attributes::is_declared(form, column) {
                    out.leaf(column, &[], text);
                }
            }
            out.close("item");
        }
        out.close("root");
        out.close("instance");
    }
    for (name, file) in &form.instances {
        let kind = if file.ends_with(".csv") { "file-csv" } else { "file" };
        out.empty("instance", &[("id", name), ("src", &std::format!("jr://{kind}/{file}"))]);
    }
}
