//! Tree → value. Total: every input gives a value or an [`Error`], within a bounded effort.

pub(crate) mod call;
mod compare;
mod convert;
mod digest;
mod functions;
mod path;

pub(crate) use call::{park_miller, shuffle};
pub(crate) use path::looked_up;
use std::cell::Cell;

use super::Error;
use super::ast::{Expr, ExprKind, Operator, Span};
use super::tree::{NodeRef, Tree};
use super::value::Value;

/// Which rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Plain XPath 1.0.
    Native,
    /// The ODK dialect: dates as numbers, tolerant equality.
    #[default]
    Xforms,
}

/// Nodes an evaluation may visit before it is given up: half a second of a fast machine, forty
/// filters of 50,000 choices.
const EFFORT: u64 = 2_000_000;

/// Evaluates expressions over one tree.
pub struct Evaluator<'t> {
    pub(crate) tree: &'t dyn Tree,
    /// What `current()` and `${name}` start from.
    pub(crate) current: NodeRef,
    pub(crate) dialect: Dialect,
    effort: Cell<u64>,
}

/// Context node, position and size, as XPath calls them.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub node: NodeRef,
    pub position: usize,
    pub size: usize,
}

pub(crate) type Outcome<T = Value> = Result<T, Error>;

impl<'t> Evaluator<'t> {
    /// An evaluator for expressions written at `current`.
    pub fn new(tree: &'t dyn Tree, current: NodeRef, dialect: Dialect) -> Evaluator<'t> {
        Evaluator { tree, current, dialect, effort: Cell::new(0) }
    }

    /// The value of an expression.
    pub fn evaluate(&self, expr: &Expr) -> Result<Value, Error> {
        self.eval(expr, At { node: self.current, position: 1, size: 1 })
    }

    /// The children `name` of `parent` for which `filter` holds, seen from the current node.
    pub fn select(
        &self,
        parent: NodeRef,
        name: &str,
        filter: &Expr,
    ) -> Result<Vec<NodeRef>, Error> {
        self.children_where(parent, name, std::slice::from_ref(filter))
    }

    /// Document order, without duplicates.
    pub(crate) fn in_order(&self, nodes: &mut Vec<NodeRef>) {
        // Most lists come in order.
        if !nodes.is_sorted_by(|a, b| self.tree.order(*a, *b).is_le()) {
            crate::order::sort_by(nodes, |a, b| self.tree.order(*a, *b));
        }
        nodes.dedup();
    }

    pub(crate) fn spend(&self, amount: usize, span: Span) -> Outcome<()> {
        self.effort.set(self.effort.get().saturating_add(amount as u64));
        if self.effort.get() > EFFORT {
            let message = "The expression takes too long. Narrow the paths it looks through.";
            return Err(Error::new("limit", message, span));
        }
        Ok(())
    }

    pub(crate) fn eval(&self, expr: &Expr, at: At) -> Outcome {
        match &expr.kind {
            ExprKind::Number(number) => Ok(Value::Number(*number)),
            ExprKind::Literal(text) => Ok(Value::text(text.as_str())),
            ExprKind::Variable(name) => {
                let message =
                    ["There is no variable $", name, ". Use ${name} for a question."].concat();
                Err(Error::new("unknown_reference", message, expr.span))
            }
            ExprKind::Negate(inner) => Ok(Value::Number(-self.number_of(inner, at)?)),
            ExprKind::Binary(operator, left, right) => {
                self.binary(*operator, left, right, expr.span, at)
            }
            ExprKind::Call(call) => self.call(call, expr.span, at),
            ExprKind::Reference(reference) => match reference.node {
                _ if reference.last_saved => Ok(Value::Text(self.tree.last_saved(&reference.name))),
                Some(node) => {
                    Ok(Value::Nodes(self.tree.reference(self.current, node, reference.shared)))
                }
                None => {
                    let message = ["There is no question named ", &reference.name, "."].concat();
                    Err(Error::new("unknown_reference", message, expr.span))
                }
            },
            ExprKind::Path { absolute, steps } => {
                let start = if *absolute { self.tree.root(at.node) } else { at.node };
                self.steps(vec![start], steps, expr.span).map(Value::Nodes)
            }
            ExprKind::Filter { base, predicates, steps } => {
                let mut nodes = self.nodes(base, at)?;
                for predicate in predicates {
                    nodes = self.keep(nodes, predicate)?;
                }
                self.steps(nodes, steps, expr.span).map(Value::Nodes)
            }
        }
    }

    fn binary(&self, operator: Operator, left: &Expr, right: &Expr, span: Span, at: At) -> Outcome {
        use Operator::*;
        let boolean = |found| Ok(Value::Boolean(found));
        match operator {
            Or => boolean(self.boolean_of(left, at)? || self.boolean_of(right, at)?),
            And => boolean(self.boolean_of(left, at)? && self.boolean_of(right, at)?),
            Union => {
                let mut nodes = self.nodes(left, at)?;
                nodes.extend(self.nodes(right, at)?);
                self.in_order(&mut nodes);
                Ok(Value::Nodes(nodes))
            }
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => {
                let (left, right) = (self.eval(left, at)?, self.eval(right, at)?);
                if let (Value::Nodes(lefts), Value::Nodes(rights)) = (&left, &right) {
                    self.spend(lefts.len().saturating_mul(rights.len()), span)?;
                }
                boolean(self.compare(operator, &left, &right))
            }
            _ => {
                let (left, right) = (self.number_of(left, at)?, self.number_of(right, at)?);
                Ok(Value::Number(match operator {
                    Add => left + right,
                    Subtract => left - right,
                    Multiply => left * right,
                    Divide => left / right,
                    _ => left % right,
                }))
            }
        }
    }

    pub(crate) fn number_of(&self, expr: &Expr, at: At) -> Outcome<f64> {
        Ok(self.number(&self.eval(expr, at)?))
    }

    pub(crate) fn boolean_of(&self, expr: &Expr, at: At) -> Outcome<bool> {
        Ok(self.boolean(&self.eval(expr, at)?))
    }

    pub(crate) fn text_of(&self, expr: &Expr, at: At) -> Outcome<String> {
        Ok(self.text(&self.eval(expr, at)?))
    }

    /// The nodes an expression gives; anything else is a type error.
    pub(crate) fn nodes(&self, expr: &Expr, at: At) -> Outcome<Vec<NodeRef>> {
        match self.eval(expr, at)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(Error::new("type", "Questions or a path are expected here.", expr.span)),
        }
    }
}
