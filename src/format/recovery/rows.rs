//! The tables of a damaged file as columns: unreadable values are recorded and keep their positions, so that everything
//! after them stays in its row.

use super::super::estimate::Counts;
use super::super::{EdgeTable, Header, NodeTable};
use crate::model::{Column, EdgeKind, NodeKind};

/// The string index of a name that cannot be read.
pub(super) const NO_STRING: u32 = u32::MAX;
/// A target that is not a node.
pub(super) const NO_NODE: u32 = u32::MAX;
/// The maximum number of rows in a table: one below the maximum value, so that a count fits as well as an index.
pub(super) const MOST_ROWS: usize = u32::MAX as usize - 1;

/// Values of a row by slot; `None` if unreadable.
type Row = [Option<u64>; 8];

/// Collects the values of rows in the order of the header's fields.
#[derive(Debug)]
struct Gather {
    /// The slot of each field; 7 for unknown fields.
    slots: Vec<u8>,
    row: Row,
    filled: usize,
}

impl Gather {
    fn new(fields: &[String], names: &[&str]) -> Self {
        let slot = |at: usize| {
            let field = &fields[at];
            // As with `indexOf`, the first field with a name counts.
            let is_first = !fields[..at].contains(field);
            names.iter().position(|name| name == field).filter(|_| is_first)
        };
        let slots =
            (0..fields.len()).map(|at| slot(at).and_then(|slot| u8::try_from(slot).ok()).unwrap_or(7)).collect();
        Self { slots, row: [Some(0); 8], filled: 0 }
    }

    /// Adds a value and returns the row once it is complete.
    #[inline]
    fn push(&mut self, value: Option<u64>) -> Option<Row> {
        self.row[usize::from(self.slots[self.filled] & 7)] = value;
        self.filled += 1;
        if self.filled < self.slots.len() {
            return None;
        }
        self.filled = 0;
        Some(self.row)
    }
}

/// One of the two large tables while it is read.
pub(super) trait Rows {
    /// Adds a value; `None` if it cannot be read.
    fn push(&mut self, value: Option<u64>, header: &Header);
    fn len(&self) -> usize;
    /// Returns the number of values that do not fit their column, and the row of the first.
    fn too_large(&self) -> (u64, u64);
    /// Returns the number of values of an incomplete row.
    fn pending(&self) -> usize;
    /// Adds the number of rows to `counts`.
    fn count(&self, counts: &mut Counts);
}

#[derive(Debug)]
pub(super) struct NodeRows {
    pub(super) table: NodeTable,
    gather: Gather,
    /// Nodes whose edge count cannot be read.
    pub(super) unknown_counts: Vec<u32>,
    /// The number of nodes whose type cannot be read, and the row of the first.
    pub(super) unknown_types: (u64, u64),
    has_traces: bool,
    has_states: bool,
    too_large: (u64, u64),
}

impl NodeRows {
    pub(super) fn new(header: &Header) -> Self {
        let names = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"];
        Self {
            table: NodeTable::default(),
            gather: Gather::new(&header.node_fields, &names),
            unknown_counts: Vec::new(),
            unknown_types: (0, 0),
            has_traces: false,
            has_states: false,
            too_large: (0, 0),
        }
    }

    /// Returns the columns. Columns that contain only zeros are dropped, as in the strict reader.
    pub(super) fn finish(mut self) -> (NodeTable, Vec<u32>) {
        if !self.has_traces {
            self.table.trace_nodes = Vec::new();
        }
        if !self.has_states {
            self.table.detachedness = Vec::new();
        }
        (self.table, self.unknown_counts)
    }
}

impl Rows for NodeRows {
    #[inline]
    fn push(&mut self, value: Option<u64>, header: &Header) {
        let Some([kind, name, id, self_size, edge_count, trace, state, _]) = self.gather.push(value) else { return };
        let table = &mut self.table;
        let (row, too_large) = (table.kinds.len() as u64, &mut self.too_large);
        let mut narrow = |value: Option<u64>| narrow(value?, row, too_large);
        let edges = narrow(edge_count);
        if edges.is_none()
            && let Ok(row) = u32::try_from(table.kinds.len())
        {
            self.unknown_counts.push(row);
        }
        if kind.is_none() {
            note(&mut self.unknown_types, row);
        }
        table.kinds.push(kind.map_or(NodeKind(NodeKind::FIRST_UNKNOWN), |kind| header.node_kind(kind)));
        table.names.push(narrow(name).unwrap_or(NO_STRING));
        table.ids.push(id.unwrap_or(0));
        table.self_sizes.push(self_size.unwrap_or(0));
        table.edge_counts.push(edges.unwrap_or(0));
        let trace = narrow(trace).unwrap_or(0);
        self.has_traces |= trace != 0;
        table.trace_nodes.push(trace);
        let state = (state.unwrap_or(0) & 3) as u8;
        self.has_states |= state != 0;
        table.detachedness.push(state);
    }

    fn len(&self) -> usize {
        self.table.kinds.len()
    }

    fn too_large(&self) -> (u64, u64) {
        self.too_large
    }

    fn pending(&self) -> usize {
        self.gather.filled
    }

    fn count(&self, counts: &mut Counts) {
        counts.nodes = self.len() as u64;
        let is_wide = |column: &Column| matches!(column, Column::Wide(_));
        counts.is_wide = is_wide(&self.table.ids) || is_wide(&self.table.self_sizes);
    }
}

#[derive(Debug)]
pub(super) struct EdgeRows {
    pub(super) table: EdgeTable,
    gather: Gather,
    node_fields: u64,
    too_large: (u64, u64),
}

impl EdgeRows {
    pub(super) fn new(header: &Header) -> Self {
        Self {
            table: EdgeTable::default(),
            gather: Gather::new(&header.edge_fields, &["type", "name_or_index", "to_node"]),
            node_fields: header.node_fields.len().max(1) as u64,
            too_large: (0, 0),
        }
    }
}

impl Rows for EdgeRows {
    #[inline]
    fn push(&mut self, value: Option<u64>, header: &Header) {
        let Some([kind, name, target, ..]) = self.gather.push(value) else { return };
        let table = &mut self.table;
        let row = table.kinds.len() as u64;
        let name = name.and_then(|name| narrow(name, row, &mut self.too_large));
        table.kinds.push(kind.map_or(EdgeKind(EdgeKind::FIRST_UNKNOWN), |kind| header.edge_kind(kind)));
        table.names.push(name.unwrap_or(NO_STRING));
        let target = target.filter(|target| target.is_multiple_of(self.node_fields));
        table.targets.push(target.and_then(|target| u32::try_from(target / self.node_fields).ok()).unwrap_or(NO_NODE));
    }

    fn len(&self) -> usize {
        self.table.kinds.len()
    }

    fn too_large(&self) -> (u64, u64) {
        self.too_large
    }

    fn pending(&self) -> usize {
        self.gather.filled
    }

    fn count(&self, counts: &mut Counts) {
        counts.edges = self.len() as u64;
    }
}

/// Returns the value if it fits a column; otherwise records it.
fn narrow(value: u64, row: u64, too_large: &mut (u64, u64)) -> Option<u32> {
    let narrow = u32::try_from(value).ok();
    if narrow.is_none() {
        note(too_large, row);
    }
    narrow
}

/// Counts an occurrence and keeps the row of the first.
fn note(noted: &mut (u64, u64), row: u64) {
    noted.1 = if noted.0 == 0 { row } else { noted.1 };
    noted.0 += 1;
}
