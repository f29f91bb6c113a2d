//! Unreachable nodes: no path of strong references leads to them from the root.
//!
//! They have no distance, but not all nodes without a distance are unreachable: distances leave out some of the
//! runtime's own references, such as those from a table of property descriptors.

use rayon::prelude::*;

use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, Distance, EdgeIndex, EdgeKind, NodeOrdinal, POLL_INTERVAL};

/// Finds the unreachable nodes among those without a distance. The root's weak references count, as for distances.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(crate) fn unreachable(graph: &HeapGraph, distances: &[i32], cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let mut unreachable = BitSet::new(graph.node_count());
    for (node, &distance) in distances.iter().enumerate() {
        cancel.check_every(node)?;
        if distance == Distance::NONE.0 {
            unreachable.insert(node);
        }
    }
    if unreachable.iter().next().is_none() {
        return Ok(unreachable);
    }
    let holds =
        |source: NodeOrdinal, edge: EdgeIndex| graph.edge_kind(edge) != EdgeKind::WEAK || source == graph.root();
    // Nodes held by a node with a distance are reachable, and so are the nodes that they hold.
    let count = u32::try_from(graph.node_count()).unwrap_or(u32::MAX);
    let held = (0..count).into_par_iter().with_min_len(POLL_INTERVAL).map(NodeOrdinal).flat_map_iter(|node| {
        let has_distance = distances[node.index()] != Distance::NONE.0;
        let edges = graph.edges(node).filter(move |&edge| has_distance && holds(node, edge));
        edges.map(|edge| graph.edge_target(edge)).filter(|target| unreachable.contains(target.index()))
    });
    let mut stack: Vec<NodeOrdinal> = held.collect();
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
