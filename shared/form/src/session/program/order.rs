//! The order of computation.

use super::{Aspect, Program};
use crate::model::Form;

impl Program {
    /// Orders relevance, calculations and counts so that each comes after what it reads.
    ///
    /// Three stages per node (relevance, calculation, count) and a fourth, its value as others see
    /// it, which waits for the three and for the relevance of everything around the node.
    pub(super) fn rank(&mut self, form: &Form) {
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
    let mut ready = std::collections::BTreeSet::new();
    for stage in (0..edges.len()).filter(|stage| waiting[*stage] == 0) {
        ready.insert(stage);
    }
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
