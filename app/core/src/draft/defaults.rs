//! What a new record answers before the worker does.

use super::Draft;
use form::model::{Choices, NodeId};
use form::session::{Address, Session};
use shared::project::entity;

impl Draft {
    /// Answers a record that holds nothing yet with the form's defaults, and with whom it is about.
    /// Returns whether it did.
    pub fn answer_defaults(&mut self) -> bool {
        if !self.answers().is_ok_and(|kept| kept.answers.is_empty()) {
            return false;
        }
        let form = self.session.form().clone();
        let fresh = Session::new(form.clone(), self.session.context().clone());
        let defaults = fresh.answers().into_iter().filter(|(at, _)| {
            let node = form.node(at.node);
            node.calculation.is_empty()
                && node.question().is_some_and(|question| question.has_control())
        });
        for (at, value) in defaults.chain(self.subject()).collect::<Vec<_>>() {
            self.set(&at, &value);
        }
        true
    }

    /// The answer that says whom a record is about: of a child's the question that chooses from the roster, of a
    /// follow-up the one that chooses the household.
    fn subject(&self) -> Option<(Address, String)> {
        let form = self.session.form();
        let at = |node: NodeId| Address { items: vec![], node };
        if self.row.member.is_empty() {
            let node = entity::whole(form)?.question(form)?;
            return Some((at(node), entity::of_record(self.row.household?)));
        }
        let node = form.ids().find(|id| match &form.node(*id).choices {
            Choices::File(name) => name == "roster.csv",
            _ => false,
        })?;
        Some((at(node), self.row.member.clone()))
    }
}
