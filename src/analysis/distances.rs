//! Distances: the number of edges between the roots and each node.

use super::{Ephemerons, WellKnown};
use crate::graph::HeapGraph;
use crate::model::js::parse_int;
use crate::model::{
    BitSet, CancelToken, Cancelled, Distance, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, Progress, StringId, convert,
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
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Vec<i32>, Cancelled> {
    let search = searched(graph, known, ephemerons, None, cancel)?;
    progress.count_steps("distances", search.steps);
    Ok(search.distances)
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
    searched(graph, known, ephemerons, ignored, cancel).map(|search| search.distances)
}

/// Returns the search after it has visited all nodes.
fn searched<'a>(
    graph: &'a HeapGraph,
    known: &'a WellKnown,
    ephemerons: &'a Ephemerons,
    ignored: DistanceFilter<'a>,
    cancel: &CancelToken,
) -> Result<Search<'a>, Cancelled> {
    let mut search = Search {
        graph,
        known,
        ephemerons,
        ignored,
        pending_pairs: BitSet::new(ephemerons.pair_count()),
        special: named_by_runtime(graph, known),
        distances: vec![Distance::NONE.0; graph.node_count()],
        reached: BitSet::new(graph.node_count()),
        queue: Vec::new(),
        steps: 0,
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
    search.run(1, cancel)?;
    let of_root = if search.queue.is_empty() { 0 } else { Distance::SYSTEM_BASE };
    search.distances[root.index()] = of_root;
    search.reached.insert(root.index());
    search.queue.clear();
    search.queue.push(root.0);
    search.run(of_root, cancel)?;
    Ok(search)
}

/// Returns the nodes whose edges include bookkeeping of the runtime.
fn named_by_runtime(graph: &HeapGraph, known: &WellKnown) -> BitSet {
    let mut found = BitSet::new(graph.node_count());
    for node in graph.nodes() {
        let ids = match graph.kind(node) {
            NodeKind::HIDDEN => &known.native_context,
            NodeKind::ARRAY => &known.map_descriptors,
            _ => continue,
        };
        if ids.contains(graph.name_id(node)) {
            found.insert(node.index());
        }
    }
    found
}

struct Search<'a> {
    graph: &'a HeapGraph,
    known: &'a WellKnown,
    ephemerons: &'a Ephemerons,
    ignored: DistanceFilter<'a>,
    /// Ephemeron pairs of which one edge was visited: the value is reached only by the second.
    pending_pairs: BitSet,
    /// Nodes whose edges include bookkeeping of the runtime: a bit per node, compact enough to stay in the CPU cache.
    special: BitSet,
    distances: Vec<i32>,
    reached: BitSet,
    queue: Vec<u32>,
    /// The number of edges that were looked at.
    steps: u64,
}

impl Search<'_> {
    /// Visits all nodes that can be reached from those in the queue, which have the same distance.
    fn run(&mut self, distance: i32, cancel: &CancelToken) -> Result<(), Cancelled> {
        let graph = self.graph;
        let mut next = 0;
        let (mut distance, mut level_end) = (distance + 1, self.queue.len());
        while let Some(&node) = self.queue.get(next) {
            cancel.check_every(next)?;
            graph.prefetch_edges(&self.queue, next);
            if next == level_end {
                distance += 1;
                level_end = self.queue.len();
            }
            next += 1;
            let node = NodeOrdinal(node);
            let special = self.special(node);
            let range = graph.edge_range(node);
            let first = range.start;
            self.steps += range.len() as u64;
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
        if !self.special.contains(node.index()) {
            return Special::None;
        }
        if self.graph.kind(node) == NodeKind::HIDDEN { Special::NativeContext } else { Special::MapDescriptors }
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
