//! What would be freed if a reference were cut.

use super::edges::Sources;
use super::v8_values::internal;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Objects that would go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Freed {
    pub count: u64,
    /// Their shallow sizes in bytes.
    pub shallow_size: u64,
    /// Where nothing would go: another reference that holds the target.
    pub held_by: Option<EdgeIndex>,
}

/// What would be freed if this one reference were gone: everything that its target dominates, if no other edge that counts
/// leads to the target from outside; else nothing.
///
/// V8 writes a reference twice where the value lies outside the object: as the object's property or element, and as an entry
/// of the array in which the object keeps it (for globals as the value of a cell in that array). Both are cut together.
///
/// An edge counts if it is essential (see [`crate::analysis::essential_edges`]) and starts at something that is reachable.
/// Nodes that only the root holds because nothing else does are not freed by cutting what did not hold them.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn cut_edge(snapshot: &Snapshot, edge: EdgeIndex, cancel: &CancelToken) -> Result<Freed, Cancelled> {
    let graph = snapshot.graph();
    let (source, target) = (graph.edge_source(edge), graph.edge_target(edge));
    let tree = snapshot.dominators();
    if target == snapshot.root() || !snapshot.is_essential(source, edge) || tree.dominates(target, source) {
        return Ok(Freed::default());
    }
    // Another way in keeps the target alive unless it comes from what goes along with it.
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

/// The array in which an object keeps what the property or element leads to, if it is the object's alone: literals share
/// theirs until one of them is written to.
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

/// Whether it is a cell of a global's variable, and the array has it.
fn is_cell_of(snapshot: &Snapshot, node: NodeOrdinal, store: NodeOrdinal) -> bool {
    let graph = snapshot.graph();
    graph.strings().is(graph.name_id(node), "system / PropertyCell")
        && Sources::of(graph, graph.retainers.row(node.index())).any(|(_, from)| from == store)
}
