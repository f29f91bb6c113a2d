//! Shallow sizes: the size of each object, including the arrays and hidden nodes that only it owns.
//!
//! V8 keeps an object's properties and elements in separate arrays. Users think of them as part of the object, so the
//! size of such a part is added to the object that owns it. If two objects share it, it keeps its size.

use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::bounds::are_below;
use crate::model::stored::stored;
use crate::model::{
    BitSet, CancelToken, Cancelled, Column, EdgeKind, NodeKind, NodeOrdinal, Progress, convert, prefetch,
};

const UNOWNED: u32 = 0;
const MANY_OWNERS: u32 = u32::MAX;
/// Prefetch distance in edges for the owners of targets.
const EDGES_AHEAD: usize = 24;

/// The displayed shallow size of each node and its size in the file, in bytes.
///
/// The two sizes are mostly the same, so the size in the file is stored only where it differs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sizes {
    shallow: Column,
    /// Nodes whose size in the file differs from the shallow size, in ascending order.
    changed: Vec<u32>,
    /// The size in the file of each of these nodes.
    file: Column,
}

stored!(Sizes { shallow, changed, file });

impl Sizes {
    /// Returns the shallow sizes by node ordinal.
    #[must_use]
    pub(crate) fn shallow(&self) -> &Column {
        &self.shallow
    }

    /// Returns the node's own size in the file.
    #[must_use]
    pub(crate) fn self_size(&self, node: NodeOrdinal) -> u64 {
        match self.changed.binary_search(&node.0) {
            Ok(at) => self.file.get(at),
            Err(_) => self.shallow.get(node.index()),
        }
    }

    /// Returns whether every node has a size, and every changed node also has its size in the file.
    pub(crate) fn fits(&self, nodes: usize) -> bool {
        self.shallow.len() == nodes && self.changed.len() == self.file.len() && are_below(&self.changed, nodes)
    }

    #[must_use]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.shallow.heap_bytes() + self.changed.capacity() * 4 + self.file.heap_bytes()
    }
}

/// Computes shallow sizes from the file's `sizes`. A snapshot without user roots was taken with internals exposed, so
/// its sizes are not changed.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub(crate) fn shallow_sizes(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    mut sizes: Column,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Sizes, Cancelled> {
    let root = graph.root();
    if !graph.edges(root).any(|edge| known.is_user_root(graph, graph.edge_target(edge))) {
        return Ok(Sizes { shallow: sizes, ..Sizes::default() });
    }
    let ownable = ownable(graph, known, dom);
    let owners = owners(graph, &ownable, progress, cancel)?;
    let mut grown = BitSet::new(graph.node_count());
    let mut changed = Vec::new();
    for (at, node) in ownable.iter().enumerate() {
        cancel.check_every(at)?;
        let Some(owner) = owners[node].checked_sub(1).filter(|_| owners[node] != MANY_OWNERS) else { continue };
        let owner = NodeOrdinal(owner);
        if owner == root || graph.kind(owner) == NodeKind::SYNTHETIC {
            continue;
        }
        let moved = sizes.get(node);
        if moved != 0 {
            let before = sizes.get(owner.index());
            // Owned nodes own nothing themselves, so `moved` and a new owner's `before` are the sizes in the file.
            changed.push((convert::ordinal(node), moved));
            if grown.insert(owner.index()) {
                changed.push((owner.0, before));
            }
            sizes.set(node, 0);
            sizes.set(owner.index(), before.saturating_add(moved));
        }
    }
    drop(owners);
    cancel.check()?;
    changed.sort_unstable();
    let (changed, file) = changed.into_iter().unzip();
    Ok(Sizes { shallow: sizes, changed, file: Column::from_wide(file) })
}

/// Returns the nodes that can be a part of another one.
fn ownable(graph: &HeapGraph, known: &WellKnown, dom: &DomStates) -> BitSet {
    let can_be_owned = |node: NodeOrdinal| match graph.kind(node) {
        NodeKind::HIDDEN | NodeKind::ARRAY => true,
        NodeKind::NATIVE => known.external_string_data.contains(graph.name_id(node)) && !dom.is_renamed(graph, node),
        _ => false,
    };
    let mut ownable = BitSet::new(graph.node_count());
    for node in graph.nodes().filter(|&node| can_be_owned(node)) {
        ownable.insert(node.index());
    }
    ownable
}

/// Returns the owner of each ownable node: its ordinal plus one, [`UNOWNED`] or [`MANY_OWNERS`]. The other nodes own
/// themselves and have no entry, so that most edges need only their target's bit.
fn owners(
    graph: &HeapGraph,
    ownable: &BitSet,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut owners = vec![UNOWNED; graph.node_count()];
    let mut stack = Vec::new();
    let (mut steps, mut edges) = (0, 0);
    for node in graph.nodes().filter(|node| !ownable.contains(node.index())) {
        stack.push((node.0, node.0 + 1));
        // Follow owned nodes immediately, while they are still in the CPU cache. The order does not affect the result.
        while let Some((node, owner)) = stack.pop() {
            steps += 1;
            cancel.check_every(steps)?;
            let range = graph.edge_range(NodeOrdinal(node));
            let first = range.start;
            edges += range.len() as u64;
            for (at, (&kind, &target)) in
                graph.edge_kinds[range.clone()].iter().zip(&graph.edge_targets[range]).enumerate()
            {
                if !ownable.contains(target as usize) || kind == EdgeKind::WEAK {
                    continue;
                }
                // Most nodes are visited in file order, so the following edges are needed next.
                if let Some(&ahead) = graph.edge_targets.get(first + at + EDGES_AHEAD) {
                    prefetch(&owners, ahead as usize);
                }
                let current = owners[target as usize];
                if current == owner || current == MANY_OWNERS {
                    continue;
                }
                let new = if current == UNOWNED { owner } else { MANY_OWNERS };
                owners[target as usize] = new;
                stack.push((target, new));
            }
        }
    }
    progress.count_steps("shallow sizes", edges);
    Ok(owners)
}
