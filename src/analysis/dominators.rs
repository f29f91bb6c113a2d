//! Dominators: for each node, the closest node that is on every path from the root.
//!
//! Semi-NCA (Georgiadis, “Linear-Time Algorithms for Dominators and Related Problems”, 2005) on nodes renumbered in
//! depth-first preorder, so that the loops access memory mostly in order. The last step climbs the tree while building
//! it; jump pointers (Myers, “An applicative random-access stack”, 1983) keep each climb logarithmic where a long list
//! would make it linear. Nothing recurses.

use std::ops::Range;

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::memory::Reuse;
use crate::model::bounds::are_below;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Column, EdgeIndex, NodeOrdinal, POLL_INTERVAL, Progress};

const NONE: u32 = u32::MAX;
/// Positions summarized by one entry of [`DominatorTree::reaches`].
const FAN: usize = 64;

/// The dominator tree in preorder: each node is directly followed by the nodes that it dominates.
#[derive(Clone, Debug, Default)]
pub struct DominatorTree {
    /// Position of each node in the preorder, by ordinal.
    positions: Vec<u32>,
    /// The node at each position.
    nodes: Vec<u32>,
    /// The number of nodes in the subtree at each position, including its root.
    subtree_sizes: Vec<u32>,
    /// The maximum end of the subtrees that start in each block of [`FAN`] positions, in each block of such blocks, and
    /// so on.
    reaches: Vec<Vec<u32>>,
}

stored!(DominatorTree { positions, nodes, subtree_sizes, reaches });

impl DominatorTree {
    /// Returns the immediate dominator. The root is its own.
    #[inline]
    #[must_use]
    pub fn dominator(&self, node: NodeOrdinal) -> NodeOrdinal {
        NodeOrdinal(self.nodes[self.parent(self.positions[node.index()])])
    }

    /// Returns the position of the immediate dominator of the node at a position: of all subtrees that contain it, the
    /// one that starts last. Storing it would take four more bytes per node; searching it takes a look at some dozens
    /// of neighbors.
    fn parent(&self, position: u32) -> usize {
        let reach = |level: usize, at: usize| match level.checked_sub(1) {
            None => u32::try_from(at).unwrap_or(NONE).saturating_add(self.subtree_sizes[at]),
            Some(above) => self.reaches[above][at],
        };
        let mut level = 0;
        let mut before = position as usize;
        let mut found = loop {
            let start = before / FAN * FAN;
            if let Some(found) = (start..before).rev().find(|&at| reach(level, at) > position) {
                break found;
            }
            if level == self.reaches.len() {
                return 0;
            }
            level += 1;
            before = start / FAN;
        };
        while level > 0 {
            level -= 1;
            let len = if level == 0 { self.subtree_sizes.len() } else { self.reaches[level - 1].len() };
            let block = found * FAN..((found + 1) * FAN).min(len);
            found = block.rev().find(|&at| reach(level, at) > position).unwrap_or(0);
        }
        found
    }

    /// Returns the node's position in the preorder.
    #[inline]
    #[must_use]
    pub fn position(&self, node: NodeOrdinal) -> usize {
        self.positions[node.index()] as usize
    }

    /// Returns all nodes that would be freed with the node, the node itself first.
    #[must_use]
    pub fn subtree(&self, node: NodeOrdinal) -> &[u32] {
        let position = self.positions[node.index()] as usize;
        &self.nodes[position..position + self.subtree_sizes[position] as usize]
    }

    /// Returns the positions of the node's subtree in the preorder, starting with its own. The range contains the range
    /// of each node that the node dominates.
    #[inline]
    #[must_use]
    pub fn positions(&self, node: NodeOrdinal) -> Range<u32> {
        let position = self.positions[node.index()];
        position..position + self.subtree_sizes[position as usize]
    }

    /// Returns whether every path to `node` leads through `ancestor`, or both are the same.
    #[must_use]
    pub fn dominates(&self, ancestor: NodeOrdinal, node: NodeOrdinal) -> bool {
        self.positions(ancestor).contains(&self.positions[node.index()])
    }

    /// Returns the nodes whose immediate dominator is `node`.
    pub fn dominated(&self, node: NodeOrdinal) -> impl Iterator<Item = NodeOrdinal> + '_ {
        let position = self.positions[node.index()] as usize;
        let end = position + self.subtree_sizes[position] as usize;
        let first = (end > position + 1).then_some(position + 1);
        std::iter::successors(first, move |&at| {
            let next = at + self.subtree_sizes[at] as usize;
            (next < end).then_some(next)
        })
        .map(|at| NodeOrdinal(self.nodes[at]))
    }

    /// Returns whether the node dominates any other.
    #[inline]
    #[must_use]
    pub fn has_dominated(&self, node: NodeOrdinal) -> bool {
        self.subtree_sizes[self.positions[node.index()] as usize] > 1
    }

    /// Returns all nodes in preorder with the sizes of their subtrees.
    pub fn preorder(&self) -> impl ExactSizeIterator<Item = (NodeOrdinal, u32)> + '_ {
        self.nodes.iter().zip(&self.subtree_sizes).map(|(&node, &size)| (NodeOrdinal(node), size))
    }

    /// Returns whether this is a valid tree of `nodes` nodes with root `root`: positions and nodes are inverse, and the
    /// subtrees of the dominated nodes fill each node's subtree. Used for trees that were loaded.
    pub(crate) fn fits(&self, nodes: usize, root: NodeOrdinal) -> bool {
        let is_nested = |position: usize| {
            let end = position + self.subtree_sizes[position] as usize;
            let mut next = position + 1;
            while next < end {
                next += (self.subtree_sizes[next] as usize).max(1);
            }
            next == end
        };
        let is_inverse = |(node, &position): (usize, &u32)| self.nodes[position as usize] as usize == node;
        [self.positions.len(), self.nodes.len(), self.subtree_sizes.len()] == [nodes; 3]
            && self.nodes.first() == Some(&root.0)
            && self.subtree_sizes[0] as usize == nodes
            && are_below(&self.positions, nodes)
            && self.subtree_sizes.par_iter().enumerate().all(|(at, &size)| size > 0 && at + size as usize <= nodes)
            && self.positions.par_iter().enumerate().all(is_inverse)
            && (0..nodes).into_par_iter().all(is_nested)
            && self.reaches == reaches(&self.subtree_sizes)
    }

    /// Sums `sizes` (bytes, by ordinal) over each node's subtree.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn retained_sizes(&self, sizes: &Column, cancel: &CancelToken) -> Result<Column, Cancelled> {
        // A subtree is a range of the preorder, so its sum is the difference of two prefix sums.
        let mut total = 0_u128;
        let mut totals = Vec::with_capacity(self.nodes.len() + 1);
        totals.push(0);
        for (position, &node) in self.nodes.iter().enumerate() {
            cancel.check_every(position)?;
            total += u128::from(sizes.get(node as usize));
            // The total may wrap; a difference is correct if it fits itself.
            #[expect(clippy::cast_possible_truncation, reason = "see above")]
            totals.push(total as u64);
        }
        let sum = |position: &u32| {
            let position = *position as usize;
            totals[position + self.subtree_sizes[position] as usize].wrapping_sub(totals[position])
        };
        cancel.check()?;
        Ok(if u32::try_from(total).is_ok() {
            #[expect(clippy::cast_possible_truncation, reason = "no sum is larger than the root's, which fits")]
            Column::Narrow(self.positions.par_iter().map(|position| sum(position) as u32).collect())
        } else if u64::try_from(total).is_ok() {
            Column::Wide(self.positions.par_iter().map(sum).collect())
        } else {
            Column::Wide(self.saturated_sums(sizes, cancel)?)
        })
    }

    /// Computes [`Self::retained_sizes`] if the sums do not fit in 64 bits.
    #[cold]
    fn saturated_sums(&self, sizes: &Column, cancel: &CancelToken) -> Result<Vec<u64>, Cancelled> {
        let mut sums: Vec<u64> = self.nodes.iter().map(|&node| sizes.get(node as usize)).collect();
        for (steps, position) in (1..sums.len()).rev().enumerate() {
            cancel.check_every(steps)?;
            let parent = self.parent(u32::try_from(position).unwrap_or(NONE));
            sums[parent] = sums[parent].saturating_add(sums[position]);
        }
        Ok(self.positions.iter().map(|&position| sums[position as usize]).collect())
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        4 * (self.positions.capacity()
            + self.nodes.capacity()
            + self.subtree_sizes.capacity()
            + self.reaches.iter().map(Vec::capacity).sum::<usize>())
    }
}

/// Computes dominators over the essential edges. The root dominates nodes without an essential retainer, and nodes that
/// are still unreachable after that.
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

/// A depth-first spanning tree. Numbers count in preorder; the root has number 0.
struct Preorder {
    /// Ordinal by number.
    vertices: Vec<u32>,
    /// Number of the tree parent by number.
    parents: Vec<u32>,
    /// Number by ordinal; `NONE` for unreachable nodes.
    numbers: Vec<u32>,
}

impl Preorder {
    fn build(
        graph: &HeapGraph,
        essential: &BitSet,
        progress: &Progress,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let node_count = graph.node_count();
        let root = graph.root();
        let mut search = DepthFirst {
            graph,
            essential,
            stack: Vec::new(),
            reached: BitSet::new(node_count),
            order: Self {
                vertices: Vec::with_capacity(node_count),
                parents: Vec::with_capacity(node_count),
                numbers: vec![NONE; node_count],
            },
        };
        search.enter(root, 0);
        search.run(progress, cancel)?;
        for node in graph.nodes() {
            cancel.check_every(node.index())?;
            if search.reached.contains(node.index()) {
                continue;
            }
            if !graph.retainers.row(node.index()).iter().any(|&edge| essential.contains(edge as usize)) {
                search.enter(node, 0);
                search.run(progress, cancel)?;
            }
        }
        Ok(search.order)
    }

    /// Returns the number of the source of each essential edge; `NONE` for other edges and unreachable sources.
    fn sources(&self, graph: &HeapGraph, essential: &BitSet, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
        let mut sources = vec![0; graph.edge_count()];
        sources.par_chunks_mut(POLL_INTERVAL).enumerate().try_for_each(|(chunk, sources)| {
            cancel.check()?;
            let first = chunk * POLL_INTERVAL;
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 edges")]
            let mut node = graph.edge_source(EdgeIndex(first as u32));
            let mut at = 0;
            while at < sources.len() {
                let end = (graph.edge_range(node).end - first).min(sources.len());
                let number = self.numbers[node.index()];
                for (edge, source) in sources.iter_mut().enumerate().take(end).skip(at) {
                    *source = if essential.contains(first + edge) { number } else { NONE };
                }
                at = end;
                node = NodeOrdinal(node.0 + 1);
            }
            Ok(())
        })?;
        Ok(sources)
    }

    /// Returns the predecessors of each vertex of a range as compressed rows, without the tree parent.
    fn predecessors(&self, graph: &HeapGraph, sources: &[u32], vertices: Range<usize>) -> Rows {
        let mut rows =
            Rows { first: vertices.start, offsets: Vec::with_capacity(vertices.len() + 1), items: Vec::new() };
        rows.offsets.push(0);
        for number in vertices {
            let retainers = graph.retainers.row(self.vertices[number] as usize);
            // A single retainer, as most nodes have, is the tree parent; edges to the root do not matter.
            if retainers.len() > 1 && number > 0 {
                let parent = self.parents[number];
                for &edge in retainers {
                    let source = sources[edge as usize];
                    if source != NONE && source != parent {
                        rows.items.push(source);
                    }
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 edges")]
            rows.offsets.push(rows.items.len() as u32);
        }
        rows
    }
}

struct DepthFirst<'a> {
    graph: &'a HeapGraph,
    essential: &'a BitSet,
    /// Open nodes: number, next edge, end of the edges.
    stack: Vec<(u32, u32, u32)>,
    /// Nodes with a number, compact enough to stay in the CPU cache.
    reached: BitSet,
    order: Preorder,
}

impl DepthFirst<'_> {
    fn enter(&mut self, node: NodeOrdinal, parent: u32) {
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
        let number = self.order.vertices.len() as u32;
        self.reached.insert(node.index());
        self.order.numbers[node.index()] = number;
        self.order.vertices.push(node.0);
        self.order.parents.push(parent);
        let (first, end) = (self.graph.first_edges[node.index()], self.graph.first_edges[node.index() + 1]);
        self.stack.push((number, first, end));
    }

    fn run(&mut self, progress: &Progress, cancel: &CancelToken) -> Result<(), Cancelled> {
        let mut steps = 0;
        while let Some(top) = self.stack.last_mut() {
            let (number, mut edge, end) = *top;
            let next = loop {
                if edge == end {
                    break None;
                }
                let at = edge as usize;
                edge += 1;
                if self.essential.contains(at) {
                    let target = self.graph.edge_targets[at];
                    if !self.reached.contains(target as usize) {
                        break Some(NodeOrdinal(target));
                    }
                }
            };
            match next {
                Some(target) => {
                    top.1 = edge;
                    self.enter(target, number);
                    steps += 1;
                    if steps % POLL_INTERVAL == 0 {
                        cancel.check()?;
                        progress.advance(POLL_INTERVAL as u64);
                    }
                }
                None => {
                    self.stack.pop();
                }
            }
        }
        Ok(())
    }
}

/// Compressed rows of a range of vertices, which starts at `first`.
struct Rows {
    first: usize,
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Rows {
    fn vertices(&self) -> Range<usize> {
        self.first..self.first + self.offsets.len() - 1
    }

    #[inline]
    fn row(&self, vertex: usize) -> &[u32] {
        let row = vertex - self.first;
        &self.items[self.offsets[row] as usize..self.offsets[row + 1] as usize]
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

/// The number of vertices whose predecessors are collected per task, and the number of tasks that run ahead.
const GATHERED: usize = 1 << 15;
const AHEAD: usize = 8;

/// Returns the semidominator of each vertex, by number, and a guard that keeps the freed memory for reuse. While the
/// semidominators of some vertices are computed, last first, the predecessors of the next ones are collected on other
/// cores; they are never all in memory at once.
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
    /// Computes the semidominators of a range of vertices. Those after the range must be computed.
    fn compute(&mut self, predecessors: &Rows) {
        for vertex in predecessors.vertices().rev().filter(|&vertex| vertex > 0) {
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
            let number = vertex as u32;
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

/// Renumbers from preorder of the spanning tree to preorder of the dominator tree. In both, a parent comes before its
/// children.
fn tree(vertices: &[u32], dominators: &[u32], cancel: &CancelToken) -> Result<DominatorTree, Cancelled> {
    let count = vertices.len();
    let mut sizes = vec![1_u32; count];
    for vertex in (1..count).rev() {
        cancel.check_every(vertex)?;
        sizes[dominators[vertex] as usize] += sizes[vertex];
    }
    let mut tree = DominatorTree {
        positions: vec![0; count],
        nodes: vec![0; count],
        subtree_sizes: vec![0; count],
        reaches: Vec::new(),
    };
    // By number: the position of its next child.
    cancel.check()?;
    let mut next_child = vec![1_u32; count];
    for vertex in 0..count {
        cancel.check_every(vertex)?;
        let mut position = 0;
        if vertex > 0 {
            let place = &mut next_child[dominators[vertex] as usize];
            position = *place;
            *place += sizes[vertex];
            next_child[vertex] = position + 1;
        }
        let at = position as usize;
        tree.nodes[at] = vertices[vertex];
        tree.subtree_sizes[at] = sizes[vertex];
        tree.positions[vertices[vertex] as usize] = position;
    }
    cancel.check()?;
    tree.reaches = reaches(&tree.subtree_sizes);
    Ok(tree)
}

/// Computes [`DominatorTree::reaches`].
fn reaches(subtree_sizes: &[u32]) -> Vec<Vec<u32>> {
    let furthest = |ends: &[u32]| ends.iter().copied().max().unwrap_or(0);
    let count = subtree_sizes.len();
    let mut level: Vec<u32> = (0..count.div_ceil(FAN))
        .map(|block| {
            let starts = block * FAN..((block + 1) * FAN).min(count);
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
            starts.map(|at| at as u32 + subtree_sizes[at]).max().unwrap_or(0)
        })
        .collect();
    let mut reaches = Vec::new();
    while level.len() > 1 {
        let above = level.chunks(FAN).map(furthest).collect();
        reaches.push(std::mem::replace(&mut level, above));
    }
    reaches
}
