//! The tree of an expression.

use std::sync::OnceLock;

use regex_lite::Regex;

use super::function::Function;

/// Byte range in the source of an expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// From the start of one to the end of another.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }
}

/// An expression with where it was written.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Union,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Number(f64),
    Literal(String),
    /// `$x`; parsed, but forms have no variables.
    Variable(String),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Call(Box<Call>),
    /// A location path: `/a/b`, `../c[1]`, `.`.
    Path {
        absolute: bool,
        steps: Vec<Step>,
    },
    /// `${name}`; bound to a node of the form by whoever owns the form.
    Reference(Reference),
    /// `primary[predicate]/steps`.
    Filter {
        base: Box<Expr>,
        predicates: Vec<Expr>,
        steps: Vec<Step>,
    },
}

/// `${name}` or `${last-saved#name}`.
#[derive(Clone, Debug)]
pub struct Reference {
    pub name: String,
    pub last_saved: bool,
    /// Form node it names, once bound.
    pub node: Option<u32>,
    /// How many repeats around the node are fixed to the items around the expression.
    pub shared: u32,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    /// `None` for a name that no dialect knows.
    pub function: Option<Function>,
    pub arguments: Vec<Expr>,
    /// The compiled pattern of `regex()` when it is a literal; `None` inside when it is invalid.
    pub pattern: OnceLock<Option<Regex>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Child,
    Parent,
    SelfNode,
    Attribute,
    Descendant,
    DescendantOrSelf,
    Ancestor,
    AncestorOrSelf,
    Following,
    FollowingSibling,
    Preceding,
    PrecedingSibling,
    Namespace,
}

impl Axis {
    /// Whether positions count backwards from the context node.
    pub fn is_reverse(self) -> bool {
        use Axis::*;
        matches!(self, Parent | Ancestor | AncestorOrSelf | Preceding | PrecedingSibling)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeTest {
    /// `name` or `prefix:name`.
    Name(String),
    /// `*`.
    Any,
    /// `prefix:*`.
    AnyIn(String),
    Node,
    Text,
    Comment,
    /// `processing-instruction('x')`; empty for any.
    Instruction(String),
}

#[derive(Clone, Debug)]
pub struct Step {
    pub axis: Axis,
    pub test: NodeTest,
    pub predicates: Vec<Expr>,
}

impl Expr {
    /// Calls `visit` for this expression and everything in it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Binary(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            ExprKind::Negate(inner) => inner.walk(visit),
            ExprKind::Call(call) => call.arguments.iter().for_each(|found| found.walk(visit)),
            ExprKind::Path { steps, .. } => walk_steps(steps, visit),
            ExprKind::Filter { base, predicates, steps } => {
                base.walk(visit);
                predicates.iter().for_each(|found| found.walk(visit));
                walk_steps(steps, visit);
            }
            _ => {}
        }
    }

    /// The same for changing them; a changed expression's parts are visited after it.
    pub fn walk_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        visit(self);
        match &mut self.kind {
            ExprKind::Binary(_, left, right) => {
                left.walk_mut(visit);
                right.walk_mut(visit);
            }
            ExprKind::Negate(inner) => inner.walk_mut(visit),
            ExprKind::Call(call) => {
                call.arguments.iter_mut().for_each(|found| found.walk_mut(visit))
            }
            ExprKind::Path { steps, .. } => steps_mut(steps, visit),
            ExprKind::Filter { base, predicates, steps } => {
                base.walk_mut(visit);
                predicates.iter_mut().for_each(|found| found.walk_mut(visit));
                steps_mut(steps, visit);
            }
            _ => {}
        }
    }
}

fn walk_steps<'a>(steps: &'a [Step], visit: &mut dyn FnMut(&'a Expr)) {
    steps.iter().flat_map(|step| &step.predicates).for_each(|found| found.walk(visit));
}

fn steps_mut(steps: &mut [Step], visit: &mut dyn FnMut(&mut Expr)) {
    for predicate in steps.iter_mut().flat_map(|step| &mut step.predicates) {
        predicate.walk_mut(visit);
    }
}
