//! Labels and values as people read them, in every language of the form.

use super::words;
use form::model::{Choices, Form, Kind, Node, NodeId, Text, pick};
use serde_json::{Map, Value, json};
use shared::id::RecordId;
use shared::project::entity;
use shared::record::answer::{Answers, Item, LEFT};
use shared::record::history::{FieldStep, Part};
use shared::record::said::{OPINION, Opinion, REPLY};
use shared::record::{FieldPath, binding};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A record with its form, ready to be shown.
pub struct Shown {
    form: Option<Arc<Form>>,
    answers: Answers,
    /// Members of the household that a child survey belongs to, as rows of its instance.
    roster: Vec<BTreeMap<String, String>>,
    /// Labels of the entities that the record may be about, by id.
    entities: BTreeMap<String, String>,
}

impl Shown {
    pub fn new(
        form: Option<Arc<Form>>,
        answers: Answers,
        roster: Vec<BTreeMap<String, String>>,
    ) -> Self {
        Self { form, answers, roster, entities: BTreeMap::new() }
    }

    /// With the household that the record belongs to, which a follow-up and its members are chosen from.
    pub fn of_household(mut self, household: RecordId, title: &str) -> Self {
        let member = |row: &BTreeMap<String, String>| {
            Some((entity::of_item(household, row.get("name")?), row.get("label")?.clone()))
        };
        self.entities = self.roster.iter().filter_map(member).collect();
        self.entities.insert(entity::of_record(household), title.to_owned());
        self
    }

    pub fn form(&self) -> Option<&Arc<Form>> {
        self.form.as_ref()
    }

    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The members of the household, as the rows of an external instance.
    pub fn roster_rows(&self) -> Vec<BTreeMap<String, String>> {
        self.roster.clone()
    }

    pub fn languages(&self) -> Vec<&str> {
        let form = self.form.iter().flat_map(|form| &form.languages);
        form.map(|language| language.code.as_str()).collect()
    }

    pub fn default_language(&self) -> &str {
        self.form.as_ref().map_or("", |form| form.default_language.as_str())
    }

    /// A text in every language; never blank where any language has it.
    fn every(&self, text: impl Fn(&str) -> String) -> Value {
        let mut all = Map::new();
        for code in self.languages() {
            all.insert(code.to_owned(), json!(text(code)));
        }
        if all.is_empty() {
            all.insert(String::new(), json!(text("")));
        }
        Value::Object(all)
    }

    fn in_every(&self, text: &Text) -> Value {
        self.every(|language| pick(text, language, self.default_language()).to_owned())
    }

    /// The label of a node, its key where it has none.
    pub fn label(&self, node: &Node) -> Value {
        if node.label.values().all(|label| label.trim().is_empty()) {
            return json!({ "": node.key });
        }
        self.in_every(&node.label)
    }

    /// What an item of a repeat is called: its calculated label (`m_label`), else its first name.
    pub fn item_label(&self, repeat: &Node, items: &[(String, String)], position: usize) -> Value {
        match self.item_name(items) {
            Some(name) => json!({ "": name }),
            None => self.every(|language| {
                let label = pick(&repeat.label, language, self.default_language());
                format!("{label} {}", position + 1)
            }),
        }
    }

    fn item_name(&self, items: &[(String, String)]) -> Option<&str> {
        let inside = |answer: &&shared::record::Answer| answer.path.items == items;
        let own: Vec<_> = self.answers.answers.iter().filter(inside).collect();
        let named = ["_label", "_first", "_name"]
            .iter()
            .find_map(|end| own.iter().find(|answer| answer.path.key.ends_with(end)));
        named.map(|answer| answer.value.as_str())
    }

    /// A value as a person reads it: the labels of choices, the rest by its type.
    pub fn display(&self, node: &Node, value: &str) -> Value {
        if let Ok(named) = value.parse::<shared::attachment::AttachmentRef>() {
            return json!({ "": named.name });
        }
        let is_select = node.question().is_some_and(|kind| kind.is_select());
        if !is_select || value.is_empty() {
            return words::typed(node, value).unwrap_or_else(|| json!({ "": value }));
        }
        self.every(|language| {
            let labels: Vec<String> =
                value.split_whitespace().map(|name| self.choice(node, name, language)).collect();
            labels.join(", ")
        })
    }

    fn choice(&self, node: &Node, name: &str, language: &str) -> String {
        let found = match &node.choices {
            Choices::List(list) => self.form.as_ref().and_then(|form| {
                let list = form.lists.get(list)?;
                let item = list.items.iter().find(|item| item.name == name)?;
                Some(pick(&item.label, language, &form.default_language).to_owned())
            }),
            Choices::File(file) => {
                let row =
                    self.roster.iter().find(|row| row.get("name").is_some_and(|id| id == name));
                let member = row.and_then(|row| row.get("label").cloned());
                let entity = || self.entities.get(name).cloned();
                member.or_else(entity).or_else(|| self.of_file(node, file, name, language))
            }
            Choices::Reference(question) => self.reference(question, name),
            Choices::None => None,
        };
        found.filter(|label| !label.is_empty()).unwrap_or_else(|| name.to_owned())
    }

    /// The label of a row of a table that came with the form. Which columns are its name and label, the
    /// parameters may say.
    fn of_file(&self, node: &Node, file: &str, name: &str, language: &str) -> Option<String> {
        let form = self.form.as_ref()?;
        let (instance, map) = match file.rsplit_once('.') {
            Some((instance, end)) => (instance, end == "geojson"),
            None => (file, false),
        };
        let column = |parameter: &str, plain: &str, map_has: &str| {
            let usual = if map { map_has } else { plain };
            node.parameters.get(parameter).map_or(usual, String::as_str).to_owned()
        };
        let (value, label) = (column("value", "name", "id"), column("label", "label", "title"));
        let cell = |item: &form::model::ChoiceItem, column: &str| match column {
            "name" => item.name.clone(),
            "label" => pick(&item.label, language, &form.default_language).to_owned(),
            other => item.columns.get(other).cloned().unwrap_or_default(),
        };
        let items = &form.lists.get(instance)?.items;
        let row = items.iter().find(|item| cell(item, &value) == name)?;
        Some(cell(row, &label))
    }

    /// The text of a question in the repeat item that a choice stands for.
    fn reference(&self, question: &str, item: &str) -> Option<String> {
        let question = question.trim_start_matches("${").trim_end_matches('}');
        let answer = self.answers.answers.iter().find(|answer| {
            answer.path.key == question
                && answer.path.items.last().is_some_and(|(_, id)| id == item)
        });
        answer.map(|answer| answer.value.clone())
    }

    /// One step of the history.
    pub fn step(&self, field: &FieldStep) -> Value {
        if let Some(said) = self.said(field) {
            return said;
        }
        let part = match field.part {
            Part::Answer => "answer",
            Part::Option => "option",
            Part::Item => "item",
            Part::Header => "header",
            Part::Review => "review",
        };
        let node = match field.part {
            Part::Answer | Part::Option => self.node(&field.path),
            Part::Item => field.path.items.last().and_then(|(repeat, _)| self.by_key(repeat)),
            Part::Header | Part::Review => None,
        };
        let name = match field.part {
            Part::Item => field.path.items.last().map_or("", |(repeat, _)| repeat),
            _ => &field.path.key,
        };
        let leaves = field.part == Part::Answer && field.path.key == LEFT;
        let repeat = field.path.items.last().filter(|_| leaves || field.part == Part::Item);
        let repeat = repeat.and_then(|(repeat, _)| self.by_key(repeat));
        let label = match (repeat, node) {
            // Of a member the name says more than that it is one.
            (Some(repeat), _) => match self.item_name(&field.path.items) {
                Some(name) => json!({ "": name }),
                None => self.label(repeat),
            },
            (None, Some(node)) => self.label(node),
            (None, None) => json!({ "": name }),
        };
        let display = |value: &str| match node {
            Some(node) if matches!(node.kind, Kind::Question(_)) => self.display(node, value),
            _ => json!({ "": value }),
        };
        json!({
            "part": part,
            "path": field.path.to_string(),
            "label": label,
            "before": field.before,
            "before_display": display(&field.before),
            "value": field.after,
            "display": display(&field.after),
        })
    }

    /// What a worker said to the office: an opinion on two answers, words back. Both stand in the header,
    /// under the name of the question.
    fn said(&self, field: &FieldStep) -> Option<Value> {
        if field.part != Part::Header {
            return None;
        }
        let (part, name) = field.path.key.split_once('#')?;
        let path = match part {
            OPINION => name.split_once('/')?.1,
            REPLY => name,
            _ => return None,
        };
        let node = path.parse().ok().and_then(|path| self.node(&path));
        let shown = |entry: &str| {
            if part == REPLY {
                return entry.split_once(' ').map_or("", |(_, words)| words).to_owned();
            }
            let Some(opinion) = Opinion::read(name, entry) else { return String::new() };
            let value =
                opinion.value.map_or_else(|| "?".to_owned(), |value| self.plain(node, &value));
            [value, opinion.reason].join(" ").trim().to_owned()
        };
        let (before, value) = (shown(&field.before), shown(&field.after));
        Some(json!({
            "part": part,
            "path": path,
            "label": node.map_or_else(|| json!({ "": path }), |node| self.label(node)),
            "before": before,
            "before_display": { "": before },
            "value": value,
            "display": { "": value },
        }))
    }

    /// A value in the form's own language.
    fn plain(&self, node: Option<&Node>, value: &str) -> String {
        let shown = node.map(|node| self.display(node, value));
        let text = shown.as_ref().and_then(|all| all.get(self.default_language()).or(all.get("")));
        text.and_then(Value::as_str).unwrap_or(value).to_owned()
    }

    fn node(&self, path: &FieldPath) -> Option<&Node> {
        let form = self.form.as_ref()?;
        Some(form.node(binding::locate(form, path)?.0))
    }

    fn by_key(&self, key: &str) -> Option<&Node> {
        let form = self.form.as_ref()?;
        form.by_key(key).map(|id| form.node(id))
    }

    /// Each item of a repeat inside the items given: its id, in order, removed ones left out.
    pub fn items_of(&self, repeat: NodeId, inside: &[(String, String)]) -> Vec<String> {
        self.items(repeat, inside, |item| !item.removed)
    }

    /// The same of those that have left.
    pub fn left_of(&self, repeat: NodeId, inside: &[(String, String)]) -> Vec<String> {
        self.items(repeat, inside, |item| {
            let mut path = inside.to_vec();
            path.push((item.repeat.key.clone(), item.id.clone()));
            item.removed && !self.answers.left(&path).is_empty()
        })
    }

    fn items(
        &self,
        repeat: NodeId,
        inside: &[(String, String)],
        takes: impl Fn(&Item) -> bool,
    ) -> Vec<String> {
        let Some(form) = &self.form else { return Vec::new() };
        let key = &form.node(repeat).key;
        let here = |item: &&Item| item.repeat.key == *key && item.repeat.items == inside;
        let items = self.answers.items.iter().filter(here);
        items.filter(|item| takes(item)).map(|item| item.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use form::model::{ChoiceItem, ChoiceList, QuestionType};

    fn item(name: &str, label: &str, columns: &[(&str, &str)]) -> ChoiceItem {
        ChoiceItem {
            name: name.into(),
            label: Text::from([(String::new(), label.to_owned())]),
            columns: columns.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            ..ChoiceItem::default()
        }
    }

    #[test]
    fn choices_of_a_table_have_their_labels() {
        let items = vec![
            item("v1", "ახალსოფელი", &[("code", "7"), ("ru", "Ахалсопели")]),
            item("v2", "თელეთი", &[("code", "8"), ("ru", "Телети")]),
        ];
        let places = vec![item("", "", &[("id", "p1"), ("title", "წყარო")])];
        let lists = [("villages", items), ("springs", places)];
        let lists = lists.map(|(name, items)| (name.to_owned(), ChoiceList { items }));
        let form = Form { lists: BTreeMap::from(lists), ..Form::default() };
        let roster = [("name", "m1"), ("label", "ნინო")];
        let roster = roster.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let shown =
            Shown::new(Some(Arc::new(form)), Answers::default(), vec![BTreeMap::from(roster)]);
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
        let family = RecordId([1; 16]);
        let shown = shown.of_household(family, "ოჯახი");
        let (whole, of_it) = (entity::of_record(family), entity::of_item(family, "m1"));
        let cases: [Case<'_>; 9] = [
            ("households.csv", &[], &whole, "ოჯახი"),
            ("people.csv", &[], &of_it, "ნინო"),
            ("villages.csv", &[], "v2", "თელეთი"),
            ("villages.csv", &[], "v1 v2", "ახალსოფელი, თელეთი"),
            ("villages.csv", &[("value", "code"), ("label", "ru")], "8", "Телети"),
            ("villages.csv", &[], "gone", "gone"),
            ("springs.geojson", &[], "p1", "წყარო"),
            ("roster.csv", &[], "m1", "ნინო"),
            ("nowhere.csv", &[], "x", "x"),
        ];
        for (file, parameters, value, expected) in cases {
            let node = Node {
                kind: Kind::Question(QuestionType::SelectMultiple),
                choices: Choices::File(file.into()),
                parameters: parameters
                    .iter()
                    .map(|(key, value)| ((*key).into(), (*value).into()))
                    .collect(),
                ..Node::default()
            };
            assert_eq!(shown.display(&node, value)[""], expected, "{file} {value}");
        }
    }
}
