//! The answers of a record in form order.

use super::shown::Shown;
use super::{LastChanges, People, by};
use crate::check;
use crate::worker::message::ReadDocument;
use form::model::{Form, Kind, Node, NodeId, QuestionType};
use form::session::{Address, Session};
use serde_json::{Value, json};
use shared::record::answer::LEFT;
use shared::record::conflict::TwoAnswers;
use shared::record::review::Review;
use shared::record::said::{OPINION, Opinion};
use shared::record::{FieldPath, binding};
use std::sync::Arc;

/// The nodes of a record and what is wrong with its answers.
#[derive(Default)]
pub struct Nodes {
    pub nodes: Vec<Value>,
    pub problems: Vec<Value>,
}

/// Walks the form over the answers.
pub fn nodes(
    shown: &Shown,
    two_answers: &[TwoAnswers],
    last: &LastChanges,
    people: &People,
    review: &Review,
    marks: &ReadDocument,
    now_ms: i64,
) -> Nodes {
    let Some(form) = shown.form() else { return Nodes::default() };
    let mut session = check::session(form, shown.answers(), shown.roster_rows(), now_ms);
    let problems = check::problems(&mut session);
    let nodes = Vec::new();
    let mut walk = Walk { form, shown, session, two_answers, last, people, review, marks, nodes };
    walk.children(NodeId::ROOT, &[], 0);
    walk.without_question();
    Nodes { nodes: walk.nodes, problems }
}

struct Walk<'a> {
    form: &'a Arc<Form>,
    shown: &'a Shown,
    session: Session,
    two_answers: &'a [TwoAnswers],
    last: &'a LastChanges,
    people: &'a People,
    review: &'a Review,
    /// The main document: what the worker said of answers.
    marks: &'a ReadDocument,
    nodes: Vec<Value>,
}

impl Walk<'_> {
    fn children(&mut self, parent: NodeId, items: &[(String, String)], depth: usize) {
        let form = self.form.clone();
        for id in &form.node(parent).children {
            let node = form.node(*id);
            match node.kind {
                Kind::Root => {}
                Kind::Group => self.group(*id, node, items, depth),
                Kind::Repeat => self.repeat(*id, node, items, depth),
                Kind::Question(QuestionType::Note) => {}
                Kind::Question(kind) => self.question(*id, node, kind, items, depth),
            }
        }
    }

    fn relevant(&self, node: NodeId, items: &[(String, String)]) -> bool {
        let items = items.iter().map(|(_, item)| item.clone()).collect();
        self.session.state(&Address { items, node }).relevant
    }

    fn push(&mut self, kind: &str, node: &Node, path: &FieldPath, depth: usize, rest: Value) {
        let mut value = json!({
            "type": kind,
            "depth": depth,
            // An item's path has a blank key: `members[a1]`.
            "path": path.to_string().trim_end_matches('/'),
            "key": node.key,
            "label": self.shown.label(node),
        });
        if let (Value::Object(value), Value::Object(rest)) = (&mut value, rest) {
            value.extend(rest);
        }
        self.nodes.push(value);
    }

    fn group(&mut self, id: NodeId, node: &Node, items: &[(String, String)], depth: usize) {
        let path = FieldPath { items: items.to_vec(), key: node.key.clone() };
        let relevant = self.relevant(id, items);
        self.push("group", node, &path, depth, json!({ "relevant": relevant }));
        self.children(id, items, depth + 1);
    }

    fn repeat(&mut self, id: NodeId, node: &Node, items: &[(String, String)], depth: usize) {
        let path = FieldPath { items: items.to_vec(), key: node.key.clone() };
        let found = self.shown.items_of(id, items);
        let relevant = self.relevant(id, items);
        let rest = json!({ "relevant": relevant, "count": found.len() });
        self.push("repeat", node, &path, depth, rest);
        for (position, item) in found.into_iter().enumerate() {
            let mut inside = items.to_vec();
            inside.push((node.key.clone(), item.clone()));
            let label = self.shown.item_label(node, &inside, position);
            let rest = json!({ "relevant": relevant, "item": item, "label": label });
            let path = FieldPath { items: inside.clone(), key: String::new() };
            self.push("item", node, &path, depth + 1, rest);
            self.children(id, &inside, depth + 2);
        }
        self.left(id, node, items, depth);
    }

    /// Those who have left: kept behind the others, with the reason.
    fn left(&mut self, id: NodeId, node: &Node, items: &[(String, String)], depth: usize) {
        for (position, item) in self.shown.left_of(id, items).into_iter().enumerate() {
            let mut inside = items.to_vec();
            inside.push((node.key.clone(), item.clone()));
            let why = self.shown.answers().left(&inside).to_owned();
            let label = self.shown.item_label(node, &inside, position);
            let rest = json!({ "relevant": false, "item": item, "label": label, "left": &why });
            let path = FieldPath { items: inside.clone(), key: String::new() };
            self.push("item", node, &path, depth + 1, rest);
            let path = FieldPath { items: inside.clone(), key: LEFT.to_owned() };
            let two = self.competing(node, &path);
            if !two.is_empty() {
                let label = json!({ "": LEFT });
                let rest = json!({ "question_type": "text", "value": why, "label": label, "two_answers": two });
                self.push("question", node, &path, depth + 2, rest);
            }
            self.children(id, &inside, depth + 2);
        }
    }

    fn question(
        &mut self,
        id: NodeId,
        node: &Node,
        kind: QuestionType,
        items: &[(String, String)],
        depth: usize,
    ) {
        let calculated = !kind.has_control();
        let path = FieldPath { items: items.to_vec(), key: node.key.clone() };
        let value = self.shown.answers().value(&path).to_owned();
        // A calculation without a label is for the form's own use; the log of the visit is a file.
        let is_log = kind == QuestionType::Audit;
        if calculated && (node.label.is_empty() && !is_log || value.is_empty()) {
            return;
        }
        let name = path.to_string();
        let given = self.last.get(&name).filter(|_| !value.is_empty());
        let given = given.map(|(device, at)| by(self.people, *device, *at));
        let confirmed = self.marks.confirmed.get(&name).is_some_and(|kept| *kept == value);
        let reason = self.marks.reasons.get(&name).filter(|_| confirmed);
        let reason = reason.cloned().unwrap_or_default();
        let flag = self.review.flags.iter().find(|flag| flag.path == path);
        let rest = json!({
            "question_type": type_name(kind),
            "relevant": self.relevant(id, items),
            "display": self.shown.display(node, &value),
            "value": value,
            "by": given,
            "two_answers": self.competing(node, &path),
            "sensitivity": binding_sensitivity(self.form, id),
            "calculated": calculated,
            "flag": flag.map_or("", |flag| flag.text.as_str()),
            "confirmed": confirmed,
            "reason": reason,
            "fixed": self.marks.fixed.get(&name).is_some_and(|at| *at == self.review.at_ms.to_string()),
            "reply": self.marks.replies.get(&name).map_or("", String::as_str),
            "opinions": self.opinions(node, &path),
        });
        self.push("question", node, &path, depth, rest);
        if is_log && let Some(Value::Object(pushed)) = self.nodes.last_mut() {
            pushed.insert("label".to_owned(), json!({ "": "audit.csv" }));
        }
    }

    /// Answers whose question is not in this version of the form: under their names, behind the others.
    fn without_question(&mut self) {
        let answers = self.shown.answers();
        for answer in &answers.answers {
            let known = binding::locate(self.form, &answer.path).is_some();
            if known || answer.value.is_empty() || answers.is_removed(&answer.path) {
                continue;
            }
            let name = answer.path.to_string();
            let given = self.last.get(&name).map(|(device, at)| by(self.people, *device, *at));
            self.nodes.push(json!({
                "type": "question",
                "depth": 0,
                "path": name,
                "key": answer.path.key,
                "label": { "": answer.path.key },
                "question_type": "text",
                "relevant": true,
                "display": { "": answer.value },
                "value": answer.value,
                "by": given,
                "two_answers": [],
                "sensitivity": "normal",
                "calculated": false,
                "flag": "",
                "confirmed": false,
                "reason": "",
                "fixed": false,
                "reply": "",
                "opinions": [],
                "without_question": true,
            }));
        }
    }

    /// What workers think of a question that has two answers.
    fn opinions(&self, node: &Node, path: &FieldPath) -> Vec<Value> {
        if !self.two_answers.iter().any(|field| field.path == *path) {
            return Vec::new();
        }
        let of = self.marks.opinions.iter().filter(|opinion| opinion.path == *path);
        let shown = |opinion: &Opinion| {
            let value = opinion.value.as_deref();
            let at = self.last.get(&format!("{OPINION}#{}/{path}", opinion.device));
            let at = at.map_or(0, |(_, at)| *at);
            json!({
                "value": value.unwrap_or(""),
                "display": self.shown.display(node, value.unwrap_or("")),
                "knows": value.is_some(),
                "reason": opinion.reason,
                "by": by(self.people, Some(opinion.device), at),
            })
        };
        of.map(shown).collect()
    }

    fn competing(&self, node: &Node, path: &FieldPath) -> Vec<Value> {
        let Some(field) = self.two_answers.iter().find(|field| field.path == *path) else {
            return Vec::new();
        };
        field
            .values
            .iter()
            .map(|value| {
                json!({
                    "value": value.value,
                    "display": self.shown.display(node, &value.value),
                    "by": by(self.people, value.device, value.at),
                    "winner": value.shown,
                })
            })
            .collect()
    }
}

/// The `sensitivity` of a question, or of the nearest group that has one.
fn binding_sensitivity(form: &Form, id: NodeId) -> String {
    let mut at = Some(id);
    while let Some(here) = at {
        let node = form.node(here);
        match node.attributes.get("sensitivity") {
            Some(word) if !word.is_empty() => return word.clone(),
            _ => at = node.parent,
        }
    }
    "normal".to_owned()
}

/// The XLSForm name of a question type.
fn type_name(kind: QuestionType) -> &'static str {
    use QuestionType as Q;
    match kind {
        Q::Text => "text",
        Q::Integer => "integer",
        Q::Decimal => "decimal",
        Q::Range => "range",
        Q::SelectOne => "select_one",
        Q::SelectMultiple => "select_multiple",
        Q::Rank => "rank",
        Q::Note => "note",
        Q::Date => "date",
        Q::Time => "time",
        Q::DateTime => "dateTime",
        Q::Acknowledge => "acknowledge",
        Q::Geopoint | Q::StartGeopoint | Q::BackgroundGeopoint => "geopoint",
        Q::Geotrace => "geotrace",
        Q::Geoshape => "geoshape",
        Q::Image => "image",
        Q::Audio | Q::BackgroundAudio => "audio",
        Q::Video => "video",
        Q::File => "file",
        Q::Barcode => "barcode",
        Q::Audit => "audit",
        _ => "calculate",
    }
}
