//! Variables that an ES module exports. V8 keeps each in a cell, which the module's table of exports has under its name.

use crate::analysis::Location;
use crate::graph::EdgeName;
use crate::model::{EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The maximum number of references to a value or a cell that are looked at.
const LOOKED_AT: usize = 32;

/// An exported variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Exported {
    pub(super) name: String,
    /// The position of the module's code, if it is known.
    pub(super) place: Option<Location>,
}

/// Returns the exported variable that has a value.
pub(super) fn exported(snapshot: &Snapshot, value: NodeOrdinal) -> Option<Exported> {
    let graph = snapshot.graph();
    let sources = |node: NodeOrdinal| graph.retaining_edges(node).take(LOOKED_AT);
    let is_cell = |edge: &EdgeIndex| snapshot.raw_name(graph.edge_source(*edge)) == "system / Cell";
    let cell = graph.edge_source(sources(value).find(is_cell)?);
    sources(cell).find_map(|edge| {
        let table = graph.edge_source(edge);
        // The name is in the slot before the cell.
        let before = slot(snapshot, edge)?.checked_sub(1)?;
        let key = graph
            .edges(table)
            .find(|&other| slot(snapshot, other) == Some(before))
            .map(|edge| graph.edge_target(edge))?;
        let is_module = |&edge: &EdgeIndex| snapshot.raw_name(graph.edge_source(edge)) == "system / SourceTextModule";
        let module = graph.edge_source(sources(table).find(is_module)?);
        let name = snapshot.string_value(key, 200).0.into_owned();
        (graph.kind(key).is_string() && !name.is_empty()).then(|| Exported { name, place: code_of(snapshot, module) })
    })
}

/// Returns the number of a slot of an array.
fn slot(snapshot: &Snapshot, edge: EdgeIndex) -> Option<u64> {
    let graph = snapshot.graph();
    match graph.edge_name(edge) {
        EdgeName::Index(index) => Some(u64::from(index)),
        // V8 writes the numbers of internal elements as names.
        EdgeName::Text(name) => graph.strings().prefix(name, 20).0.parse().ok(),
    }
}

/// Returns the position of a module's code: its function, or the generator that runs it.
fn code_of(snapshot: &Snapshot, module: NodeOrdinal) -> Option<Location> {
    let graph = snapshot.graph();
    let parts = graph.edges(module).map(|edge| graph.edge_target(edge));
    let inner = |part: NodeOrdinal| graph.edges(part).map(|edge| graph.edge_target(edge)).take(LOOKED_AT);
    let all = parts.flat_map(|part| std::iter::once(part).chain(inner(part)));
    all.take(LOOKED_AT * LOOKED_AT).find_map(|node| snapshot.location(node))
}
