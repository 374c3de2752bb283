//! Progress: the sections of a form with what is answered and what is missing in each.

use super::screens::is_shown;
use form::model::{Form, Kind, NodeId, QuestionType};
use form::session::{Address, Session, Violation};

/// A section of the record: a child of the root that has questions now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The group; the root for questions outside any group.
    pub at: Address,
    /// The first thing shown in it.
    pub first: Address,
    /// Questions asked now, notes and calculations left out.
    pub asked: usize,
    /// Of those, answered.
    pub answered: usize,
    /// Questions that block finishing.
    pub problems: usize,
    /// Whether only the worker may see it.
    pub worker_only: bool,
}

/// Whether a person answers it: a control that is no note.
pub fn is_asked(form: &Form, id: NodeId) -> bool {
    let question = form.node(id).question();
    question.is_some_and(|question| question.has_control() && question != QuestionType::Note)
}

/// The questions that are asked now, in form order, those in repeat items included.
pub fn asked(session: &Session) -> Vec<Address> {
    let form = session.form();
    let mut asked = session.walk();
    asked.retain(|at| is_asked(form, at.node) && session.is_relevant(at));
    asked
}

/// The child of the root that a node belongs to; the root for a question outside any group.
pub fn section_of(form: &Form, id: NodeId) -> NodeId {
    let mut at = id;
    while let Some(up) = form.node(at).parent {
        if up == NodeId::ROOT {
            return if form.node(at).question().is_some() { NodeId::ROOT } else { at };
        }
        at = up;
    }
    NodeId::ROOT
}

/// The sections that have something to show now.
pub fn sections(session: &Session) -> Vec<Section> {
    let form = session.form();
    let mut sections: Vec<Section> = Vec::new();
    for at in session.walk() {
        let repeat = form.node(at.node).kind == Kind::Repeat;
        if !(is_shown(form, at.node) || repeat) {
            continue;
        }
        if !session.is_relevant(&at) {
            continue;
        }
        let state = session.state(&at);
        let id = section_of(form, at.node);
        if sections.last().is_none_or(|section| section.at.node != id) {
            let worker_only = form.node(id).is_set("worker_only");
            sections.push(Section {
                at: Address { items: vec![], node: id },
                first: at.clone(),
                asked: 0,
                answered: 0,
                problems: 0,
                worker_only,
            });
        }
        let Some(section) = sections.last_mut() else { continue };
        if is_asked(form, at.node) {
            section.asked += 1;
            section.answered += usize::from(!state.value.is_empty());
            section.problems +=
                usize::from(state.violation.is_some_and(|found| found != Violation::Soft));
        }
    }
    sections
}

/// The number of a question among those asked, from 1, and how many are asked. For a place that is
/// no question it is the number of the next one.
pub fn number(session: &Session, at: &Address) -> (usize, usize) {
    let (before, total) = session.count(at, |node| is_asked(session.form(), node));
    ((before + 1).min(total.max(1)), total)
}

/// How many questions of an item block finishing.
pub fn missing_in(session: &Session, item: &Address) -> usize {
    let form = session.form();
    session
        .walk_in(item)
        .iter()
        .filter(|at| is_asked(form, at.node))
        .map(|at| session.state(at))
        .filter(|state| state.relevant)
        .filter(|state| state.violation.is_some_and(|found| found != Violation::Soft))
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::test_form::{at, form, session};
    use super::*;

    #[test]
    fn sections_count_what_is_asked_answered_and_missing() {
        let mut session = session();
        let form = form();
        session.add_item(&at(&form, "members", &[]), "i1", "a");
        session.set(&at(&form, "street", &[]), "x");
        let counts: Vec<_> = sections(&session)
            .iter()
            .map(|section| {
                let name = form.node(section.at.node).name.clone();
                let first = form.node(section.first.node).name.clone();
                (name, first, section.asked, section.answered, section.problems)
            })
            .collect();
        let expected = [
            ("first".to_owned(), "consent".to_owned(), 7, 1, 2),
            ("worker".to_owned(), "seen".to_owned(), 1, 0, 0),
        ];
        assert_eq!(counts, expected);
        assert_eq!(missing_in(&session, &at(&form, "members", &["i1"])), 1);
        session.set(&at(&form, "m_first", &["i1"]), "ნინო");
        assert_eq!(missing_in(&session, &at(&form, "members", &["i1"])), 0);
    }

    #[test]
    fn the_number_is_the_place_among_the_questions_asked() {
        let mut session = session();
        let form = form();
        let cases = [("consent", 1), ("phone", 3), ("members", 4), ("s2", 5), ("seen", 6)];
        for (name, expected) in cases {
            assert_eq!(number(&session, &at(&form, name, &[])), (expected, 6), "{name}");
        }
        session.set(&at(&form, "consent", &[]), "no");
        assert_eq!(number(&session, &at(&form, "seen", &[])), (4, 4));
    }
}
