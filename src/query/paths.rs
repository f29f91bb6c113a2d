//! Retaining paths: the reasons why an object is still in memory.

use std::collections::HashSet;

use super::edges::{Sources, retains};
use super::ignored::RetainerDistances;
use super::sorting::utf16_order;
use crate::model::{CancelToken, Cancelled, Distance, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The maximum length of a path.
const LONGEST: usize = 1_000_000;
/// The number of steps from the object in which alternative paths are searched.
const BRANCHED_STEPS: usize = 64;

/// Returns the shortest path from a node up to the roots: at each step the first of the node's retainers by distance.
/// The last edge starts at a node that only the root itself holds, or nothing.
///
/// Distances usually fall by one per step. Where the file breaks this rule (ephemerons), the nearest retainer that is
/// not yet on the path is taken. With `distances`, paths through ignored nodes do not count.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn shortest_path(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    distances: Option<&RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<EdgeIndex>, Cancelled> {
    let mut path = Vec::new();
    let mut on_path = HashSet::from([node]);
    Ways { snapshot, distances }.go_up(node, &mut on_path, &mut path, cancel)?;
    Ok(path)
}

/// Returns up to `limit` distinct paths from a node to the roots, shortest first: the shortest of all, and those that
/// leave it at some step for another holder and continue from there on the shortest path.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn several_paths(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    limit: usize,
    distances: Option<&RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<Vec<EdgeIndex>>, Cancelled> {
    let ways = Ways { snapshot, distances };
    let shortest = shortest_path(snapshot, node, distances, cancel)?;
    let Some(&first) = shortest.first() else { return Ok(Vec::new()) };
    // (length by distances, step of the branch, edge)
    let mut branches: Vec<(usize, usize, EdgeIndex)> = Vec::new();
    let mut at = node;
    let mut on_path = HashSet::from([node]);
    for (step, &taken) in shortest.iter().enumerate().take(BRANCHED_STEPS) {
        for (distance, edge, source) in ways.nearest(at, limit, cancel)? {
            if edge != taken && !on_path.contains(&source) {
                branches.push((step + distance, step, edge));
            }
        }
        at = snapshot.graph().edge_source(taken);
        on_path.insert(at);
    }
    branches.sort_unstable();
    let mut paths = vec![shortest.clone()];
    let mut holders = HashSet::from([snapshot.graph().edge_source(first)]);
    for (_, step, edge) in branches {
        cancel.check()?;
        if paths.len() == limit {
            break;
        }
        let source = snapshot.graph().edge_source(edge);
        // Two references of one holder count as one reason.
        if !holders.insert(source) {
            continue;
        }
        let mut path = shortest[..step].to_vec();
        let mut on_path: HashSet<NodeOrdinal> =
            path.iter().map(|&edge| snapshot.graph().edge_source(edge)).chain([node, source]).collect();
        path.push(edge);
        if ways.go_up(source, &mut on_path, &mut path, cancel)? {
            paths.push(path);
        }
    }
    paths.sort_by_key(Vec::len);
    Ok(paths)
}

/// The graph of retainers, with the normal distances or those without ignored nodes.
struct Ways<'a> {
    snapshot: &'a Snapshot,
    distances: Option<&'a RetainerDistances>,
}

impl Ways<'_> {
    fn distance(&self, edge: EdgeIndex, source: NodeOrdinal) -> i32 {
        self.distances.map_or(self.snapshot.distance(source), |distances| distances.of(self.snapshot, edge, source)).0
    }

    fn of_node(&self, node: NodeOrdinal) -> i32 {
        self.distances.map_or(self.snapshot.distance(node), |distances| distances.of_node(self.snapshot, node)).0
    }

    /// Returns true if a node with this distance is reachable.
    fn is_reached(distance: i32) -> bool {
        distance > Distance::NONE.0 && (0..RetainerDistances::UNREACHABLE_BASE).contains(&distance)
    }

    /// Extends a path from `node` up to a node held by the root. Returns false if it ends before.
    fn go_up(
        &self,
        node: NodeOrdinal,
        on_path: &mut HashSet<NodeOrdinal>,
        path: &mut Vec<EdgeIndex>,
        cancel: &CancelToken,
    ) -> Result<bool, Cancelled> {
        let mut at = node;
        while path.len() < LONGEST {
            cancel.check()?;
            // Distances fall towards the roots; a retainer of a root's child with a larger distance leads nowhere new.
            let Some((edge, source)) = self.nearest_retainer(at, on_path, cancel)? else { break };
            if self.distance(edge, source) >= self.of_node(at) && held_by_root(self.snapshot, at) {
                break;
            }
            path.push(edge);
            on_path.insert(source);
            at = source;
        }
        Ok(held_by_root(self.snapshot, at))
    }

    /// Returns the nearest retainers of a node with their distances; a few more than `limit` if there are ties.
    fn nearest(
        &self,
        node: NodeOrdinal,
        limit: usize,
        cancel: &CancelToken,
    ) -> Result<Vec<(usize, EdgeIndex, NodeOrdinal)>, Cancelled> {
        let graph = self.snapshot.graph();
        let mut nearest: Vec<(usize, EdgeIndex, NodeOrdinal)> = Vec::new();
        for (at, (edge, source)) in Sources::of(graph, graph.retainers.row(node.index())).enumerate() {
            cancel.check_every(at)?;
            let distance = self.distance(edge, source);
            if Self::is_reached(distance) && retains(graph, edge, source) {
                nearest.push((usize::try_from(distance).unwrap_or_default(), edge, source));
            }
            if nearest.len() >= 8 * limit.max(1) {
                nearest.sort_unstable();
                nearest.truncate(2 * limit);
            }
        }
        nearest.sort_unstable();
        nearest.truncate(2 * limit);
        Ok(nearest)
    }

    /// Returns the retainer with the smallest distance, then the smallest name, then by position. Nodes on the path and
    /// unreachable ones are skipped.
    fn nearest_retainer(
        &self,
        node: NodeOrdinal,
        on_path: &HashSet<NodeOrdinal>,
        cancel: &CancelToken,
    ) -> Result<Option<(EdgeIndex, NodeOrdinal)>, Cancelled> {
        let graph = self.snapshot.graph();
        let mut least = i32::MAX;
        let mut nearest: Vec<(EdgeIndex, NodeOrdinal)> = Vec::new();
        for (at, (edge, source)) in Sources::of(graph, graph.retainers.row(node.index())).enumerate() {
            cancel.check_every(at)?;
            let distance = self.distance(edge, source);
            if !Self::is_reached(distance)
                || distance > least
                || !retains(graph, edge, source)
                || on_path.contains(&source)
            {
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
        self.snapshot.expect_many_names();
        let mut best: Option<(String, (EdgeIndex, NodeOrdinal))> = None;
        for (at, retainer) in nearest.into_iter().enumerate() {
            cancel.check_every(at)?;
            let name = self.snapshot.display_name(retainer.1);
            if best.as_ref().is_none_or(|(least, _)| utf16_order(&name, least).is_lt()) {
                best = Some((name.into_owned(), retainer));
            }
        }
        Ok(best.map(|(_, retainer)| retainer))
    }
}

/// Returns true if an edge leads from the root to the node.
#[must_use]
pub fn held_by_root(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    root_edge(snapshot, node).is_some()
}

/// Returns the first edge from the root to the node.
#[must_use]
pub(crate) fn root_edge(snapshot: &Snapshot, node: NodeOrdinal) -> Option<EdgeIndex> {
    let graph = snapshot.graph();
    let from_root = graph.edge_range(graph.root());
    // Retaining edges descend.
    let retaining = graph.retainers.row(node.index());
    let before_root = retaining.partition_point(|&edge| edge as usize >= from_root.start);
    let edge = before_root.checked_sub(1).map(|at| retaining[at])?;
    from_root.contains(&(edge as usize)).then_some(EdgeIndex(edge))
}
