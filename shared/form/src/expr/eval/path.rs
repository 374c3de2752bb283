//! Location paths: axes, node tests, predicates.

use super::{At, Evaluator, Outcome};
use crate::expr::ast::{Axis, Expr, ExprKind, NodeTest, Operator, Span, Step};
use crate::expr::function::Function;
use crate::expr::tree::{NodeKind, NodeRef};
use crate::expr::value::Value;

impl Evaluator<'_> {
    pub(crate) fn steps(
        &self,
        start: Vec<NodeRef>,
        steps: &[Step],
        span: Span,
    ) -> Outcome<Vec<NodeRef>> {
        let mut nodes = start;
        let mut scattered = false;
        for step in steps {
            nodes = self.step(&nodes, step, span)?;
            // Children and attributes of disjoint nodes in order stay in order.
            let simple = matches!(step.axis, Axis::Child | Axis::Attribute | Axis::SelfNode);
            scattered |= !simple;
            if scattered && nodes.len() > 1 {
                self.spend(nodes.len(), span)?;
                self.in_order(&mut nodes);
            }
        }
        Ok(nodes)
    }

    fn step(&self, from: &[NodeRef], step: &Step, span: Span) -> Outcome<Vec<NodeRef>> {
        let mut found = Vec::new();
        for node in from {
            if let (Axis::Child, NodeTest::Name(name)) = (step.axis, &step.test) {
                if step.predicates.is_empty() {
                    self.tree.children_named(*node, name, &mut found);
                } else {
                    found.extend(self.children_where(*node, name, &step.predicates)?);
                }
                self.spend(found.len() + 1, span)?;
                continue;
            }
            let mut reached = Vec::new();
            self.axis(*node, step.axis, &mut reached);
            self.spend(reached.len() + 1, span)?;
            reached.retain(|node| self.passes(*node, step));
            if step.axis.is_reverse() {
                reached.reverse();
            }
            for predicate in &step.predicates {
                reached = self.keep(reached, predicate)?;
            }
            if step.axis.is_reverse() {
                reached.reverse();
            }
            found.append(&mut reached);
        }
        Ok(found)
    }

    pub(crate) fn children_where(
        &self,
        parent: NodeRef,
        name: &str,
        predicates: &[Expr],
    ) -> Outcome<Vec<NodeRef>> {
        let mut predicates = predicates;
        let mut nodes = Vec::new();
        if let Some(first) = predicates.first()
            && let Some(indexed) = self.by_index(parent, name, first)?
        {
            nodes = indexed;
            if is_lookup(first).is_some() {
                predicates = &predicates[1..];
            }
        } else {
            self.tree.children_named(parent, name, &mut nodes);
        }
        for predicate in predicates {
            nodes = self.keep(nodes, predicate)?;
        }
        Ok(nodes)
    }

    /// Candidates from an index when the predicate demands `column = text`.
    fn by_index(
        &self,
        parent: NodeRef,
        name: &str,
        filter: &Expr,
    ) -> Outcome<Option<Vec<NodeRef>>> {
        let Some((column, wanted)) = lookup_in(filter) else { return Ok(None) };
        if self.tree.find(parent, name, column, "").is_none() || uses_position(filter) {
            return Ok(None);
        }
        let at = At { node: self.current, position: 1, size: 1 };
        Ok(match self.eval(wanted, at)? {
            Value::Text(text) => self.tree.find(parent, name, column, &text),
            Value::Nodes(nodes) if nodes.is_empty() => Some(Vec::new()),
            Value::Nodes(nodes) if nodes.len() == 1 => {
                self.tree.find(parent, name, column, &self.tree.text(nodes[0]))
            }
            _ => None,
        })
    }

    /// Keeps the nodes for which a predicate holds; a number asks for that position.
    pub(crate) fn keep(&self, nodes: Vec<NodeRef>, predicate: &Expr) -> Outcome<Vec<NodeRef>> {
        let size = nodes.len();
        self.spend(size, predicate.span)?;
        let mut kept = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let position = at + 1;
            let holds = match self.eval(predicate, At { node, position, size })? {
                Value::Number(number) => number == position as f64,
                other => self.boolean(&other),
            };
            if holds {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    fn passes(&self, node: NodeRef, step: &Step) -> bool {
        let kind = self.tree.kind(node);
        let principal = match step.axis {
            Axis::Attribute => NodeKind::Attribute,
            Axis::Namespace => NodeKind::Namespace,
            _ => NodeKind::Element,
        };
        match &step.test {
            NodeTest::Node => true,
            NodeTest::Any => kind == principal,
            NodeTest::Name(name) => kind == principal && self.tree.is_named(node, name),
            NodeTest::AnyIn(prefix) => {
                kind == principal && self.tree.is_named(node, &[prefix, ":*"].concat())
            }
            NodeTest::Text => kind == NodeKind::Text,
            NodeTest::Comment => kind == NodeKind::Comment,
            NodeTest::Instruction(target) => {
                kind == NodeKind::Instruction
                    && (target.is_empty() || self.tree.name(node) == target.as_str())
            }
        }
    }

    /// Nodes of an axis in document order.
    fn axis(&self, node: NodeRef, axis: Axis, into: &mut Vec<NodeRef>) {
        match axis {
            Axis::Child => self.tree.children(node, into),
            Axis::Parent => into.extend(self.tree.parent(node)),
            Axis::SelfNode => into.push(node),
            Axis::Attribute => self.tree.attributes(node, into),
            Axis::Descendant => self.descend(node, into),
            Axis::DescendantOrSelf => {
                into.push(node);
                self.descend(node, into);
            }
            Axis::Ancestor | Axis::AncestorOrSelf => {
                if axis == Axis::AncestorOrSelf {
                    into.push(node);
                }
                into.extend(std::iter::successors(self.tree.parent(node), |up| {
                    self.tree.parent(*up)
                }));
                into.reverse();
            }
            Axis::FollowingSibling => self.siblings(node, true, into),
            Axis::PrecedingSibling => self.siblings(node, false, into),
            Axis::Following | Axis::Preceding => self.beside(node, axis, into),
            Axis::Namespace => self.tree.namespaces(node, into),
        }
    }

    fn descend(&self, node: NodeRef, into: &mut Vec<NodeRef>) {
        let mut waiting = vec![node];
        let mut first = true;
        while let Some(next) = waiting.pop() {
            if !first {
                into.push(next);
            }
            first = false;
            let from = waiting.len();
            self.tree.children(next, &mut waiting);
            waiting[from..].reverse();
        }
    }

    fn siblings(&self, node: NodeRef, after: bool, into: &mut Vec<NodeRef>) {
        let Some(parent) = self.tree.parent(node) else { return };
        if matches!(self.tree.kind(node), NodeKind::Attribute | NodeKind::Namespace) {
            return;
        }
        let mut all = Vec::new();
        self.tree.children(parent, &mut all);
        if let Some(at) = all.iter().position(|found| *found == node) {
            into.extend_from_slice(if after { &all[at + 1..] } else { &all[..at] });
        }
    }

    fn beside(&self, node: NodeRef, axis: Axis, into: &mut Vec<NodeRef>) {
        let mut up = Some(node);
        while let Some(here) = up {
            let mut found = Vec::new();
            self.siblings(here, axis == Axis::Following, &mut found);
            for sibling in found {
                into.push(sibling);
                self.descend(sibling, into);
            }
            up = self.tree.parent(here);
        }
        self.in_order(into);
    }
}

/// `column = something`, in either order, when the something does not look at the context node.
fn is_lookup(filter: &Expr) -> Option<(&str, &Expr)> {
    let ExprKind::Binary(Operator::Equal, left, right) = &filter.kind else { return None };
    let column = |expr: &'_ Expr| matches!(&expr.kind, ExprKind::Path { .. });
    if column(left)
        && let Some(name) = column_name(left)
        && is_fixed(right)
    {
        return Some((name, right));
    }
    if column(right)
        && let Some(name) = column_name(right)
        && is_fixed(left)
    {
        return Some((name, left));
    }
    None
}

/// The column in which a filter of options looks for a text.
pub(crate) fn looked_up(filter: &Expr) -> Option<&str> {
    lookup_in(filter).map(|(column, _)| column)
}

/// A lookup that the filter demands: itself, or a part of a conjunction.
fn lookup_in(filter: &Expr) -> Option<(&str, &Expr)> {
    match &filter.kind {
        ExprKind::Binary(Operator::And, left, right) => {
            lookup_in(left).or_else(|| lookup_in(right))
        }
        _ => is_lookup(filter),
    }
}

fn column_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Path { absolute: false, steps } => match steps.as_slice() {
            [Step { axis: Axis::Child, test: NodeTest::Name(name), predicates }]
                if predicates.is_empty() =>
            {
                Some(name)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression means the same for every context node.
fn is_fixed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Literal(_) | ExprKind::Reference(_) => true,
        ExprKind::Path { absolute, steps } => {
            *absolute && steps.iter().all(|step| step.predicates.is_empty())
        }
        ExprKind::Filter { base, predicates, steps } => {
            is_fixed(base)
                && predicates.is_empty()
                && steps.iter().all(|step| step.predicates.is_empty())
        }
        ExprKind::Call(call) => {
            call.function == Some(Function::Current)
                || matches!(
                    call.function,
                    Some(Function::String | Function::Concat | Function::If | Function::Coalesce)
                ) && !call.arguments.is_empty()
                    && call.arguments.iter().all(is_fixed)
        }
        ExprKind::Binary(operator, left, right) => {
            matches!(operator, Operator::Equal | Operator::NotEqual)
                && is_fixed(left)
                && is_fixed(right)
        }
        _ => false,
    }
}

fn uses_position(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |inner| {
        if let ExprKind::Call(call) = &inner.kind {
            found |= matches!(call.function, Some(Function::Position | Function::Last));
        }
    });
    found
}
