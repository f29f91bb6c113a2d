//! Retaining paths: the reason why an object is still in memory.

use std::collections::HashSet;

use super::edges::{Sources, retains};
use super::sorting::utf16_order;
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Steps after which a path ends, whatever may come.
const LONGEST: usize = 1_000_000;

/// The shortest way from a node up to the roots: edge by edge the retainer that stands first among the node's retainers by
/// distance. The last edge starts at a node that only the root itself holds, or nothing does.
///
/// Distances fall by one with every step as a rule; where the file's own bookkeeping breaks the rule (ephemerons), the
/// nearest retainer that is not on the path yet is taken.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn shortest_path(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    _distances: Option<&super::RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<EdgeIndex>, Cancelled> {
    let mut path: Vec<EdgeIndex> = Vec::new();
    let mut on_path = HashSet::from([node]);
    let mut at = node;
    while path.len() < LONGEST {
        cancel.check()?;
        // Towards the roots distances fall; a retainer of a root's child that is farther away leads nowhere new.
        let Some((edge, source)) = nearest_retainer(snapshot, at, &on_path, cancel)? else { break };
        if snapshot.distance(source) >= snapshot.distance(at) && held_by_root(snapshot, at) {
            break;
        }
        path.push(edge);
        on_path.insert(source);
        at = source;
    }
    Ok(path)
}

/// The retainer with the least distance, then the least name, then in the order of position. Nodes on the path and
/// unreachable ones are left out.
fn nearest_retainer(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    on_path: &HashSet<NodeOrdinal>,
    cancel: &CancelToken,
) -> Result<Option<(EdgeIndex, NodeOrdinal)>, Cancelled> {
    let graph = snapshot.graph();
    let mut least = i32::MAX;
    let mut nearest: Vec<(EdgeIndex, NodeOrdinal)> = Vec::new();
    for (at, (edge, source)) in Sources::of(graph, graph.retainers.row(node.index())).enumerate() {
        cancel.check_every(at)?;
        let distance = snapshot.distance(source).0;
        if distance < 0 || distance > least || !retains(graph, edge, source) || on_path.contains(&source) {
            continue;
        }
        if distance < least {
            least = distance;
            nearest.clear();
        }
        nearest.push((edge, source));
    }
    if nearest.len() < 2 {
        return Ok(nearest.pop());
    }
    let mut best: Option<(String, (EdgeIndex, NodeOrdinal))> = None;
    for (at, retainer) in nearest.into_iter().enumerate() {
        cancel.check_every(at)?;
        let name = snapshot.display_name(retainer.1);
        if best.as_ref().is_none_or(|(least, _)| utf16_order(&name, least).is_lt()) {
            best = Some((name.into_owned(), retainer));
        }
    }
    Ok(best.map(|(_, retainer)| retainer))
}

/// Whether an edge leads from the root to the node.
#[must_use]
pub fn held_by_root(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    let graph = snapshot.graph();
    let from_root = graph.edge_range(graph.root());
    // Retaining edges descend.
    let retaining = graph.retainers.row(node.index());
    let at = retaining.partition_point(|&edge| edge as usize >= from_root.end);
    retaining.get(at).is_some_and(|&edge| from_root.contains(&(edge as usize)))
}

pub fn several_paths(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    _limit: usize,
    d: Option<&super::RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<Vec<EdgeIndex>>, Cancelled> {
    Ok(vec![shortest_path(snapshot, node, d, cancel)?])
}
