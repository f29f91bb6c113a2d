//! The paths from the root down to an object, by references and by dominators, and the ids in edge names.

use super::ignored::RetainerDistances;
use super::paths::{root_edge, shortest_path};
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Returns the shortest path from the root to a node as edges, starting at the root. Empty for the root and for
/// unreachable nodes.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn way_down(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    distances: Option<&RetainerDistances>,
    cancel: &CancelToken,
) -> Result<Vec<EdgeIndex>, Cancelled> {
    let mut way = shortest_path(snapshot, node, distances, cancel)?;
    let top = way.last().map_or(node, |&edge| snapshot.graph().edge_source(edge));
    let Some(first) = root_edge(snapshot, top) else { return Ok(Vec::new()) };
    way.push(first);
    way.reverse();
    Ok(way)
}

/// Returns the objects that dominate a node, from the root's child down to the node. Empty for the root.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn dominators_down(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<Vec<NodeOrdinal>, Cancelled> {
    let mut way = Vec::new();
    let mut at = node;
    while at != snapshot.root() {
        way.push(at);
        cancel.check_every(way.len())?;
        at = snapshot.dominators().dominator(at);
    }
    way.reverse();
    Ok(way)
}

/// The objects that the name of a WeakMap's edge mentions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EphemeronIds {
    pub key: u64,
    pub value: u64,
    pub table: u64,
}

/// Parses `1 / part of key (Foo @3) -> value (Bar @5) pair in WeakMap (table @7)`.
#[must_use]
pub(crate) fn ephemeron_ids(edge_name: &str) -> Option<EphemeronIds> {
    let (rest, table) = edge_name.strip_suffix(')')?.rsplit_once(" pair in WeakMap (table @")?;
    let (rest, value) = rest.strip_suffix(')')?.rsplit_once(" @")?;
    let (rest, _) = rest.rsplit_once(") -> value (")?;
    let (_, key) = rest.rsplit_once(" @")?;
    Some(EphemeronIds { key: key.parse().ok()?, value: value.parse().ok()?, table: table.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::{EphemeronIds, ephemeron_ids};

    #[test]
    fn the_ids_in_a_weak_map_edge_are_found() {
        let name = "12 / part of key (Foo (x) @31) -> value (a @ b @57) pair in WeakMap (table @79)";
        assert_eq!(ephemeron_ids(name), Some(EphemeronIds { key: 31, value: 57, table: 79 }));
        assert_eq!(ephemeron_ids("cache"), None);
    }
}
