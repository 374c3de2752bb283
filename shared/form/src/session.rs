//! The live form: answers, relevance, calculations and checks, kept up to date as they change.
//!
//! Answers are strings in XForms lexical form: select_multiple separated by spaces, dates
//! `yyyy-MM-dd`, decimals with a point. Identity is stable: a repeat item is known by its item id,
//! never by its position.

mod choose;
mod compute;
#[cfg(feature = "author")]
mod entities;
mod host;
mod instance;
pub mod program;
mod saved;
pub mod states;
mod table;
mod texts;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::model::{Form, Kind, NodeId};
pub use choose::{Offer, Offered};
use compute::Change;
use host::Random;
use instance::{NONE, Slot};
use program::Program;
use table::Table;

#[cfg(feature = "author")]
pub use entities::EntityAction;

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
    /// Answers of the record finished last, for `${last-saved#x}`: question name → answer. See
    /// [`Session::last_saved`].
    pub last_saved: BTreeMap<String, String>,
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
    program: Arc<Program>,
    context: Context,
    slots: Vec<Slot>,
    free: Vec<u32>,
    external: Vec<(String, Arc<Table>)>,
    lists: Vec<(String, OnceLock<Arc<Table>>)>,
    random: Random,
}

impl Session {
    /// Opens a new record: defaults, preloads and calculations are in place. Repeats are empty unless
    /// they have a `repeat_count`; see [`Session::add_first_items`].
    pub fn new(form: Arc<Form>, context: Context) -> Session {
        let mut session = Session::bare(form, context);
        session.start(true);
        session
    }

    /// Opens a kept record. `items` are (repeat, item id, order key), outer repeats first; answers
    /// whose node is not in the form or whose item is unknown are left out. Calculations run again,
    /// defaults do not.
    pub fn load(
        form: Arc<Form>,
        context: Context,
        answers: Vec<(Address, String)>,
        items: Vec<(Address, String, String)>,
    ) -> Session {
        Session::bare(form, context).filled(answers, items)
    }

    /// The same form in the same context over other answers: the lists of options are not read again.
    pub fn reload(
        &self,
        answers: Vec<(Address, String)>,
        items: Vec<(Address, String, String)>,
    ) -> Session {
        let mut session = Session::bare(self.form.clone(), self.context.clone());
        session.lists.clone_from(&self.lists);
        session.filled(answers, items)
    }

    fn filled(
        self,
        answers: Vec<(Address, String)>,
        mut items: Vec<(Address, String, String)>,
    ) -> Session {
        let mut session = self;
        // Outer repeats first: an item can only grow where the items around it are.
        let mut depth = 0;
        while !items.is_empty() {
            items.retain(|(repeat, item, order)| {
                if repeat.items.len() > depth {
                    return true;
                }
                if let Some(range) = session.locate(repeat)
                    && session.is_range(range)
                    && !item.is_empty()
                {
                    session.grow_item(range, item, order);
                }
                false
            });
            depth += 1;
        }
        for (at, value) in answers {
            if let Some(slot) = session.locate(&at)
                && matches!(session.form.node(at.node).kind, Kind::Question(_))
            {
                session.slot_mut(slot).value = value;
            }
        }
        session.start(false);
        session
    }

    fn bare(form: Arc<Form>, context: Context) -> Session {
        let program = Arc::new(Program::new(&form));
        let lists = form.lists.keys().map(|name| (name.clone(), OnceLock::new())).collect();
        let random = Random::new(context.seed);
        let mut session = Session {
            form,
            program,
            context: Context::default(),
            slots: Vec::new(),
            free: Vec::new(),
            external: Vec::new(),
            lists,
            random,
        };
        session.take_context(context);
        session.grow(NodeId::ROOT, NONE);
        session
    }

    fn take_context(&mut self, context: Context) {
        if context.external != self.context.external
            || self.external.len() != context.external.len()
        {
            let table =
                |(name, rows): (&String, &Vec<_>)| (name.clone(), Arc::new(Table::from_rows(rows)));
            self.external = context.external.iter().map(table).collect();
        }
        if context.language != self.context.language {
            self.lists.iter_mut().for_each(|(_, table)| *table = OnceLock::new());
        }
        self.context = context;
    }

    /// Sets an answer; `""` blanks it.
    pub fn set(&mut self, at: &Address, value: &str) -> Effects {
        let mut change = Change::of_edit();
        if let Some(slot) = self.locate(at)
            && matches!(self.form.node(at.node).kind, Kind::Question(_))
            && self.slot(slot).value != value
        {
            value.clone_into(&mut self.slot_mut(slot).value);
            self.value_changed(slot, &mut change);
            self.settle(&mut change);
        }
        self.effects(change)
    }

    /// Adds an item to a repeat; items are ordered by (order key, item id).
    pub fn add_item(&mut self, repeat: &Address, item: &str, order: &str) -> Effects {
        let mut change = Change::of_edit();
        if let Some(range) = self.locate(repeat)
            && self.is_range(range)
            && !item.is_empty()
        {
            self.add_to_range(range, item, order, &mut change);
            self.settle(&mut change);
        }
        self.effects(change)
    }

    /// Removes an item and everything in it.
    pub fn remove_item(&mut self, repeat: &Address, item: &str) -> Effects {
        let mut change = Change::of_edit();
        if let Some(range) = self.locate(repeat)
            && let Some(extra) = &self.slot(range).extra
            && let Some(slot) = extra.items.get(item).copied()
        {
            self.remove_from_range(range, slot, &mut change);
            self.settle(&mut change);
        }
        self.effects(change)
    }

    /// Gives every empty repeat without a `repeat_count` its first item, as ODK's clients do when a
    /// form opens; nested repeats too. Item ids are `1`.
    pub fn add_first_items(&mut self) -> Effects {
        let mut change = Change::default();
        let mut at = 0;
        while at < self.slots.len() as u32 {
            if self.slot(at).alive && self.is_range(at) && self.slot(at).children.is_empty() {
                let node = NodeId(self.slot(at).node);
                if self.form.node(node).repeat_count.is_empty() {
                    self.add_to_range(at, "1", "", &mut change);
                }
            }
            at += 1;
        }
        self.settle(&mut change);
        self.effects(change)
    }

    /// Item ids of a repeat in order.
    pub fn items(&self, repeat: &Address) -> Vec<String> {
        let Some(range) = self.locate(repeat) else { return Vec::new() };
        let id = |item: &u32| self.slot(*item).extra.as_ref().map(|extra| extra.item.clone());
        self.slot(range).children.iter().filter_map(id).collect()
    }

    /// The place of an item among those of its repeat, from 0.
    pub fn place(&self, item: &Address) -> Option<usize> {
        let slot = self.locate(item).filter(|slot| self.slot(*slot).is_item())?;
        Some(self.place_of(slot))
    }

    /// The answer, `""` when blank.
    pub fn value(&self, at: &Address) -> &str {
        self.locate(at).map_or("", |slot| &self.slot(slot).value)
    }

    /// All non-blank values of questions, calculations included, relevant or not, in form order.
    pub fn answers(&self) -> Vec<(Address, String)> {
        let answered = |slot: &u32| !self.slot(*slot).value.is_empty();
        self.subtree(0)
            .into_iter()
            .filter(answered)
            .map(|slot| (self.address(slot), self.slot(slot).value.clone()))
            .collect()
    }

    /// All live addresses in form order: groups, repeats and the nodes in each of their items. Items
    /// themselves are not in it; see [`Session::items`].
    pub fn walk(&self) -> Vec<Address> {
        let listed = |slot: &u32| *slot != 0 && !self.slot(*slot).is_item();
        self.subtree(0).into_iter().filter(listed).map(|slot| self.address(slot)).collect()
    }

    /// The same of what stands inside one item of a repeat, or below any other address.
    pub fn walk_in(&self, at: &Address) -> Vec<Address> {
        let Some(start) = self.locate(at) else { return Vec::new() };
        let listed = |slot: &u32| *slot != start && !self.slot(*slot).is_item();
        self.subtree(start).into_iter().filter(listed).map(|slot| self.address(slot)).collect()
    }

    /// Whether what stands at an address is asked now.
    pub fn is_relevant(&self, at: &Address) -> bool {
        self.locate(at).is_some_and(|slot| self.slot(slot).relevant)
    }

    /// How many relevant nodes are `counted`: those before an address in form order, and all of them.
    /// For an address that does not exist all are before it. No address is made for any of them, so this
    /// is quick for ten thousand.
    pub fn count(&self, at: &Address, counted: impl Fn(NodeId) -> bool) -> (usize, usize) {
        let counted: Vec<bool> = self.form.ids().map(counted).collect();
        let target = self.locate(at);
        let (mut before, mut all) = (None, 0);
        let mut waiting = vec![0];
        while let Some(index) = waiting.pop() {
            if Some(index) == target {
                before = Some(all);
            }
            let slot = self.slot(index);
            let is = counted.get(slot.node as usize).copied().unwrap_or_default();
            all += usize::from(is && slot.relevant && !slot.is_item());
            waiting.extend(slot.children.iter().rev());
        }
        (before.unwrap_or(all), all)
    }

    /// Changes time, language, person or external instances and recomputes everything.
    pub fn set_context(&mut self, context: Context) -> Effects {
        self.take_context(context);
        let mut change = Change::default();
        self.touch_all(&mut change);
        self.queue_all(&mut change);
        self.settle(&mut change);
        self.effects(change)
    }

    /// Stamps `end` questions with the time of the context; for the moment a record is finished.
    pub fn stamp_end(&mut self) -> Effects {
        let mut change = Change::default();
        self.preload_end(&mut change);
        self.settle(&mut change);
        self.effects(change)
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
