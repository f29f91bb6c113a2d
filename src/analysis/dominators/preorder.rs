//! The depth-first preorder of the nodes, and the edges between them by position.

use std::ops::Range;

use rayon::prelude::*;

use super::NONE;
use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeIndex, NodeOrdinal, POLL_INTERVAL, Progress, convert};

/// A depth-first spanning tree. Nodes are numbered in preorder; the root has number 0.
pub(super) struct Preorder {
    /// Ordinal by number.
    pub(super) vertices: Vec<u32>,
    /// Number of the tree parent by number.
    pub(super) parents: Vec<u32>,
    /// Number by ordinal; `NONE` for unreachable nodes.
    pub(super) numbers: Vec<u32>,
}

impl Preorder {
    pub(super) fn build(
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
    pub(super) fn sources(
        &self,
        graph: &HeapGraph,
        essential: &BitSet,
        cancel: &CancelToken,
    ) -> Result<Vec<u32>, Cancelled> {
        let mut sources = vec![0; graph.edge_count()];
        sources.par_chunks_mut(POLL_INTERVAL).enumerate().try_for_each(|(chunk, sources)| {
            cancel.check()?;
            let first = chunk * POLL_INTERVAL;
            let mut node = graph.edge_source(EdgeIndex(convert::ordinal(first)));
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

    /// Returns the predecessors of each vertex of a range as compressed rows, except its tree parent.
    pub(super) fn predecessors(&self, graph: &HeapGraph, sources: &[u32], vertices: Range<usize>) -> Rows {
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
            rows.offsets.push(convert::ordinal(rows.items.len()));
        }
        rows
    }
}

pub(super) struct DepthFirst<'a> {
    pub(super) graph: &'a HeapGraph,
    pub(super) essential: &'a BitSet,
    /// Nodes being visited: number, next edge, end of the edges.
    pub(super) stack: Vec<(u32, u32, u32)>,
    /// Nodes with a number, compact enough to stay in the CPU cache.
    pub(super) reached: BitSet,
    pub(super) order: Preorder,
}

impl DepthFirst<'_> {
    pub(super) fn enter(&mut self, node: NodeOrdinal, parent: u32) {
        let number = convert::ordinal(self.order.vertices.len());
        self.reached.insert(node.index());
        self.order.numbers[node.index()] = number;
        self.order.vertices.push(node.0);
        self.order.parents.push(parent);
        let (first, end) = (self.graph.first_edges[node.index()], self.graph.first_edges[node.index() + 1]);
        self.stack.push((number, first, end));
    }

    pub(super) fn run(&mut self, progress: &Progress, cancel: &CancelToken) -> Result<(), Cancelled> {
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

/// Compressed rows of a range of vertices that starts at `first`.
pub(super) struct Rows {
    pub(super) first: usize,
    pub(super) offsets: Vec<u32>,
    pub(super) items: Vec<u32>,
}

impl Rows {
    pub(super) fn vertices(&self) -> Range<usize> {
        self.first..self.first + self.offsets.len() - 1
    }

    #[inline]
    pub(super) fn row(&self, vertex: usize) -> &[u32] {
        let row = vertex - self.first;
        &self.items[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }
}
