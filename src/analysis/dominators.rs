//! Dominators: for each node the one node through which every path from the root must lead.
//!
//! Semi-NCA (Georgiadis, “Linear-Time Algorithms for Dominators and Related Problems”, 2005) on nodes renumbered in
//! depth-first preorder, so that the loops walk memory mostly forward. Its last step climbs the tree that it builds; jump
//! pointers (Myers, “An applicative random-access stack”, 1983) keep each climb logarithmic where a long list would make
//! it linear. Nothing recurses.

use std::ops::Range;

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, Column, NodeOrdinal, POLL_INTERVAL, Progress};

const NONE: u32 = u32::MAX;

/// The dominator tree, as its nodes in preorder: a node's dominated nodes stand right behind it.
#[derive(Clone, Debug, Default)]
pub struct DominatorTree {
    /// Position of each node in the preorder, by ordinal.
    positions: Vec<u32>,
    /// The node at each position.
    nodes: Vec<u32>,
    /// How many nodes the subtree at each position has, its root included.
    subtree_sizes: Vec<u32>,
    /// Position of the immediate dominator of the node at each position; the root's is its own.
    parents: Vec<u32>,
}

impl DominatorTree {
    /// The immediate dominator; the root's is the root itself.
    #[inline]
    #[must_use]
    pub fn dominator(&self, node: NodeOrdinal) -> NodeOrdinal {
        let position = self.positions[node.index()] as usize;
        NodeOrdinal(self.nodes[self.parents[position] as usize])
    }

    /// Where the node stands in the preorder.
    #[inline]
    #[must_use]
    pub fn position(&self, node: NodeOrdinal) -> usize {
        self.positions[node.index()] as usize
    }

    /// Everything that would be freed with the node, the node itself first.
    #[must_use]
    pub fn subtree(&self, node: NodeOrdinal) -> &[u32] {
        let position = self.positions[node.index()] as usize;
        &self.nodes[position..position + self.subtree_sizes[position] as usize]
    }

    /// Positions of the node's subtree in the preorder, its own first: what the node dominates, as a range that contains the
    /// range of each node in it.
    #[inline]
    #[must_use]
    pub fn positions(&self, node: NodeOrdinal) -> Range<u32> {
        let position = self.positions[node.index()];
        position..position + self.subtree_sizes[position as usize]
    }

    /// Whether every path to `node` leads through `ancestor` (or they are the same).
    #[must_use]
    pub fn dominates(&self, ancestor: NodeOrdinal, node: NodeOrdinal) -> bool {
        self.positions(ancestor).contains(&self.positions[node.index()])
    }

    /// The nodes whose immediate dominator is `node`.
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

    /// Whether the node dominates any other.
    #[inline]
    #[must_use]
    pub fn has_dominated(&self, node: NodeOrdinal) -> bool {
        self.subtree_sizes[self.positions[node.index()] as usize] > 1
    }

    /// All nodes in preorder with the sizes of their subtrees.
    pub fn preorder(&self) -> impl Iterator<Item = (NodeOrdinal, u32)> + '_ {
        self.nodes.iter().zip(&self.subtree_sizes).map(|(&node, &size)| (NodeOrdinal(node), size))
    }

    /// Sums `sizes` (bytes, by ordinal) over each node's subtree.
    ///
    /// # Errors
    /// [`Cancelled`] when `cancel` says so.
    pub fn retained_sizes(&self, sizes: &Column, cancel: &CancelToken) -> Result<Column, Cancelled> {
        let mut sums: Vec<u64> = self.nodes.par_iter().map(|&node| sizes.get(node as usize)).collect();
        for position in (1..sums.len()).rev() {
            cancel.check_every(position)?;
            let sum = sums[position];
            let parent = self.parents[position] as usize;
            sums[parent] = sums[parent].saturating_add(sum);
        }
        let by_ordinal = |position: &u32| sums[*position as usize];
        // The root's sum is the largest.
        cancel.check()?;
        Ok(if sums.first().is_none_or(|&total| u32::try_from(total).is_ok()) {
            #[expect(clippy::cast_possible_truncation, reason = "no sum is larger than the root's, which fits")]
            Column::Narrow(self.positions.par_iter().map(|position| by_ordinal(position) as u32).collect())
        } else {
            Column::Wide(self.positions.par_iter().map(by_ordinal).collect())
        })
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        4 * (self.positions.capacity()
            + self.nodes.capacity()
            + self.subtree_sizes.capacity()
            + self.parents.capacity())
    }
}

/// Dominators over the essential edges. A node without an essential retainer hangs from the root, and so does each node
/// that even then nothing reaches.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn dominators(
    graph: &HeapGraph,
    essential: &BitSet,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<DominatorTree, Cancelled> {
    let order = Preorder::build(graph, essential, progress, cancel)?;
    let predecessors = order.predecessors(graph, essential, cancel)?;
    let reached = order.vertices.len();
    let Preorder { mut vertices, parents: tree_parents, numbers } = order;
    drop(numbers);
    let semi = semidominators(&tree_parents, &predecessors, progress, cancel)?;
    drop(predecessors);
    let mut dominators = immediate_dominators(tree_parents, &semi, cancel)?;
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
    tree(&vertices, &dominators, cancel)
}

/// A depth-first spanning tree. Numbers count in preorder; the root has number 0.
struct Preorder {
    /// Ordinal by number.
    vertices: Vec<u32>,
    /// Number of the tree parent by number.
    parents: Vec<u32>,
    /// Number by ordinal; `NONE` for what nothing reaches.
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
        let mut has_retainer = BitSet::new(node_count);
        for (edge, &target) in graph.edge_targets.iter().enumerate() {
            cancel.check_every(edge)?;
            if essential.contains(edge) {
                has_retainer.insert(target as usize);
            }
        }
        let root = graph.root();
        let mut search = DepthFirst {
            graph,
            essential,
            stack: Vec::new(),
            order: Self {
                vertices: Vec::with_capacity(node_count),
                parents: Vec::with_capacity(node_count),
                numbers: vec![NONE; node_count],
            },
        };
        search.enter(root, 0);
        search.run(progress, cancel)?;
        for node in graph.nodes() {
            if !has_retainer.contains(node.index()) && search.order.numbers[node.index()] == NONE {
                search.enter(node, 0);
                search.run(progress, cancel)?;
            }
        }
        Ok(search.order)
    }

    /// For each number the numbers of its predecessors, its tree parent left out, as compressed rows.
    fn predecessors(&self, graph: &HeapGraph, essential: &BitSet, cancel: &CancelToken) -> Result<Rows, Cancelled> {
        let reached = self.vertices.len();
        let mut offsets = vec![0_u32; reached + 1];
        self.each_edge(graph, essential, cancel, |_, target| offsets[target as usize] += 1)?;
        let mut end = 0;
        for offset in &mut offsets {
            end += *offset;
            *offset = end;
        }
        cancel.check()?;
        let mut items = vec![0_u32; end as usize];
        self.each_edge(graph, essential, cancel, |source, target| {
            let cursor = &mut offsets[target as usize];
            *cursor -= 1;
            items[*cursor as usize] = source;
        })?;
        Ok(Rows { offsets, items })
    }

    /// Calls `found` with the numbers of both ends of each essential edge that matters: not for tree edges and not for
    /// edges to the root.
    fn each_edge(
        &self,
        graph: &HeapGraph,
        essential: &BitSet,
        cancel: &CancelToken,
        mut found: impl FnMut(u32, u32),
    ) -> Result<(), Cancelled> {
        for (source, &vertex) in self.vertices.iter().enumerate() {
            cancel.check_every(source)?;
            #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
            let source = source as u32;
            for edge in graph.edge_range(NodeOrdinal(vertex)) {
                if !essential.contains(edge) {
                    continue;
                }
                let target = self.numbers[graph.edge_targets[edge] as usize];
                if target != 0 && self.parents[target as usize] != source {
                    found(source, target);
                }
            }
        }
        Ok(())
    }
}

struct DepthFirst<'a> {
    graph: &'a HeapGraph,
    essential: &'a BitSet,
    /// Open nodes: number, next edge, end of the edges.
    stack: Vec<(u32, u32, u32)>,
    order: Preorder,
}

impl DepthFirst<'_> {
    fn enter(&mut self, node: NodeOrdinal, parent: u32) {
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
        let number = self.order.vertices.len() as u32;
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
                    if self.order.numbers[target as usize] == NONE {
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

/// Compressed rows while they are needed: row `r` is `items[offsets[r]..offsets[r + 1]]`.
struct Rows {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Rows {
    #[inline]
    fn row(&self, row: usize) -> &[u32] {
        &self.items[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }
}

/// A vertex in the forest that the semidominators are computed with.
#[derive(Clone, Copy)]
struct Link {
    /// An ancestor in the spanning tree: the parent at first, higher after compression.
    ancestor: u32,
    /// The least semidominator on the way up to (not including) `ancestor`.
    least: u32,
}

/// The semidominator of each vertex, by number.
fn semidominators(
    parents: &[u32],
    predecessors: &Rows,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut links: Vec<Link> = parents.iter().map(|&ancestor| Link { ancestor, least: NONE }).collect();
    // Fresh memory is slow to come by, so look up between large allocations as well.
    cancel.check()?;
    let mut semi = parents.to_vec();
    cancel.check()?;
    let mut path = Vec::new();
    for vertex in (1..parents.len()).rev() {
        if vertex % POLL_INTERVAL == 0 {
            cancel.check()?;
            progress.advance(POLL_INTERVAL as u64);
        }
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
        let number = vertex as u32;
        let mut least = semi[vertex];
        for &predecessor in predecessors.row(vertex) {
            let candidate =
                if predecessor <= number { predecessor } else { evaluate(&mut links, predecessor, number, &mut path) };
            least = least.min(candidate);
        }
        semi[vertex] = least;
        links[vertex].least = least;
    }
    Ok(semi)
}

/// The least semidominator among `vertex` and its ancestors above `current`, compressing the way to them.
#[inline]
fn evaluate(links: &mut [Link], vertex: u32, current: u32, path: &mut Vec<u32>) -> u32 {
    let mut at = vertex;
    while links[at as usize].ancestor > current {
        path.push(at);
        at = links[at as usize].ancestor;
    }
    // From the top down, each vertex takes over what its ancestor knows by now.
    let mut above = links[at as usize];
    while let Some(at) = path.pop() {
        let link = &mut links[at as usize];
        link.least = link.least.min(above.least);
        link.ancestor = above.ancestor;
        above = *link;
    }
    links[vertex as usize].least
}

/// The immediate dominator of each vertex, by number: the nearest ancestor of the tree parent in the dominator tree whose
/// number is at most the semidominator's.
fn immediate_dominators(parents: Vec<u32>, semi: &[u32], cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    /// A vertex of the growing dominator tree.
    #[derive(Clone, Copy)]
    struct Jump {
        to: u32,
        depth: u32,
    }
    let mut dominators = parents;
    cancel.check()?;
    let mut jumps = vec![Jump { to: 0, depth: 0 }; dominators.len()];
    for vertex in 1..dominators.len() {
        cancel.check_every(vertex)?;
        let bound = semi[vertex];
        let mut at = dominators[vertex];
        while at > bound {
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
    Ok(dominators)
}

/// Renumbers from preorder of the spanning tree to preorder of the dominator tree. In both a parent comes before its
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
        parents: vec![0; count],
    };
    // By number: the position, and where its next child goes.
    cancel.check()?;
    let mut places = vec![(0_u32, 1_u32); count];
    for vertex in 0..count {
        cancel.check_every(vertex)?;
        let (mut position, mut parent) = (0, 0);
        if vertex > 0 {
            let place = &mut places[dominators[vertex] as usize];
            (parent, position) = *place;
            place.1 += sizes[vertex];
            places[vertex] = (position, position + 1);
        }
        let at = position as usize;
        tree.nodes[at] = vertices[vertex];
        tree.subtree_sizes[at] = sizes[vertex];
        tree.parents[at] = parent;
        tree.positions[vertices[vertex] as usize] = position;
    }
    Ok(tree)
}
