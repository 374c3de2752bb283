//! Which nodes an expression reads, found without evaluating it.

use super::{chain, names_in, resolve, shared};
use crate::expr::ast::{Axis, Expr, ExprKind, NodeTest, Reference, Step};
use crate::expr::function::Function;
use crate::model::{Choices, Form, NodeId};

type Reads = Vec<(u32, u32)>;

/// Form nodes an expression at `from` reads, with the repeats it shares with each.
pub fn reads_of(form: &Form, from: NodeId, expr: &Expr) -> Reads {
    let mut reader = Reader { form, from, found: Vec::new() };
    let depth = chain(form, from).len() as u32;
    reader.expr(expr, &[(from.0, depth)]);
    crate::order::sort(&mut reader.found);
    reader.found.dedup();
    reader.found
}

struct Reader<'a> {
    form: &'a Form,
    from: NodeId,
    found: Reads,
}

/// Stands for the parent of the root in static paths.
const DOCUMENT: u32 = u32::MAX;

impl Reader<'_> {
    fn expr(&mut self, expr: &Expr, at: &[(u32, u32)]) {
        match &expr.kind {
            ExprKind::Binary(_, left, right) => {
                self.expr(left, at);
                self.expr(right, at);
            }
            ExprKind::Negate(inner) => self.expr(inner, at),
            ExprKind::Call(call) => {
                let spread = call.function == Some(Function::IndexedRepeat);
                if call.function == Some(Function::ChoiceName) {
                    self.labels_of(call.arguments.get(1));
                }
                for (place, argument) in call.arguments.iter().enumerate() {
                    match &argument.kind {
                        ExprKind::Reference(Reference { node: Some(node), .. })
                            if spread && (place == 0 || place % 2 == 1) =>
                        {
                            self.found.push((*node, 0));
                        }
                        _ => self.expr(argument, at),
                    }
                }
            }
            ExprKind::Reference(Reference { node: Some(node), shared, .. }) => {
                self.found.push((*node, *shared));
            }
            ExprKind::Path { .. } | ExprKind::Filter { .. } => {
                let reached = self.nodes(expr, at);
                self.found.extend(reached.into_iter().filter(|(node, _)| *node != DOCUMENT));
            }
            _ => {}
        }
    }

    /// What the labels of a question's choices are made of: `jr:choice-name(…, '${question}')`.
    fn labels_of(&mut self, question: Option<&Expr>) {
        let named = match question.map(|found| &found.kind) {
            Some(ExprKind::Literal(text)) => names_in(text).next(),
            Some(ExprKind::Reference(found)) => Some(found.name.as_str()),
            _ => None,
        };
        let Some(question) = named.and_then(|name| resolve(self.form, self.from, name)) else {
            return;
        };
        let node = self.form.node(question);
        match &node.choices {
            Choices::Reference(source) => {
                let label = node.parameters.get("label").map(String::as_str);
                for name in names_in(source).chain(label) {
                    let target = resolve(self.form, question, name);
                    self.found.extend(target.map(|target| (target.0, 0)));
                }
            }
            Choices::List(list) => {
                let items = self.form.lists.get(list).into_iter().flat_map(|list| &list.items);
                let labels = items.flat_map(|item| item.label.values());
                for name in labels.flat_map(|label| names_in(label)) {
                    if let Some(target) = resolve(self.form, self.from, name) {
                        let shared = shared(self.form, self.from, target);
                        self.found.push((target.0, shared));
                    }
                }
            }
            Choices::File(_) | Choices::None => {}
        }
    }

    /// Form nodes a path may reach; what it reads on the way is noted.
    fn nodes(&mut self, expr: &Expr, at: &[(u32, u32)]) -> Reads {
        match &expr.kind {
            ExprKind::Path { absolute, steps } => {
                let start = if *absolute { vec![(DOCUMENT, 0)] } else { at.to_vec() };
                self.steps(start, steps)
            }
            ExprKind::Reference(Reference { node: Some(node), shared, .. }) => {
                vec![(*node, *shared)]
            }
            ExprKind::Filter { base, predicates, steps } => {
                let reached = match &base.kind {
                    ExprKind::Call(call) if call.function == Some(Function::Current) => {
                        vec![(self.from.0, chain(self.form, self.from).len() as u32)]
                    }
                    _ => self.nodes(base, at),
                };
                if reached.is_empty() {
                    self.expr(base, at);
                }
                predicates.iter().for_each(|predicate| self.expr(predicate, &reached));
                // Items of a repeat are read as a whole when some of them are chosen.
                self.found.extend(reached.iter().filter(|(node, _)| *node != DOCUMENT));
                self.steps(reached, steps)
            }
            _ => {
                self.expr(expr, at);
                Vec::new()
            }
        }
    }

    fn steps(&mut self, start: Reads, steps: &[Step]) -> Reads {
        let mut here = start;
        for step in steps {
            here = here.iter().flat_map(|place| self.step(*place, step)).collect();
            crate::order::sort(&mut here);
            here.dedup();
            step.predicates.iter().for_each(|predicate| self.expr(predicate, &here));
            if !step.predicates.is_empty() {
                self.found.extend(here.iter().filter(|(node, _)| *node != DOCUMENT));
            }
        }
        here
    }

    fn step(&self, (node, shared): (u32, u32), step: &Step) -> Reads {
        let passes = |id: u32| match &step.test {
            NodeTest::Name(name) => id != DOCUMENT && self.form.node(NodeId(id)).name == *name,
            NodeTest::Any | NodeTest::Node => true,
            _ => false,
        };
        let children = |id: u32| match id {
            DOCUMENT => vec![0],
            _ => self.form.node(NodeId(id)).children.iter().map(|child| child.0).collect(),
        };
        let reached: Reads = match step.axis {
            Axis::Child => children(node).into_iter().map(|child| (child, shared)).collect(),
            Axis::SelfNode => vec![(node, shared)],
            Axis::Parent => self.up(node, shared).into_iter().collect(),
            Axis::Ancestor | Axis::AncestorOrSelf => {
                std::iter::successors(Some((node, shared)), |(node, shared)| {
                    self.up(*node, *shared)
                })
                .collect()
            }
            Axis::Descendant | Axis::DescendantOrSelf => {
                let mut found = vec![(node, shared)];
                let mut at = 0;
                while at < found.len() {
                    let next = children(found[at].0);
                    found.extend(next.into_iter().map(|child| (child, shared)));
                    at += 1;
                }
                found
            }
            // Siblings: whatever is under the parent, in any item.
            _ => match self.up(node, shared) {
                Some((up, above)) => children(up).into_iter().map(|child| (child, above)).collect(),
                None => Vec::new(),
            },
        };
        reached.into_iter().filter(|(id, _)| passes(*id)).collect()
    }

    fn up(&self, node: u32, shared: u32) -> Option<(u32, u32)> {
        if node == DOCUMENT {
            return None;
        }
        match self.form.node(NodeId(node)).parent {
            Some(parent) => {
                let depth = self.form.repeats_of(NodeId(node)).len() as u32;
                Some((parent.0, shared.min(depth)))
            }
            None => Some((DOCUMENT, 0)),
        }
    }
}
