//! Form → ODK XForms XML (<https://getodk.github.io/xforms-spec/>).

mod body;
mod entity;
mod expression;

use std::collections::BTreeMap;

use crate::model::{
    ChoiceItem, ChoiceList, Choices, Form, Kind, Node, NodeId, QuestionType, Text, pick,
};
use expression::Writer;

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

/// Attributes that are written empty.
const MAY_BE_EMPTY: [&str; 2] = ["jr:template", "id"];
const TEMPLATE: (&str, &str) = ("jr:template", "");

/// XML being written, indented by two.
#[derive(Default)]
pub(crate) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn raw(&mut self, text: &str) {
        self.text += text;
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.text += &"  ".repeat(self.depth);
        self.text.push('<');
        self.text += name;
        let written =
            |(key, value): &&(&str, &str)| !value.is_empty() || MAY_BE_EMPTY.contains(key);
        for (key, value) in attributes.iter().filter(written) {
            self.text += &[" ", key, "=\"", &escape(value), "\""].concat();
        }
        self.text += end;
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">\n");
        self.depth += 1;
    }

    pub fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.text += &"  ".repeat(self.depth);
        self.text += &["</", name, ">\n"].concat();
    }

    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    pub fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        if text.is_empty() {
            return self.empty(name, attributes);
        }
        self.tag(name, attributes, ">");
        self.text += &[&escape(text), "</", name, ">\n"].concat();
    }

    /// A leaf whose content is XML already.
    pub fn markup(&mut self, name: &str, attributes: &[(&str, &str)], xml: &str) {
        self.tag(name, attributes, ">");
        self.text += &[xml, "</", name, ">\n"].concat();
    }
}

pub(crate) fn escape(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => found += "&amp;",
            '<' => found += "&lt;",
            '>' => found += "&gt;",
            '"' => found += "&quot;",
            '\n' => found += "&#xa;",
            // XML 1.0 has no place for other control characters.
            c if c < ' ' && c != '\t' && c != '\r' => {}
            c => found.push(c),
        }
    }
    found
}

/// Whether a text has to be an itext entry: more than one language, or media beside it.
pub(crate) fn is_translated(form: &Form) -> bool {
    !form.languages.is_empty()
}

/// All texts of the form with their itext ids.
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
        let one =
            |text| if is_empty(text) { BTreeMap::new() } else { BTreeMap::from([("", text)]) };
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

fn is_empty(text: &Text) -> bool {
    text.values().all(|text| text.trim().is_empty())
}

/// Whether label or hint of a node go through itext.
pub(crate) fn uses_itext(form: &Form, node: &Node) -> bool {
    is_translated(form) || !node.media.is_empty() || !node.guidance.is_empty()
}

/// Whether the labels of a list go through itext: in several languages, beside media, or naming an
/// answer.
fn list_uses_itext(form: &Form, list: &ChoiceList) -> bool {
    let rich = |item: &ChoiceItem| {
        !item.media.is_empty() || item.label.values().any(|label| label.contains("${"))
    };
    is_translated(form) || list.items.iter().any(rich)
}

fn itext(form: &Form, out: &mut Xml) {
    let any = is_translated(form)
        || form.nodes.iter().any(|node| uses_itext(form, node))
        || form.lists.values().any(|list| list_uses_itext(form, list));
    if !any {
        return;
    }
    out.open("itext", &[]);
    let languages: Vec<(&str, &str)> = if form.languages.is_empty() {
        vec![("", "default")]
    } else {
        form.languages.iter().map(|found| (found.code.as_str(), found.name.as_str())).collect()
    };
    for (code, name) in languages {
        let default = if code == form.default_language { "true()" } else { "" };
        out.open("translation", &[("lang", name), ("default", default)]);
        for (id, node, forms) in texts(form) {
            if !uses_itext(form, form.node(node)) {
                continue;
            }
            out.open("text", &[("id", &id)]);
            for (kind, text) in forms {
                let said = pick(text, code, &form.default_language);
                value(form, node, kind, said, out);
            }
            out.close("text");
        }
        for (list, choices) in form.lists.iter().filter(|(_, list)| list_uses_itext(form, list)) {
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

fn binds(form: &Form, out: &mut Xml) {
    for id in form.ids().skip(1) {
        let node = form.node(id);
        if node.question() == Some(QuestionType::Audit) {
            continue;
        }
        bind(form, id, node, out);
    }
    let meta = [&form.path(NodeId::ROOT), "/meta"].concat();
    if let Some(audit) = form.nodes.iter().find(|node| node.question() == Some(QuestionType::Audit))
    {
        let path = [&meta, "/audit"].concat();
        let keys: Vec<String> = audit.parameters.keys().map(|key| format!("odk:{key}")).collect();
        let mut attributes = vec![("nodeset", path.as_str()), ("type", "binary")];
        attributes.extend(
            keys.iter().map(String::as_str).zip(audit.parameters.values().map(String::as_str)),
        );
        out.empty("bind", &attributes);
    }
    entity::binds(form, out);
    out.empty(
        "bind",
        &[
            ("nodeset", &[&meta, "/instanceID"].concat()),
            ("type", "string"),
            ("readonly", "true()"),
            ("jr:preload", "uid"),
        ],
    );
    if let Some(source) = form.settings.get("instance_name") {
        let calculate = Writer::new(form, NodeId::ROOT).expression(source);
        let path = [&meta, "/instanceName"].concat();
        out.empty("bind", &[("nodeset", &path), ("type", "string"), ("calculate", &calculate)]);
    }
}

fn preload(question: QuestionType) -> (&'static str, &'static str) {
    match question {
        QuestionType::Start => ("timestamp", "start"),
        QuestionType::End => ("timestamp", "end"),
        QuestionType::Today => ("date", "today"),
        QuestionType::DeviceId => ("property", "deviceid"),
        QuestionType::Username => ("property", "username"),
        QuestionType::PhoneNumber => ("property", "phonenumber"),
        QuestionType::Email => ("property", "email"),
        QuestionType::SimSerial => ("property", "simserial"),
        QuestionType::SubscriberId => ("property", "subscriberid"),
        _ => ("", ""),
    }
}

fn bind(form: &Form, id: NodeId, node: &Node, out: &mut Xml) {
    let writer = Writer::new(form, id);
    let logic = |source: &str| writer.expression(crate::session::program::logical(source));
    let path = form.path(id);
    let message = |text: &Text, suffix: &str| match (is_empty(text), is_translated(form)) {
        (true, _) => String::new(),
        (false, true) => std::format!("jr:itext('{path}:{suffix}')"),
        (false, false) => pick(text, "", "").to_owned(),
    };
    let (preload, parameters) = node.question().map_or(("", ""), preload);
    let readonly = match node.question() {
        Some(QuestionType::Note) => "true()".to_owned(),
        _ => logic(&node.readonly),
    };
    let calculate = if node.trigger.is_empty() { logic(&node.calculation) } else { String::new() };
    let fields = [
        ("nodeset", path.clone()),
        ("type", node.bind_type().to_owned()),
        ("relevant", logic(&node.relevant)),
        ("required", logic(&node.required)),
        ("jr:requiredMsg", message(&node.required_message, "jr:requiredMsg")),
        ("readonly", readonly),
        ("constraint", logic(&node.constraint)),
        ("jr:constraintMsg", message(&node.constraint_message, "jr:constraintMsg")),
        ("calculate", calculate),
        ("jr:preload", preload.to_owned()),
        ("jr:preloadParams", parameters.to_owned()),
        ("entities:saveto", node.attributes.get("save_to").cloned().unwrap_or_default()),
    ];
    let mut attributes: Vec<(&str, &str)> =
        fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
    for (key, value) in &node.attributes {
        if let Some(key) = key.strip_prefix("bind::")
            && key != "type"
        {
            attributes.push((key, value));
        }
    }
    if attributes[1..].iter().any(|(_, value)| !value.is_empty()) {
        out.empty("bind", &attributes);
    }
    if node.dynamic_default {
        let value = writer.expression(&node.default);
        let event = match form.repeats_of(id).is_empty() {
            true => "odk-instance-first-load",
            false => "odk-instance-first-load odk-new-repeat",
        };
        out.empty("setvalue", &[("event", event), ("ref", &path), ("value", &value)]);
    }
}

/// Nodeset, value and label of a select's itemset.
pub(crate) fn itemset(form: &Form, id: NodeId, node: &Node) -> (String, String, String) {
    let writer = Writer::new(form, id);
    let filter = match node.choice_filter.trim() {
        "" => String::new(),
        source => std::format!("[{}]", writer.inside_predicate(source)),
    };
    let parameter = |key: &str, otherwise: &str| {
        node.parameters.get(key).map_or(otherwise, String::as_str).to_owned()
    };
    let (nodeset, value, label) = match &node.choices {
        Choices::File(file) => {
            let name = file.rsplit_once('.').map_or(file.as_str(), |(name, _)| name);
            let map = file.ends_with(".geojson");
            let nodeset = std::format!("instance('{name}')/root/item{filter}");
            let value = parameter("value", if map { "id" } else { "name" });
            (nodeset, value, parameter("label", if map { "title" } else { "label" }))
        }
        Choices::Reference(source) => {
            let path = writer.absolute(source);
            let (repeat, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let filter = if filter.is_empty() { std::format!("[./{name} != '']") } else { filter };
            // The id of an item is ours alone; other tools keep the text.
            let value = Some(parameter("value", name)).filter(|value| value != "item");
            let value = value.unwrap_or_else(|| name.to_owned());
            (std::format!("{repeat}{filter}"), value, parameter("label", name))
        }
        Choices::List(name) => {
            let itext = form.lists.get(name).is_some_and(|list| list_uses_itext(form, list));
            let label = if itext { "jr:itext(itextId)" } else { "label" };
            (
                std::format!("instance('{name}')/root/item{filter}"),
                "name".to_owned(),
                label.to_owned(),
            )
        }
        Choices::None => return Default::default(),
    };
    let random = node.parameters.get("randomize").is_some_and(|value| value == "true");
    let nodeset = match (random, node.parameters.get("seed")) {
        (false, _) => nodeset,
        (true, None) => std::format!("randomize({nodeset})"),
        (true, Some(seed)) => std::format!("randomize({nodeset}, {})", writer.expression(seed)),
    };
    (nodeset, value, label)
}
