//! Attributes: each name once, ours and the author's (`bind::…`, `body::…`, `instance::…`).

use super::expression::Writer;
use crate::model::{Form, Node};
use crate::read::is_tag;

/// Prefixes of every document, with what they stand for.
const PREFIXES: [(&str, &str); 7] = [
    ("h", "http://www.w3.org/1999/xhtml"),
    ("ev", "http://www.w3.org/2001/xml-events"),
    ("jr", "http://openrosa.org/javarosa"),
    ("orx", "http://openrosa.org/xforms"),
    ("odk", "http://www.opendatakit.org/xforms"),
    ("entities", "http://www.opendatakit.org/xforms/entities"),
    ("xsd", "http://www.w3.org/2001/XMLSchema"),
];

/// All prefixes of a form: those of every document and those of the setting `namespaces`
/// (`a="http://…" b="http://…"`).
pub(super) fn prefixes(form: &Form) -> Vec<(&str, &str)> {
    let mut found = PREFIXES.to_vec();
    let written = form.settings.get("namespaces").map_or("", String::as_str);
    for (prefix, target) in written.split_whitespace().filter_map(|word| word.split_once('=')) {
        let target = target.trim_matches(['"', '\'']);
        let is_name = is_tag(prefix) && !prefix.contains(':') && !prefix.starts_with("xml");
        if is_name && !target.is_empty() && !found.iter().any(|(known, _)| *known == prefix) {
            found.push((prefix, target));
        }
    }
    found
}

/// Whether the document can have this name: a prefix that nothing declares would leave it unreadable.
pub(super) fn is_declared(form: &Form, name: &str) -> bool {
    is_tag(name)
        && name.split_once(':').is_none_or(|(prefix, _)| {
            matches!(prefix, "xml" | "xmlns")
                || prefixes(form).iter().any(|(known, _)| *known == prefix)
        })
}

/// Attributes of an element, in order.
#[derive(Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// Sets one; a later value takes the place of an earlier one.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some(known) => known.1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Those that the author wrote in columns that begin with `group`, `${name}` resolved.
    pub fn author(&mut self, form: &Form, node: &Node, writer: &Writer, group: &str) {
        for (key, value) in &node.attributes {
            let Some(name) = key.strip_prefix(group) else { continue };
            if !matches!(name, "ref" | "nodeset" | "type" | "tag") && is_declared(form, name) {
                self.set(name, writer.expression(value));
            }
        }
    }

    /// Whether anything is said beside the first.
    pub fn says_more(&self) -> bool {
        self.0.iter().skip(1).any(|(_, value)| !value.is_empty())
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
}
