//! What holds for each node: type, logic, preloads.

use super::attributes::Attributes;
use super::expression::Writer;
use super::itext::{is_empty, list_uses_itext, message_uses_itext};
use super::{Xml, actions, entity};
use crate::model::{Choices, Form, Node, NodeId, QuestionType, Text, pick};

/// Writes the binds.
pub(super) fn binds(form: &Form, out: &mut Xml) {
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
    if super::has_identity(form) {
        let path = [&meta, "/instanceID"].concat();
        let preload = form.settings.get("instance_id").map_or("uid", String::as_str);
        let attributes = [
            ("nodeset", path.as_str()),
            ("type", "string"),
            ("readonly", "true()"),
            ("jr:preload", preload),
        ];
        out.empty("bind", &attributes);
    }
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
    let message = |text: &Text, suffix: &str| match (is_empty(text), message_uses_itext(form, text))
    {
        (true, _) => String::new(),
        (false, true) => std::format!("jr:itext('{path}:{suffix}')"),
        (false, false) => pick(text, "", "").to_owned(),
    };
    let (preload, parameters) = node.question().map_or(("", ""), preload);
    let readonly = match node.question() {
        Some(QuestionType::Note) if node.readonly.is_empty() => "true()".to_owned(),
        _ => logic(&node.readonly),
    };
    let calculate = if node.trigger.is_empty() { logic(&node.calculation) } else { String::new() };
    let save_to = node.attributes.get("save_to").map_or("", String::as_str);
    let mut attributes = Attributes::default();
    for (key, value) in [
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
        // The list is said by where the entity stands.
        ("entities:saveto", save_to.rsplit('#').next().unwrap_or("").to_owned()),
    ] {
        attributes.set(key, value);
    }
    if let Some(question) = node.question() {
        for (parameter, key) in parameters_of_bind(question) {
            attributes.set(key, node.parameters.get(*parameter).cloned().unwrap_or_default());
        }
    }
    attributes.author(form, node, &writer, "bind::");
    if attributes.says_more() {
        out.empty("bind", &attributes.pairs());
    }
    actions::of_opening(form, id, node, out);
}

/// Parameters that are attributes of the bind.
fn parameters_of_bind(question: QuestionType) -> &'static [(&'static str, &'static str)] {
    use QuestionType as Q;
    match question {
        Q::Image => &[("max-pixels", "orx:max-pixels")],
        Q::Audio => &[("quality", "odk:quality")],
        Q::Geopoint | Q::Geotrace | Q::Geoshape => {
            &[("allow-mock-accuracy", "odk:allow-mock-accuracy")]
        }
        _ => &[],
    }
}

/// Nodeset, value and label of the marks of a range, or of the things a place can be chosen from.
pub(super) fn marks(form: &Form, id: NodeId, node: &Node) -> Option<(String, String, String)> {
    let name = ["tick_labelset", "reference-geometry"];
    let name = name.iter().find_map(|key| node.parameters.get(*key))?;
    let writer = Writer::new(form, id);
    let filter = writer.inside_predicate(node.choice_filter.trim());
    if name.starts_with("${") {
        let filter = if filter.is_empty() { "./geometry != ''" } else { &filter };
        let nodeset = std::format!("{}[{filter}]", writer.absolute(name));
        return Some((nodeset, "geometry".to_owned(), "geometry".to_owned()));
    }
    let filter = if filter.is_empty() { filter } else { std::format!("[{filter}]") };
    let itext = form.lists.get(name).is_some_and(|list| list_uses_itext(form, list));
    let label = if itext { "jr:itext(itextId)" } else { "label" };
    let nodeset = std::format!("instance('{name}')/root/item{filter}");
    Some((nodeset, "name".to_owned(), label.to_owned()))
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
