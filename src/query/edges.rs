//! Lists of edges: the fields of an object and its retainers.

use rayon::prelude::*;

use super::ignored::RetainerDistances;
use super::sorting::{Item, Level, as_they_are, by_number, by_text, distance_key, items, retainer_distance_key, rows};
use super::{Sort, SortKey};
use crate::graph::{EdgeName, HeapGraph};
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, POLL_INTERVAL};
use crate::snapshot::Snapshot;

/// Names are prepared in advance if there are more edges than this.
const MANY: usize = 256;

/// Returns the outgoing edges of a node.
pub(super) fn outgoing(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let graph = snapshot.graph();
    let edges: Vec<u32> =
        graph.edges(node).filter(|&edge| graph.edge_kind(edge) != EdgeKind::INVISIBLE).map(|edge| edge.0).collect();
    let target = |item: Item| graph.edge_target(EdgeIndex(item.row));
    let mut items = items(&edges);
    if sort.key == SortKey::Distance {
        let distance = |item| distance_key(snapshot, target(item));
        let largest_first =
            |run: &mut [Item]| by_number(run, true, cancel, |item| snapshot.retained_size(target(item)), &as_they_are);
        by_number(&mut items, sort.descending, cancel, distance, &largest_first)?;
    } else {
        by_size_or_name(snapshot, &mut items, sort, cancel, target)?;
    }
    Ok(rows(&items))
}

/// Returns the edges that keep the node alive: all incoming ones except weak ones and those from the root.
pub(super) fn retainers(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    distances: Option<&RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let (edges, sources) = retaining(snapshot, node, cancel)?;
    if edges.len() > MANY {
        snapshot.expect_many_names();
    }
    let source = |item: Item| NodeOrdinal(sources[item.position as usize]);
    let mut items = items(&edges);
    if sort.key == SortKey::Distance {
        let distance = |item: Item| match distances {
            Some(distances) => {
                let distance = distances.of(snapshot, EdgeIndex(item.row), source(item));
                u64::from(distance.0.cast_unsigned() ^ 0x8000_0000)
            }
            None => retainer_distance_key(snapshot, source(item)),
        };
        let by_object =
            |run: &mut [Item]| by_text(run, false, cancel, |item| snapshot.display_name(source(item)), &as_they_are);
        by_number(&mut items, sort.descending, cancel, distance, &by_object)?;
    } else {
        by_size_or_name(snapshot, &mut items, sort, cancel, source)?;
    }
    Ok(rows(&items))
}

/// Sorts by a size of the node at the other end with ties by the edge's name, or the other way round.
fn by_size_or_name(
    snapshot: &Snapshot,
    items: &mut [Item],
    sort: Sort,
    cancel: &CancelToken,
    node: impl Fn(Item) -> NodeOrdinal + Sync,
) -> Result<(), Cancelled> {
    let retained = |item| snapshot.retained_size(node(item));
    let by_name = |run: &mut [Item]| by_edge_name(snapshot, run, false, cancel, &as_they_are);
    let largest_first = |run: &mut [Item]| by_number(run, true, cancel, retained, &as_they_are);
    match sort.key {
        SortKey::ShallowSize => {
            by_number(items, sort.descending, cancel, |item| snapshot.shallow_size(node(item)), &by_name)
        }
        SortKey::RetainedSize => by_number(items, sort.descending, cancel, retained, &by_name),
        SortKey::Name => by_edge_name(snapshot, items, sort.descending, cancel, &largest_first),
        SortKey::Count | SortKey::Distance => by_edge_name(snapshot, items, false, cancel, &largest_first),
    }
}

/// Sorts by edge name: names before numbers, numbers by value, `__proto__` last in either direction.
fn by_edge_name(
    snapshot: &Snapshot,
    items: &mut [Item],
    descending: bool,
    cancel: &CancelToken,
    then: Level<'_>,
) -> Result<(), Cancelled> {
    let graph = snapshot.graph();
    let name = |item: Item| graph.edge_name(EdgeIndex(item.row));
    let group = |item: Item| match name(item) {
        EdgeName::Text(id) if snapshot.known().proto.contains(id) => 2,
        EdgeName::Text(_) => u64::from(descending),
        EdgeName::Index(_) => u64::from(!descending),
    };
    let within_group = |run: &mut [Item]| match run.first().map(|&item| (group(item), name(item))) {
        None => Ok(()),
        // A real object has at most one of these. DevTools lists the later one first.
        Some((2, _)) => by_number(run, true, cancel, |item| u64::from(item.row), &as_they_are),
        Some((_, EdgeName::Index(_))) => {
            let number = |item| match name(item) {
                EdgeName::Index(index) => u64::from(index),
                EdgeName::Text(_) => u64::MAX,
            };
            by_number(run, descending, cancel, number, then)
        }
        Some((_, EdgeName::Text(_))) => {
            by_text(run, descending, cancel, |item| graph.edge_name_text(EdgeIndex(item.row)), then)
        }
    };
    by_number(items, false, cancel, group, &within_group)
}

/// Returns the retaining edges of a node in DevTools' order of position, and the source node of each.
fn retaining(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) -> Result<(Vec<u32>, Vec<u32>), Cancelled> {
    let graph = snapshot.graph();
    let blocks: Vec<(Vec<u32>, Vec<u32>)> = graph
        .retainers
        .row(node.index())
        .par_chunks(POLL_INTERVAL)
        .map(|edges| {
            cancel.check()?;
            Ok(Sources::of(graph, edges)
                .filter(|&(edge, source)| retains(graph, edge, source))
                .map(|(edge, source)| (edge.0, source.0))
                .unzip())
        })
        .collect::<Result<_, Cancelled>>()?;
    let (edges, sources): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    Ok((edges.concat(), sources.concat()))
}

/// Returns true if an edge counts as a retainer of its target.
pub(super) fn retains(graph: &HeapGraph, edge: EdgeIndex, source: NodeOrdinal) -> bool {
    source != graph.root() && !matches!(graph.edge_kind(edge), EdgeKind::WEAK | EdgeKind::INVISIBLE)
}

/// Returns the references to a node, and the object that has each.
pub(crate) fn retaining_sources(
    graph: &HeapGraph,
    node: NodeOrdinal,
) -> impl Iterator<Item = (EdgeIndex, NodeOrdinal)> {
    Sources::of(graph, graph.retainers.row(node.index()))
}

/// Retaining edges with their source nodes.
///
/// The edges descend, so each search starts from the last found node instead of scanning all nodes.
pub(super) struct Sources<'a> {
    graph: &'a HeapGraph,
    edges: std::slice::Iter<'a, u32>,
    /// The last found node. All remaining ones are at or before it.
    last: u32,
}

impl<'a> Sources<'a> {
    /// Creates an iterator. Invariant: `edges` descend.
    pub(super) fn of(graph: &'a HeapGraph, edges: &'a [u32]) -> Self {
        let last = edges.first().map_or(0, |&edge| graph.edge_source(EdgeIndex(edge)).0);
        Self { graph, edges: edges.iter(), last }
    }
}

impl Iterator for Sources<'_> {
    type Item = (EdgeIndex, NodeOrdinal);

    fn next(&mut self) -> Option<Self::Item> {
        let edge = *self.edges.next()?;
        let first = |node: u32| self.graph.edge_range(NodeOrdinal(node)).start;
        let wanted = edge as usize;
        // A node without edges starts where the next one does, so the last node that starts at or before the edge owns
        // it.
        if first(self.last) > wanted {
            let (mut above, mut step) = (self.last, 1);
            let mut below = above.saturating_sub(step);
            while first(below) > wanted {
                above = below;
                step *= 2;
                below = below.saturating_sub(step);
            }
            while above - below > 1 {
                let middle = below + (above - below) / 2;
                if first(middle) > wanted { above = middle } else { below = middle }
            }
            self.last = below;
        }
        Some((EdgeIndex(edge), NodeOrdinal(self.last)))
    }
}
