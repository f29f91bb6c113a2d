//! The dominator tree as columns in preorder.

use std::ops::Range;

use rayon::prelude::*;

use super::NONE;
use crate::model::bounds::{all, are_below};
use crate::model::{CancelToken, Cancelled, Column, NodeOrdinal, convert};

/// Positions summarized by one entry of [`DominatorTree::reaches`].
pub(super) const FAN: usize = 64;

/// The dominator tree in preorder: each node is directly followed by the nodes that it dominates.
#[derive(Clone, Debug, Default)]
pub struct DominatorTree {
    /// Position of each node in the preorder, by ordinal.
    pub(super) positions: Vec<u32>,
    /// The node at each position.
    pub(super) nodes: Vec<u32>,
    /// The number of nodes in the subtree at each position, including its root.
    pub(super) subtree_sizes: Vec<u32>,
    /// The maximum end of the subtrees that start in each block of [`FAN`] positions, in each block of such blocks, and
    /// so on.
    pub(super) reaches: Vec<Vec<u32>>,
}

impl DominatorTree {
    /// Returns the immediate dominator. The root is its own.
    #[inline]
    #[must_use]
    pub fn dominator(&self, node: NodeOrdinal) -> NodeOrdinal {
        NodeOrdinal(self.nodes[self.parent(self.positions[node.index()])])
    }

    /// Returns the position of the immediate dominator of the node at a position: of all subtrees that contain it, the
    /// one that starts last. Storing it would take four more bytes per node; searching it takes a look at some dozens
    /// of neighbors.
    pub(super) fn parent(&self, position: u32) -> usize {
        let reach = |level: usize, at: usize| match level.checked_sub(1) {
            None => u32::try_from(at).unwrap_or(NONE).saturating_add(self.subtree_sizes[at]),
            Some(above) => self.reaches[above][at],
        };
        let mut level = 0;
        let mut before = position as usize;
        let mut found = loop {
            let start = before / FAN * FAN;
            if let Some(found) = (start..before).rev().find(|&at| reach(level, at) > position) {
                break found;
            }
            if level == self.reaches.len() {
                return 0;
            }
            level += 1;
            before = start / FAN;
        };
        while level > 0 {
            level -= 1;
            let len = if level == 0 { self.subtree_sizes.len() } else { self.reaches[level - 1].len() };
            let block = found * FAN..((found + 1) * FAN).min(len);
            found = block.rev().find(|&at| reach(level, at) > position).unwrap_or(0);
        }
        found
    }

    /// Returns the node's position in the preorder.
    #[inline]
    #[must_use]
    pub fn position(&self, node: NodeOrdinal) -> usize {
        self.positions[node.index()] as usize
    }

    /// Returns all nodes that would be freed with the node, the node itself first.
    #[must_use]
    pub fn subtree(&self, node: NodeOrdinal) -> &[u32] {
        let position = self.positions[node.index()] as usize;
        &self.nodes[position..position + self.subtree_sizes[position] as usize]
    }

    /// Returns the positions of the node's subtree in the preorder, starting with its own. The range contains the range
    /// of each node that the node dominates.
    #[inline]
    #[must_use]
    pub fn positions(&self, node: NodeOrdinal) -> Range<u32> {
        let position = self.positions[node.index()];
        position..position + self.subtree_sizes[position as usize]
    }

    /// Returns whether every path to `node` leads through `ancestor`, or both are the same.
    #[must_use]
    pub fn dominates(&self, ancestor: NodeOrdinal, node: NodeOrdinal) -> bool {
        self.positions(ancestor).contains(&self.positions[node.index()])
    }

    /// Returns the nodes whose immediate dominator is `node`.
    pub fn dominated(&self, node: NodeOrdinal) -> impl Iterator<Item = NodeOrdinal> + '_ {
        let position = self.positions[node.index()] as usize;
        let end = position + self.subtree_sizes[position] as usize;
        let first = (end > position + 1).then_some(position + 1);
        std::iter::successors(first, move |&at| {
            let next = at + self.subtree_sizes[at] as usize;
            (next < end).then_some(next)
        })
        .map(|at| NodeOrdinal(self.nodes[at]))
    }

    /// Returns whether the node dominates any other.
    #[inline]
    #[must_use]
    pub fn has_dominated(&self, node: NodeOrdinal) -> bool {
        self.subtree_sizes[self.positions[node.index()] as usize] > 1
    }

    /// Returns all nodes in preorder with the sizes of their subtrees.
    pub fn preorder(&self) -> impl ExactSizeIterator<Item = (NodeOrdinal, u32)> + '_ {
        self.nodes.iter().zip(&self.subtree_sizes).map(|(&node, &size)| (NodeOrdinal(node), size))
    }

    /// Returns whether all questions about a loaded tree of `nodes` nodes with root `root` have an answer: no number leads
    /// out of the columns, and the path from a node to the root ends, since positions and nodes are inverse and a dominator
    /// comes first. That the tree is the one that was stored, its hash tells.
    pub(crate) fn fits(&self, nodes: usize, root: NodeOrdinal) -> bool {
        let mut level = nodes;
        let has_levels = self.reaches.iter().all(|reaches| {
            level = level.div_ceil(FAN);
            reaches.len() == level
        });
        let is_inverse = |node: usize, position: u32| self.nodes[position as usize] as usize == node;
        [self.positions.len(), self.nodes.len(), self.subtree_sizes.len()] == [nodes; 3]
            && self.nodes.first() == Some(&root.0)
            && self.subtree_sizes[0] as usize == nodes
            && are_below(&self.positions, nodes)
            && all(&self.subtree_sizes, |at, size| size > 0 && at + size as usize <= nodes)
            && all(&self.positions, is_inverse)
            && has_levels
            && level.div_ceil(FAN) <= 1
    }

    /// Sums `sizes` (bytes, by ordinal) in preorder. The sums over subtrees follow from that.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn prefix_sums(&self, sizes: &Column, cancel: &CancelToken) -> Result<PrefixSums, Cancelled> {
        let mut within = vec![0_u64; self.nodes.len() + 1];
        // Entry 0 stays 0; each chunk adds up on its own first.
        let chunks = within[1..].par_chunks_mut(SUMMED).zip(self.nodes.par_chunks(SUMMED));
        let chunk_sums: Vec<u128> = chunks
            .map(|(sums, nodes)| {
                cancel.check()?;
                let mut sum = 0_u128;
                for (entry, &node) in sums.iter_mut().zip(nodes) {
                    sum += u128::from(sizes.get(node as usize));
                    // The sum may wrap; a difference is correct if it fits itself.
                    *entry = convert::low_u64(sum);
                }
                Ok(sum)
            })
            .collect::<Result<_, Cancelled>>()?;
        let mut total = 0_u128;
        let before = chunk_sums
            .into_iter()
            .map(|sum| {
                let before = convert::low_u64(total);
                total += sum;
                before
            })
            .collect();
        Ok(PrefixSums { within, before, total })
    }

    /// Returns the sum of `sizes` (bytes, by ordinal) over each node's subtree.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn retained_sizes(&self, sizes: &Column, sums: &PrefixSums, cancel: &CancelToken) -> Result<Column, Cancelled> {
        let sum = |position: &u32| sums.subtree(*position as usize, self.subtree_sizes[*position as usize]);
        Ok(if u32::try_from(sums.total).is_ok() {
            // No sum is larger than the root's, which fits.
            Column::Narrow(self.positions.par_iter().map(|position| convert::low_u32(sum(position))).collect())
        } else if sums.fit() {
            Column::Wide(self.positions.par_iter().map(sum).collect())
        } else {
            Column::Wide(self.saturated_sums(sizes, cancel)?)
        })
    }

    /// Computes [`Self::retained_sizes`] if the sums do not fit in 64 bits.
    #[cold]
    pub(super) fn saturated_sums(&self, sizes: &Column, cancel: &CancelToken) -> Result<Vec<u64>, Cancelled> {
        let mut sums: Vec<u64> = self.nodes.iter().map(|&node| sizes.get(node as usize)).collect();
        for (steps, position) in (1..sums.len()).rev().enumerate() {
            cancel.check_every(steps)?;
            let parent = self.parent(u32::try_from(position).unwrap_or(NONE));
            sums[parent] = sums[parent].saturating_add(sums[position]);
        }
        Ok(self.positions.iter().map(|&position| sums[position as usize]).collect())
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        4 * (self.positions.capacity()
            + self.nodes.capacity()
            + self.subtree_sizes.capacity()
            + self.reaches.iter().map(Vec::capacity).sum::<usize>())
    }
}

/// The number of positions whose sums one task computes.
const SUMMED: usize = 1 << 16;

/// Sums of sizes over the preorder of a dominator tree, in bytes.
#[derive(Debug)]
pub struct PrefixSums {
    /// By position: the sum from the start of the chunk of the position before up to that one. Modulo 2⁶⁴.
    within: Vec<u64>,
    /// By chunk of [`SUMMED`] positions: the sum of the chunks before it. Modulo 2⁶⁴.
    before: Vec<u64>,
    total: u128,
}

impl PrefixSums {
    /// Returns whether all sums fit in 64 bits.
    #[must_use]
    pub fn fit(&self) -> bool {
        u64::try_from(self.total).is_ok()
    }

    /// Returns the sum over all positions before `position`.
    #[inline]
    fn up_to(&self, position: usize) -> u64 {
        match position.checked_sub(1) {
            Some(last) => self.within[position].wrapping_add(self.before[last / SUMMED]),
            None => 0,
        }
    }

    /// Returns the sum over the subtree of `size` nodes at a position, if the sums fit.
    #[inline]
    #[must_use]
    pub fn subtree(&self, position: usize, size: u32) -> u64 {
        self.up_to(position + size as usize).wrapping_sub(self.up_to(position))
    }
}

/// Renumbers from preorder of the spanning tree to preorder of the dominator tree. In both, a parent comes before its
/// children.
pub(super) fn tree(vertices: &[u32], dominators: &[u32], cancel: &CancelToken) -> Result<DominatorTree, Cancelled> {
    let count = vertices.len();
    let mut sizes = vec![1_u32; count];
    for vertex in (1..count).rev() {
        cancel.check_every(vertex)?;
        sizes[dominators[vertex] as usize] += sizes[vertex];
    }
    let mut tree = DominatorTree {
        positions: vec![0; count],
        nodes: vec![0; count],
        subtree_sizes: vec![0; count],
        reaches: Vec::new(),
    };
    // By number: the position of its next child.
    cancel.check()?;
    let mut next_child = vec![1_u32; count];
    for vertex in 0..count {
        cancel.check_every(vertex)?;
        let mut position = 0;
        if vertex > 0 {
            let place = &mut next_child[dominators[vertex] as usize];
            position = *place;
            *place += sizes[vertex];
            next_child[vertex] = position + 1;
        }
        let at = position as usize;
        tree.nodes[at] = vertices[vertex];
        tree.subtree_sizes[at] = sizes[vertex];
        tree.positions[vertices[vertex] as usize] = position;
    }
    cancel.check()?;
    tree.reaches = reaches(&tree.subtree_sizes);
    Ok(tree)
}

/// Computes [`DominatorTree::reaches`].
pub(super) fn reaches(subtree_sizes: &[u32]) -> Vec<Vec<u32>> {
    let furthest = |ends: &[u32]| ends.iter().copied().max().unwrap_or(0);
    let count = subtree_sizes.len();
    let mut level: Vec<u32> = (0..count.div_ceil(FAN))
        .map(|block| {
            let starts = block * FAN..((block + 1) * FAN).min(count);
            starts.map(|at| convert::ordinal(at) + subtree_sizes[at]).max().unwrap_or(0)
        })
        .collect();
    let mut reaches = Vec::new();
    while level.len() > 1 {
        let above = level.chunks(FAN).map(furthest).collect();
        reaches.push(std::mem::replace(&mut level, above));
    }
    reaches
}
