//! Selections: parts of a snapshot that the summary and the lists of objects can be narrowed to.

use crate::model::{BitSet, CancelToken, Cancelled, Distance, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Which nodes of a snapshot are meant. Names a [`Selection`] completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum NodeFilter {
    #[default]
    All,
    /// Ids in `after < id <= up_to`: what was allocated between two snapshots.
    Ids { after: u64, up_to: u64 },
    HeldByDetachedDom,
    HeldByContexts,
    HeldByEventHandlers,
    HeldByConsole,
    DuplicatedStrings,
    NativeContext(NodeOrdinal),
    SharedByContexts,
    WithoutContext,
    /// Nothing reaches them: neither user roots nor the runtime's own.
    Unreachable,
    Matching(String),
    Nodes(std::sync::Arc<[NodeOrdinal]>),
    AllOf(Vec<NodeFilter>),
}

/// Sums over the selected nodes of one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassTotals {
    /// Selected nodes that have a size.
    pub count: u64,
    pub shallow_size: u64,
    /// Sum of the retained sizes of those that no other selected node of the class dominates.
    pub retained_size: u64,
    pub distance: Distance,
}

/// The nodes that pass a [`NodeFilter`], and what they sum up to.
#[derive(Clone, Debug)]
pub struct Selection {
    /// By ordinal; nodes without a size may be in it but count for nothing.
    pub nodes: BitSet,
    /// Selected nodes that have a size, and their bytes.
    pub count: u64,
    pub shallow_size: u64,
    /// By class id.
    pub classes: Vec<ClassTotals>,
}

impl Selection {
    #[must_use]
    pub fn contains(&self, node: NodeOrdinal) -> bool {
        self.nodes.contains(node.index())
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.nodes.heap_bytes() + self.classes.capacity() * size_of::<ClassTotals>()
    }
}

/// Finds the nodes and sums them up.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn select(snapshot: &Snapshot, filter: &NodeFilter, cancel: &CancelToken) -> Result<Selection, Cancelled> {
    let mut nodes = BitSet::new(snapshot.graph().node_count());
    for node in snapshot.graph().nodes() {
        cancel.check_every(node.index())?;
        let passes = match filter {
            NodeFilter::All => true, _ => false,
            NodeFilter::Unreachable => snapshot.distance(node) == Distance::NONE,
        };
        if passes {
            nodes.insert(node.index());
        }
    }
    let empty = ClassTotals { count: 0, shallow_size: 0, retained_size: 0, distance: Distance::NONE };
    let classes = vec![empty; snapshot.classes().all().len()];
    Ok(Selection { nodes, count: 0, shallow_size: 0, classes })
}
