//! The ordered lists of collections: groups, the collections of a group, and the entries of one.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::growth_lists::{GrowthOf, Series, snapshots_of};
use super::super::nodes::sorted;
use super::super::question::{Lane, Need, Needs, Question};
use super::super::sorting::utf16_order;
use super::super::{RowOrder, Sort, map_key, node_label};
use super::scan::{LEAST_KEYS, slot};
use super::stores::{dictionary_capacity, ephemeron_capacity, ordered_table};
use super::{CollectionGroup, CollectionKind, Collections, collections};
use crate::graph::EdgeName;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, SnapshotId};
use crate::snapshot::Snapshot;

/// Asks for the collections of a series, the oldest snapshot first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CollectionsOf(pub Series);

impl Question for CollectionsOf {
    type Answer = Collections;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.0.to_vec()
    }

    fn needs(&self) -> Vec<Need> {
        if self.0.len() > 1 { vec![Box::new(GrowthOf(Arc::clone(&self.0)))] } else { Vec::new() }
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Collections, Cancelled> {
        let ids_match = self.0.len() > 1 && needs.answer(&GrowthOf(Arc::clone(&self.0))).ids_match;
        collections(&snapshots_of(&self.0, needs), ids_match, cancel)
    }
}

/// A sort key of groups of collections.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListedBy {
    Holder,
    Kind,
    Count,
    Entries,
    EntriesGrowth,
    Capacity,
    Retained,
    RetainedGrowth,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CollectionSort {
    pub key: ListedBy,
    pub descending: bool,
}

impl CollectionSort {
    /// Largest growth of entries first.
    pub(crate) const BY_GROWTH: Self = Self { key: ListedBy::EntriesGrowth, descending: true };

    fn number(self, group: &CollectionGroup) -> i128 {
        let last = group.last();
        match self.key {
            ListedBy::Holder => 0,
            ListedBy::Kind => group.kind as i128,
            ListedBy::Count => last.count.into(),
            ListedBy::Entries => last.entries.into(),
            ListedBy::EntriesGrowth => group.grown(|point| point.entries).into(),
            ListedBy::Capacity => group.capacity.into(),
            ListedBy::Retained => last.bytes.into(),
            ListedBy::RetainedGrowth => group.grown(|point| point.bytes).into(),
        }
    }
}

/// The question for the groups of collections; row ids are indices into [`Collections::groups`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CollectionsKey {
    pub series: Series,
    pub sort: CollectionSort,
    /// A part of the holder's name.
    pub holder: String,
    pub kind: Option<CollectionKind>,
}

impl Question for CollectionsKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.series.to_vec()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(CollectionsOf(Arc::clone(&self.series)))]
    }

    fn run(&self, needs: &Needs, _cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let found = needs.answer(&CollectionsOf(Arc::clone(&self.series)));
        let wanted = self.holder.to_lowercase();
        let is_wanted = |group: &CollectionGroup| {
            self.kind.is_none_or(|kind| kind == group.kind)
                && (wanted.is_empty() || group.holder.to_lowercase().contains(&wanted))
        };
        let mut rows: Vec<(u32, &CollectionGroup)> =
            (0_u32..).zip(&found.groups).filter(|(_, group)| is_wanted(group)).collect();
        let sort = self.sort;
        let directed = |order: Ordering| if sort.descending { order.reverse() } else { order };
        rows.sort_by(|&(at, a), &(other, b)| {
            let by_name = utf16_order(&a.holder, &b.holder);
            let by_key = match sort.key {
                ListedBy::Holder => directed(by_name),
                // Among equal ones, the largest come first.
                _ => directed(sort.number(a).cmp(&sort.number(b))).then(b.last().bytes.cmp(&a.last().bytes)),
            };
            by_key.then(by_name).then(at.cmp(&other))
        });
        Ok(RowOrder { rows: Arc::new(rows.into_iter().map(|(at, _)| at).collect()) })
    }

    fn list(&self) -> Option<Self> {
        let series = Arc::clone(&self.series);
        Some(Self { series, sort: CollectionSort::BY_GROWTH, holder: String::new(), kind: None })
    }
}

/// The question for the entries of a collection; row ids are indices of edges to values, or to the keys of a Set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EntriesKey {
    pub snapshot: SnapshotId,
    pub node: NodeOrdinal,
    pub kind: CollectionKind,
    pub sort: Sort,
}

impl Question for EntriesKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let snapshot = needs.snapshot(self.snapshot);
        let graph = snapshot.graph();
        let edges = entries_of(snapshot, self.node, self.kind, cancel)?;
        // The same value may be under several keys.
        let mut by_value: Vec<(u32, u32)> = edges.iter().map(|&edge| (graph.edge_target(edge).0, edge.0)).collect();
        by_value.sort_unstable();
        let mut nodes: Vec<u32> = by_value.iter().map(|&(node, _)| node).collect();
        nodes.dedup();
        let mut rows = Vec::with_capacity(edges.len());
        for node in sorted(snapshot, &nodes, self.sort, cancel)? {
            let first = by_value.partition_point(|&(of, _)| of < node);
            rows.extend(by_value[first..].iter().take_while(|&&(of, _)| of == node).map(|&(_, edge)| edge));
        }
        Ok(RowOrder { rows: Arc::new(rows) })
    }

    fn list(&self) -> Option<Self> {
        Some(Self { sort: Sort::BY_RETAINED_SIZE, ..*self })
    }
}

/// Returns the references to the entries of a collection: to the value of each, or to its key if it has no value.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn entries_of(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    kind: CollectionKind,
    cancel: &CancelToken,
) -> Result<Vec<EdgeIndex>, Cancelled> {
    let graph = snapshot.graph();
    let mut found = Vec::new();
    match kind {
        CollectionKind::Map | CollectionKind::Set | CollectionKind::WeakCollection => {
            let Some(table) = table(snapshot, node) else { return Ok(found) };
            for (at, edge) in graph.edges(table).enumerate() {
                cancel.check_every(at + 1)?;
                let is_entry = match kind {
                    CollectionKind::WeakCollection => is_ephemeron(snapshot, edge),
                    _ => slot(snapshot, edge).is_some() && !is_key_of_next(snapshot, table, edge),
                };
                if is_entry {
                    found.push(edge);
                }
            }
        }
        CollectionKind::LinkedList => found = super::chains::rest(snapshot, node, cancel)?,
        CollectionKind::Array | CollectionKind::Listeners | CollectionKind::TypedArray => {
            found.extend(graph.edges(node).filter(|&edge| graph.edge_kind(edge) == EdgeKind::ELEMENT));
        }
        CollectionKind::Dictionary => {
            let is_key = |&edge: &EdgeIndex| {
                graph.edge_kind(edge) == EdgeKind::PROPERTY
                    && !matches!(graph.edge_name(edge), EdgeName::Text(name) if snapshot.known().proto.contains(name))
            };
            found.extend(graph.edges(node).filter(is_key));
        }
    }
    Ok(found)
}

fn table(snapshot: &Snapshot, node: NodeOrdinal) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    let is_table = |&edge: &EdgeIndex| {
        graph.edge_kind(edge) == EdgeKind::INTERNAL
            && matches!(graph.edge_name(edge), EdgeName::Text(name) if graph.strings().is(name, "table"))
    };
    let table = graph.edges(node).find(is_table).map(|edge| graph.edge_target(edge))?;
    (graph.kind(table) == NodeKind::ARRAY).then_some(table)
}

/// Returns the kind of an object with keys: a Map, Set, `WeakMap` or `WeakSet`, or an object that V8 stores as a
/// dictionary. Reads only its references and the size of its store.
#[must_use]
pub(crate) fn keyed_collection(snapshot: &Snapshot, node: NodeOrdinal) -> Option<CollectionKind> {
    let graph = snapshot.graph();
    if graph.kind(node) != NodeKind::OBJECT {
        return None;
    }
    if let Some(table) = table(snapshot, node) {
        let bytes = snapshot.self_size(table);
        return match ordered_table(bytes) {
            Some(shape) if shape.entry_slots == 3 => Some(CollectionKind::Map),
            Some(_) => Some(CollectionKind::Set),
            None => ephemeron_capacity(bytes).map(|_| CollectionKind::WeakCollection),
        };
    }
    let keys = graph.edges(node).filter(|&edge| graph.edge_kind(edge) == EdgeKind::PROPERTY).take(LEAST_KEYS).count();
    if keys < LEAST_KEYS {
        return None;
    }
    let store = super::super::v8_values::internal(graph, node, "properties")?;
    dictionary_capacity(snapshot.self_size(store)).map(|_| CollectionKind::Dictionary)
}

/// Returns true if a reference leads to the key of an entry of a Map, whose value is then a number.
#[must_use]
pub(crate) fn is_map_key(snapshot: &Snapshot, edge: EdgeIndex) -> bool {
    let shape = ordered_table(snapshot.self_size(snapshot.graph().edge_source(edge)));
    let slot = slot(snapshot, edge);
    shape.zip(slot).is_some_and(|(shape, slot)| {
        slot.checked_sub(shape.first).is_some_and(|at| at % shape.entry_slots == 0) && shape.entry_slots == 3
    })
}

/// Returns the keys of the first entries of a collection that has keys.
#[must_use]
pub(crate) fn first_keys(snapshot: &Snapshot, node: NodeOrdinal, kind: CollectionKind, count: usize) -> Vec<String> {
    let graph = snapshot.graph();
    match kind {
        CollectionKind::Map => {
            let Some(table) = table(snapshot, node) else { return Vec::new() };
            let keys = graph.edges(table).take(3 * count).filter(|&edge| is_map_key(snapshot, edge));
            keys.take(count).map(|edge| node_label(snapshot, graph.edge_target(edge))).collect()
        }
        CollectionKind::Dictionary => {
            let is_key = |&edge: &EdgeIndex| graph.edge_kind(edge) == EdgeKind::PROPERTY;
            graph.edges(node).filter(is_key).take(count).map(|edge| snapshot.edge_name(edge).into_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns true if a slot is the key of the value in the next one.
fn is_key_of_next(snapshot: &Snapshot, table: NodeOrdinal, edge: EdgeIndex) -> bool {
    let after = EdgeIndex(edge.0.saturating_add(1));
    let is_inside = snapshot.graph().edge_range(table).contains(&(after.0 as usize));
    is_inside && map_key(snapshot, after).is_some()
}

fn is_ephemeron(snapshot: &Snapshot, edge: EdgeIndex) -> bool {
    let graph = snapshot.graph();
    graph.edge_kind(edge) == EdgeKind::INTERNAL
        && matches!(graph.edge_name(edge), EdgeName::Text(name) if snapshot.ephemerons().get(name).is_some())
}
