//! What would be freed if a reference were cut.

use super::edges::Sources;
use crate::model::{CancelToken, Cancelled, EdgeIndex};
use crate::snapshot::Snapshot;

/// Objects that would go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Freed {
    pub count: u64,
    /// Their shallow sizes in bytes.
    pub shallow_size: u64,
}

/// What would be freed if this one edge were gone: everything that its target dominates, if no other edge that counts leads
/// to the target from outside; else nothing.
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
    for (at, (other, from)) in Sources::of(graph, graph.retainers.row(target.index())).enumerate() {
        cancel.check_every(at)?;
        if other != edge && snapshot.is_essential(from, other) && !tree.dominates(target, from) {
            return Ok(Freed::default());
        }
    }
    let subtree = tree.subtree(target);
    Ok(Freed { count: subtree.len() as u64, shallow_size: snapshot.retained_size(target) })
}
