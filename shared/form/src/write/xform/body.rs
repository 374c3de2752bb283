//! The controls of a form.

use super::expression::Writer;
use super::{Xml, itemset, uses_itext};
use crate::model::{Form, Kind, Node, NodeId, QuestionType, Text, pick};

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
                let path = form.path(*child);
                out.open("group", &[("ref", &path), ("appearance", &node.appearance.join(" "))]);
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
    let count = Writer::new(form, id).absolute(&node.repeat_count);
    let count = if node.repeat_count.is_empty() { String::new() } else { count };
    let appearance = node.appearance.join(" ");
    out.open("repeat", &[("nodeset", &path), ("jr:count", &count), ("appearance", &appearance)]);
    children(form, id, out);
    out.close("repeat");
    out.close("group");
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
    let path = form.path(id);
    let appearance = node.appearance.join(" ");
    let parameter = |key: &str| node.parameters.get(key).map_or("", String::as_str);
    let bound = |key: &str, otherwise: &'static str| match parameter(key) {
        "" => otherwise.to_owned(),
        given => given.to_owned(),
    };
    let (start, end, step) = (bound("start", "1"), bound("end", "10"), bound("step", "1"));
    let mut attributes =
        vec![("ref", path.as_str()), ("mediatype", media), ("appearance", appearance.as_str())];
    if question == Q::Range {
        attributes.extend([("start", start.as_str()), ("end", &end), ("step", &step)]);
    }
    attributes.extend([
        ("rows", parameter("rows")),
        ("accuracyThreshold", parameter("capture-accuracy")),
        ("unacceptableAccuracyThreshold", parameter("warning-accuracy")),
        ("incremental", parameter("incremental")),
    ]);
    for (key, value) in &node.attributes {
        if let Some(key) = key.strip_prefix("body::") {
            attributes.push((key, value));
        }
    }
    out.open(name, &attributes);
    label(form, id, node, out);
    text(form, id, node, "hint", &node.hint, !node.guidance.is_empty(), out);
    if question.is_select() {
        let (nodeset, value, label) = itemset(form, id, node);
        out.open("itemset", &[("nodeset", &nodeset)]);
        out.empty("value", &[("ref", &value)]);
        out.empty("label", &[("ref", &label)]);
        out.close("itemset");
    }
    triggered(form, id, out);
    out.close(name);
}

/// Calculations that run when this question changes.
fn triggered(form: &Form, id: NodeId, out: &mut Xml) {
    let name = &form.node(id).name;
    for target in form.ids().skip(1) {
        let node = form.node(target);
        let mut names = crate::session::program::names_in(&node.trigger);
        if !names.any(|found| found == name) {
            continue;
        }
        let value = Writer::new(form, target).expression(&node.calculation);
        let path = form.path(target);
        out.empty(
            "setvalue",
            &[("event", "xforms-value-changed"), ("ref", &path), ("value", &value)],
        );
    }
}
