//! Display names of nodes: object shapes for plain objects, contents for concatenated strings.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{DomStates, Ropes, WellKnown};
use crate::graph::HeapGraph;
use crate::model::{EdgeKind, NodeKind, NodeOrdinal, StringId};

/// The number of UTF-16 units after which a concatenated string is cut.
pub(crate) const CONCATENATED_LIMIT: usize = 1024;
/// The maximum number of UTF-16 units of the properties listed in the name of a plain object.
const PREVIEW_LIMIT: usize = 100;
/// The maximum number of characters read from a part of a name.
pub(super) const PIECE_LIMIT: usize = 4096;

/// Returns the node's name as DevTools shows it, with the prefix `Detached ` for detached nodes. Parts longer than a
/// few thousand characters are cut, so the time does not depend on the length of a string; `Snapshot::string_value`
/// returns the complete string.
#[must_use]
pub(crate) fn display_name<'a>(
    graph: &'a HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    ropes: Option<&Ropes>,
    node: NodeOrdinal,
) -> Cow<'a, str> {
    match graph.kind(node) {
        NodeKind::CONCATENATED_STRING => {
            let read = |node| concatenated(graph, known, dom, ropes, node, (CONCATENATED_LIMIT, PIECE_LIMIT)).0;
            let text = match ropes.map(|ropes| (ropes, ropes.start(node))) {
                Some((_, None)) => String::new(),
                Some((ropes, Some(start))) if start != node => ropes.shared_text(start, || read(start)),
                _ => read(node),
            };
            Cow::Owned(text)
        }
        NodeKind::OBJECT if known.object.contains(graph.name_id(node)) => {
            Cow::Owned(object_preview(graph, known, node))
        }
        _ => piece(graph, dom, node, PIECE_LIMIT).0,
    }
}

/// Returns up to `limit` characters of the node's own name, and whether there are more.
fn piece<'a>(graph: &'a HeapGraph, dom: &DomStates, node: NodeOrdinal, limit: usize) -> (Cow<'a, str>, bool) {
    let (name, more) = graph.strings().prefix(graph.name_id(node), limit);
    if dom.is_renamed(graph, node) { (Cow::Owned(format!("Detached {name}")), more) } else { (name, more) }
}

/// Returns up to `limit` UTF-16 units of a concatenated string, reading its parts from the left, and whether there are
/// more. With `ropes`, `limit` must not exceed [`CONCATENATED_LIMIT`].
pub(crate) fn concatenated(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    ropes: Option<&Ropes>,
    node: NodeOrdinal,
    (limit, piece_limit): (usize, usize),
) -> (String, bool) {
    let mut text = String::new();
    let mut units = 0;
    let mut has_cut_piece = false;
    let has_more = walk_parts(graph, known, ropes, node, |part| {
        let (text_of_part, more) = piece(graph, dom, part, piece_limit);
        has_cut_piece |= more;
        units += utf16_len(&text_of_part);
        text.push_str(&text_of_part);
        Part { is_empty: text_of_part.is_empty(), wants_more: units < limit }
    });
    (text, has_more || has_cut_piece)
}

/// The result of visiting a part of a concatenated string.
struct Part {
    is_empty: bool,
    wants_more: bool,
}

/// The number of rounds without text after which repeated parts are skipped.
const QUIET_ROUNDS: usize = 256;
/// The maximum number of rounds, one per visited part.
const MOST_ROUNDS: usize = 1 << 20;
/// The maximum number of rounds with [`Ropes`], where only cyclic strings take more rounds than characters.
const MOST_ROUNDS_OF_NAMES: usize = 1 << 14;

/// Visits the parts of a concatenated string from the left while more text is needed. Returns true if parts remain.
///
/// Parts may form a cycle, or be shared so often that parts without text would take forever. If a part occurs again
/// with no text in between, it has no text or leads back to itself, so it is skipped.
fn walk_parts(
    graph: &HeapGraph,
    known: &WellKnown,
    ropes: Option<&Ropes>,
    node: NodeOrdinal,
    mut visit: impl FnMut(NodeOrdinal) -> Part,
) -> bool {
    let mut stack = vec![node];
    let most_rounds = if ropes.is_some() { MOST_ROUNDS_OF_NAMES } else { MOST_ROUNDS };
    let (mut rounds, mut quiet_rounds) = (0, 0);
    let mut quiet: HashSet<NodeOrdinal> = HashSet::new();
    while let Some(node) = stack.pop() {
        rounds += 1;
        quiet_rounds += 1;
        if rounds > most_rounds {
            return true;
        }
        let Some(node) = ropes.map_or(Some(node), |ropes| ropes.start(node)) else { continue };
        if graph.kind(node) == NodeKind::CONCATENATED_STRING {
            if quiet_rounds > QUIET_ROUNDS && !quiet.insert(node) {
                continue;
            }
            let [first, second] = string_parts(graph, known, node);
            stack.push(second);
            stack.push(first);
            continue;
        }
        let part = visit(node);
        if !part.wants_more {
            return !stack.is_empty();
        }
        if !part.is_empty {
            quiet_rounds = 0;
            quiet.clear();
        }
    }
    false
}

/// Returns the two parts of a concatenated string. As in DevTools, a missing part is replaced by the file's first node.
pub(crate) fn string_parts(graph: &HeapGraph, known: &WellKnown, node: NodeOrdinal) -> [NodeOrdinal; 2] {
    let missing = NodeOrdinal(0);
    let mut parts = [missing; 2];
    for edge in graph.edges(node) {
        if !parts.contains(&missing) {
            break;
        }
        let name = StringId(graph.edge_names[edge.index()]);
        if graph.edge_kind(edge) != EdgeKind::INTERNAL {
            continue;
        }
        if known.first.contains(name) {
            parts[0] = graph.edge_target(edge);
        } else if known.second.contains(name) {
            parts[1] = graph.edge_target(edge);
        }
    }
    parts
}

/// Returns `{a, b, …, y, z}`: as many properties as fit, alternately from the start and the end.
#[must_use]
pub(crate) fn object_preview(graph: &HeapGraph, known: &WellKnown, node: NodeOrdinal) -> String {
    let mut edges = graph.edges(node);
    let (mut start, mut start_units) = (String::from("{"), 1);
    let (mut end, mut end_units) = (String::from("}"), 1);
    let mut from_end = false;
    let mut is_complete = true;
    loop {
        let mut ahead = edges.clone();
        let Some(edge) = (if from_end { ahead.next_back() } else { ahead.next() }) else { break };
        let name = StringId(graph.edge_names[edge.index()]);
        if graph.edge_kind(edge) != EdgeKind::PROPERTY || known.proto.contains(name) {
            edges = ahead;
            continue;
        }
        let formatted = quoted_property_name(&graph.strings().prefix(name, PIECE_LIMIT).0).into_owned();
        let units = utf16_len(&formatted);
        if start_units > 1 && start_units + end_units + units > PREVIEW_LIMIT {
            is_complete = false;
            break;
        }
        edges = ahead;
        if from_end {
            let separator = if end_units > 1 { ", " } else { "" };
            end_units += units + separator.len();
            end = format!("{formatted}{separator}{end}");
        } else {
            if start_units > 1 {
                start.push_str(", ");
                start_units += 2;
            }
            start_units += units;
            start.push_str(&formatted);
        }
        from_end = !from_end;
    }
    if !is_complete {
        start.push_str(", …");
    }
    if end_units > 1 {
        start.push_str(", ");
    }
    start.push_str(&end);
    start
}

/// Returns the property's name, with JSON quotes if commas, quotes or braces would make a list ambiguous.
#[must_use]
pub(crate) fn quoted_property_name(name: &str) -> Cow<'_, str> {
    if name.contains([',', '\'', '"', '{', '}']) {
        Cow::Owned(serde_json::Value::from(name).to_string())
    } else {
        Cow::Borrowed(name)
    }
}

/// Returns the length in UTF-16 units, as in JavaScript.
pub(crate) fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}
