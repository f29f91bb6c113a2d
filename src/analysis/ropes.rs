//! Where to begin reading the text of a concatenated string.
//!
//! A text that a program put together by a hundred thousand additions is a chain as long, and each of its nodes is a string of
//! its own. To read the start of one means to go down the chain; to read that of all of them, to do so for each. But all nodes
//! far enough up the chain begin alike: with the text of the first one that is long enough. It is worked out once which one
//! that is, in time and memory by the number of concatenated strings; and the text that many share is read once.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::display_names::{CONCATENATED_LIMIT, PIECE_LIMIT, string_parts, utf16_len};
use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::{NodeKind, NodeOrdinal};

/// For each concatenated string the node whose text begins as its own does, for as much as names show of it.
#[derive(Debug, Default)]
pub struct Ropes {
    /// Ordinals of the concatenated strings, ascending.
    nodes: Vec<u32>,
    starts: Vec<u32>,
    /// Texts that were read, by where they begin; some of those that several strings share.
    texts: RwLock<HashMap<u32, Arc<str>>>,
}

/// Texts that are kept; each has some kilobytes at the most.
const MOST_TEXTS: usize = 1024;

/// In place of a start: the string is empty.
const EMPTY: u32 = u32::MAX;

/// What is known of a string while the others are worked out.
#[derive(Clone, Copy)]
enum State {
    New,
    /// Its parts are being worked out; who comes here again goes in a circle.
    Open,
    /// UTF-16 units, as many as a name shows at the most.
    Length(usize),
    /// It leads into a circle.
    Endless,
}

impl Ropes {
    #[must_use]
    pub fn new(graph: &HeapGraph, known: &WellKnown, dom: &DomStates) -> Self {
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

    /// Bytes held on the heap, but for the few texts.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.nodes.capacity() + self.starts.capacity()) * 4
    }

    fn place(&self, node: NodeOrdinal) -> Option<usize> {
        self.nodes.binary_search(&node.0).ok()
    }

    /// The text that begins at another node than its own, as `read` reads it from there the first time.
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

    /// The node at which reading the text of `node` begins; `None` if it is empty.
    #[must_use]
    pub fn start(&self, node: NodeOrdinal) -> Option<NodeOrdinal> {
        match self.place(node).map(|place| self.starts[place]) {
            None => Some(node),
            Some(EMPTY) => None,
            Some(start) => Some(NodeOrdinal(start)),
        }
    }
}

/// UTF-16 units of a part that is not put together itself, as many as matter.
fn leaf_length(graph: &HeapGraph, dom: &DomStates, node: NodeOrdinal) -> usize {
    let name = graph.strings().prefix(graph.name_id(node), CONCATENATED_LIMIT.min(PIECE_LIMIT)).0;
    let detached = if dom.is_renamed(graph, node) { "Detached ".len() } else { 0 };
    (utf16_len(&name) + detached).min(CONCATENATED_LIMIT)
}
