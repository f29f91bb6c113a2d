//! Retaining paths: the reasons why an object is still in memory.

use std::collections::HashSet;

use super::containment::root_edge;
use super::edges::{Sources, retains};
use super::ignored::RetainerDistances;
use super::sorting::utf16_order;
use crate::model::{CancelToken, Cancelled, Distance, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Steps after which a path ends, whatever may come.
const LONGEST: usize = 1_000_000;
/// Steps from the object along which other ways are looked for.
const BRANCHED_STEPS: usize = 64;

/// The shortest way from a node up to the roots: edge by edge the retainer that stands first among the node's retainers by
/// distance. The last edge starts at a node that only the root itself holds, or nothing does.
///
/// Distances fall by one with every step as a rule; where the file's own bookkeeping breaks the rule (ephemerons), the
/// nearest retainer that is not on the path yet is taken. With `distances`, ways through what is ignored do not count.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
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

/// Up to `limit` ways from a node to the roots that differ, the shortest first: the shortest of all, and those that leave it
/// at some step for another holder and go on from there the shortest way.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
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
    // (length as distances have it, step at which it branches off, edge)
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
        // Two references of one holder are one reason.
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

/// The graph of retainers, with distances as they are or without what is ignored.
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

    /// Whether anything reaches what has this distance.
    fn is_reached(distance: i32) -> bool {
        distance > Distance::NONE.0 && (0..RetainerDistances::UNREACHABLE_BASE).contains(&distance)
    }

    /// Extends a path from `node` up to what the root holds; false if it ends before.
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
            // Towards the roots distances fall; a retainer of a root's child that is farther away leads nowhere new.
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

    /// The nearest of a node's retainers, each with its distance; some more than `limit` if there are as near ones.
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

    /// The retainer with the least distance, then the least name, then in the order of position. Nodes on the path and
    /// unreachable ones are left out.
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

/// Whether an edge leads from the root to the node.
#[must_use]
pub fn held_by_root(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    root_edge(snapshot, node).is_some()
}
