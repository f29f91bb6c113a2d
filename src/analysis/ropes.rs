//! Starting points for reading concatenated strings.
//!
//! A string built by a hundred thousand concatenations is a chain of as many nodes, each of them a string. Reading
//! the start of one means walking down the chain; reading all of them repeats that for each. But all nodes far enough
//! up the chain start with the same text: that of the first node that is long enough. This module finds that node once,
//! in time and memory proportional to the number of concatenated strings, and reads a shared text once.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::display_names::{CONCATENATED_LIMIT, PIECE_LIMIT, string_parts, utf16_len};
use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::{NodeKind, NodeOrdinal};

/// A map from each concatenated string to the node whose text starts the same, up to the limit of names.
#[derive(Debug, Default)]
pub(crate) struct Ropes {
    /// Ordinals of the concatenated strings, ascending.
    nodes: Vec<u32>,
    starts: Vec<u32>,
    /// Cached texts by starting node, for some of the texts that several strings share.
    texts: RwLock<HashMap<u32, Arc<str>>>,
}

/// The maximum number of cached texts; each is at most a few kilobytes.
const MOST_TEXTS: usize = 1024;

/// Marks an empty string.
const EMPTY: u32 = u32::MAX;

/// The state of a string during the computation.
#[derive(Clone, Copy)]
enum State {
    New,
    /// Its parts are being computed; reaching it again means a cycle.
    Open,
    /// Length in UTF-16 units, up to the limit of names.
    Length(usize),
    /// Its parts lead into a cycle.
    Endless,
}

impl Ropes {
    #[must_use]
    pub(crate) fn new(graph: &HeapGraph, known: &WellKnown, dom: &DomStates) -> Self {
        let is_rope = |node: &NodeOrdinal| graph.kind(*node) == NodeKind::CONCATENATED_STRING;
        let nodes: Vec<u32> = graph.nodes().filter(is_rope).map(|node| node.0).collect();
        let mut ropes = Self { starts: nodes.clone(), nodes, texts: RwLock::default() };
        let mut states = vec![State::New; ropes.nodes.len()];
        let mut open = Vec::new();
        for first in 0..ropes.nodes.len() {
            open.push(first);
            while let Some(&at) = open.last() {
                if !matches!(states[at], State::New | State::Open) {
                    open.pop();
                    continue;
                }
                let parts = string_parts(graph, known, NodeOrdinal(ropes.nodes[at]));
                if matches!(states[at], State::New) {
                    states[at] = State::Open;
                    let places = parts.into_iter().filter_map(|part| ropes.place(part));
                    open.extend(places.filter(|&place| matches!(states[place], State::New)));
                    continue;
                }
                open.pop();
                let length = |part: NodeOrdinal| match ropes.place(part).map(|place| states[place]) {
                    None => Some(leaf_length(graph, dom, part)),
                    Some(State::Length(length)) => Some(length),
                    Some(State::New | State::Open | State::Endless) => None,
                };
                states[at] = match (length(parts[0]), length(parts[1])) {
                    (Some(one), Some(other)) => {
                        ropes.starts[at] = match (one, other) {
                            (0, 0) => EMPTY,
                            (0, _) => ropes.start(parts[1]).map_or(EMPTY, |start| start.0),
                            (CONCATENATED_LIMIT.., _) | (_, 0) => ropes.start(parts[0]).map_or(EMPTY, |start| start.0),
                            _ => ropes.nodes[at],
                        };
                        State::Length((one + other).min(CONCATENATED_LIMIT))
                    }
                    _ => State::Endless,
                };
            }
        }
        ropes
    }

    /// Returns the size on the heap in bytes, without the cached texts.
    #[must_use]
    pub(crate) fn heap_bytes(&self) -> usize {
        (self.nodes.capacity() + self.starts.capacity()) * 4
    }

    fn place(&self, node: NodeOrdinal) -> Option<usize> {
        self.nodes.binary_search(&node.0).ok()
    }

    /// Returns the text that begins at `start`, calling `read` if it is not cached.
    pub(super) fn shared_text(&self, start: NodeOrdinal, read: impl FnOnce() -> String) -> String {
        if let Some(text) = self.texts.read().ok().and_then(|texts| texts.get(&start.0).cloned()) {
            return text.as_ref().to_owned();
        }
        let text = read();
        if let Ok(mut texts) = self.texts.write()
            && texts.len() < MOST_TEXTS
        {
            texts.insert(start.0, Arc::from(text.as_str()));
        }
        text
    }

    /// Returns the node at which reading the text of `node` begins; `None` if the text is empty.
    #[must_use]
    pub(crate) fn start(&self, node: NodeOrdinal) -> Option<NodeOrdinal> {
        match self.place(node).map(|place| self.starts[place]) {
            None => Some(node),
            Some(EMPTY) => None,
            Some(start) => Some(NodeOrdinal(start)),
        }
    }
}

/// Returns the length in UTF-16 units of a part that is not concatenated itself, up to the limit of names.
fn leaf_length(graph: &HeapGraph, dom: &DomStates, node: NodeOrdinal) -> usize {
    let name = graph.strings().prefix(graph.name_id(node), CONCATENATED_LIMIT.min(PIECE_LIMIT)).0;
    let detached = if dom.is_renamed(graph, node) { "Detached ".len() } else { 0 };
    (utf16_len(&name) + detached).min(CONCATENATED_LIMIT)
}
