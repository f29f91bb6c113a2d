//! Shallow sizes: each object with the arrays and hidden parts that it alone owns.
//!
//! V8 keeps an object's properties and elements in separate arrays. People think of them as part of the object, so the
//! size of such a part is given to the one object that holds it. Where two hold it, it stays its own.

use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::bounds::are_below;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Column, EdgeKind, NodeKind, NodeOrdinal, prefetch};

const UNOWNED: u32 = u32::MAX;
const MANY_OWNERS: u32 = u32::MAX - 1;
/// How many edges ahead the owners of targets are asked for.
const EDGES_AHEAD: usize = 24;

/// The size of each node in bytes, as people are shown it and as the file has it.
///
/// The two are different columns with mostly the same values, so of the file's only those that differ are kept.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    shallow: Column,
    /// Ascending: the nodes of which the file's size is another than the shallow one.
    changed: Vec<u32>,
    /// The file's size of each of them.
    file: Column,
}

stored!(Sizes { shallow, changed, file });

impl Sizes {
    /// Shallow sizes by ordinal.
    #[must_use]
    pub fn shallow(&self) -> &Column {
        &self.shallow
    }

    /// The node's own size as the file has it.
    #[must_use]
    pub fn self_size(&self, node: NodeOrdinal) -> u64 {
        match self.changed.binary_search(&node.0) {
            Ok(at) => self.file.get(at),
            Err(_) => self.shallow.get(node.index()),
        }
    }

    /// Whether every node has a size, and every changed one that of the file as well.
    pub(crate) fn fits(&self, nodes: usize) -> bool {
        self.shallow.len() == nodes && self.changed.len() == self.file.len() && are_below(&self.changed, nodes)
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.shallow.heap_bytes() + self.changed.capacity() * 4 + self.file.heap_bytes()
    }
}

/// Shallow sizes from the file's `sizes`. A snapshot without user roots was taken with internals exposed: its sizes stay
/// as they are.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn shallow_sizes(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    mut sizes: Column,
    cancel: &CancelToken,
) -> Result<Sizes, Cancelled> {
    let root = graph.root();
    if !graph.edges(root).any(|edge| known.is_user_root(graph, graph.edge_target(edge))) {
        return Ok(Sizes { shallow: sizes, ..Sizes::default() });
    }
    let owners = owners(graph, known, dom, cancel)?;
    let mut grown = BitSet::new(graph.node_count());
    let mut changed = Vec::new();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let owner = owners[node.index()];
        if owner == node.0 || owner >= MANY_OWNERS {
            continue;
        }
        let owner = NodeOrdinal(owner);
        if owner == root || graph.kind(owner) == NodeKind::SYNTHETIC {
            continue;
        }
        let moved = sizes.get(node.index());
        if moved != 0 {
            let before = sizes.get(owner.index());
            // What is owned owns nothing itself, so this is the file's size of both.
            changed.push((node.0, moved));
            if grown.insert(owner.index()) {
                changed.push((owner.0, before));
            }
            sizes.set(node.index(), 0);
            sizes.set(owner.index(), before.saturating_add(moved));
        }
    }
    drop(owners);
    cancel.check()?;
    changed.sort_unstable();
    let (changed, file) = changed.into_iter().unzip();
    Ok(Sizes { shallow: sizes, changed, file: Column::from_wide(file) })
}

/// The one owner of each node, itself for all that nobody can own.
fn owners(graph: &HeapGraph, known: &WellKnown, dom: &DomStates, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    let can_be_owned = |node: NodeOrdinal| match graph.kind(node) {
        NodeKind::HIDDEN | NodeKind::ARRAY => true,
        NodeKind::NATIVE => known.external_string_data.contains(graph.name_id(node)) && !dom.is_renamed(graph, node),
        _ => false,
    };
    let mut owners: Vec<u32> = graph.nodes().map(|node| if can_be_owned(node) { UNOWNED } else { node.0 }).collect();
    let mut stack = Vec::new();
    let mut steps = 0;
    for node in graph.nodes() {
        if owners[node.index()] != node.0 {
            continue;
        }
        stack.push(node.0);
        // What a node owns is followed at once, while it is still in the cache; the outcome is the same in any order.
        while let Some(node) = stack.pop() {
            steps += 1;
            cancel.check_every(steps)?;
            let owner = owners[node as usize];
            let range = graph.edge_range(NodeOrdinal(node));
            for at in range {
                let (kind, target) = (graph.edge_kinds[at], graph.edge_targets[at]);
                // Most nodes come in the order of the file, so what stands behind this edge comes next.
                if let Some(&ahead) = graph.edge_targets.get(at + EDGES_AHEAD) {
                    prefetch(&owners, ahead as usize);
                }
                let current = owners[target as usize];
                if kind == EdgeKind::WEAK || current == target || current == owner || current == MANY_OWNERS {
                    continue;
                }
                owners[target as usize] = if current == UNOWNED { owner } else { MANY_OWNERS };
                stack.push(target);
            }
        }
    }
    Ok(owners)
}
