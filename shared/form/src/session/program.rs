//! A form made ready to run: parsed expressions, who depends on whom, and in which order to compute.

use crate::expr;
use crate::expr::ast::{Axis, Expr, ExprKind, NodeTest, Reference, Step};
use crate::expr::function::Function;
use crate::model::{Choices, Form, Kind, Node, NodeId};

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

fn bind(form: &Form, from: NodeId, parsed: &mut Expr) {
    parsed.references_mut(&mut |reference: &mut Reference| {
        if let Some(found) = resolve(form, from, &reference.name) {
            reference.node = Some(found.0);
            reference.shared = shared(form, from, found);
        }
    });
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
            dependents.sort();
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
            filter: one("choice_filter", &node.choice_filter),
            count: one("repeat_count", &node.repeat_count),
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
        rewrite(filter, &|reference| {
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

fn rewrite(expr: &mut Expr, change: &dyn Fn(&Reference) -> Option<ExprKind>) {
    match &mut expr.kind {
        ExprKind::Reference(reference) => {
            if let Some(kind) = change(reference) {
                expr.kind = kind;
            }
        }
        ExprKind::Binary(_, left, right) => {
            rewrite(left, change);
            rewrite(right, change);
        }
        ExprKind::Negate(inner) => rewrite(inner, change),
        ExprKind::Call(call) => call.arguments.iter_mut().for_each(|found| rewrite(found, change)),
        _ => {}
    }
}

type Reads = Vec<(u32, u32)>;

/// Form nodes an expression at `from` reads, with the repeats it shares with each.
pub fn reads_of(form: &Form, from: NodeId, expr: &Expr) -> Reads {
    let mut reader = Reader { form, from, found: Vec::new() };
    let depth = chain(form, from).len() as u32;
    reader.expr(expr, &[(from.0, depth)]);
    reader.found.sort_unstable();
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
            here.sort_unstable();
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

impl Program {
    /// Orders relevance, calculations and counts so that each comes after what it reads.
    ///
    /// Three stages per node (relevance, calculation, count) and a fourth, its value as others see
    /// it, which waits for the three and for the relevance of everything around the node.
    fn rank(&mut self, form: &Form) {
        let count = form.nodes.len();
        let (live, value) = (|node: usize| node * 4, |node: usize| node * 4 + 3);
        let stage = |node: u32, aspect: Aspect| match aspect {
            Aspect::Relevant => Some(node as usize * 4),
            Aspect::Calculate => Some(node as usize * 4 + 1),
            Aspect::Count => Some(node as usize * 4 + 2),
            Aspect::View | Aspect::Trigger | Aspect::Filter => None,
        };
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); count * 4];
        for node in 0..count {
            for part in 0..3 {
                edges[node * 4 + part].push(value(node));
            }
            if let Some(parent) = form.nodes[node].parent {
                edges[live(parent.index())].push(live(node));
                // Items have to exist before what is in them is computed.
                edges[parent.index() * 4 + 2].push(live(node));
            }
            for dependent in &self.dependents[node] {
                if let Some(stage) = stage(dependent.node, dependent.aspect) {
                    edges[value(node)].push(stage);
                }
            }
        }
        let order = sort(&edges);
        self.cycle = order.cycle.into_iter().map(|stage| (stage / 4) as u32).collect();
        self.cycle.dedup();
        self.ranks = vec![[0; 3]; count];
        for (rank, stage) in order.sorted.into_iter().enumerate() {
            if stage % 4 < 3 {
                self.ranks[stage / 4][stage % 4] = rank as u32;
            }
        }
    }
}

struct Order {
    sorted: Vec<usize>,
    /// Stages of one cycle.
    cycle: Vec<usize>,
}

/// Kahn's algorithm, smallest first; what waits in a circle is appended in form order.
fn sort(edges: &[Vec<usize>]) -> Order {
    let mut waiting = vec![0usize; edges.len()];
    edges.iter().flatten().for_each(|to| waiting[*to] += 1);
    let mut ready: std::collections::BTreeSet<usize> =
        (0..edges.len()).filter(|stage| waiting[*stage] == 0).collect();
    let mut sorted = Vec::new();
    while let Some(stage) = ready.pop_first() {
        sorted.push(stage);
        for to in &edges[stage] {
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.insert(*to);
            }
        }
    }
    let left: Vec<usize> = (0..edges.len()).filter(|stage| waiting[*stage] > 0).collect();
    let cycle = one_cycle(edges, &left, &waiting);
    sorted.extend(left);
    Order { sorted, cycle }
}

/// Follows predecessors among what is left until a stage repeats.
fn one_cycle(edges: &[Vec<usize>], left: &[usize], waiting: &[usize]) -> Vec<usize> {
    let Some(first) = left.first() else { return Vec::new() };
    let before = |stage: usize| left.iter().copied().find(|from| edges[*from].contains(&stage));
    let mut seen = vec![*first];
    loop {
        let last = seen[seen.len() - 1];
        let Some(from) = before(last).filter(|from| waiting[*from] > 0) else { return Vec::new() };
        if let Some(at) = seen.iter().position(|found| *found == from) {
            return seen.split_off(at);
        }
        seen.push(from);
    }
}
