//! Numbers and booleans, if V8 writes their values: nodes named `int` or `bool` with an edge `value`.
//!
//! Each function reads the edges of one or two nodes.

use crate::graph::HeapGraph;
use crate::model::js::parse_int;
use crate::model::{EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};

/// Returns the target of the node's first internal edge with this name.
pub(super) fn internal(graph: &HeapGraph, node: NodeOrdinal, name: &str) -> Option<NodeOrdinal> {
    first(graph, node, |id| graph.strings().is(id, name))
}

/// Returns the target by the ids of the edge name, which is faster for many nodes.
pub(super) fn internal_of(graph: &HeapGraph, node: NodeOrdinal, names: &[StringId]) -> Option<NodeOrdinal> {
    if names.is_empty() { None } else { first(graph, node, |id| names.contains(&id)) }
}

fn first(graph: &HeapGraph, node: NodeOrdinal, is_name: impl Fn(StringId) -> bool) -> Option<NodeOrdinal> {
    let named = |edge: &EdgeIndex| {
        graph.edge_kind(*edge) == EdgeKind::INTERNAL && is_name(StringId(graph.edge_names[edge.index()]))
    };
    graph.edges(node).find(named).map(|edge| graph.edge_target(edge))
}

/// Returns the text of the value, if the node is a number of this type.
fn value<'a>(graph: &'a HeapGraph, node: NodeOrdinal, sort: &str) -> Option<std::borrow::Cow<'a, str>> {
    if !graph.is_named(node, NodeKind::NUMBER, sort) {
        return None;
    }
    let value = internal(graph, node, "value")?;
    Some(graph.strings().prefix(graph.name_id(value), 40).0)
}

/// Returns the number of a node.
pub(super) fn int(graph: &HeapGraph, node: NodeOrdinal) -> Option<i64> {
    parse_int(&value(graph, node, "int")?)
}

/// Returns true if the node is the boolean true.
pub(super) fn is_true(graph: &HeapGraph, node: NodeOrdinal) -> bool {
    value(graph, node, "bool").is_some_and(|text| text == "true")
}
