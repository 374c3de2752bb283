//! The controls of a form.

use super::attributes::Attributes;
use super::binds::{itemset, marks};
use super::expression::Writer;
use super::itext::{list_uses_itext, uses_itext};
use super::{Xml, actions};
use crate::model::{Choices, Form, Kind, Node, NodeId, QuestionType, Text, pick};

/// Writes `h:body`.
pub fn write(form: &Form, out: &mut Xml) {
    let style = form.settings.get("style").map_or("", String::as_str);
    out.open("h:body", &[("class", style)]);
    children(form, NodeId::ROOT, out);
    out.close("h:body");
}

fn children(form: &Form, parent: NodeId, out: &mut Xml) {
    for child in &form.node(parent).children {
        let node = form.node(*child);
        match node.kind {
            Kind::Repeat => repeat(form, *child, node, out),
            Kind::Group => {
                let mut attributes = Attributes::default();
                attributes.set("ref", form.path(*child));
                looks(form, *child, node, &mut attributes);
                out.open("group", &attributes.pairs());
                label(form, *child, node, out);
                children(form, *child, out);
                out.close("group");
            }
            Kind::Question(question) if node.has_control() => {
                control(form, *child, node, question, out)
            }
            _ => {}
        }
    }
}

fn repeat(form: &Form, id: NodeId, node: &Node, out: &mut Xml) {
    let path = form.path(id);
    out.open("group", &[("ref", &path)]);
    label(form, id, node, out);
    let mut attributes = Attributes::default();
    attributes.set("nodeset", path.as_str());
    if !node.repeat_count.is_empty() {
        attributes.set("jr:count", Writer::new(form, id).absolute(&node.repeat_count));
    }
    looks(form, id, node, &mut attributes);
    out.open("repeat", &attributes.pairs());
    children(form, id, out);
    actions::of_item(form, id, out);
    out.close("repeat");
    out.close("group");
}

/// How a group, repeat or question is shown: its appearance and what the author wrote as `body::…`.
fn looks(form: &Form, id: NodeId, node: &Node, attributes: &mut Attributes) {
    attributes.set("appearance", node.appearance.join(" "));
    if let (Kind::Group | Kind::Repeat, Some(intent)) = (node.kind, node.attributes.get("intent")) {
        attributes.set("intent", Writer::new(form, id).expression(intent));
    }
    attributes.author(form, node, &Writer::new(form, id), "body::");
}

fn label(form: &Form, id: NodeId, node: &Node, out: &mut Xml) {
    text(form, id, node, "label", &node.label, !node.media.is_empty(), out);
}

fn text(form: &Form, id: NodeId, node: &Node, name: &str, said: &Text, media: bool, out: &mut Xml) {
    if said.is_empty() && !media {
        return;
    }
    if uses_itext(form, node) {
        let reference = std::format!("jr:itext('{}:{name}')", form.path(id));
        return out.empty(name, &[("ref", &reference)]);
    }
    let said = pick(said, &form.default_language, "");
    out.markup(name, &[], &Writer::new(form, id).output(said));
}

fn control(form: &Form, id: NodeId, node: &Node, question: QuestionType, out: &mut Xml) {
    use QuestionType as Q;
    let media = match question {
        Q::Image => "image/*",
        Q::Audio => "audio/*",
        Q::Video => "video/*",
        Q::Osm => "osm/*",
        Q::File => "application/*",
        _ => "",
    };
    let name = match question {
        Q::SelectOne => "select1",
        Q::SelectMultiple => "select",
        Q::Rank => "odk:rank",
        Q::Acknowledge => "trigger",
        Q::Range => "range",
        _ if media.is_empty() => "input",
        _ => "upload",
    };
    let mut attributes = Attributes::default();
    attributes.set("ref", form.path(id));
    attributes.set("mediatype", media);
    parameters(node, question, &mut attributes);
    looks(form, id, node, &mut attributes);
    out.open(name, &attributes.pairs());
    label(form, id, node, out);
    text(form, id, node, "hint", &node.hint, !node.guidance.is_empty(), out);
    match choices_by_search(node) {
        Some(list) => items(form, list, out),
        None if question.is_select() => set(itemset(form, id, node), out),
        None => {
            if let Some(marks) = marks(form, id, node) {
                set(marks, out);
            }
        }
    }
    actions::of_change(form, id, out);
    out.close(name);
}

/// Parameters that are attributes of the control.
fn parameters(node: &Node, question: QuestionType, attributes: &mut Attributes) {
    use QuestionType as Q;
    let mut give = |parameter: &str, key: &str, otherwise: &str| {
        let value = node.parameters.get(parameter).map_or(otherwise, String::as_str);
        attributes.set(key, value);
    };
    match question {
        Q::Range => {
            give("start", "start", "1");
            give("end", "end", "10");
            give("step", "step", "1");
            give("tick_interval", "odk:tick-interval", "");
            give("placeholder", "odk:placeholder", "");
        }
        Q::Text => give("rows", "rows", ""),
        Q::Geopoint => {
            give("capture-accuracy", "accuracyThreshold", "");
            give("warning-accuracy", "unacceptableAccuracyThreshold", "");
        }
        Q::Geotrace | Q::Geoshape if node.parameters.contains_key("incremental") => {
            attributes.set("incremental", "true");
        }
        Q::Image if node.appearance.is_empty() || node.appearance == ["annotate"] => {
            give("app", "intent", "");
        }
        _ => {}
    }
}

fn set((nodeset, value, label): (String, String, String), out: &mut Xml) {
    out.open("itemset", &[("nodeset", &nodeset)]);
    out.empty("value", &[("ref", &value)]);
    out.empty("label", &[("ref", &label)]);
    out.close("itemset");
}

/// The list of a select whose choices an app searches for: they have to stand in the body.
pub(super) fn choices_by_search(node: &Node) -> Option<&str> {
    match &node.choices {
        Choices::List(name) if node.appearance.iter().any(|word| word.contains("search(")) => {
            Some(name)
        }
        _ => None,
    }
}

fn items(form: &Form, name: &str, out: &mut Xml) {
    let Some(list) = form.lists.get(name) else { return };
    let itext = list_uses_itext(form, list);
    for (at, item) in list.items.iter().enumerate() {
        out.open("item", &[]);
        if itext {
            out.empty("label", &[("ref", &std::format!("jr:itext('{name}-{at}')"))]);
        } else {
            out.leaf("label", &[], pick(&item.label, "", ""));
        }
        out.leaf("value", &[], &item.name);
        out.close("item");
    }
}
