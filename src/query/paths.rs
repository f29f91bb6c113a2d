//! Retaining paths: the reason why an object is still in memory.

use super::edges::retains;
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The shortest way from a node up to the roots: edge by edge the retainer that is nearest to a root. The last edge starts
/// at a node that only the root itself holds, or nothing does.
///
/// Distances fall by one with every step as a rule; where the file's own bookkeeping breaks the rule (ephemerons), the
/// nearest retainer that is not on the path yet is taken.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn shortest_path(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<Vec<EdgeIndex>, Cancelled> {
    const LONGEST: usize = 1_000_000;
    let graph = snapshot.graph();
    let mut path: Vec<EdgeIndex> = Vec::new();
    let mut on_path = std::collections::HashSet::from([node]);
    let mut at = node;
    let mut steps = 0;
    while path.len() < LONGEST {
        let mut best: Option<(i32, EdgeIndex, NodeOrdinal)> = None;
        for edge in graph.retaining_edges(at) {
            steps += 1;
            cancel.check_every(steps)?;
            let Some(source) = retains(snapshot, edge) else { continue };
            let distance = snapshot.distance(source).0;
            let is_nearer = distance >= 0 && best.is_none_or(|(nearest, ..)| distance < nearest);
            if is_nearer && !on_path.contains(&source) {
                best = Some((distance, edge, source));
            }
        }
        // Towards the roots distances fall; a retainer that is farther away than the node leads nowhere new.
        let Some((_, edge, source)) = best else { break };
        if held_by_root(snapshot, at) && snapshot.distance(source) >= snapshot.distance(at) {
            break;
        }
        path.push(edge);
        on_path.insert(source);
        at = source;
    }
    Ok(path)
}

/// Whether an edge leads from the root to the node.
#[must_use]
pub fn held_by_root(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    let graph = snapshot.graph();
    graph.edges(graph.root()).any(|edge| graph.edge_target(edge) == node)
}
