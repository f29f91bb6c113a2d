//! Detachedness of DOM nodes: whether they are part of a document, or detached and kept alive by something else.

use crate::graph::HeapGraph;
use crate::model::stored::stored;
use crate::model::{BitSet, CancelToken, Cancelled, Detachedness, EdgeKind, NodeKind, NodeOrdinal, Progress};

/// The detachedness of each node, after propagation through the DOM.
#[derive(Clone, Debug, Default)]
pub struct DomStates {
    /// One entry per node; empty if no node has a state.
    states: Vec<u8>,
    /// True if the states come from the file. Detached nodes then get the prefix `Detached `.
    from_file: bool,
}

stored!(DomStates { states, from_file });

impl DomStates {
    #[inline]
    #[must_use]
    pub fn get(&self, node: NodeOrdinal) -> Detachedness {
        Detachedness::from_bits(self.states.get(node.index()).copied().unwrap_or(0))
    }

    /// Returns whether the node is shown as `Detached …` although its name in the file lacks the prefix.
    #[inline]
    #[must_use]
    pub fn is_renamed(&self, graph: &HeapGraph, node: NodeOrdinal) -> bool {
        self.from_file && self.states.get(node.index()) == Some(&2) && graph.kind(node) == NodeKind::NATIVE
    }

    /// Returns whether every node has a state, or none has.
    pub(crate) fn fits(&self, nodes: usize) -> bool {
        self.states.is_empty() || self.states.len() == nodes
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.states.capacity()
    }
}

/// Propagates the file's `states` (empty if no node has one) along native nodes: first, every native node reachable from
/// an attached one becomes attached; then every other native node reachable from a detached one becomes detached.
/// JavaScript objects stop the propagation. In a file without states, the prefix `Detached ` of a name marks a detached
/// node.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn dom_states(
    graph: &HeapGraph,
    states: Vec<u8>,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<DomStates, Cancelled> {
    let from_file = graph.has_detachedness();
    if !from_file {
        let mut states = Vec::new();
        for node in graph.nodes() {
            cancel.check_every(node.index())?;
            let is_native = graph.kind(node) == NodeKind::NATIVE;
            if is_native && graph.strings().starts_with(graph.name_id(node), "Detached ") {
                states.resize(graph.node_count(), 0);
                states[node.index()] = 2;
            }
        }
        return Ok(DomStates { states, from_file });
    }
    if states.is_empty() {
        return Ok(DomStates { states: Vec::new(), from_file });
    }
    let mut spread =
        Spread { states, visited: BitSet::new(graph.node_count()), attached: Vec::new(), detached: Vec::new() };
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let state = spread.states[node.index()];
        if state != 0 {
            spread.visit(graph, node, state);
        }
    }
    let mut steps = 0;
    while let Some(node) = spread.attached.pop() {
        steps += 1;
        cancel.check_every(steps)?;
        spread.children(graph, node, 1);
    }
    while let Some(node) = spread.detached.pop() {
        steps += 1;
        cancel.check_every(steps)?;
        if spread.states[node.index()] != 1 {
            spread.children(graph, node, 2);
        }
    }
    progress.count_steps("detachedness", steps as u64);
    Ok(DomStates { states: spread.states, from_file })
}

struct Spread {
    states: Vec<u8>,
    visited: BitSet,
    attached: Vec<NodeOrdinal>,
    detached: Vec<NodeOrdinal>,
}

impl Spread {
    fn visit(&mut self, graph: &HeapGraph, node: NodeOrdinal, state: u8) {
        if !self.visited.insert(node.index()) || graph.kind(node) != NodeKind::NATIVE {
            return;
        }
        self.states[node.index()] = state;
        match state {
            1 => self.attached.push(node),
            2 => self.detached.push(node),
            _ => {}
        }
    }

    fn children(&mut self, graph: &HeapGraph, node: NodeOrdinal, state: u8) {
        for edge in graph.edges(node) {
            if !matches!(graph.edge_kind(edge), EdgeKind::HIDDEN | EdgeKind::INVISIBLE | EdgeKind::WEAK) {
                self.visit(graph, graph.edge_target(edge), state);
            }
        }
    }
}
