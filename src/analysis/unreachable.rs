//! Unreachable nodes: no path of strong references leads to them from the root.
//!
//! They have no distance, but not all nodes without a distance are unreachable: distances leave out some of the
//! runtime's own references, such as those from a table of property descriptors.

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::model::{
    BitSet, CancelToken, Cancelled, Distance, EdgeIndex, EdgeKind, NodeOrdinal, POLL_INTERVAL, convert,
};

/// Finds the unreachable nodes among those without a distance. The root's weak references count, as for distances.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(crate) fn unreachable(graph: &HeapGraph, distances: &[i32], cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let mut unreachable = BitSet::new(graph.node_count());
    let chunks = distances.par_chunks(POLL_INTERVAL).enumerate();
    let without_distance: Vec<u32> = chunks
        .flat_map_iter(|(chunk, distances)| {
            let first = chunk * POLL_INTERVAL;
            let has_none = distances.iter().map(|&of| u32::from(of == Distance::NONE.0)).sum::<u32>() > 0;
            let some = if has_none { distances } else { &[] };
            some.iter()
                .enumerate()
                .filter(|&(_, &of)| of == Distance::NONE.0)
                .map(move |(at, _)| convert::ordinal(first + at))
        })
        .collect();
    cancel.check()?;
    if without_distance.is_empty() {
        return Ok(unreachable);
    }
    for &node in &without_distance {
        unreachable.insert(node as usize);
    }
    let holds =
        |source: NodeOrdinal, edge: EdgeIndex| graph.edge_kind(edge) != EdgeKind::WEAK || source == graph.root();
    // Nodes held by a node with a distance are reachable, and so are the nodes that they hold.
    let is_held = |node: &NodeOrdinal| {
        graph.retaining_edges(*node).any(|edge| {
            let source = graph.edge_source(edge);
            distances[source.index()] != Distance::NONE.0 && holds(source, edge)
        })
    };
    let nodes = without_distance.into_par_iter().with_min_len(1 << 10).map(NodeOrdinal);
    let mut stack: Vec<NodeOrdinal> = nodes.filter(is_held).collect();
    cancel.check()?;
    for node in &stack {
        unreachable.remove(node.index());
    }
    let mut steps = 0;
    while let Some(node) = stack.pop() {
        cancel.check_every(steps)?;
        steps += 1;
        for edge in graph.edges(node).filter(|&edge| holds(node, edge)) {
            let target = graph.edge_target(edge);
            if unreachable.contains(target.index()) {
                unreachable.remove(target.index());
                stack.push(target);
            }
        }
    }
    Ok(unreachable)
}
