//! Page objects: objects reachable from the globals of the page (or program), not just from tools and the runtime.

use super::WellKnown;
use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeKind, NodeOrdinal, Progress};

/// Returns all nodes reachable over non-weak edges from the root's `shortcut` edges (the globals) and its element edge
/// to the DOM trees.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn page_objects(
    graph: &HeapGraph,
    known: &WellKnown,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<BitSet, Cancelled> {
    let mut found = BitSet::new(graph.node_count());
    let mut queue = Vec::new();
    for edge in graph.edges(graph.root()) {
        let target = graph.edge_target(edge);
        let is_entry = match graph.edge_kind(edge) {
            EdgeKind::SHORTCUT => true,
            EdgeKind::ELEMENT => known.is_document_dom_trees(graph, target),
            _ => false,
        };
        if is_entry && found.insert(target.index()) {
            queue.push(target.0);
        }
    }
    let (mut next, mut steps) = (0, 0);
    while let Some(&node) = queue.get(next) {
        cancel.check_every(next)?;
        graph.prefetch_edges(&queue, next);
        next += 1;
        let range = graph.edge_range(NodeOrdinal(node));
        steps += range.len() as u64;
        for (&kind, &target) in graph.edge_kinds[range.clone()].iter().zip(&graph.edge_targets[range]) {
            if kind != EdgeKind::WEAK && found.insert(target as usize) {
                queue.push(target);
            }
        }
    }
    progress.count_steps("page objects", steps);
    Ok(found)
}
