//! Lists of edges: an object's fields and its retainers.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::prelude::*;

use super::sorting::{by_number, distance_key, retainer_distance_key, utf16_order};
use super::{Sort, SortKey};
use crate::graph::EdgeName;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, POLL_INTERVAL};
use crate::snapshot::Snapshot;

/// The node's outgoing edges.
pub(super) fn outgoing(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let graph = snapshot.graph();
    let rows: Vec<u32> =
        graph.edges(node).filter(|&edge| graph.edge_kind(edge) != EdgeKind::INVISIBLE).map(|edge| edge.0).collect();
    sorted(snapshot, &rows, sort, cancel, |edge| graph.edge_target(EdgeIndex(edge)))
}

/// The edges that keep the node alive: all that lead to it but weak ones and those from the root.
pub(super) fn retainers(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let (rows, sources) = retaining_edges(snapshot, node, cancel)?;
    if sort.key == SortKey::Distance {
        let nearest_first = by_number(
            &rows,
            sort,
            cancel,
            |edge| retainer_distance_key(snapshot, sources[&edge]),
            |_, _| Ordering::Equal,
        )?;
        return order_groups_by_name(snapshot, nearest_first, &sources, cancel);
    }
    sorted(snapshot, &rows, sort, cancel, |edge| sources[&edge])
}

/// The edges in DevTools' order of position, and the node that each starts from.
fn retaining_edges(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<(Vec<u32>, HashMap<u32, NodeOrdinal>), Cancelled> {
    let mut rows = Vec::new();
    let mut sources = HashMap::new();
    for (at, edge) in snapshot.graph().retaining_edges(node).enumerate() {
        cancel.check_every(at)?;
        if let Some(source) = retains(snapshot, edge) {
            rows.push(edge.0);
            sources.insert(edge.0, source);
        }
    }
    Ok((rows, sources))
}

/// Within runs of equal distance, sorts by the name of the retaining object.
fn order_groups_by_name(
    snapshot: &Snapshot,
    mut rows: Vec<u32>,
    sources: &HashMap<u32, NodeOrdinal>,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    for group in rows.chunk_by_mut(|a, b| snapshot.distance(sources[a]) == snapshot.distance(sources[b])) {
        cancel.check()?;
        if group.len() < 2 {
            continue;
        }
        let mut named: Vec<(String, usize, u32)> = Vec::with_capacity(group.len());
        for block in group.chunks(POLL_INTERVAL) {
            cancel.check()?;
            let start = named.len();
            named.par_extend(
                block
                    .par_iter()
                    .enumerate()
                    .map(|(at, &edge)| (snapshot.display_name(sources[&edge]).into_owned(), start + at, edge)),
            );
        }
        named.par_sort_unstable_by(|a, b| utf16_order(&a.0, &b.0).then(a.1.cmp(&b.1)));
        for (place, (_, _, edge)) in group.iter_mut().zip(named) {
            *place = edge;
        }
    }
    Ok(rows)
}

/// Sorts edges as DevTools does, by facts of the node at their other end or by their own names.
fn sorted(
    snapshot: &Snapshot,
    rows: &[u32],
    sort: Sort,
    cancel: &CancelToken,
    node: impl Fn(u32) -> NodeOrdinal + Sync,
) -> Result<Vec<u32>, Cancelled> {
    let by_name = |a: u32, b: u32| compare_names(snapshot, a, b, false);
    match sort.key {
        SortKey::Name | SortKey::Count => {
            let mut rows = rows.to_vec();
            rows.par_sort_by(|&a, &b| {
                compare_names(snapshot, a, b, sort.descending)
                    .then_with(|| snapshot.retained_size(node(b)).cmp(&snapshot.retained_size(node(a))))
            });
            cancel.check()?;
            Ok(rows)
        }
        SortKey::Distance => {
            let nearest_first = by_number(
                rows,
                sort,
                cancel,
                |edge| distance_key(snapshot, node(edge).index()),
                |a, b| snapshot.retained_size(node(b)).cmp(&snapshot.retained_size(node(a))),
            )?;
            Ok(nearest_first)
        }
        SortKey::ShallowSize => by_number(rows, sort, cancel, |edge| snapshot.shallow_size(node(edge)), by_name),
        SortKey::RetainedSize => by_number(rows, sort, cancel, |edge| snapshot.retained_size(node(edge)), by_name),
    }
}

/// Order of edges by name: names before numbers, `__proto__` always last, numbers by value.
fn compare_names(snapshot: &Snapshot, a: u32, b: u32, descending: bool) -> Ordering {
    let graph = snapshot.graph();
    let (first, second) = (a, b);
    let (a, b) = (graph.edge_name(EdgeIndex(a)), graph.edge_name(EdgeIndex(b)));
    let is_proto = |name: EdgeName| matches!(name, EdgeName::Text(id) if snapshot.known().proto.contains(id));
    match (is_proto(a), is_proto(b)) {
        (false, false) => {}
        // An object has one of these, if it was not made up; DevTools ends up with the later one first.
        (true, true) => return second.cmp(&first),
        (a, b) => return a.cmp(&b),
    }
    if a == b {
        return Ordering::Equal;
    }
    let result = match (a, b) {
        (EdgeName::Index(a), EdgeName::Index(b)) => a.cmp(&b),
        (EdgeName::Text(a), EdgeName::Text(b)) => utf16_order(&graph.strings().text(a), &graph.strings().text(b)),
        (EdgeName::Text(_), EdgeName::Index(_)) => Ordering::Less,
        (EdgeName::Index(_), EdgeName::Text(_)) => Ordering::Greater,
    };
    if descending { result.reverse() } else { result }
}

/// The node that an edge starts from, if the edge counts among the retainers of its target.
pub(super) fn retains(snapshot: &Snapshot, edge: EdgeIndex) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    if matches!(graph.edge_kind(edge), EdgeKind::WEAK | EdgeKind::INVISIBLE) {
        return None;
    }
    Some(graph.edge_source(edge)).filter(|&source| source != graph.root())
}
