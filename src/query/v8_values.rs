//! Numbers and truth values as V8 writes them where it writes values at all: a node `int` or `bool` with an edge `value`.
//!
//! Each of these looks at the edges of one or two nodes.

use crate::graph::HeapGraph;
use crate::model::js::parse_int;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};

/// The target of the node's first internal edge of that name.
pub(super) fn internal(graph: &HeapGraph, node: NodeOrdinal, name: &str) -> Option<NodeOrdinal> {
    first(graph, node, |id| graph.strings().is(id, name))
}

/// The same by the ids of the name, which is quicker where many nodes are looked at.
pub(super) fn internal_of(graph: &HeapGraph, node: NodeOrdinal, names: &[StringId]) -> Option<NodeOrdinal> {
    if names.is_empty() { None } else { first(graph, node, |id| names.contains(&id)) }
}

fn first(graph: &HeapGraph, node: NodeOrdinal, is_name: impl Fn(StringId) -> bool) -> Option<NodeOrdinal> {
    let named = |edge: &EdgeIndex| {
        graph.edge_kind(*edge) == EdgeKind::INTERNAL && is_name(StringId(graph.edge_names[edge.index()]))
    };
    graph.edges(node).find(named).map(|edge| graph.edge_target(edge))
}

/// The text of the value, if the node is a number of that sort.
fn value<'a>(graph: &'a HeapGraph, node: NodeOrdinal, sort: &str) -> Option<std::borrow::Cow<'a, str>> {
    if !graph.is_named(node, NodeKind::NUMBER, sort) {
        return None;
    }
    let value = internal(graph, node, "value")?;
    Some(graph.strings().prefix(graph.name_id(value), 40).0)
}

/// The number that the node stands for.
pub(super) fn int(graph: &HeapGraph, node: NodeOrdinal) -> Option<i64> {
    parse_int(&value(graph, node, "int")?)
}

/// Whether the node stands for true.
pub(super) fn is_true(graph: &HeapGraph, node: NodeOrdinal) -> bool {
    value(graph, node, "bool").is_some_and(|text| text == "true")
}
