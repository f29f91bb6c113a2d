//! Selections: parts of a snapshot that narrow the summary and the lists of objects.
//!
//! “Held only by” means: a search from the root that must not enter the holders does not reach the object, but an
//! unrestricted search does. It follows all but weak edges, like the filters of Chrome DevTools.

use std::sync::OnceLock;

use crate::analysis::{ClassTotals, JoinedClasses, retained_by_class};
use crate::model::{BitSet, CancelToken, Cancelled, EdgeKind, HeapBytes, NodeOrdinal, convert};
use crate::snapshot::Snapshot;

/// The nodes that pass a `NodeFilter`, with their sums.
#[derive(Clone, Debug)]
pub struct Selection {
    /// By ordinal; may contain nodes without a size, which do not count.
    pub nodes: BitSet,
    /// The number of selected nodes that have a size, and their bytes.
    pub count: u64,
    pub shallow_size: u64,
    /// By class id.
    pub classes: Vec<ClassTotals>,
    /// The nodes that lead to selected ones, computed on first use.
    pub(super) leading: OnceLock<BitSet>,
    /// The sums by merged class, computed on first use.
    pub(super) joined: OnceLock<Vec<ClassTotals>>,
}

impl Selection {
    #[must_use]
    pub fn contains(&self, node: NodeOrdinal) -> bool {
        self.nodes.contains(node.index())
    }

    /// Returns the selected nodes and all nodes from which non-weak references lead to one of them.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn leading(&self, snapshot: &Snapshot, cancel: &CancelToken) -> Result<&BitSet, Cancelled> {
        if let Some(leading) = self.leading.get() {
            return Ok(leading);
        }
        let graph = snapshot.graph();
        let mut leading = self.nodes.clone();
        let mut stack: Vec<u32> = self.nodes.iter().map(convert::ordinal).collect();
        let mut steps = 0;
        while let Some(node) = stack.pop() {
            cancel.check_every(steps)?;
            steps += 1;
            for edge in graph.retaining_edges(NodeOrdinal(node)) {
                let source = graph.edge_source(edge);
                if graph.edge_kind(edge) != EdgeKind::WEAK && leading.insert(source.index()) {
                    stack.push(source.0);
                }
            }
        }
        Ok(self.leading.get_or_init(|| leading))
    }

    /// Returns the sums by merged class, if [`Self::join`] was called.
    #[must_use]
    pub fn joined(&self) -> Option<&[ClassTotals]> {
        self.joined.get().map(Vec::as_slice)
    }

    /// Computes the sums by merged class.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn join(
        &self,
        snapshot: &Snapshot,
        joined: &JoinedClasses,
        cancel: &CancelToken,
    ) -> Result<&[ClassTotals], Cancelled> {
        if self.joined.get().is_none() {
            let of = |node: NodeOrdinal| joined.first(snapshot.class_id(node)).index();
            let retained = retained_by(snapshot, &self.nodes, of, self.classes.len(), cancel)?;
            let _ = self.joined.set(joined.sum(&self.classes, &retained));
        }
        Ok(self.joined.get().map_or(&[], Vec::as_slice))
    }
}

impl HeapBytes for Selection {
    fn heap_bytes(&self) -> usize {
        self.nodes.heap_bytes() * 2 + self.classes.capacity() * 2 * size_of::<ClassTotals>()
    }
}

/// Returns objects in the order of the dominator tree, each with whether another one of them dominates it: then it is
/// freed with that one and must not be counted again.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn by_dominance(
    snapshot: &Snapshot,
    nodes: &[u32],
    cancel: &CancelToken,
) -> Result<Vec<(NodeOrdinal, bool)>, Cancelled> {
    let dominators = snapshot.dominators();
    let mut ordered = nodes.to_vec();
    ordered.sort_unstable_by_key(|&node| dominators.position(NodeOrdinal(node)));
    cancel.check()?;
    let mut outermost: Option<NodeOrdinal> = None;
    let ordered = ordered.into_iter().map(NodeOrdinal).map(|node| {
        let is_inside = outermost.is_some_and(|outer| dominators.dominates(outer, node));
        if !is_inside {
            outermost = Some(node);
        }
        (node, is_inside)
    });
    Ok(ordered.collect())
}

/// Returns the bytes that objects retain together: what one of them dominates counts once.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn retained_together(snapshot: &Snapshot, nodes: &[u32], cancel: &CancelToken) -> Result<u64, Cancelled> {
    let outermost = by_dominance(snapshot, nodes, cancel)?.into_iter().filter(|&(_, is_inside)| !is_inside);
    Ok(outermost.fold(0, |sum: u64, (node, _)| sum.saturating_add(snapshot.retained_size(node))))
}

/// Returns the common retained size of the nodes of each class, for those that are in `nodes` and have a size.
pub(super) fn retained_by(
    snapshot: &Snapshot,
    nodes: &BitSet,
    class_of: impl Fn(NodeOrdinal) -> usize,
    class_count: usize,
    cancel: &CancelToken,
) -> Result<Vec<u64>, Cancelled> {
    let counts = |node: NodeOrdinal| nodes.contains(node.index()) && snapshot.shallow_size(node) != 0;
    let (sizes, dominators) = (snapshot.retained_sizes(), snapshot.dominators());
    retained_by_class(class_of, class_count, counts, sizes, dominators, cancel)
}
