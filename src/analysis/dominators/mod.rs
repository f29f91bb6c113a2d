//! Dominators: for each node, the closest node that is on every path from the root.
//!
//! Semi-NCA (Georgiadis, “Linear-Time Algorithms for Dominators and Related Problems”, 2005) on nodes renumbered in
//! depth-first preorder, so that the loops access memory mostly in order. The last step climbs the tree while building
//! it; jump pointers (Myers, “An applicative random-access stack”, 1983) keep each climb logarithmic where a long
//! linked list would make it linear. Nothing recurses.

mod preorder;

mod tree;

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::memory::Reuse;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Progress, convert};
use preorder::{Preorder, Rows};
pub(crate) use tree::DominatorTree;
use tree::tree;

const NONE: u32 = u32::MAX;

stored!(DominatorTree { positions, nodes, subtree_sizes, reaches });

/// Computes dominators over the essential edges. The root is the immediate dominator of nodes without an essential
/// retainer, and of nodes that neither the root nor such nodes reach.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn dominators(
    graph: &HeapGraph,
    essential: &BitSet,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<DominatorTree, Cancelled> {
    let mut order = progress.stage("spanning tree", || Preorder::build(graph, essential, progress, cancel))?;
    // The following steps need the memory that the computation of the semidominators frees.
    let (semi, _reuse) =
        progress.stage("semidominators", || semidominators(graph, essential, &mut order, progress, cancel))?;
    let Preorder { mut vertices, parents: tree_parents, .. } = order;
    let reached = vertices.len();
    let mut dominators = progress.stage("immediate", || immediate_dominators(tree_parents, &semi, progress, cancel))?;
    drop(semi);

    if reached < graph.node_count() {
        let mut found = BitSet::new(graph.node_count());
        for &vertex in &vertices {
            found.insert(vertex as usize);
        }
        for node in graph.nodes().filter(|node| !found.contains(node.index())) {
            vertices.push(node.0);
            dominators.push(0);
        }
    }
    progress.stage("tree", || tree(&vertices, &dominators, cancel))
}

/// A vertex of the forest used to compute the semidominators.
#[derive(Clone, Copy)]
struct Link {
    /// An ancestor in the spanning tree: the parent at first, a higher one after compression.
    ancestor: u32,
    /// The smallest semidominator on the path to `ancestor` (exclusive).
    least: u32,
}

/// The number of vertices whose predecessors one task collects.
const GATHERED: usize = 1 << 15;
/// The number of tasks that run ahead.
const AHEAD: usize = 8;

/// Returns the semidominator of each vertex, by number, and a guard that keeps the freed memory for reuse. While the
/// semidominators of some vertices are computed, last first, the predecessors of the next ones are collected on other
/// cores; the predecessors are never all in memory at once.
fn semidominators(
    graph: &HeapGraph,
    essential: &BitSet,
    order: &mut Preorder,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<(Vec<u32>, Reuse), Cancelled> {
    let count = order.vertices.len();
    let sources = progress.stage("sources", || order.sources(graph, essential, cancel))?;
    // Only the sources are needed; this frees the numbers by node.
    drop(std::mem::take(&mut order.numbers));
    let mut forest = Forest {
        links: order.parents.iter().map(|&ancestor| Link { ancestor, least: NONE }).collect(),
        semi: order.parents.clone(),
        path: Vec::new(),
        steps: 0,
    };
    let batch = GATHERED * AHEAD;
    let order = &*order;
    let gather = |batch_number: usize| -> Vec<Rows> {
        let (start, end) = (batch_number * batch, ((batch_number + 1) * batch).min(count));
        let parts = (end - start).div_ceil(GATHERED);
        (0..parts)
            .into_par_iter()
            .map(|part| {
                let first = start + part * GATHERED;
                order.predecessors(graph, &sources, first..(first + GATHERED).min(end))
            })
            .collect()
    };
    let mut batches = count.div_ceil(batch);
    let mut gathered = if batches == 0 { Vec::new() } else { gather(batches - 1) };
    while batches > 0 {
        batches -= 1;
        cancel.check()?;
        progress.advance(batch as u64);
        let (computed, next) = rayon::join(
            || {
                gathered.iter().rev().try_for_each(|rows| {
                    forest.compute(rows);
                    cancel.check()
                })
            },
            || if batches > 0 { gather(batches - 1) } else { Vec::new() },
        );
        computed?;
        gathered = next;
    }
    progress.count_steps("semidominators", forest.steps);
    Ok((forest.semi, Reuse::begin()))
}

/// The state of the computation of the semidominators.
struct Forest {
    links: Vec<Link>,
    semi: Vec<u32>,
    path: Vec<u32>,
    /// Visited predecessors, and links followed from them.
    steps: u64,
}

impl Forest {
    /// Computes the semidominators of a range of vertices. Those after the range must already be computed.
    fn compute(&mut self, predecessors: &Rows) {
        for vertex in predecessors.vertices().rev().filter(|&vertex| vertex > 0) {
            let number = convert::ordinal(vertex);
            let mut least = self.semi[vertex];
            let row = predecessors.row(vertex);
            self.steps += row.len() as u64;
            for &predecessor in row {
                let candidate = if predecessor <= number {
                    predecessor
                } else {
                    let (candidate, followed) = evaluate(&mut self.links, predecessor, number, &mut self.path);
                    self.steps += followed as u64;
                    candidate
                };
                least = least.min(candidate);
            }
            self.semi[vertex] = least;
            self.links[vertex].least = least;
        }
    }
}

/// Returns the smallest semidominator among `vertex` and its ancestors above `current`, and the length of the path to
/// them, which is compressed.
#[inline]
fn evaluate(links: &mut [Link], vertex: u32, current: u32, path: &mut Vec<u32>) -> (u32, usize) {
    let mut at = vertex;
    while links[at as usize].ancestor > current {
        path.push(at);
        at = links[at as usize].ancestor;
    }
    // From the top down, each vertex takes over the result of its ancestor.
    let mut above = links[at as usize];
    let followed = path.len();
    while let Some(at) = path.pop() {
        let link = &mut links[at as usize];
        link.least = link.least.min(above.least);
        link.ancestor = above.ancestor;
        above = *link;
    }
    (links[vertex as usize].least, followed)
}

/// Returns the immediate dominator of each vertex, by number: the nearest ancestor of the tree parent in the dominator
/// tree whose number does not exceed the semidominator's.
fn immediate_dominators(
    parents: Vec<u32>,
    semi: &[u32],
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    /// A vertex of the growing dominator tree.
    #[derive(Clone, Copy)]
    struct Jump {
        to: u32,
        depth: u32,
    }
    let mut dominators = parents;
    cancel.check()?;
    let mut jumps = vec![Jump { to: 0, depth: 0 }; dominators.len()];
    let mut steps = 0;
    for vertex in 1..dominators.len() {
        cancel.check_every(vertex)?;
        let bound = semi[vertex];
        let mut at = dominators[vertex];
        while at > bound {
            steps += 1;
            let jump = jumps[at as usize].to;
            at = if jump >= bound { jump } else { dominators[at as usize] };
        }
        dominators[vertex] = at;
        let up = jumps[at as usize];
        let far = jumps[up.to as usize];
        let to = if up.depth - jumps[up.to as usize].depth == far.depth - jumps[far.to as usize].depth {
            far.to
        } else {
            at
        };
        jumps[vertex] = Jump { to, depth: up.depth + 1 };
    }
    progress.count_steps("immediate dominators", steps);
    Ok(dominators)
}
