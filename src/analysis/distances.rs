//! Distances: the number of edges between the roots and each node.

use super::{Ephemerons, WellKnown};
use crate::graph::HeapGraph;
use crate::model::js::parse_int;
use crate::model::{
    BitSet, CancelToken, Cancelled, Distance, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId, convert,
};

/// Nodes that a search does not enter.
pub(crate) type DistanceFilter<'a> = Option<&'a BitSet>;

/// Returns the [`Distance`] of each node, with a breadth-first search from the user roots and then from the root.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn distances(
    graph: &HeapGraph,
    known: &WellKnown,
    ephemerons: &Ephemerons,
    cancel: &CancelToken,
) -> Result<Vec<i32>, Cancelled> {
    distances_avoiding(graph, known, ephemerons, None, cancel)
}

/// Returns distances as [`distances`] does, for a graph in which no edge leads to the `ignored` nodes.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(crate) fn distances_avoiding(
    graph: &HeapGraph,
    known: &WellKnown,
    ephemerons: &Ephemerons,
    ignored: DistanceFilter<'_>,
    cancel: &CancelToken,
) -> Result<Vec<i32>, Cancelled> {
    let mut search = Search {
        graph,
        known,
        ephemerons,
        ignored,
        pending_pairs: BitSet::new(ephemerons.pair_count()),
        distances: vec![Distance::NONE.0; graph.node_count()],
        reached: BitSet::new(graph.node_count()),
        queue: Vec::new(),
    };
    let root = graph.root();
    for edge in graph.edges(root) {
        let target = graph.edge_target(edge);
        if known.is_user_root(graph, target) {
            search.reached.insert(target.index());
            search.distances[target.index()] = 1;
            search.queue.push(target.0);
        }
    }
    search.run(cancel)?;
    search.distances[root.index()] = if search.queue.is_empty() { 0 } else { Distance::SYSTEM_BASE };
    search.reached.insert(root.index());
    search.queue.clear();
    search.queue.push(root.0);
    search.run(cancel)?;
    Ok(search.distances)
}

struct Search<'a> {
    graph: &'a HeapGraph,
    known: &'a WellKnown,
    ephemerons: &'a Ephemerons,
    ignored: DistanceFilter<'a>,
    /// Ephemeron pairs of which one edge was visited: the value is reached only by the second.
    pending_pairs: BitSet,
    distances: Vec<i32>,
    reached: BitSet,
    queue: Vec<u32>,
}

impl Search<'_> {
    fn run(&mut self, cancel: &CancelToken) -> Result<(), Cancelled> {
        let graph = self.graph;
        let mut next = 0;
        while let Some(&node) = self.queue.get(next) {
            cancel.check_every(next)?;
            graph.prefetch_edges(&self.queue, next);
            next += 1;
            let node = NodeOrdinal(node);
            let distance = self.distances[node.index()] + 1;
            let special = self.special(node);
            let range = graph.edge_range(node);
            let first = range.start;
            for (at, (&kind, &target)) in
                graph.edge_kinds[range.clone()].iter().zip(&graph.edge_targets[range]).enumerate()
            {
                if kind == EdgeKind::WEAK || self.reached.contains(target as usize) {
                    continue;
                }
                let is_plain = special == Special::None && kind != EdgeKind::INTERNAL && self.ignored.is_none();
                if !is_plain && !self.passes(special, EdgeIndex(convert::ordinal(first + at)), target) {
                    continue;
                }
                self.reached.insert(target as usize);
                self.distances[target as usize] = distance;
                self.queue.push(target);
            }
        }
        Ok(())
    }

    fn special(&self, node: NodeOrdinal) -> Special {
        match self.graph.kind(node) {
            NodeKind::HIDDEN if self.known.native_context.contains(self.graph.name_id(node)) => Special::NativeContext,
            NodeKind::ARRAY if self.known.map_descriptors.contains(self.graph.name_id(node)) => Special::MapDescriptors,
            _ => Special::None,
        }
    }

    /// Returns whether the search follows an edge, given the kind of its source.
    fn passes(&mut self, special: Special, edge: EdgeIndex, target: u32) -> bool {
        if self.ignored.is_some_and(|ignored| ignored.contains(target as usize)) {
            return false;
        }
        let kind = self.graph.edge_kind(edge);
        let name = self.graph.edge_names[edge.index()];
        match special {
            Special::NativeContext => {
                let is_map = if kind.has_numeric_name() {
                    false
                } else {
                    self.known.sloppy_function_map.contains(StringId(name))
                };
                if is_map {
                    return false;
                }
            }
            Special::MapDescriptors => {
                let index = if kind.has_numeric_name() {
                    Some(i64::from(name))
                } else {
                    parse_int(&self.graph.strings().text(StringId(name)))
                };
                return index.is_none_or(|index| index < 2 || index % 3 != 1);
            }
            Special::None => {}
        }
        if kind == EdgeKind::INTERNAL
            && let Some(ephemeron) = self.ephemerons.get(StringId(name))
        {
            let pair = ephemeron.pair as usize;
            if self.pending_pairs.insert(pair) {
                return false;
            }
            self.pending_pairs.remove(pair);
        }
        true
    }
}

/// Nodes whose edges include bookkeeping of the runtime that would give misleading paths.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    None,
    NativeContext,
    /// Maps share descriptor arrays, so an entry may belong to another map.
    MapDescriptors,
}
