//! The state of a question: required, readonly, and whether its answer may stay.
//!
//! The truth table (ODK XForms specification, "constraint" and "required"): a node that is not
//! relevant is valid; a blank one is valid unless it is required; only an answer that is not blank is
//! held against type and constraint.

use super::instance::NONE;
use super::{Address, NodeState, Session, Violation};
use crate::expr::{date, number};
use crate::mask;
use crate::model::{Kind, Node, NodeId, QuestionType};

impl Session {
    /// The state of an address; the default (not relevant) for one that does not exist.
    pub fn state(&self, at: &Address) -> NodeState {
        match self.locate(at) {
            Some(slot) => self.state_of(slot),
            None => NodeState::default(),
        }
    }

    fn state_of(&self, slot: u32) -> NodeState {
        let here = self.slot(slot);
        NodeState {
            value: here.value.clone(),
            relevant: here.relevant,
            required: self.required(slot),
            readonly: self.readonly(slot),
            violation: self.violation(slot),
        }
    }

    fn required(&self, slot: u32) -> bool {
        let parsed = &self.program.nodes[self.slot(slot).node as usize];
        parsed.required.as_ref().is_some_and(|expr| self.truth(slot, expr, false))
    }

    /// Its own answer or that of anything around it.
    fn readonly(&self, slot: u32) -> bool {
        let mut here = slot;
        while here != NONE {
            let parsed = &self.program.nodes[self.slot(here).node as usize];
            if parsed.readonly.as_ref().is_some_and(|expr| self.truth(here, expr, false)) {
                return true;
            }
            here = self.slot(here).parent;
        }
        false
    }

    fn violation(&self, slot: u32) -> Option<Violation> {
        let here = self.slot(slot);
        let node = self.form.node(NodeId(here.node));
        let Kind::Question(question) = node.kind else { return None };
        if !here.relevant {
            return None;
        }
        if here.value.trim().is_empty() {
            // An acknowledgement or a note has nothing to fill in.
            let asks = question != QuestionType::Note;
            return if asks && self.required(slot) { Some(Violation::Required) } else { None };
        }
        if node.is_set("allow_dkref") && matches!(here.value.as_str(), "dk" | "ref") {
            return None;
        }
        let fits = mask::of(node).is_none_or(|mask| mask.fits(&here.value));
        if !is_of_type(question, &here.value) || !is_in_range(node, &here.value) || !fits {
            return Some(Violation::Type);
        }
        let parsed = &self.program.nodes[here.node as usize];
        let broken =
            |expr: &Option<_>| expr.as_ref().is_some_and(|expr| !self.truth(slot, expr, true));
        if broken(&parsed.constraint) {
            Some(Violation::Constraint)
        } else if broken(&parsed.soft) {
            Some(Violation::Soft)
        } else {
            None
        }
    }

    /// Everything that blocks finishing, in form order. [`Violation::Soft`] is included; the host
    /// leaves out those confirmed with a reason.
    pub fn check(&mut self) -> Vec<(Address, Violation)> {
        let found = self.subtree(0).into_iter();
        found
            .filter_map(|slot| {
                self.violation(slot).map(|violation| (self.address(slot), violation))
            })
            .collect()
    }
}

/// The ends of a range, the lesser first: as the author wrote them, else 1 and 10.
pub fn ends_of(node: &Node) -> (f64, f64) {
    let bound = |key: &str, otherwise| {
        node.parameters.get(key).and_then(|text| number::parse(text)).unwrap_or(otherwise)
    };
    let (start, end) = (bound("start", 1.0), bound("end", 10.0));
    (f64::min(start, end), f64::max(start, end))
}

/// Whether a number lies between the ends of its range; other questions have none. The step is the control's
/// alone: as ODK's engines do, an answer between two steps that came another way is kept.
pub fn is_in_range(node: &Node, text: &str) -> bool {
    let (Some(QuestionType::Range), Some(value)) = (node.question(), number::parse(text)) else {
        return true;
    };
    let (least, most) = ends_of(node);
    value >= least && value <= most
}

/// Whether a text is a value of the type. Types that are files, places or free text accept anything.
pub fn is_of_type(question: QuestionType, text: &str) -> bool {
    match question {
        QuestionType::Integer => number::parse(text).is_some_and(|found| found.fract() == 0.0),
        QuestionType::Decimal | QuestionType::Range => number::parse(text).is_some(),
        QuestionType::Date => date::parse(text).is_some(),
        QuestionType::DateTime => date::parse(text).is_some(),
        QuestionType::Time => date::parse_time(text).is_some(),
        _ => true,
    }
}
