//! Which screens a form has now, in which order, and what stands on each.

use form::model::{Form, Kind, NodeId, QuestionType};
use form::session::{Address, Session};

/// How questions are put to the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// One question, or one field list, per screen.
    #[default]
    OneByOne,
    /// A whole section per screen.
    Sections,
}

/// What the screens are of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The record without the items of its repeats.
    Record,
    /// One item of a repeat: the repeat's node with the item's id as the last of its items.
    Item(Address),
}

/// Something on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// The label, hint and attribution of a group.
    Heading(Address),
    /// A question, a note or a labelled calculation.
    Question(Address),
    /// The list of a repeat's items.
    Roster(Address),
}

impl Part {
    /// Where it stands.
    pub fn address(&self) -> &Address {
        match self {
            Self::Heading(at) | Self::Question(at) | Self::Roster(at) => at,
        }
    }
}

/// One screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Screen {
    /// The section it belongs to: a child of the root, or the item.
    pub section: Address,
    /// What stands on it. Never without a question or a roster.
    pub parts: Vec<Part>,
    /// Whether its questions, or a group around them, are for the worker alone.
    pub worker_only: bool,
}

impl Screen {
    /// The address by which the screen is known: its first question or roster.
    pub fn key(&self) -> &Address {
        let stop = self.parts.iter().find(|part| !matches!(part, Part::Heading(_)));
        stop.map_or(&self.section, Part::address)
    }

    /// The questions on it.
    pub fn questions(&self) -> impl Iterator<Item = &Address> {
        self.parts.iter().filter_map(|part| match part {
            Part::Question(at) => Some(at),
            _ => None,
        })
    }

    /// Whether something stands on it at this address.
    pub fn holds(&self, at: &Address) -> bool {
        self.parts.iter().any(|part| part.address() == at)
    }
}

/// The scope in which an address is shown. The address of a repeat belongs to what surrounds it, the
/// address of an item to itself.
pub fn scope_of(form: &Form, at: &Address) -> Scope {
    let repeats = form.repeats_of(at.node);
    if at.items.len() > repeats.len() {
        return Scope::Item(at.clone());
    }
    match repeats.last() {
        Some(repeat) => Scope::Item(Address { items: at.items.clone(), node: *repeat }),
        None => Scope::Record,
    }
}

/// The address of the repeat that an item belongs to.
pub fn repeat_of(item: &Address) -> Address {
    let mut items = item.items.clone();
    items.pop();
    Address { items, node: item.node }
}

/// The screens of a scope, in form order.
pub fn screens(session: &Session, scope: &Scope, mode: Mode) -> Vec<Screen> {
    let (root, items) = match scope {
        Scope::Record => (NodeId::ROOT, Vec::new()),
        Scope::Item(item) => (item.node, item.items.clone()),
    };
    let mut paging =
        Paging { session, items, mode, section: None, screens: Vec::new(), open: None };
    if let Scope::Item(item) = scope {
        paging.section = Some(item.clone());
    }
    let around = Around { groups: Vec::new(), worker_only: in_worker_group(session.form(), root) };
    paging.children(root, &around);
    paging.close();
    paging.screens
}

/// The place in `screens` where an address is shown: its own screen, else the first one behind it in
/// form order, else the last.
pub fn place(session: &Session, screens: &[Screen], at: &Address) -> usize {
    if let Some(found) = screens.iter().position(|screen| screen.holds(at)) {
        return found;
    }
    let inside = |screen: &Screen| {
        let mut up = Some(screen.key().node);
        while let Some(node) = up {
            if node == at.node {
                return true;
            }
            up = session.form().node(node).parent;
        }
        false
    };
    screens
        .iter()
        .position(inside)
        .or_else(|| screens.iter().position(|screen| screen.key().node >= at.node))
        .unwrap_or(screens.len().saturating_sub(1))
}

/// Whether a group around a node, or the node itself when it is a group, is for the worker alone.
fn in_worker_group(form: &Form, id: NodeId) -> bool {
    let mut at = Some(id);
    while let Some(here) = at {
        let node = form.node(here);
        if matches!(node.kind, Kind::Group | Kind::Repeat) && node.is_set("worker_only") {
            return true;
        }
        at = node.parent;
    }
    false
}

/// Whether a question is itself for the worker alone. A note to the worker only says so: it belongs to
/// what stands around it, where the family is.
fn is_for_worker(form: &Form, id: NodeId) -> bool {
    let node = form.node(id);
    node.question() != Some(QuestionType::Note) && node.is_set("worker_only")
}

/// Whether a form begins with something that is for the worker alone: then even its name is.
pub fn begins_for_worker(form: &Form) -> bool {
    let first = form.ids().find(|id| is_shown(form, *id));
    first.is_some_and(|id| in_worker_group(form, id) || is_for_worker(form, id))
}

/// Whether anything is shown for a question: a control, or a calculation with a label.
pub fn is_shown(form: &Form, id: NodeId) -> bool {
    let node = form.node(id);
    match node.question() {
        Some(QuestionType::Calculate) => node.label.values().any(|text| !text.trim().is_empty()),
        Some(question) => question.has_control(),
        None => false,
    }
}

/// The groups between the section and a node.
#[derive(Clone)]
struct Around {
    groups: Vec<Address>,
    worker_only: bool,
}

struct Paging<'a> {
    session: &'a Session,
    items: Vec<String>,
    mode: Mode,
    section: Option<Address>,
    screens: Vec<Screen>,
    open: Option<(Screen, Vec<Address>)>,
}

impl Paging<'_> {
    fn at(&self, node: NodeId) -> Address {
        Address { items: self.items.clone(), node }
    }

    fn children(&mut self, id: NodeId, around: &Around) {
        let form = self.session.form().clone();
        for child in &form.node(id).children {
            let at = self.at(*child);
            if !self.session.is_relevant(&at) {
                continue;
            }
            let top = id == NodeId::ROOT;
            match form.node(*child).kind {
                Kind::Root => {}
                Kind::Group => self.group(&at, around, top),
                Kind::Repeat => {
                    let section = self.section.clone();
                    if top {
                        self.close();
                        self.section = Some(at.clone());
                    }
                    let worker = around.worker_only || form.node(*child).is_set("worker_only");
                    self.part(Part::Roster(at), &Around { worker_only: worker, ..around.clone() });
                    if top {
                        self.section = section;
                    }
                }
                Kind::Question(_) if is_shown(&form, *child) => {
                    let mut around = around.clone();
                    around.worker_only |= is_for_worker(&form, *child);
                    self.part(Part::Question(at), &around);
                }
                Kind::Question(_) => {}
            }
        }
    }

    fn group(&mut self, at: &Address, around: &Around, top: bool) {
        let node = self.session.form().node(at.node).clone();
        let mut inner = around.clone();
        inner.worker_only |= node.is_set("worker_only");
        if top {
            self.close();
            self.section = Some(at.clone());
        } else if !node.label.is_empty() || !node.hint.is_empty() {
            inner.groups.push(at.clone());
        }
        let list = node.appears("field-list") && self.mode == Mode::OneByOne;
        if list {
            self.close();
            // A section that is itself a field list needs no heading of its own.
            let before = self.mode;
            self.mode = Mode::Sections;
            self.children(at.node, &inner);
            self.mode = before;
            self.close();
        } else {
            self.children(at.node, &inner);
        }
        if top {
            self.close();
            self.section = None;
        }
    }

    fn part(&mut self, part: Part, around: &Around) {
        let section = self.section.clone().unwrap_or_else(|| self.at(NodeId::ROOT));
        let alone = matches!(part, Part::Roster(_)) || self.mode == Mode::OneByOne;
        let other = self.open.as_ref().is_some_and(|(screen, _)| {
            screen.worker_only != around.worker_only || screen.section != section
        });
        if alone || other {
            self.close();
        }
        let (screen, shown) = self.open.get_or_insert_with(|| {
            let worker_only = around.worker_only;
            (Screen { section, parts: Vec::new(), worker_only }, Vec::new())
        });
        for group in &around.groups {
            if !shown.contains(group) {
                shown.push(group.clone());
                screen.parts.push(Part::Heading(group.clone()));
            }
        }
        screen.parts.push(part);
        if alone {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some((screen, _)) = self.open.take() {
            self.screens.push(screen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_form::{at, form, session};
    use super::*;
    use form::session::Context;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn keys(session: &Session, scope: &Scope, mode: Mode) -> Vec<String> {
        let name = |part: &Part| {
            let name = &session.form().node(part.address().node).name;
            match part {
                Part::Heading(_) => format!("[{name}]"),
                Part::Question(_) => name.clone(),
                Part::Roster(_) => format!("{name}*"),
            }
        };
        screens(session, scope, mode)
            .iter()
            .map(|screen| screen.parts.iter().map(name).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn a_question_or_a_field_list_is_a_screen() {
        let session = session();
        assert_eq!(
            keys(&session, &Scope::Record, Mode::OneByOne),
            ["consent", "[contact] street phone", "members*", "[scale] s1", "[scale] s2", "seen"],
        );
        assert_eq!(
            keys(&session, &Scope::Record, Mode::Sections),
            ["consent [contact] street phone", "members*", "[scale] s1 s2", "seen"],
        );
    }

    #[test]
    fn what_is_not_asked_has_no_screen() {
        let mut session = session();
        session.set(&at(&form(), "consent", &[]), "no");
        assert_eq!(
            keys(&session, &Scope::Record, Mode::OneByOne),
            ["consent", "members*", "[scale] s1", "[scale] s2", "seen"],
        );
    }

    #[test]
    fn an_item_has_screens_of_its_own() {
        let mut session = session();
        let form = form();
        session.add_item(&at(&form, "members", &[]), "i1", "a");
        let item = at(&form, "members", &["i1"]);
        assert_eq!(
            keys(&session, &Scope::Item(item.clone()), Mode::OneByOne),
            ["m_first", "m_last"],
        );
        assert_eq!(scope_of(&form, &at(&form, "m_last", &["i1"])), Scope::Item(item.clone()));
        assert_eq!(scope_of(&form, &item), Scope::Item(item.clone()));
        assert_eq!(scope_of(&form, &at(&form, "members", &[])), Scope::Record);
        assert_eq!(repeat_of(&item), at(&form, "members", &[]));
    }

    #[test]
    fn only_worker_groups_are_behind_the_gate() {
        let session = session();
        let gated: BTreeSet<bool> = screens(&session, &Scope::Record, Mode::OneByOne)
            .iter()
            .filter(|screen| session.form().node(screen.key().node).name == "seen")
            .map(|screen| screen.worker_only)
            .collect();
        assert_eq!(gated, BTreeSet::from([true]));
        let open = screens(&session, &Scope::Record, Mode::OneByOne);
        assert_eq!(open.iter().filter(|screen| screen.worker_only).count(), 1);
    }

    #[test]
    fn a_question_for_the_worker_has_a_screen_of_its_own_behind_the_gate() {
        let set = |names: &[&str], kind: Option<QuestionType>| {
            let mut form = form();
            for name in names {
                let id = form.by_key(name).unwrap_or_default().0 as usize;
                form.nodes[id].attributes.insert("worker_only".into(), "yes".into());
                if let Some(kind) = kind {
                    form.nodes[id].kind = Kind::Question(kind);
                }
            }
            let mut session = Session::new(Arc::new(form), Context::default());
            let members = session.form().by_key("members").unwrap_or_default();
            session.add_item(&Address { items: vec![], node: members }, "i1", "a");
            session
        };
        let gated = |session: &Session, scope: &Scope, mode: Mode| -> Vec<String> {
            let shown =
                screens(session, scope, mode).into_iter().filter(|screen| screen.worker_only);
            let name = |at: &Address| session.form().node(at.node).name.clone();
            shown.flat_map(|screen| screen.questions().map(name).collect::<Vec<_>>()).collect()
        };
        // One of a field list, one of a plain group, one of an item.
        let session = set(&["phone", "s1", "m_last"], None);
        assert_eq!(
            keys(&session, &Scope::Record, Mode::OneByOne),
            [
                "consent",
                "[contact] street",
                "[contact] phone",
                "members*",
                "[scale] s1",
                "[scale] s2",
                "seen"
            ],
        );
        assert_eq!(
            keys(&session, &Scope::Record, Mode::Sections),
            [
                "consent [contact] street",
                "[contact] phone",
                "members*",
                "[scale] s1",
                "[scale] s2",
                "seen"
            ],
        );
        let item = Scope::Item(at(&form(), "members", &["i1"]));
        for mode in [Mode::OneByOne, Mode::Sections] {
            assert_eq!(gated(&session, &Scope::Record, mode), ["phone", "s1", "seen"]);
            assert_eq!(gated(&session, &item, mode), ["m_last"]);
        }
        let notes = set(&["phone", "s1"], Some(QuestionType::Note));
        assert_eq!(gated(&notes, &Scope::Record, Mode::OneByOne), ["seen"]);
    }

    #[test]
    fn a_form_that_begins_for_the_worker_is_known() {
        let mut form = form();
        assert!(!begins_for_worker(&form));
        let first = form.by_key("first").unwrap_or_default().0 as usize;
        form.nodes[first].attributes.insert("worker_only".into(), "yes".into());
        assert!(begins_for_worker(&form));
        assert!(!begins_for_worker(&Form::default()));
    }

    #[test]
    fn every_address_has_a_place() {
        let session = session();
        let form = form();
        let screens = screens(&session, &Scope::Record, Mode::OneByOne);
        let cases = [("phone", 1), ("contact", 1), ("first", 0), ("scale", 3), ("worker", 5)];
        for (name, expected) in cases {
            assert_eq!(place(&session, &screens, &at(&form, name, &[])), expected, "{name}");
        }
        assert_eq!(place(&session, &screens, &Address::default()), 0);
        assert_eq!(place(&session, &[], &Address::default()), 0);
    }
}
