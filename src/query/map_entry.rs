//! Entries of a JavaScript Map, which V8 writes only as an array.
//!
//! V8's `OrderedHashMap` stores an entry in three slots of its table: key, value, and the number of the next entry in
//! the same bucket, which is a small integer and so has no edge. If two elements are adjacent, the first one is a key
//! and the second one its value. Keys that are small integers are unknown.

use crate::graph::EdgeName;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The maximum number of retainers of a table that are searched for the Map.
const LOOKED_AT: usize = 8;

/// Returns the key under which a Map holds the target of the edge, if the edge leads to a value in a Map's table.
#[must_use]
pub fn map_key(snapshot: &Snapshot, edge: EdgeIndex) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    let table = graph.edge_source(edge);
    let before = EdgeIndex(edge.0.checked_sub(1)?);
    if graph.kind(table) != NodeKind::ARRAY || graph.edge_source(before) != table {
        return None;
    }
    // V8 writes the numbers of internal elements as names. If a name is not a number, only its beginning is read.
    let slot = |edge: EdgeIndex| match graph.edge_name(edge) {
        EdgeName::Index(index) => Some(u64::from(index)),
        EdgeName::Text(name) => graph.strings().prefix(name, 20).0.parse().ok(),
    };
    let (value, key) = (slot(edge)?, slot(before)?);
    (key.checked_add(1) == Some(value) && is_table_of_map(snapshot, table)).then(|| graph.edge_target(before))
}

fn is_table_of_map(snapshot: &Snapshot, table: NodeOrdinal) -> bool {
    let graph = snapshot.graph();
    super::edges::Sources::of(graph, graph.retainers.row(table.index())).take(LOOKED_AT).any(|(edge, from)| {
        graph.edge_kind(edge) == EdgeKind::INTERNAL
            && matches!(graph.edge_name(edge), EdgeName::Text(name) if graph.strings().is(name, "table"))
            && graph.is_named(from, NodeKind::OBJECT, "Map")
    })
}
