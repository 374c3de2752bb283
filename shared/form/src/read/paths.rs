//! Paths that lead nowhere: `../zz`, `/data/zz`, a filter by a column that the list has not.
//!
//! Only what is certain is told: a step by another axis, a prefix or `*` may lead anywhere.

use crate::expr::ast::{Axis, Expr, ExprKind, NodeTest, Step};
use crate::expr::function::Function;
use crate::model::{ChoiceList, Choices, Form, Kind, Node, NodeId};
use crate::session::program::{names_in, resolve};

/// Where a step starts.
#[derive(Clone, Copy)]
enum Place<'f> {
    /// Above the root element.
    Document,
    Node(NodeId),
    /// An instance of a choice list, its root, and one of its items.
    Instance(&'f str, &'f ChoiceList),
    Root(&'f str, &'f ChoiceList),
    Item(&'f str, &'f ChoiceList),
    /// Somewhere that is not known here.
    Unknown,
}

/// Messages about the paths of an expression of `from`, whose references are bound.
pub fn check(form: &Form, from: NodeId, column: &str, parsed: &Expr) -> Vec<String> {
    let start = match column {
        "choice_filter" => item_of(form, from),
        _ => Place::Node(from),
    };
    let mut walker = Walker { form, from, found: Vec::new() };
    walker.visit(parsed, start);
    walker.found.dedup();
    walker.found
}

/// What a choice filter looks at.
fn item_of(form: &Form, from: NodeId) -> Place<'_> {
    match &form.node(from).choices {
        Choices::List(name) => form.lists.get_key_value(name).map_or(Place::Unknown, item),
        Choices::Reference(source) => {
            let question = names_in(source).next().and_then(|name| resolve(form, from, name));
            let repeat = question.and_then(|id| form.repeats_of(id).last().copied());
            repeat.map_or(Place::Unknown, Place::Node)
        }
        _ => Place::Unknown,
    }
}

fn item<'f>((name, list): (&'f String, &'f ChoiceList)) -> Place<'f> {
    Place::Item(name, list)
}

struct Walker<'f> {
    form: &'f Form,
    from: NodeId,
    found: Vec<String>,
}

impl<'f> Walker<'f> {
    fn visit(&mut self, expr: &Expr, here: Place<'f>) {
        match &expr.kind {
            ExprKind::Path { absolute, steps } => {
                let start = if *absolute { Place::Document } else { here };
                self.steps(steps, start);
            }
            ExprKind::Filter { base, predicates, steps } => {
                self.visit(base, here);
                let start = self.base(base);
                predicates.iter().for_each(|predicate| self.visit(predicate, start));
                self.steps(steps, start);
            }
            ExprKind::Binary(_, left, right) => {
                self.visit(left, here);
                self.visit(right, here);
            }
            ExprKind::Negate(inner) => self.visit(inner, here),
            ExprKind::Call(call) => call.arguments.iter().for_each(|part| self.visit(part, here)),
            _ => {}
        }
    }

    /// Where `current()`, `instance('x')` and `${x}` are.
    fn base(&self, base: &Expr) -> Place<'f> {
        match &base.kind {
            ExprKind::Reference(reference) if !reference.last_saved => {
                reference.node.map_or(Place::Unknown, |node| Place::Node(NodeId(node)))
            }
            ExprKind::Call(call) => match (call.function, call.arguments.first()) {
                (Some(Function::Current), _) => Place::Node(self.from),
                (Some(Function::Instance), Some(Expr { kind: ExprKind::Literal(name), .. })) => {
                    let list = self.form.lists.get_key_value(name);
                    list.map_or(Place::Unknown, |(name, list)| Place::Instance(name, list))
                }
                _ => Place::Unknown,
            },
            _ => Place::Unknown,
        }
    }

    fn steps(&mut self, steps: &[Step], start: Place<'f>) {
        let mut here = start;
        for step in steps {
            here = match self.step(step, here) {
                Ok(next) => next,
                Err(message) => {
                    self.found.push(message);
                    Place::Unknown
                }
            };
            step.predicates.iter().for_each(|predicate| self.visit(predicate, here));
        }
    }

    fn step(&self, step: &Step, here: Place<'f>) -> Result<Place<'f>, String> {
        let name = match (&step.axis, &step.test) {
            (Axis::Child, NodeTest::Name(name)) if !name.contains(':') => name,
            (Axis::SelfNode, NodeTest::Node) => return Ok(here),
            (Axis::Parent, NodeTest::Node | NodeTest::Any) => {
                return Ok(match here {
                    Place::Node(id) => {
                        self.form.node(id).parent.map_or(Place::Document, Place::Node)
                    }
                    _ => Place::Unknown,
                });
            }
            _ => return Ok(Place::Unknown),
        };
        match here {
            Place::Document if *name == self.form.nodes[0].name => Ok(Place::Node(NodeId::ROOT)),
            Place::Document => Err(std::format!(
                "'/{name}' leads nowhere: the form's own name is '{}'. Write ${{name}} instead of a path.",
                self.form.nodes[0].name
            )),
            Place::Node(id) => self.child(id, name),
            Place::Instance(list, items) if name == "root" => Ok(Place::Root(list, items)),
            Place::Root(list, items) if name == "item" => Ok(Place::Item(list, items)),
            Place::Instance(list, _) | Place::Root(list, _) => Err(std::format!(
                "'{name}' leads nowhere: items are at instance('{list}')/root/item."
            )),
            Place::Item(list, items) => {
                let own = matches!(name.as_str(), "name" | "label" | "itextId");
                if own || items.items.iter().any(|item| item.columns.contains_key(name)) {
                    return Ok(Place::Unknown);
                }
                Err(std::format!(
                    "No choice of the list '{list}' has anything in a column '{name}', so this is always \
                     blank. Fill that column of the sheet 'choices'."
                ))
            }
            Place::Unknown => Ok(Place::Unknown),
        }
    }

    fn child(&self, id: NodeId, name: &str) -> Result<Place<'f>, String> {
        let node: &Node = self.form.node(id);
        let named = |child: &NodeId| self.form.node(*child).name == name;
        if let Some(child) = node.children.iter().copied().find(named) {
            return Ok(Place::Node(child));
        }
        if name == "meta" {
            return Ok(Place::Unknown);
        }
        if matches!(node.kind, Kind::Question(_)) {
            return Err(std::format!(
                "'{name}' leads nowhere: it would be inside of '{}'. Write ${{{name}}} for a question, \
                 '{name}' in quotes for a text.",
                node.name
            ));
        }
        let near = super::references::nearest(
            name,
            node.children.iter().map(|child| self.form.node(*child).name.as_str()),
        );
        let elsewhere = self.form.ids().skip(1).any(|id| self.form.node(id).name == name);
        let hint = match near {
            _ if elsewhere => std::format!(" The question is elsewhere: write ${{{name}}}."),
            Some(near) => std::format!(" Did you mean '{near}'?"),
            None => " Write ${name} with the name of a question.".to_owned(),
        };
        Err(std::format!("'{name}' leads nowhere: there is none in '{}'.{hint}", node.name))
    }
}
