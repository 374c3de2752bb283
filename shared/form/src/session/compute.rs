//! Recomputation: a queue ordered by rank, fed by what changed.

use std::collections::BTreeSet;

use super::host::here;
use super::instance::NONE;
use super::program::Aspect;
use super::{Address, Effects, Session};
use crate::expr::date::{self, DAY_MS};
use crate::expr::{Dialect, Evaluator, Expr, Value, number};
use crate::model::{Kind, NodeId, QuestionType};

/// Most items a `repeat_count` may ask for.
const MOST_ITEMS: f64 = 10_000.0;

/// The days of four-digit years end here, counted from 1970.
const LAST_DAY: f64 = 2_932_896.0;

/// Most live nodes that counts may grow a record to: counts inside counts multiply.
const MOST_SLOTS: usize = 250_000;

/// What is still to compute and what has changed so far.
#[derive(Default)]
pub(crate) struct Change {
    queue: BTreeSet<(u32, u32, Aspect)>,
    touched: BTreeSet<u32>,
    gone: Vec<Address>,
    /// A person's edit: answers that are no longer among their choices go. Opening a record or
    /// getting new lists must not take answers away.
    edit: bool,
    shown: usize,
    hidden: usize,
}

impl Change {
    pub fn of_edit() -> Change {
        Change { edit: true, ..Change::default() }
    }
}

impl Session {
    /// First computation. `fresh` records also get defaults and preloads.
    pub(crate) fn start(&mut self, fresh: bool) {
        let mut change = Change::default();
        let all = self.subtree(0);
        if fresh {
            self.fill(&all);
        }
        self.queue_all(&mut change);
        self.settle(&mut change);
        if fresh {
            let all = self.subtree(0);
            self.dynamic_defaults(&all, &mut change);
            self.settle(&mut change);
        }
    }

    pub(crate) fn queue_all(&self, change: &mut Change) {
        for slot in self.subtree(0) {
            self.queue_slot(slot, change);
        }
    }

    pub(crate) fn touch_all(&self, change: &mut Change) {
        change.touched.extend(self.subtree(0));
    }

    fn queue_slot(&self, slot: u32, change: &mut Change) {
        let node = self.slot(slot).node;
        let parsed = &self.program.nodes[node as usize];
        let calculates = parsed.calculation.is_some() && parsed.triggers.is_empty();
        let range = self.is_range(slot);
        if parsed.relevant.is_some() {
            self.enqueue(slot, Aspect::Relevant, change);
        }
        if calculates {
            self.enqueue(slot, Aspect::Calculate, change);
        }
        if range && parsed.count.is_some() {
            self.enqueue(slot, Aspect::Count, change);
        }
    }

    fn enqueue(&self, slot: u32, aspect: Aspect, change: &mut Change) {
        let ranks = self.program.ranks[self.slot(slot).node as usize];
        let rank = match aspect {
            Aspect::Relevant => ranks[0],
            Aspect::Calculate | Aspect::Trigger | Aspect::Filter => ranks[1],
            Aspect::Count => ranks[2],
            Aspect::View => return,
        };
        change.queue.insert((rank, slot, aspect));
    }

    /// Computes until nothing is left. Circles, which the publisher refuses, end by a budget.
    pub(crate) fn settle(&mut self, change: &mut Change) {
        let mut budget = self.slots.len() * 64 + 10_000;
        while let Some((_, slot, aspect)) = change.queue.pop_first() {
            if budget == 0 {
                change.queue.clear();
                return;
            }
            budget -= 1;
            if !self.slot(slot).alive {
                continue;
            }
            match aspect {
                Aspect::Relevant => self.compute_relevance(slot, change),
                Aspect::Calculate | Aspect::Trigger => self.compute_value(slot, change),
                Aspect::Count => self.compute_count(slot, change),
                Aspect::Filter => self.compute_filter(slot, change),
                Aspect::View => {}
            }
        }
    }

    /// The value of an expression at a slot; a failing one has none.
    pub(crate) fn evaluate(&self, slot: u32, expr: &Expr) -> Option<Value> {
        Evaluator::new(self, here(slot), Dialect::Xforms).evaluate(expr).ok()
    }

    /// The same as text.
    #[cfg(feature = "author")]
    pub(crate) fn text_of_expression(&self, slot: u32, expr: &Expr) -> Option<String> {
        let evaluator = Evaluator::new(self, here(slot), Dialect::Xforms);
        evaluator.evaluate(expr).ok().map(|value| evaluator.text(&value))
    }

    pub(crate) fn truth(&self, slot: u32, expr: &Expr, otherwise: bool) -> bool {
        let evaluator = Evaluator::new(self, here(slot), Dialect::Xforms);
        evaluator.evaluate(expr).map_or(otherwise, |value| evaluator.boolean(&value))
    }

    fn compute_relevance(&mut self, slot: u32, change: &mut Change) {
        let program = self.program.clone();
        let Some(expr) = &program.nodes[self.slot(slot).node as usize].relevant else { return };
        let relevant = self.truth(slot, expr, true);
        if self.slot(slot).own_relevant != relevant {
            self.slot_mut(slot).own_relevant = relevant;
            self.spread_relevance(slot, change);
        }
    }

    fn spread_relevance(&mut self, slot: u32, change: &mut Change) {
        let mut waiting = vec![slot];
        while let Some(next) = waiting.pop() {
            let parent = self.slot(next).parent;
            let around = parent == NONE || self.slot(parent).relevant;
            let relevant = around && self.slot(next).own_relevant;
            if self.slot(next).relevant == relevant {
                continue;
            }
            self.slot_mut(next).relevant = relevant;
            let node = self.form.node(NodeId(self.slot(next).node));
            if matches!(node.kind, Kind::Question(_)) && node.has_control() {
                *(if relevant { &mut change.shown } else { &mut change.hidden }) += 1;
            }
            self.value_changed(next, change);
            waiting.extend(self.slot(next).children.iter().rev());
        }
    }

    fn compute_value(&mut self, slot: u32, change: &mut Change) {
        let program = self.program.clone();
        let node = self.slot(slot).node;
        let Some(expr) = &program.nodes[node as usize].calculation else { return };
        let value = self.evaluate(slot, expr);
        let text = self.stored(NodeId(node), slot, value.as_ref());
        self.store(slot, text, change);
    }

    fn store(&mut self, slot: u32, text: String, change: &mut Change) {
        if self.slot(slot).value != text {
            self.slot_mut(slot).value = text;
            self.value_changed(slot, change);
        }
    }

    /// A computed value as its question keeps it.
    fn stored(&self, node: NodeId, slot: u32, value: Option<&Value>) -> String {
        let Some(value) = value else { return String::new() };
        let evaluator = Evaluator::new(self, here(slot), Dialect::Xforms);
        let text = match value {
            Value::Number(found) if found.is_nan() => return String::new(),
            Value::Date(None) => return String::new(),
            other => evaluator.text(other),
        };
        let node = self.form.node(node);
        if node.is_set("allow_dkref") && matches!(text.as_str(), "dk" | "ref") {
            return text;
        }
        // What cannot be an answer of the question's type is none: nobody could mend it there.
        match node.bind_type() {
            "int" => number::parse(&text)
                .filter(|found| found.is_finite())
                .map_or_else(String::new, |found| number::format(found.trunc())),
            "decimal" if number::parse(&text).is_none() => String::new(),
            "date" => match value {
                Value::Number(days) if days.abs() <= LAST_DAY => {
                    date::format_date(days.floor() as i64 * DAY_MS)
                }
                _ => {
                    let day = text.split('T').next().unwrap_or("");
                    if date::parse(day).is_some() { day.to_owned() } else { String::new() }
                }
            },
            _ => text,
        }
    }

    /// Drops answers that the filter no longer offers.
    fn compute_filter(&mut self, slot: u32, change: &mut Change) {
        let node = self.form.node(NodeId(self.slot(slot).node));
        let value = &self.slot(slot).value;
        if value.is_empty()
            || (node.is_set("allow_dkref") && matches!(value.as_str(), "dk" | "ref"))
        {
            return;
        }
        let Some(choices) = self.offered(slot) else { return };
        let kept: Vec<&str> = value
            .split_whitespace()
            .filter(|name| choices.iter().any(|choice| choice == name))
            .collect();
        let text = kept.join(" ");
        self.store(slot, text, change);
    }

    fn compute_count(&mut self, range: u32, change: &mut Change) {
        let program = self.program.clone();
        let Some(expr) = &program.nodes[self.slot(range).node as usize].count else { return };
        let evaluator = Evaluator::new(self, here(range), Dialect::Xforms);
        let wanted = evaluator.evaluate(expr).map_or(0.0, |value| evaluator.number(&value));
        let wanted = if wanted.is_nan() { 0 } else { wanted.clamp(0.0, MOST_ITEMS) as usize };
        let before = self.slot(range).children.len();
        while self.slot(range).children.len() > wanted {
            let Some(last) = self.slot(range).children.last().copied() else { break };
            self.take_item(range, last, change);
        }
        let mut id = self.slot(range).children.len();
        while self.slot(range).children.len() < wanted
            && self.slots.len() - self.free.len() < MOST_SLOTS
        {
            id += 1;
            let order = std::format!("{id:06}");
            self.put_item(range, &id.to_string(), &order, change);
        }
        // Once for all of them: who reads the repeat reads every item.
        if self.slot(range).children.len() != before {
            self.items_changed(range, change);
        }
    }

    /// Notes a new value (or relevance, or items) and queues what reads it.
    pub(crate) fn value_changed(&mut self, slot: u32, change: &mut Change) {
        change.touched.insert(slot);
        let program = self.program.clone();
        for dependent in &program.dependents[self.slot(slot).node as usize] {
            self.notify(slot, *dependent, change);
        }
    }

    fn notify(&self, from: u32, dependent: super::program::Dependent, change: &mut Change) {
        let ranges = dependent.aspect == Aspect::Count;
        for slot in self.instances(from, dependent.node, dependent.shared, ranges) {
            match dependent.aspect {
                Aspect::View => drop(change.touched.insert(slot)),
                Aspect::Filter => {
                    change.touched.insert(slot);
                    if change.edit {
                        self.enqueue(slot, Aspect::Filter, change);
                    }
                }
                aspect => self.enqueue(slot, aspect, change),
            }
        }
        // The relevance of a repeat is kept for the repeat itself as well as for its items.
        if dependent.aspect == Aspect::Relevant
            && self.form.node(NodeId(dependent.node)).kind == Kind::Repeat
        {
            for slot in self.instances(from, dependent.node, dependent.shared, true) {
                self.enqueue(slot, Aspect::Relevant, change);
            }
        }
    }

    /// Adds an item, computes what is in it and tells everybody who looks at the repeat.
    pub(crate) fn add_to_range(
        &mut self,
        range: u32,
        item: &str,
        order: &str,
        change: &mut Change,
    ) {
        if self.put_item(range, item, order, change) {
            self.items_changed(range, change);
        }
    }

    /// The item without telling anybody; whether it is new.
    fn put_item(&mut self, range: u32, item: &str, order: &str, change: &mut Change) -> bool {
        let (slot, is_new) = self.grow_item(range, item, order);
        if !is_new {
            return false;
        }
        let grown = self.subtree(slot);
        self.fill(&grown);
        for part in &grown {
            self.queue_slot(*part, change);
        }
        change.touched.extend(&grown);
        self.dynamic_defaults(&grown, change);
        true
    }

    pub(crate) fn remove_from_range(&mut self, range: u32, item: u32, change: &mut Change) {
        self.take_item(range, item, change);
        self.items_changed(range, change);
    }

    /// Takes an item away without telling anybody.
    fn take_item(&mut self, range: u32, item: u32, change: &mut Change) {
        change.gone.push(self.address(item));
        for gone in self.subtree(item) {
            change.touched.remove(&gone);
        }
        self.prune(range, item);
    }

    /// Queues what reads the items of a repeat, or anything in all of them.
    fn items_changed(&mut self, range: u32, change: &mut Change) {
        let program = self.program.clone();
        let repeat = self.slot(range).node;
        let depth = program.depths[repeat as usize];
        change.touched.insert(range);
        for node in 0..self.form.nodes.len() as u32 {
            if !program.paths[node as usize].contains(&repeat) {
                continue;
            }
            for dependent in &program.dependents[node as usize] {
                if node == repeat || dependent.shared <= depth {
                    let mut dependent = *dependent;
                    dependent.shared = dependent.shared.min(depth);
                    self.notify(range, dependent, change);
                }
            }
        }
    }

    /// Static defaults and preloads.
    fn fill(&mut self, slots: &[u32]) {
        let form = self.form.clone();
        for slot in slots {
            let node = form.node(NodeId(self.slot(*slot).node));
            let Kind::Question(question) = node.kind else { continue };
            let value = if node.default.is_empty() || node.dynamic_default {
                self.preload(question)
            } else {
                tidy_default(node.bind_type(), &node.default)
            };
            self.slot_mut(*slot).value = value;
        }
    }

    fn preload(&self, question: QuestionType) -> String {
        let offset = self.context.utc_offset_minutes;
        let local = self.context.now_ms + i64::from(offset) * 60_000;
        match question {
            QuestionType::Start => date::format_date_time(local, offset),
            QuestionType::Today => date::format_date(local),
            QuestionType::Username => self.context.username.clone(),
            QuestionType::DeviceId => self.context.device_id.clone(),
            _ => String::new(),
        }
    }

    pub(crate) fn preload_end(&mut self, change: &mut Change) {
        let form = self.form.clone();
        let offset = self.context.utc_offset_minutes;
        let local = self.context.now_ms + i64::from(offset) * 60_000;
        for slot in self.subtree(0) {
            if form.node(NodeId(self.slot(slot).node)).question() == Some(QuestionType::End) {
                self.store(slot, date::format_date_time(local, offset), change);
            }
        }
    }

    /// Defaults that are expressions, in form order, each seeing those before it.
    fn dynamic_defaults(&mut self, slots: &[u32], change: &mut Change) {
        let program = self.program.clone();
        for slot in slots {
            let node = self.slot(*slot).node;
            let Some(expr) = &program.nodes[node as usize].default else { continue };
            if !self.slot(*slot).alive {
                continue;
            }
            let value = self.evaluate(*slot, expr);
            let text = self.stored(NodeId(node), *slot, value.as_ref());
            self.store(*slot, text, change);
            self.settle(change);
        }
    }

    pub(crate) fn effects(&self, change: Change) -> Effects {
        let alive = |slot: &u32| *slot != 0 && self.slot(*slot).alive;
        let mut changed: Vec<Address> =
            change.touched.into_iter().filter(alive).map(|slot| self.address(slot)).collect();
        changed.extend(change.gone);
        Effects { changed, shown: change.shown, hidden: change.hidden }
    }
}

/// A default in the form an answer of its type has.
fn tidy_default(data_type: &str, text: &str) -> String {
    match data_type {
        "date" => text.split('T').next().unwrap_or(text).to_owned(),
        "geopoint" | "geotrace" | "geoshape" => {
            let points = text.split(';').filter(|point| !point.trim().is_empty());
            let number = |text: &str| match number::parse(text) {
                Some(found) if found.fract() == 0.0 => number::format(found) + ".0",
                Some(found) => number::format(found),
                None => text.to_owned(),
            };
            let tidy =
                |point: &str| point.split_whitespace().map(number).collect::<Vec<_>>().join(" ");
            points.map(tidy).collect::<Vec<_>>().join(";")
        }
        _ => text.to_owned(),
    }
}
