//! Totals of classes: number of nodes, sizes and distance.

use super::{Classes, DominatorTree, PrefixSums};
use crate::model::{CancelToken, Cancelled, Column, Distance, NodeOrdinal};

impl Classes {
    /// Counts nodes and sums sizes and distances. Nodes without a size are not counted.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn sum_up(
        &mut self,
        shallow_sizes: &Column,
        retained_sizes: &Column,
        distances: &[i32],
        dominators: &DominatorTree,
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        let counts = self.counts(shallow_sizes, distances, cancel)?;
        let has_size = |node: NodeOrdinal| shallow_sizes.get(node.index()) != 0;
        let class_of = |node: NodeOrdinal| self.by_node[node.index()] as usize;
        let retained = retained_by_class(class_of, self.table.len(), has_size, retained_sizes, dominators, cancel)?;
        self.set_totals(counts, &retained);
        Ok(())
    }

    /// Returns the retained size of each class as [`Self::sum_up`] computes it, from sums of shallow sizes that fit in
    /// 64 bits. Reads memory in order, except for the classes.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub(crate) fn retained_from(
        &self,
        sums: &PrefixSums,
        dominators: &DominatorTree,
        cancel: &CancelToken,
    ) -> Result<Vec<u64>, Cancelled> {
        let class_of = |node: NodeOrdinal| self.by_node[node.index()] as usize;
        let counts = |position: usize| sums.subtree(position, 1) != 0;
        let retained = |position: usize, _, size: u32| sums.subtree(position, size);
        outermost_by_class(class_of, self.table.len(), |position, _| counts(position), retained, dominators, cancel)
    }

    /// Returns the number of nodes of each class, their shallow size and their smallest distance.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub(crate) fn counts(
        &self,
        shallow_sizes: &Column,
        distances: &[i32],
        cancel: &CancelToken,
    ) -> Result<Vec<ClassCount>, Cancelled> {
        let mut counts = vec![ClassCount { count: 0, shallow_size: 0, distance: Distance::NONE }; self.table.len()];
        for (node, &class) in self.by_node.iter().enumerate() {
            cancel.check_every(node)?;
            let size = shallow_sizes.get(node);
            if size == 0 {
                continue;
            }
            let row = &mut counts[class as usize];
            let distance = Distance(distances[node]);
            row.distance = if row.count == 0 { distance } else { row.distance.min(distance) };
            row.count += 1;
            row.shallow_size = row.shallow_size.saturating_add(size);
        }
        Ok(counts)
    }

    pub(crate) fn set_totals(&mut self, counts: Vec<ClassCount>, retained: &[u64]) {
        for ((class, counted), &retained_size) in self.table.iter_mut().zip(counts).zip(retained) {
            let ClassCount { count, shallow_size, distance } = counted;
            (class.count, class.shallow_size, class.retained_size) = (count, shallow_size, retained_size);
            if count > 0 {
                class.distance = distance;
            }
        }
    }
}

/// The counted nodes of a class.
#[derive(Clone, Copy)]
pub(crate) struct ClassCount {
    count: u64,
    shallow_size: u64,
    distance: Distance,
}

/// Sums the retained sizes of each class over its counted nodes that no other counted node of the class dominates.
pub(crate) fn retained_by_class(
    class_of: impl Fn(NodeOrdinal) -> usize,
    class_count: usize,
    counts: impl Fn(NodeOrdinal) -> bool,
    retained_sizes: &Column,
    dominators: &DominatorTree,
    cancel: &CancelToken,
) -> Result<Vec<u64>, Cancelled> {
    let retained = |_, node: NodeOrdinal, _| retained_sizes.get(node.index());
    outermost_by_class(class_of, class_count, |_, node| counts(node), retained, dominators, cancel)
}

/// Sums `retained` (by position in the dominator tree, node and size of the subtree) over the counted nodes of each
/// class that no other counted node of the class dominates.
///
/// The dominator tree is in preorder, so a node is dominated by another of its class if it comes before the end of the
/// last outermost subtree of that class.
fn outermost_by_class(
    class_of: impl Fn(NodeOrdinal) -> usize,
    class_count: usize,
    counts: impl Fn(usize, NodeOrdinal) -> bool,
    retained: impl Fn(usize, NodeOrdinal, u32) -> u64,
    dominators: &DominatorTree,
    cancel: &CancelToken,
) -> Result<Vec<u64>, Cancelled> {
    let mut sums = vec![0_u64; class_count];
    let mut open_until = vec![0_usize; class_count];
    for (position, (node, subtree_size)) in (0_usize..).zip(dominators.preorder()) {
        cancel.check_every(position)?;
        let class = class_of(node);
        if position >= open_until[class] && counts(position, node) {
            sums[class] = sums[class].saturating_add(retained(position, node, subtree_size));
            open_until[class] = position + subtree_size as usize;
        }
    }
    Ok(sums)
}
