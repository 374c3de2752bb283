//! `expr eval --lines`.

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::xml::Document;
use super::{Host, each_line, text};
use crate::expr::{self, Dialect, Evaluator, NodeRef, Tree, Value, number};

pub fn lines(host: &mut Host) -> std::io::Result<u8> {
    let now_ms = host.now_ms;
    each_line(host, &mut |asked, _| one(asked, now_ms))
}

fn one(asked: &Json, now_ms: i64) -> Result<Json, String> {
    let id = asked.get("id").cloned().unwrap_or(Json::Null);
    let failed = |error: expr::Error| {
        json!({"id": id, "error": {"code": error.code, "message": error.message,
            "start": error.span.start, "end": error.span.end}})
    };
    let parsed = match expr::parse(text(asked, "expression")) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(failed(error)),
    };
    let context = asked.get("context_xml").and_then(Json::as_str);
    let mut document = Document::parse(context.unwrap_or("<data/>"))?;
    document.language = text(asked, "language").to_owned();
    for (prefix, uri) in asked.get("namespaces").and_then(Json::as_object).into_iter().flatten() {
        document.prefixes.insert(prefix.clone(), uri.as_str().unwrap_or("").to_owned());
    }
    if text(asked, "expression").contains("namespace") {
        document.declare();
    }
    document.now_ms = match text(asked, "now") {
        "" => now_ms,
        now => now.parse::<jiff::Timestamp>().map_err(|error| error.to_string())?.as_millisecond(),
    };
    document.zone = match text(asked, "timezone") {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).map_err(|error| error.to_string())?,
    };
    let find = |key: &str| match text(asked, key) {
        "" => Ok(document.start),
        path => document.find_path(path).ok_or_else(|| format!("There is no node {path}.")),
    };
    let (start, current) = (find("root_node")?, find("context_node")?);
    document.start = start;
    let dialect = if text(asked, "mode") == "native" { Dialect::Native } else { Dialect::Xforms };
    let evaluator = Evaluator::new(&document, current, dialect);
    match evaluator.evaluate(&parsed) {
        Ok(value) => Ok(report(&id, &document, &evaluator, &value)),
        // Without a context only the grammar is asked about.
        Err(_) if context.is_none() => Ok(json!({"id": id, "type": null, "parsed": true})),
        Err(error) => Ok(failed(error)),
    }
}

fn report(id: &Json, document: &Document, evaluator: &Evaluator, value: &Value) -> Json {
    let kind = match value {
        Value::Boolean(_) => "boolean",
        Value::Number(_) => "number",
        Value::Nodes(_) => "nodeset",
        Value::Text(_) | Value::Date(_) => "string",
    };
    let found = evaluator.number(value);
    let as_number = if found.is_finite() { json!(found) } else { json!(number::format(found)) };
    let mut report = json!({"id": id, "type": kind, "boolean": evaluator.boolean(value),
        "number": as_number});
    // An empty string is left out, like every empty field of these formats.
    let text = evaluator.text(value);
    if !text.is_empty() {
        report["string"] = json!(text);
    }
    if let Value::Nodes(nodes) = value {
        report["nodes"] = nodes.iter().map(|node| document.path(*node)).collect();
    }
    report
}

/// `jr:choice-name` over a form as XML: the label of the item in the control for `question`.
pub fn choice_label(
    document: &Document,
    from: NodeRef,
    value: &str,
    question: &str,
) -> Option<String> {
    let start = NodeRef { document: 0, index: 0 };
    let run = |source: &str, at: NodeRef, dialect: Dialect| {
        let parsed = expr::parse(source).ok()?;
        Evaluator::new(document, at, dialect).evaluate(&parsed).ok()
    };
    let nodes = |source: &str, at: NodeRef| match run(source, at, Dialect::Native) {
        Some(Value::Nodes(nodes)) => nodes,
        _ => Vec::new(),
    };
    let text = |source: &str, at: NodeRef| {
        nodes(source, at).first().map(|node| document.text(*node).into_owned())
    };
    let target = nodes(question.trim(), from).first().map(|node| plain_path(document, *node))?;
    let is_select = |node: &NodeRef| {
        matches!(document.name(*node).as_ref(), "select1" | "select" | "odk:rank" | "rank")
            && text("@ref", *node).is_some_and(|path| target.ends_with(&path))
    };
    let select = nodes("descendant::*[@ref]", start).into_iter().find(is_select)?;
    let said = |source: &str, at: NodeRef| {
        let evaluator = Evaluator::new(document, at, Dialect::Xforms);
        expr::parse(source)
            .ok()
            .and_then(|parsed| evaluator.evaluate(&parsed).ok())
            .map(|v| evaluator.text(&v))
    };
    for item in nodes("*[local-name() = 'item']", select) {
        if text("*[local-name() = 'value']", item).as_deref() == Some(value) {
            return match text("*[local-name() = 'label']/@ref", item) {
                Some(source) => said(&source, from),
                None => text("*[local-name() = 'label']", item),
            };
        }
    }
    let itemset = nodes("*[local-name() = 'itemset']", select).into_iter().next()?;
    let attribute = |source: &str| text(source, itemset);
    let (value_ref, label_ref) = (
        attribute("*[local-name() = 'value']/@ref")?,
        attribute("*[local-name() = 'label']/@ref")?,
    );
    let nodeset = attribute("@nodeset")?;
    // Filtered out or not: the name of a choice does not depend on what is offered now.
    let nodeset = nodeset.split('[').next().unwrap_or(&nodeset);
    let Some(Value::Nodes(items)) = run(nodeset, from, Dialect::Xforms) else { return None };
    let item = items.into_iter().find(|item| said(&value_ref, *item).as_deref() == Some(value))?;
    said(&label_ref, item)
}

/// The path of a node without positions.
fn plain_path(document: &Document, node: NodeRef) -> String {
    let path = document.path(node);
    path.split('/').map(|part| part.split('[').next().unwrap_or(part)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    const XML: &str = "<r xmlns='urn:d' xmlns:x='urn:x' k='1'>\r\n<x:a x:k='2'>5</x:a><b>6</b>\
        <instance id='fruits'><root><item><key>m</key><name>Mango</name></item></root></instance></r>";

    fn answer(expression: &str, prefixes: &Json) -> Json {
        let asked = json!({"expression": expression, "context_xml": XML, "namespaces": prefixes});
        super::one(&asked, 0).unwrap_or_else(Json::String)
    }

    #[test]
    fn namespaces_are_not_attributes_and_prefixes_are_not_names() {
        let prefixes = json!({"y": "urn:x"});
        for (expression, expected) in [
            ("count(/r/@*)", "1"),
            ("string(/r/y:a)", "5"),
            ("string(/r/x:a)", "5"),
            ("count(/r/y:*)", "1"),
            ("string(/r/x:a/@y:k)", "2"),
            ("count(/r/z:a)", "0"),
            ("namespace-uri(/r)", "urn:d"),
            ("namespace-uri(/r/x:a)", "urn:x"),
            ("concat('|', namespace-uri(/r/@k), namespace-uri(/r/b/text()))", "|"),
            ("count(/r/b/namespace::*)", "3"),
            ("string(/r/b/namespace::x)", "urn:x"),
            ("name(/r/namespace::*[. = 'urn:x'])", "x"),
            ("string-length(/r/text()[1])", "1"),
            ("pulldata('fruits', 'name', 'key', 'm')", "Mango"),
        ] {
            assert_eq!(answer(expression, &prefixes)["string"], expected, "{expression}");
        }
    }
}
