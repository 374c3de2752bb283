//! The live form: answers, relevance, calculations and checks, kept up to date as they change.
//!
//! Answers are strings in XForms lexical form: select_multiple separated by spaces, dates
//! `yyyy-MM-dd`, decimals with a point. Identity is stable: a repeat item is known by its item id,
//! never by its position.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Form, NodeId, pick};

/// Where an answer lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Item ids of the repeats around it, outermost first. For the address of a repeat, the repeats
    /// around the repeat; with its own item id at the end it is the address of that item.
    pub items: Vec<String>,
    pub node: NodeId,
}

/// Everything an evaluation may know beside the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub now_ms: i64,
    /// Offset of local time from UTC, 240 in Georgia.
    pub utc_offset_minutes: i32,
    /// Language code in use.
    pub language: String,
    pub username: String,
    pub device_id: String,
    /// Seed of `random()`, `uuid()` and `randomize()` without a seed of their own.
    pub seed: u64,
    /// Rows of the instances the host supplies: instance name → rows of column → value.
    pub external: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

/// Why an answer cannot stay as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Required and blank.
    Required,
    /// The constraint is false.
    Constraint,
    /// Not a value of the question's type, `12a` for an integer. The text is kept.
    Type,
    /// The soft constraint is false: may be confirmed with a reason.
    Soft,
}

/// What a question (or group, or repeat item) looks like now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    pub value: String,
    pub relevant: bool,
    pub required: bool,
    pub readonly: bool,
    pub violation: Option<Violation>,
}

/// What an edit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Addresses to draw again: value, relevance, or something that is computed from a changed value.
    pub changed: Vec<Address>,
    /// Questions that became relevant.
    pub shown: usize,
    /// Questions that stopped being relevant.
    pub hidden: usize,
}

/// An option of a select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub label: String,
    /// `image`, `audio`, `video`, `big-image` → file name.
    pub media: BTreeMap<String, String>,
    /// `geometry` column, for maps; empty when there is none.
    pub geometry: String,
}

/// A form being filled.
#[derive(Clone)]
pub struct Session {
    form: Arc<Form>,
    context: Context,
    values: BTreeMap<Address, String>,
    items: BTreeMap<Address, Vec<(String, String)>>,
}

impl Session {
    /// Opens a new record: defaults, preloads and calculations are in place.
    pub fn new(form: Arc<Form>, context: Context) -> Session {
        Session { form, context, values: BTreeMap::new(), items: BTreeMap::new() }
    }

    /// Opens a kept record. `items` are (repeat, item id, order key); answers whose node is not in
    /// the form or whose item is unknown are left out.
    pub fn load(
        form: Arc<Form>,
        context: Context,
        answers: Vec<(Address, String)>,
        items: Vec<(Address, String, String)>,
    ) -> Session {
        let mut session = Session::new(form, context);
        for (repeat, item, order) in items {
            session.add_item(&repeat, &item, &order);
        }
        session.values.extend(answers);
        session
    }

    /// Sets an answer; `""` blanks it.
    pub fn set(&mut self, at: &Address, value: &str) -> Effects {
        self.values.insert(at.clone(), value.to_owned());
        Effects { changed: vec![at.clone()], shown: 0, hidden: 0 }
    }

    /// Adds an item to a repeat; items are ordered by (order key, item id).
    pub fn add_item(&mut self, repeat: &Address, item: &str, order: &str) -> Effects {
        let items = self.items.entry(repeat.clone()).or_default();
        items.push((order.to_owned(), item.to_owned()));
        items.sort();
        Effects { changed: vec![repeat.clone()], shown: 0, hidden: 0 }
    }

    /// Removes an item and everything in it.
    pub fn remove_item(&mut self, repeat: &Address, item: &str) -> Effects {
        if let Some(items) = self.items.get_mut(repeat) {
            items.retain(|(_, found)| found != item);
        }
        Effects { changed: vec![repeat.clone()], shown: 0, hidden: 0 }
    }

    /// Item ids of a repeat in order.
    pub fn items(&self, repeat: &Address) -> Vec<String> {
        self.items.get(repeat).into_iter().flatten().map(|(_, item)| item.clone()).collect()
    }

    /// The state of an address; the default (nothing relevant) for one that does not exist.
    pub fn state(&self, at: &Address) -> NodeState {
        NodeState { value: self.value(at).to_owned(), relevant: true, ..NodeState::default() }
    }

    /// The answer, `""` when blank.
    pub fn value(&self, at: &Address) -> &str {
        self.values.get(at).map_or("", String::as_str)
    }

    /// Options of a select after its filter, in order.
    pub fn choices(&self, _at: &Address, _language: &str) -> Vec<Choice> {
        Vec::new()
    }

    /// The label in `language` with `${x}` filled in; falls back to the default language.
    pub fn label(&self, at: &Address, language: &str) -> String {
        pick(&self.form.node(at.node).label, language, &self.form.default_language).to_owned()
    }

    /// The hint.
    pub fn hint(&self, at: &Address, language: &str) -> String {
        pick(&self.form.node(at.node).hint, language, &self.form.default_language).to_owned()
    }

    /// The guidance hint.
    pub fn guidance(&self, at: &Address, language: &str) -> String {
        pick(&self.form.node(at.node).guidance, language, &self.form.default_language).to_owned()
    }

    /// What to say when the constraint fails; `""` when the author wrote nothing.
    pub fn constraint_message(&self, at: &Address, language: &str) -> String {
        let node = self.form.node(at.node);
        pick(&node.constraint_message, language, &self.form.default_language).to_owned()
    }

    /// What to say when a required answer is blank; `""` when the author wrote nothing.
    pub fn required_message(&self, at: &Address, language: &str) -> String {
        let node = self.form.node(at.node);
        pick(&node.required_message, language, &self.form.default_language).to_owned()
    }

    /// What to say when the soft constraint fails; `""` when the author wrote nothing.
    pub fn soft_constraint_message(&self, at: &Address, language: &str) -> String {
        let node = self.form.node(at.node);
        pick(&node.soft_constraint_message, language, &self.form.default_language).to_owned()
    }

    /// Everything that blocks finishing, in form order. [`Violation::Soft`] is included; the host
    /// leaves out those confirmed with a reason.
    pub fn check(&mut self) -> Vec<(Address, Violation)> {
        Vec::new()
    }

    /// All non-blank values of questions, calculations included, relevant or not.
    pub fn answers(&self) -> Vec<(Address, String)> {
        self.values
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(at, value)| (at.clone(), value.clone()))
            .collect()
    }

    /// All live addresses in form order: groups, repeats and the nodes in each of their items.
    pub fn walk(&self) -> Vec<Address> {
        self.form
            .ids()
            .skip(1)
            .map(|node| Address { items: Vec::new(), node })
            .collect()
    }

    /// Changes time, language, person or external instances and recomputes what depends on them.
    pub fn set_context(&mut self, context: Context) -> Effects {
        self.context = context;
        Effects { changed: self.walk(), shown: 0, hidden: 0 }
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// The context in use.
    pub fn context(&self) -> &Context {
        &self.context
    }
}
