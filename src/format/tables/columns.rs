//! The columns of nodes and edges, and their parts that blocks are parsed into side by side.

use super::Layout;
use crate::model::{Column, EdgeKind, NodeKind};

/// The columns of `nodes`, with one entry per node.
#[derive(Debug, Default)]
pub struct NodeTable {
    pub(crate) kinds: Vec<NodeKind>,
    pub(crate) names: Vec<u32>,
    /// The largest of `names`.
    pub(crate) max_name: u32,
    pub(crate) ids: Column,
    pub(crate) self_sizes: Column,
    pub(crate) edge_counts: Vec<u32>,
    /// Empty if the file has no such field, or only zeros in it.
    pub(crate) trace_nodes: Vec<u32>,
    /// Empty if the file has no such field, or only zeros in it.
    pub(crate) detachedness: Vec<u8>,
    pub(super) has_traces: bool,
    pub(super) has_states: bool,
}

/// The columns of `edges`, with one entry per edge.
#[derive(Debug, Default)]
pub struct EdgeTable {
    pub(crate) kinds: Vec<EdgeKind>,
    pub(crate) names: Vec<u32>,
    /// The largest of `names` that is a string.
    pub(crate) max_name: u32,
    /// The largest of `targets`.
    pub(crate) max_target: u32,
    /// Ordinals, not the node indices of the file; not yet checked against the number of nodes.
    pub(crate) targets: Vec<u32>,
}

/// The column features that the values of a block need.
#[expect(clippy::struct_excessive_bools, reason = "one flag per column")]
#[derive(Clone, Copy, Default)]
pub(super) struct Widths {
    pub(super) id: bool,
    pub(super) self_size: bool,
    pub(super) max_name: u32,
    pub(super) has_traces: bool,
    pub(super) has_states: bool,
}

impl Widths {
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            id: self.id || other.id,
            self_size: self.self_size || other.self_size,
            max_name: self.max_name.max(other.max_name),
            has_traces: self.has_traces || other.has_traces,
            has_states: self.has_states || other.has_states,
        }
    }
}

#[expect(clippy::mut_mut, reason = "the rest is a slice that is replaced")]
pub(super) fn take<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (front, back) = std::mem::take(rest).split_at_mut(count);
    *rest = back;
    front
}

/// The part of a column that belongs to one block.
pub(super) enum ColumnSlice<'a> {
    Narrow(&'a mut [u32]),
    Wide(&'a mut [u64]),
}

impl<'a> ColumnSlice<'a> {
    pub(super) fn new(column: &'a mut Column, start: usize) -> Self {
        match column {
            Column::Narrow(values) => Self::Narrow(&mut values[start..]),
            Column::Wide(values) => Self::Wide(&mut values[start..]),
        }
    }

    pub(super) fn take_front(&mut self, count: usize) -> ColumnSlice<'a> {
        match self {
            Self::Narrow(rest) => ColumnSlice::Narrow(take(rest, count)),
            Self::Wide(rest) => ColumnSlice::Wide(take(rest, count)),
        }
    }

    /// Stores the value. Returns false if it does not fit.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: u64) -> bool {
        match self {
            Self::Narrow(values) => u32::try_from(value).map(|value| values[row] = value).is_ok(),
            Self::Wide(values) => {
                values[row] = value;
                true
            }
        }
    }
}

pub(super) struct NodeSlices<'a> {
    pub(super) kinds: &'a mut [NodeKind],
    pub(super) names: &'a mut [u32],
    pub(super) ids: ColumnSlice<'a>,
    pub(super) self_sizes: ColumnSlice<'a>,
    pub(super) edge_counts: &'a mut [u32],
    pub(super) trace_nodes: &'a mut [u32],
    pub(super) detachedness: &'a mut [u8],
}

impl<'a> NodeSlices<'a> {
    pub(super) fn take_front(&mut self, rows: usize) -> NodeSlices<'a> {
        let optional = |len: usize| if len == 0 { 0 } else { rows };
        NodeSlices {
            kinds: take(&mut self.kinds, rows),
            names: take(&mut self.names, rows),
            ids: self.ids.take_front(rows),
            self_sizes: self.self_sizes.take_front(rows),
            edge_counts: take(&mut self.edge_counts, rows),
            trace_nodes: {
                let rows = optional(self.trace_nodes.len());
                take(&mut self.trace_nodes, rows)
            },
            detachedness: {
                let rows = optional(self.detachedness.len());
                take(&mut self.detachedness, rows)
            },
        }
    }
}

impl EdgeTable {
    pub(super) fn zeroed(rows: usize) -> Self {
        let (max_name, max_target) = (0, 0);
        Self { kinds: vec![EdgeKind(0); rows], names: vec![0; rows], max_name, max_target, targets: vec![0; rows] }
    }

    /// Grows or shrinks to exactly `rows` rows.
    pub(super) fn resize(&mut self, rows: usize) {
        self.kinds.resize(rows, EdgeKind(0));
        self.names.resize(rows, 0);
        self.targets.resize(rows, 0);
    }
}

impl NodeTable {
    pub(super) fn zeroed(rows: usize, layout: &Layout) -> Self {
        Self {
            kinds: vec![NodeKind(0); rows],
            names: vec![0; rows],
            max_name: 0,
            ids: Column::zeroed(rows),
            self_sizes: Column::zeroed(rows),
            edge_counts: vec![0; rows],
            trace_nodes: if layout.has_trace { vec![0; rows] } else { Vec::new() },
            detachedness: if layout.has_detachedness { vec![0; rows] } else { Vec::new() },
            has_traces: false,
            has_states: false,
        }
    }

    /// Grows or shrinks to exactly `rows` rows.
    pub(super) fn resize(&mut self, rows: usize, layout: &Layout) {
        self.kinds.resize(rows, NodeKind(0));
        self.names.resize(rows, 0);
        self.ids.resize(rows);
        self.self_sizes.resize(rows);
        self.edge_counts.resize(rows, 0);
        if layout.has_trace {
            self.trace_nodes.resize(rows, 0);
        }
        if layout.has_detachedness {
            self.detachedness.resize(rows, 0);
        }
    }

    /// Keeps only the first `rows` rows.
    pub(in crate::format) fn truncate(&mut self, rows: usize) {
        self.kinds.truncate(rows);
        self.names.truncate(rows);
        self.ids.resize(rows);
        self.self_sizes.resize(rows);
        self.edge_counts.truncate(rows);
        self.trace_nodes.truncate(rows);
        self.detachedness.truncate(rows);
    }

    pub(super) fn slices(&mut self, start: usize) -> NodeSlices<'_> {
        fn optional<T>(values: &mut [T], start: usize) -> &mut [T] {
            values.get_mut(start..).unwrap_or_default()
        }
        NodeSlices {
            kinds: &mut self.kinds[start..],
            names: &mut self.names[start..],
            ids: ColumnSlice::new(&mut self.ids, start),
            self_sizes: ColumnSlice::new(&mut self.self_sizes, start),
            edge_counts: &mut self.edge_counts[start..],
            trace_nodes: optional(&mut self.trace_nodes, start),
            detachedness: optional(&mut self.detachedness, start),
        }
    }
}
