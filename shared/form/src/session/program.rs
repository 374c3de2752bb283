//! A form made ready to run: parsed expressions, who depends on whom, and in which order to compute.

mod order;
mod reads;

use crate::expr;
use crate::expr::ast::{Axis, Expr, ExprKind, NodeTest, Reference, Step};
use crate::model::{Choices, Form, Kind, Node, NodeId};
pub use reads::reads_of;

/// What is computed eagerly, and what only has to be drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    Relevant,
    Calculate,
    Count,
    /// Required, readonly, constraint, filter and texts: evaluated when looked at.
    View,
    /// A calculation that runs when its trigger changes.
    Trigger,
    /// A choice filter: the answer may no longer be among the choices.
    Filter,
}

/// Something that reads a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependent {
    pub node: u32,
    pub aspect: Aspect,
    /// How many repeats around both are fixed to the same items.
    pub shared: u32,
}

/// Parsed expressions of a node.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub relevant: Option<Expr>,
    pub calculation: Option<Expr>,
    pub required: Option<Expr>,
    pub readonly: Option<Expr>,
    pub constraint: Option<Expr>,
    pub soft: Option<Expr>,
    pub filter: Option<Expr>,
    pub count: Option<Expr>,
    pub default: Option<Expr>,
    pub triggers: Vec<u32>,
    /// The repeat whose items are the choices.
    pub choices_of: Option<u32>,
}

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub nodes: Vec<Parsed>,
    /// Per node: what reads its value or, for a repeat, its items.
    pub dependents: Vec<Vec<Dependent>>,
    /// Per node: order of its relevance, calculation and count.
    pub ranks: Vec<[u32; 3]>,
    /// Per node: form nodes from below the root down to the node itself.
    pub paths: Vec<Vec<u32>>,
    /// Per node: its place among the children of its parent.
    pub places: Vec<u32>,
    /// Per node: how many repeats are around it.
    pub depths: Vec<u32>,
    /// Nodes that wait for each other, if any.
    pub cycle: Vec<u32>,
    /// Expressions that could not be parsed: node, column, problem.
    pub problems: Vec<(u32, &'static str, expr::Error)>,
}

/// The node that `${name}` means, seen from `from`: the only one, else the nearest in scope.
pub fn resolve(form: &Form, from: NodeId, name: &str) -> Option<NodeId> {
    if let Some(found) = form.by_name(name) {
        return Some(found);
    }
    let named = |id: &NodeId| form.node(*id).name == name;
    let mut scope = Some(from);
    while let Some(here) = scope {
        if let Some(found) = form.node(here).children.iter().copied().find(named) {
            return Some(found);
        }
        scope = form.node(here).parent;
    }
    form.ids().skip(1).find(named)
}

/// Repeats around an expression written at `from`; a repeat's own expressions are in its items.
fn chain(form: &Form, from: NodeId) -> Vec<NodeId> {
    let mut found = form.repeats_of(from);
    if form.node(from).kind == Kind::Repeat {
        found.push(from);
    }
    found
}

/// How many repeats an expression at `from` shares with `target`.
pub fn shared(form: &Form, from: NodeId, target: NodeId) -> u32 {
    let (ours, theirs) = (chain(form, from), form.repeats_of(target));
    ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count() as u32
}

/// Parses an expression of `from` and binds its references.
pub fn compile(form: &Form, from: NodeId, source: &str) -> Result<Expr, expr::Error> {
    let mut parsed = expr::parse(source)?;
    bind(form, from, &mut parsed);
    Ok(parsed)
}

/// Binds `${name}`, and absolute paths too: written inside a repeat they mean the item around the
/// expression, as in every ODK client (the specification keeps this for old forms).
fn bind(form: &Form, from: NodeId, parsed: &mut Expr) {
    parsed.walk_mut(&mut |expr: &mut Expr| {
        if let ExprKind::Path { absolute: true, steps } = &expr.kind
            && let Some(found) = at_path(form, steps)
        {
            let name = form.node(found).name.clone();
            let reference = Reference { name, last_saved: false, node: None, shared: 0 };
            expr.kind = ExprKind::Reference(Reference {
                node: Some(found.0),
                shared: shared(form, from, found),
                ..reference
            });
        } else if let ExprKind::Reference(reference) = &mut expr.kind
            && !reference.last_saved
            && let Some(found) = resolve(form, from, &reference.name)
        {
            reference.node = Some(found.0);
            reference.shared = shared(form, from, found);
        }
    });
}

/// The node of a plain path from the root.
fn at_path(form: &Form, steps: &[Step]) -> Option<NodeId> {
    let mut names = steps.iter().map(|step| match (&step.axis, &step.test) {
        (Axis::Child, NodeTest::Name(name)) if step.predicates.is_empty() => Some(name.as_str()),
        _ => None,
    });
    names.next().flatten().filter(|name| *name == form.nodes[0].name)?;
    let mut here = NodeId::ROOT;
    for name in names {
        let name = name?;
        here = form.node(here).children.iter().copied().find(|id| form.node(*id).name == name)?;
    }
    Some(here).filter(|found| *found != NodeId::ROOT)
}

/// Names between `${` and `}` in a text.
pub fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name.trim()))
}

impl Program {
    pub fn new(form: &Form) -> Program {
        let mut program = Program::default();
        program.lay_out(form);
        for id in form.ids() {
            let parsed = program.parse_node(form, id);
            program.nodes.push(parsed);
        }
        program.dependents = vec![Vec::new(); form.nodes.len()];
        for id in form.ids() {
            program.depend(form, id);
        }
        for dependents in &mut program.dependents {
            crate::order::sort(dependents);
            dependents.dedup();
        }
        program.rank(form);
        program
    }

    fn lay_out(&mut self, form: &Form) {
        for id in form.ids() {
            let parent = form.node(id).parent;
            let mut path = parent.map_or_else(Vec::new, |up| self.paths[up.index()].clone());
            let mut depth = 0;
            let mut place = 0;
            if let Some(up) = parent {
                path.push(id.0);
                depth = self.depths[up.index()] + u32::from(form.node(up).kind == Kind::Repeat);
                let children = &form.node(up).children;
                place = children.iter().position(|child| *child == id).unwrap_or(0) as u32;
            }
            self.paths.push(path);
            self.depths.push(depth);
            self.places.push(place);
        }
    }

    fn parse_node(&mut self, form: &Form, id: NodeId) -> Parsed {
        let node = form.node(id);
        let mut one = |column: &'static str, source: &str| {
            if source.trim().is_empty() {
                return None;
            }
            compile(form, id, source)
                .map_err(|error| self.problems.push((id.0, column, error)))
                .ok()
        };
        let mut parsed = Parsed {
            relevant: one("relevant", &node.relevant),
            calculation: one("calculation", &node.calculation),
            required: one("required", logical(&node.required)),
            readonly: one("readonly", logical(&node.readonly)),
            constraint: one("constraint", &node.constraint),
            soft: one("soft_constraint", &node.soft_constraint),
            filter: one("choice_filter", node.filter_source()),
            count: one("repeat_count", node.count_source()),
            default: if node.dynamic_default { one("default", &node.default) } else { None },
            ..Parsed::default()
        };
        parsed.triggers = names_in(&node.trigger)
            .filter_map(|name| resolve(form, id, name))
            .map(|id| id.0)
            .collect();
        if let Choices::Reference(source) = &node.choices {
            let target = names_in(source).next().and_then(|name| resolve(form, id, name));
            parsed.choices_of =
                target.and_then(|target| form.repeats_of(target).last().map(|id| id.0));
            if let (Some(repeat), Some(filter)) = (parsed.choices_of, &mut parsed.filter) {
                self.relative_to_item(form, filter, repeat);
            }
        }
        parsed
    }

    /// In a filter of choices from a repeat, `${x}` of that repeat means the item looked at.
    fn relative_to_item(&self, form: &Form, filter: &mut Expr, repeat: u32) {
        let relative = |reference: &Reference| {
            let node = reference.node?;
            let path = &self.paths[node as usize];
            let below = path.iter().position(|found| *found == repeat)? + 1;
            let step = |id: &u32| Step {
                axis: Axis::Child,
                test: NodeTest::Name(form.node(NodeId(*id)).name.clone()),
                predicates: Vec::new(),
            };
            let steps = path[below..].iter().map(step).collect();
            Some(ExprKind::Path { absolute: false, steps })
        };
        filter.walk_mut(&mut |expr: &mut Expr| {
            if let ExprKind::Reference(reference) = &expr.kind
                && let Some(kind) = relative(reference)
            {
                expr.kind = kind;
            }
        });
    }

    fn depend(&mut self, form: &Form, id: NodeId) {
        let parsed = std::mem::take(&mut self.nodes[id.index()]);
        let node = form.node(id);
        // A calculation with a trigger does not follow what it names.
        let calculation = if node.trigger.is_empty() { &parsed.calculation } else { &None };
        let reads = [
            (&parsed.relevant, Aspect::Relevant),
            (calculation, Aspect::Calculate),
            (&parsed.count, Aspect::Count),
            (&parsed.required, Aspect::View),
            (&parsed.readonly, Aspect::View),
            (&parsed.constraint, Aspect::View),
            (&parsed.soft, Aspect::View),
            (&parsed.filter, Aspect::Filter),
        ];
        for (expr, aspect) in reads {
            let Some(expr) = expr else { continue };
            for (target, shared) in reads_of(form, id, expr) {
                self.add(target, Dependent { node: id.0, aspect, shared });
            }
        }
        for target in &parsed.triggers {
            let shared = shared(form, id, NodeId(*target));
            self.add(*target, Dependent { node: id.0, aspect: Aspect::Trigger, shared });
        }
        if let Some(repeat) = parsed.choices_of {
            for target in form.ids() {
                if !self.paths[target.index()].contains(&repeat) {
                    continue;
                }
                self.add(target.0, Dependent { node: id.0, aspect: Aspect::Filter, shared: 0 });
            }
        }
        for text in texts(node) {
            for name in names_in(text) {
                if let Some(target) = resolve(form, id, name) {
                    let shared = shared(form, id, target);
                    self.add(target.0, Dependent { node: id.0, aspect: Aspect::View, shared });
                }
            }
        }
        self.nodes[id.index()] = parsed;
    }

    fn add(&mut self, target: u32, dependent: Dependent) {
        // What reads itself (once(), a constraint's dot) does not wait for itself.
        if target != dependent.node || dependent.aspect == Aspect::Count {
            self.dependents[target as usize].push(dependent);
        }
    }
}

/// XLSForm's yes and no as expressions.
pub fn logical(source: &str) -> &str {
    match source.trim() {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => "true()",
        "no" | "No" | "NO" | "false" | "False" | "FALSE" => "false()",
        other => other,
    }
}

/// Everything of a node that may name questions.
pub(super) fn sources(node: &Node) -> impl Iterator<Item = &str> {
    let logic = [
        &node.relevant,
        &node.required,
        &node.readonly,
        &node.constraint,
        &node.soft_constraint,
        &node.calculation,
        &node.default,
        &node.choice_filter,
        &node.repeat_count,
    ];
    logic.into_iter().map(String::as_str).chain(texts(node))
}

fn texts(node: &Node) -> impl Iterator<Item = &str> {
    [
        &node.label,
        &node.hint,
        &node.guidance,
        &node.constraint_message,
        &node.required_message,
        &node.soft_constraint_message,
    ]
    .into_iter()
    .flat_map(|text| text.values())
    .map(String::as_str)
}
