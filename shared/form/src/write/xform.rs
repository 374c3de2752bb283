//! Form → ODK XForms XML (<https://getodk.github.io/xforms-spec/>).

mod binds;
mod body;
mod entity;
mod expression;
mod itext;
mod xml;

use crate::model::{Form, Kind, NodeId, QuestionType, pick};
use binds::{binds, itemset};
use itext::{itext, list_uses_itext, uses_itext};
pub(crate) use xml::{Xml, escape};

/// Writes the XForm. Expressions have `${name}` resolved to paths.
pub fn to_xform(form: &Form) -> String {
    let mut out = Xml::default();
    out.raw("<?xml version=\"1.0\"?>\n");
    out.open(
        "h:html",
        &[
            ("xmlns", "http://www.w3.org/2002/xforms"),
            ("xmlns:h", "http://www.w3.org/1999/xhtml"),
            ("xmlns:ev", "http://www.w3.org/2001/xml-events"),
            ("xmlns:jr", "http://openrosa.org/javarosa"),
            ("xmlns:orx", "http://openrosa.org/xforms"),
            ("xmlns:odk", "http://www.opendatakit.org/xforms"),
            ("xmlns:entities", "http://www.opendatakit.org/xforms/entities"),
            ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
        ],
    );
    out.open("h:head", &[]);
    out.leaf("h:title", &[], pick(&form.title, &form.default_language, ""));
    let version = match crate::read::entity_places(form).keys().max() {
        None => "",
        Some(&NodeId::ROOT) => "2024.1.0",
        Some(_) => "2025.1.0",
    };
    out.open("model", &[("odk:xforms-version", "1.0.0"), ("entities:entities-version", version)]);
    itext(form, &mut out);
    primary(form, &mut out);
    secondary(form, &mut out);
    binds(form, &mut out);
    out.close("model");
    out.close("h:head");
    body::write(form, &mut out);
    out.close("h:html");
    out.text
}
const TEMPLATE: (&str, &str) = ("jr:template", "");

fn primary(form: &Form, out: &mut Xml) {
    out.open("instance", &[]);
    let root = form.node(NodeId::ROOT);
    out.open(&root.name, &[("id", &form.form_id), ("version", &form.version)]);
    children(form, NodeId::ROOT, out, Place::Top);
    out.open("meta", &[]);
    if let Some(entity) = crate::read::entity_places(form).get(&NodeId::ROOT) {
        entity::block(form, *entity, out);
    }
    if form.nodes.iter().any(|node| node.question() == Some(QuestionType::Audit)) {
        out.empty("audit", &[]);
    }
    out.empty("instanceID", &[]);
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
        match node.kind {
            Kind::Question(QuestionType::Audit) => {}
            Kind::Question(_) => {
                let default = if node.dynamic_default { "" } else { &node.default };
                out.leaf(&node.name, &[], default);
            }
            Kind::Repeat => {
                if place != Place::Item {
                    out.open(&node.name, &[TEMPLATE]);
                    inside(*child, Place::Template, out);
                    out.close(&node.name);
                }
                if place != Place::Template {
                    out.open(&node.name, &[]);
                    inside(*child, Place::Item, out);
                    out.close(&node.name);
                }
            }
            _ => {
                out.open(&node.name, &[]);
                inside(*child, place, out);
                out.close(&node.name);
            }
        }
    }
}

fn secondary(form: &Form, out: &mut Xml) {
    for (name, list) in &form.lists {
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
                out.leaf(column, &[], text);
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
