//! A record begun under one version of its form and opened under the next (design decision D14):
//! answers are kept by name, and the worker is told what changed.

use super::{Draft, is_calculated};
use form::model::{Choices, Form, Node, NodeId, QuestionType, Text};
use form::order;
use form::session::{Address, Session};
use shared::record::answer::Answers;
use shared::record::{FieldPath, binding};
use std::collections::BTreeSet;

/// What the newer version changed for one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionChange {
    /// Questions that were not there before, in form order.
    pub added: Vec<NodeId>,
    /// Answers whose question is gone. They stay in the record and in what the office exports.
    pub kept: Vec<KeptAnswer>,
    /// Answered questions that offer other choices now, in form order.
    pub choices: Vec<ChangedChoices>,
}

impl VersionChange {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.kept.is_empty() && self.choices.is_empty()
    }
}

/// An answer without a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Where it stands in the record.
    pub path: FieldPath,
    /// What the question was called.
    pub label: Text,
    /// The answer; of a choice the label it had, by language.
    pub value: Text,
}

/// A question whose list of choices is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedChoices {
    /// The question in the new version.
    pub node: NodeId,
    /// Choices that are new.
    pub added: Vec<Text>,
    /// Choices that are gone.
    pub gone: Vec<Text>,
}

/// Compares two versions of a form for a record's answers.
pub fn compare(old: &Form, new: &Form, answers: &Answers) -> VersionChange {
    let given = |path: &FieldPath| !answers.is_removed(path);
    let is_asked = |form: &Form, id: NodeId| {
        let node = form.node(id);
        node.question().is_some_and(|question| question != QuestionType::Note) && node.has_control()
    };
    let added = new
        .ids()
        .skip(1)
        .filter(|id| is_asked(new, *id) && old.by_key(&new.node(*id).key).is_none())
        .collect();
    let mut kept = Vec::new();
    let mut answered = BTreeSet::new();
    for answer in &answers.answers {
        if answer.value.is_empty() || !given(&answer.path) {
            continue;
        }
        if let Some((node, _)) = binding::locate(new, &answer.path) {
            answered.insert(node);
        } else if let Some((node, _)) = binding::locate(old, &answer.path)
            && !is_calculated(old, node)
        {
            kept.push(KeptAnswer {
                path: answer.path.clone(),
                label: named(old.node(node)),
                value: said(old, old.node(node), &answer.value),
            });
        }
    }
    let choices = answered.into_iter().filter_map(|id| other_choices(old, new, id)).collect();
    VersionChange { added, kept, choices }
}

/// The label, or the name of a question that has none.
fn named(node: &Node) -> Text {
    match node.label.is_empty() {
        true => Text::from([(String::new(), node.name.clone())]),
        false => node.label.clone(),
    }
}

/// An answer in words: the labels of its choices, else the text itself.
fn said(form: &Form, node: &Node, value: &str) -> Text {
    let plain = || Text::from([(String::new(), value.to_owned())]);
    let Choices::List(list) = &node.choices else { return plain() };
    let Some(list) = form.lists.get(list) else { return plain() };
    let names: Vec<&str> = match node.question() {
        Some(QuestionType::SelectOne) => vec![value],
        _ => value.split(' ').collect(),
    };
    let items: Vec<_> =
        names.iter().filter_map(|name| list.items.iter().find(|item| item.name == *name)).collect();
    if items.is_empty() {
        return plain();
    }
    let languages = order::set(items.iter().flat_map(|item| item.label.keys()));
    let word = |language: &String| {
        let labels: Vec<&str> = items
            .iter()
            .map(|item| form::model::pick(&item.label, language, &form.default_language))
            .collect();
        (language.clone(), labels.join(", "))
    };
    order::map(languages.into_iter().map(word))
}

fn other_choices(old: &Form, new: &Form, id: NodeId) -> Option<ChangedChoices> {
    let node = new.node(id);
    let before = old.node(old.by_key(&node.key)?);
    let (Choices::List(was), Choices::List(is)) = (&before.choices, &node.choices) else {
        return None;
    };
    let (was, is) = (old.lists.get(was)?, new.lists.get(is)?);
    let missing = |from: &form::model::ChoiceList, other: &form::model::ChoiceList| -> Vec<Text> {
        let here = |name: &str| other.items.iter().any(|item| item.name == name);
        from.items.iter().filter(|item| !here(&item.name)).map(label_of).collect()
    };
    let (added, gone) = (missing(is, was), missing(was, is));
    (!added.is_empty() || !gone.is_empty()).then_some(ChangedChoices { node: id, added, gone })
}

fn label_of(item: &form::model::ChoiceItem) -> Text {
    match item.label.is_empty() {
        true => Text::from([(String::new(), item.name.clone())]),
        false => item.label.clone(),
    }
}

impl Draft {
    /// What the form's newer version changed since the record was last worked on here; `None` when
    /// there is nothing to tell or the worker was told.
    pub fn version_change(&self) -> Option<VersionChange> {
        let old = self.before.as_ref()?;
        let answers = self.answers().ok()?;
        Some(compare(old, self.session.form(), &answers)).filter(|change| !change.is_empty())
    }

    /// The worker was told: from now on the record counts as worked on under this version. Questions that
    /// are new begin with their defaults, as in a new record.
    pub fn accept_version(&mut self) {
        if let Some(old) = self.before.take() {
            for (at, value) in self.new_defaults(&old) {
                self.set(&at, &value);
            }
        }
        self.row.form_version = Some(self.version);
        self.put_row();
    }
}

impl Draft {
    /// The defaults of questions that the older version did not have, where nothing is answered.
    fn new_defaults(&self, old: &Form) -> Vec<(Address, String)> {
        let form = self.session.form();
        let is_new = |id: NodeId| {
            let node = form.node(id);
            node.question().is_some_and(QuestionType::has_control)
                && node.calculation.is_empty()
                && old.by_key(&node.key).is_none()
        };
        let fresh = Session::new(form.clone(), self.session.context().clone());
        let outside = fresh.answers().into_iter().filter(|(at, _)| is_new(at.node));
        // What an expression would give inside an item is left to the worker.
        let inside = self.session.walk().into_iter().filter_map(|at| {
            let node = form.node(at.node);
            let fixed = !at.items.is_empty() && !node.dynamic_default && !node.default.is_empty();
            (fixed && is_new(at.node)).then(|| (at, node.default.clone()))
        });
        let blank = |(at, _): &(Address, String)| self.session.value(at).is_empty();
        outside.chain(inside).filter(blank).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;
    use crate::device::{Ports, Subject};
    use crate::memory::MemoryStore;
    use form::model::{ChoiceItem, ChoiceList, Kind};
    use shared::id::FormVersionId;
    use shared::record::answer::Answer;
    use shared::sync::message::{Directory, PublishedForm};
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    fn form(rows: &[(&str, QuestionType)], choices: &[&str]) -> Form {
        let mut form = Form { nodes: vec![Node::default()], ..Form::default() };
        for (name, question) in rows {
            let id = NodeId(form.nodes.len() as u32);
            form.nodes[0].children.push(id);
            let is_select = question.is_select();
            form.nodes.push(Node {
                name: (*name).into(),
                key: (*name).into(),
                parent: Some(NodeId::ROOT),
                kind: Kind::Question(*question),
                label: Text::from([("ka".to_owned(), format!("{name}?"))]),
                choices: if is_select { Choices::List("l".into()) } else { Choices::None },
                ..Node::default()
            });
        }
        let item = |name: &&str| ChoiceItem {
            name: (*name).to_owned(),
            label: Text::from([("ka".to_owned(), name.to_uppercase())]),
            ..ChoiceItem::default()
        };
        let items = choices.iter().map(item).collect();
        form.lists.insert("l".into(), ChoiceList { items });
        form
    }

    fn answers(given: &[(&str, &str)]) -> Answers {
        let answer = |(key, value): &(&str, &str)| Answer {
            path: FieldPath::top(*key),
            value: (*value).to_owned(),
        };
        Answers { answers: given.iter().map(answer).collect(), items: Vec::new() }
    }

    /// No network, no time, always the same randomness.
    struct Alone;

    impl crate::ports::Transport for Alone {
        fn post<'a>(
            &'a self,
            _: &'a str,
            _: Option<&'a str>,
            _: Vec<u8>,
        ) -> crate::ports::Local<'a, Option<crate::ports::Reply>> {
            Box::pin(async { None })
        }
    }

    impl crate::ports::Clock for Alone {
        fn now_ms(&self) -> i64 {
            1_000
        }

        fn utc_offset_minutes(&self) -> i32 {
            240
        }
    }

    impl crate::ports::Entropy for Alone {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("memory answers at once"),
        }
    }

    fn start(store: &MemoryStore) -> Device {
        let alone = Rc::new(Alone);
        let store = Rc::new(store.clone());
        let ports = Ports { store, transport: alone.clone(), clock: alone.clone(), entropy: alone };
        run(Device::open(ports, "test".into())).expect("an open device")
    }

    /// Puts a form in force on a device.
    fn publish(device: &Device, form: &Form) {
        let compiled = form.to_bytes();
        let version = FormVersionId::of(&compiled);
        device.add_form(&PublishedForm { version, compiled: compiled.into() });
        device.set_directory(Directory { current_forms: vec![version], ..Directory::default() });
        run(device.save()).expect("saved");
    }

    #[test]
    fn a_draft_opens_under_the_next_version_with_its_answers() {
        use QuestionType::{SelectOne, Text as Words};
        let store = MemoryStore::default();
        let device = start(&store);
        let old = form(&[("a", Words), ("gone", Words), ("s", SelectOne)], &["x", "y"]);
        publish(&device, &Form { form_id: "f".into(), ..old });
        let record = run(device.begin("f", &Subject::Own)).expect("begun");
        let draft = run(device.open_record(record)).expect("open");
        for (key, value) in [("a", "1"), ("gone", "stays"), ("s", "y")] {
            let at = draft.borrow().address(&FieldPath::top(key)).expect("a question");
            draft.borrow_mut().set(&at, value);
        }
        assert_eq!(draft.borrow().version_change(), None, "nothing new yet");
        run(device.leave()).expect("left");
        let mut new = form(&[("s", SelectOne), ("b", Words), ("a", Words)], &["x", "z"]);
        for node in &mut new.nodes[2..] {
            node.default = "as a rule".into();
        }
        publish(&device, &Form { form_id: "f".into(), ..new });

        let draft = run(device.open_record(record)).expect("open");
        let change = draft.borrow().version_change().expect("something to tell");
        assert_eq!((change.added.len(), change.kept.len(), change.choices.len()), (1, 1, 1));
        let at = draft.borrow().address(&FieldPath::top("a")).expect("a question");
        assert_eq!(draft.borrow().session().value(&at), "1");
        draft.borrow_mut().set(&at, "2");
        run(device.leave()).expect("left");

        // Changed, crashed and reopened: still told until the worker says so.
        let device = start(&store);
        let draft = run(device.open_record(record)).expect("open");
        assert!(draft.borrow().version_change().is_some());
        let added = draft.borrow().address(&FieldPath::top("b")).expect("a question");
        assert_eq!(draft.borrow().session().value(&added), "", "not before the worker was told");
        draft.borrow_mut().accept_version();
        assert_eq!(draft.borrow().version_change(), None);
        assert_eq!(draft.borrow().session().value(&added), "as a rule", "a new question's default");
        assert_eq!(draft.borrow().session().value(&at), "2", "only where nothing is answered");
        run(device.finish(&draft)).expect("finished");
        run(device.leave()).expect("left");
        let device = start(&store);
        let draft = run(device.open_record(record)).expect("open");
        assert_eq!(draft.borrow().version_change(), None, "told once");
        let kept = draft.borrow().answers().expect("answers");
        assert_eq!(kept.value(&FieldPath::top("gone")), "stays", "no version takes an answer away");
        assert_eq!(kept.value(&FieldPath::top("a")), "2");
        assert_eq!(kept.value(&FieldPath::top("b")), "as a rule");
    }

    #[test]
    fn new_questions_answers_without_one_and_other_choices_are_told() {
        use QuestionType::{Calculate, Note, SelectMultiple, SelectOne, Text as Words};
        let rows = [
            ("a", Words),
            ("gone", SelectMultiple),
            ("sum", Calculate),
            ("s", SelectOne),
            ("u", SelectOne),
        ];
        let old = form(&rows, &["x", "y", "z"]);
        let new = form(
            &[("a", Words), ("b", Words), ("hello", Note), ("s", SelectOne), ("u", SelectOne)],
            &["x", "z", "w"],
        );
        let given =
            answers(&[("a", "1"), ("gone", "x y"), ("sum", "3"), ("s", "y"), ("never", "4")]);
        let change = compare(&old, &new, &given);
        assert_eq!(change.added, [NodeId(2)], "a note asks nothing");
        assert_eq!(change.kept.len(), 1, "a calculation is not told: {:?}", change.kept);
        assert_eq!(change.kept[0].label["ka"], "gone?");
        assert_eq!(change.kept[0].value["ka"], "X, Y");
        assert_eq!(change.choices.len(), 1, "only answered questions");
        assert_eq!(change.choices[0].node, NodeId(4));
        assert_eq!(
            (change.choices[0].added[0]["ka"].as_str(), change.choices[0].gone[0]["ka"].as_str()),
            ("W", "Y")
        );
        assert!(compare(&old, &old, &given).is_empty());
    }
}
