//! The effect of cutting a reference.

use super::edges::Sources;
use super::v8_values::internal;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The objects that would be freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Freed {
    pub count: u64,
    /// Their shallow sizes in bytes.
    pub shallow_size: u64,
    /// Another reference that holds the target, if nothing would be freed.
    pub held_by: Option<EdgeIndex>,
}

/// Returns the objects that would be freed if this one reference were removed: everything that its target dominates, if
/// no other counted edge leads to the target from outside; otherwise nothing.
///
/// V8 writes a reference twice if the value is stored outside the object: as a property or element of the object, and
/// as an entry of the array that stores it (for globals as the value of a cell in that array). Both are cut together.
///
/// An edge counts if it is essential (see [`crate::analysis::essential_edges`]) and starts at a reachable node. Nodes
/// held only by the root for lack of other holders are not freed: the cut edge did not hold them.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn cut_edge(snapshot: &Snapshot, edge: EdgeIndex, cancel: &CancelToken) -> Result<Freed, Cancelled> {
    let graph = snapshot.graph();
    let (source, target) = (graph.edge_source(edge), graph.edge_target(edge));
    let tree = snapshot.dominators();
    if target == snapshot.root() || !snapshot.is_essential(source, edge) || tree.dominates(target, source) {
        return Ok(Freed::default());
    }
    // Another edge keeps the target alive unless it comes from an object that is freed with it.
    let store = store_of(snapshot, edge);
    let is_same = |from: NodeOrdinal| store.is_some_and(|store| from == store || is_cell_of(snapshot, from, store));
    for (at, (other, from)) in Sources::of(graph, graph.retainers.row(target.index())).enumerate() {
        cancel.check_every(at)?;
        if other != edge && snapshot.is_essential(from, other) && !tree.dominates(target, from) && !is_same(from) {
            return Ok(Freed { held_by: Some(other), ..Freed::default() });
        }
    }
    let subtree = tree.subtree(target);
    Ok(Freed { count: subtree.len() as u64, shallow_size: snapshot.retained_size(target), held_by: None })
}

/// Returns the array that stores the target of a property or element, if it belongs to the object alone: object
/// literals share theirs until the first write.
fn store_of(snapshot: &Snapshot, edge: EdgeIndex) -> Option<NodeOrdinal> {
    let graph = snapshot.graph();
    let name = match graph.edge_kind(edge) {
        EdgeKind::PROPERTY => "properties",
        EdgeKind::ELEMENT => "elements",
        _ => return None,
    };
    let source = graph.edge_source(edge);
    internal(graph, source, name).filter(|&store| store != source && snapshot.dominators().dominates(source, store))
}

/// Returns true if the node is the cell of a global variable and the array contains it.
fn is_cell_of(snapshot: &Snapshot, node: NodeOrdinal, store: NodeOrdinal) -> bool {
    let graph = snapshot.graph();
    graph.strings().is(graph.name_id(node), "system / PropertyCell")
        && Sources::of(graph, graph.retainers.row(node.index())).any(|(_, from)| from == store)
}
