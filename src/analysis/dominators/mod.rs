//! Dominators: for each node, the closest node that is on every path from the root.
//!
//! Semi-NCA (Georgiadis, “Linear-Time Algorithms for Dominators and Related Problems”, 2005) on nodes renumbered in
//! depth-first preorder, so that the loops access memory mostly in order. The last step climbs the tree while building
//! it; jump pointers (Myers, “An applicative random-access stack”, 1983) keep each climb logarithmic where a long
//! linked list would make it linear. Nothing recurses.

mod predecessors;
mod preorder;
#[cfg(test)]
mod tests;
mod tree;

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Progress, convert, prefetch};
use predecessors::{BLOCK, Predecessors, Rows};
use preorder::Preorder;
use tree::tree;
pub(crate) use tree::{DominatorTree, PrefixSums};

const NONE: u32 = u32::MAX;

stored!(DominatorTree { positions, nodes, subtree_sizes, reaches });

/// The semidominators, and the spanning tree that the remaining steps need. Those run on one thread; other work can run
/// in parallel.
#[derive(Debug)]
pub struct Semidominators {
    vertices: Vec<u32>,
    parents: Vec<u32>,
    /// Number of the semidominator by number.
    semi: Vec<u32>,
    node_count: usize,
}

/// Computes semidominators over the `essential` edges.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn semidominators(
    graph: &HeapGraph,
    mut essential: BitSet,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Semidominators, Cancelled> {
    let mut order = progress.stage("spanning tree", || Preorder::build(graph, &mut essential, progress, cancel))?;
    let predecessors = progress.stage("predecessors", || Predecessors::collect(graph, &essential, &order, cancel))?;
    progress.count_steps("predecessors", predecessors.len() as u64);
    // The numbers by node are no longer needed.
    drop(std::mem::take(&mut order.numbers));
    drop(essential);
    let semi = progress.stage("semidominators", || forest(&predecessors, &order, progress, cancel))?;
    drop(predecessors);
    let Preorder { vertices, parents, .. } = order;
    Ok(Semidominators { vertices, parents, semi, node_count: graph.node_count() })
}

impl Semidominators {
    /// Computes the dominator tree. The root is the immediate dominator of nodes without an essential retainer, and of
    /// nodes that neither the root nor such nodes reach.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn tree(self, progress: &Progress, cancel: &CancelToken) -> Result<DominatorTree, Cancelled> {
        let Self { mut vertices, parents, semi, node_count } = self;
        let reached = vertices.len();
        let mut dominators = progress.stage("immediate", || immediate_dominators(parents, &semi, progress, cancel))?;
        drop(semi);
        if reached < node_count {
            let mut found = BitSet::new(node_count);
            for &vertex in &vertices {
                found.insert(vertex as usize);
            }
            for node in (0..node_count).filter(|&node| !found.contains(node)) {
                vertices.push(convert::ordinal(node));
                dominators.push(0);
            }
        }
        progress.stage("tree", || tree(&vertices, &dominators, cancel))
    }
}

/// A vertex of the forest used to compute the semidominators.
#[derive(Clone, Copy)]
struct Link {
    /// An ancestor in the spanning tree: the parent at first, a higher one after compression.
    ancestor: u32,
    /// The smallest semidominator on the path to `ancestor` (exclusive).
    least: u32,
}

/// Prefetch distance in predecessors for their links.
const ITEMS_AHEAD: usize = 24;
/// The number of blocks of vertices whose predecessors are prepared ahead.
const AHEAD: usize = 8;

/// Returns the semidominator of each vertex, by number. While those of some vertices are computed, last first, the
/// predecessors of the next ones are prepared on other cores.
fn forest(
    predecessors: &Predecessors,
    order: &Preorder,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut forest = Forest {
        links: order.parents.iter().map(|&ancestor| Link { ancestor, least: NONE }).collect(),
        semi: order.parents.clone(),
        path: Vec::new(),
        steps: 0,
    };
    let rows = |end: usize| -> Vec<Rows> {
        (end.saturating_sub(AHEAD)..end).into_par_iter().map(|block| predecessors.rows(block)).collect()
    };
    let mut end = predecessors.block_count();
    let mut prepared = rows(end);
    while end > 0 {
        cancel.check()?;
        progress.advance((prepared.len() * BLOCK) as u64);
        end -= prepared.len();
        let (computed, next) = rayon::join(
            || {
                prepared.iter().rev().try_for_each(|rows| {
                    forest.compute(rows);
                    cancel.check()
                })
            },
            || rows(end),
        );
        computed?;
        prepared = next;
    }
    progress.count_steps("semidominators", forest.steps);
    Ok(forest.semi)
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
            for at in row.rev() {
                // The rows are visited from the last to the first.
                if let Some(&ahead) = at.checked_sub(ITEMS_AHEAD).and_then(|at| predecessors.items.get(at)) {
                    prefetch(&self.links, ahead as usize);
                }
                let predecessor = predecessors.items[at];
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
