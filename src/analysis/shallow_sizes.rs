//! Shallow sizes: each object with the arrays and hidden parts that it alone owns.
//!
//! V8 keeps an object's properties and elements in separate arrays. People think of them as part of the object, so the
//! size of such a part is given to the one object that holds it. Where two hold it, it stays its own.

use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::{CancelToken, Cancelled, Column, EdgeKind, NodeKind, NodeOrdinal};

const UNOWNED: u32 = u32::MAX;
const MANY_OWNERS: u32 = u32::MAX - 1;

/// One size in bytes a node. A snapshot without user roots was taken with internals exposed: its sizes stay as they are.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn shallow_sizes(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    cancel: &CancelToken,
) -> Result<Column, Cancelled> {
    let mut sizes = graph.self_sizes.clone();
    let root = graph.root();
    if !graph.edges(root).any(|edge| known.is_user_root(graph, graph.edge_target(edge))) {
        return Ok(sizes);
    }
    let owners = owners(graph, known, dom, cancel)?;
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
            sizes.set(node.index(), 0);
            sizes.set(owner.index(), sizes.get(owner.index()).saturating_add(moved));
        }
    }
    Ok(sizes)
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
            for (&kind, &target) in graph.edge_kinds[range.clone()].iter().zip(&graph.edge_targets[range]) {
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
