//! The tables of a damaged file as columns: what cannot be read is noted and a place is kept for it, so that all that
//! stands behind keeps its row.

use super::super::estimate::Counts;
use super::super::{EdgeTable, Header, NodeTable};
use crate::model::{Column, EdgeKind, NodeKind};

/// A name that cannot be read, as a string's index.
pub(super) const NO_STRING: u32 = u32::MAX;
/// A target that is no node.
pub(super) const NO_NODE: u32 = u32::MAX;
/// Rows that a table may have: one below the largest number, so that a count fits as well as an index.
pub(super) const MOST_ROWS: usize = u32::MAX as usize - 1;

/// Values of a row by slot, `None` where they cannot be read.
type Row = [Option<u64>; 8];

/// Gathers the values of rows in the order of the header's fields.
#[derive(Debug)]
struct Gather {
    /// For each field its slot; 7 for those that are not known.
    slots: Vec<u8>,
    row: Row,
    filled: usize,
}

impl Gather {
    fn new(fields: &[String], names: &[&str]) -> Self {
        let slot = |at: usize| {
            let field = &fields[at];
            // As with `indexOf`, the first field of a name is the one that counts.
            let is_first = !fields[..at].contains(field);
            names.iter().position(|name| name == field).filter(|_| is_first)
        };
        let slots =
            (0..fields.len()).map(|at| slot(at).and_then(|slot| u8::try_from(slot).ok()).unwrap_or(7)).collect();
        Self { slots, row: [Some(0); 8], filled: 0 }
    }

    /// The row, once it is complete.
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
    /// Takes in a value; `None` stands for one that cannot be read.
    fn push(&mut self, value: Option<u64>, header: &Header);
    fn len(&self) -> usize;
    /// Values that are larger than their column has room for, and the row of the first.
    fn too_large(&self) -> (u64, u64);
    /// Values of a row that is not complete.
    fn pending(&self) -> usize;
    /// Says how many rows there are.
    fn count(&self, counts: &mut Counts);
}

#[derive(Debug)]
pub(super) struct NodeRows {
    pub(super) table: NodeTable,
    gather: Gather,
    /// Nodes whose number of edges cannot be read.
    pub(super) unknown_counts: Vec<u32>,
    /// Nodes whose type cannot be read, and the row of the first.
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

    /// The columns; those that hold nothing but zeros are dropped, as the strict reader does.
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

/// The value if it has room in a column; noted if it has not.
fn narrow(value: u64, row: u64, too_large: &mut (u64, u64)) -> Option<u32> {
    let narrow = u32::try_from(value).ok();
    if narrow.is_none() {
        note(too_large, row);
    }
    narrow
}

/// Counts, and keeps the row of the first.
fn note(noted: &mut (u64, u64), row: u64) {
    noted.1 = if noted.0 == 0 { row } else { noted.1 };
    noted.0 += 1;
}
