//! The depth-first preorder of the nodes.

use super::NONE;
use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, NodeOrdinal, POLL_INTERVAL, Progress, convert};

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
    /// Numbers the nodes along the `essential` edges, and removes the edges of the spanning tree from that set.
    pub(super) fn build(
        graph: &HeapGraph,
        essential: &mut BitSet,
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
            steps: 0,
            order: Self {
                vertices: Vec::with_capacity(node_count),
                parents: Vec::with_capacity(node_count),
                numbers: vec![NONE; node_count],
            },
        };
        search.enter(root, 0);
        search.run(progress, cancel)?;
        if search.order.vertices.len() < node_count {
            // Only nodes that are not reached retain such nodes.
            let retained = search.retained_of_others(cancel)?;
            for node in graph.nodes() {
                cancel.check_every(node.index())?;
                if !search.reached.contains(node.index()) && !retained.contains(node.index()) {
                    search.enter(node, 0);
                    search.run(progress, cancel)?;
                }
            }
        }
        progress.count_steps("spanning tree", search.steps);
        Ok(search.order)
    }
}

pub(super) struct DepthFirst<'a> {
    pub(super) graph: &'a HeapGraph,
    /// The essential edges that are not in the tree.
    pub(super) essential: &'a mut BitSet,
    /// Nodes being visited: number, next edge, end of the edges.
    pub(super) stack: Vec<(u32, u32, u32)>,
    /// Nodes with a number, compact enough to stay in the CPU cache.
    pub(super) reached: BitSet,
    pub(super) order: Preorder,
    /// The number of edges of the visited nodes.
    steps: u64,
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
        self.steps += u64::from(end - first);
    }

    /// Returns the nodes with an essential edge from a node that is not reached.
    fn retained_of_others(&self, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
        let mut retained = BitSet::new(self.graph.node_count());
        for node in self.graph.nodes() {
            cancel.check_every(node.index())?;
            if !self.reached.contains(node.index()) {
                let edges = self.graph.edges(node).filter(|edge| self.essential.contains(edge.index()));
                for edge in edges {
                    retained.insert(self.graph.edge_target(edge).index());
                }
            }
        }
        Ok(retained)
    }

    pub(super) fn run(&mut self, progress: &Progress, cancel: &CancelToken) -> Result<(), Cancelled> {
        let mut entered = 0;
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
                        self.essential.remove(at);
                        break Some(NodeOrdinal(target));
                    }
                }
            };
            match next {
                Some(target) => {
                    top.1 = edge;
                    self.enter(target, number);
                    entered += 1;
                    if entered % POLL_INTERVAL == 0 {
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
