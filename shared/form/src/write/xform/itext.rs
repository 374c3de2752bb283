//! Texts in several languages, and media.

use std::collections::BTreeMap;

use super::Xml;
use super::expression::Writer;
use crate::expr::inline;
use crate::model::{ChoiceItem, ChoiceList, Form, Node, NodeId, Text, pick};

/// Whether a text has to be an itext entry: more than one language, or media beside it.
pub(crate) fn is_translated(form: &Form) -> bool {
    !form.languages.is_empty()
}

/// Whether a message has to be an itext entry: an attribute cannot hold an answer.
pub(super) fn message_uses_itext(form: &Form, text: &Text) -> bool {
    is_translated(form) || text.values().any(|text| inline::is_filled(text))
}

/// All texts that go through itext, with their ids.
fn texts(form: &Form) -> Vec<(String, NodeId, BTreeMap<&str, &Text>)> {
    let mut found = Vec::new();
    for id in form.ids().skip(1) {
        let node = form.node(id);
        let path = form.path(id);
        let mut label: BTreeMap<&str, &Text> = BTreeMap::new();
        if !node.label.is_empty() {
            label.insert("", &node.label);
        }
        label.extend(node.media.iter().map(|(kind, files)| (kind.as_str(), files)));
        let mut hint: BTreeMap<&str, &Text> = BTreeMap::new();
        if !node.hint.is_empty() {
            hint.insert("", &node.hint);
        }
        if !node.guidance.is_empty() {
            hint.insert("guidance", &node.guidance);
        }
        let one = |text| match !is_empty(text) && message_uses_itext(form, text) {
            true => BTreeMap::from([("", text)]),
            false => BTreeMap::new(),
        };
        if !uses_itext(form, node) {
            label.clear();
            hint.clear();
        }
        for (suffix, texts) in [
            ("label", label),
            ("hint", hint),
            ("jr:constraintMsg", one(&node.constraint_message)),
            ("jr:requiredMsg", one(&node.required_message)),
        ] {
            if !texts.is_empty() {
                found.push((std::format!("{path}:{suffix}"), id, texts));
            }
        }
    }
    found
}

pub(super) fn is_empty(text: &Text) -> bool {
    text.values().all(|text| text.trim().is_empty())
}

/// Whether label or hint of a node go through itext.
pub(crate) fn uses_itext(form: &Form, node: &Node) -> bool {
    is_translated(form) || !node.media.is_empty() || !node.guidance.is_empty()
}

/// Whether the labels of a list go through itext: in several languages, beside media, or naming an
/// answer.
pub(super) fn list_uses_itext(form: &Form, list: &ChoiceList) -> bool {
    let rich = |item: &ChoiceItem| {
        !item.media.is_empty() || item.label.values().any(|label| inline::is_filled(label))
    };
    is_translated(form) || list.items.iter().any(rich)
}

/// Writes the texts of all languages.
pub(super) fn itext(form: &Form, out: &mut Xml) {
    let texts = texts(form);
    let lists = || form.lists.iter().filter(|(_, list)| list_uses_itext(form, list));
    if texts.is_empty() && lists().next().is_none() {
        return;
    }
    out.open("itext", &[]);
    for (code, name) in languages(form) {
        let default = if code == form.default_language { "true()" } else { "" };
        out.open("translation", &[("lang", name), ("default", default)]);
        for (id, node, forms) in &texts {
            out.open("text", &[("id", id)]);
            for (kind, text) in forms {
                let said = pick(text, code, &form.default_language);
                value(form, *node, kind, said, out);
            }
            out.close("text");
        }
        for (list, choices) in lists() {
            for (at, item) in choices.items.iter().enumerate() {
                out.open("text", &[("id", &std::format!("{list}-{at}"))]);
                value(form, NodeId::ROOT, "", pick(&item.label, code, &form.default_language), out);
                for (kind, files) in &item.media {
                    value(form, NodeId::ROOT, kind, pick(files, code, &form.default_language), out);
                }
                out.close("text");
            }
        }
        out.close("translation");
    }
    out.close("itext");
}

/// Languages with their names. Columns without a language are the default one, which has a name only
/// when the settings give it one.
fn languages(form: &Form) -> Vec<(&str, &str)> {
    let default = form.default_language.as_str();
    let mut found: Vec<(&str, &str)> =
        form.languages.iter().map(|found| (found.code.as_str(), found.name.as_str())).collect();
    if !found.iter().any(|(code, _)| *code == default) {
        let name = form.settings.get("default_language").map_or("default", String::as_str);
        found.insert(0, (default, name));
    }
    found
}

fn value(form: &Form, node: NodeId, kind: &str, text: &str, out: &mut Xml) {
    match kind {
        "" => out.markup("value", &[], &Writer::new(form, node).output(text)),
        "guidance" => out.markup("value", &[("form", kind)], &Writer::new(form, node).output(text)),
        "big-image" | "image" => {
            out.leaf("value", &[("form", kind)], &std::format!("jr://images/{text}"));
        }
        _ => out.leaf("value", &[("form", kind)], &std::format!("jr://{kind}/{text}")),
    }
}
