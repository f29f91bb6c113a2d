//! The two large tables, `nodes` and `edges`: parses text directly into columns, block by block, on all cores.
//!
//! A block is a run of whole rows. Commas were counted beforehand, so each block knows its position in the columns. The
//! columns are split into disjoint slices, so no locks or atomics are needed.

mod columns;

use std::ops::Range;

use rayon::prelude::*;

use super::Header;
use super::integers::{BadInteger, Integers, Problem};
use crate::model::{Column, EdgeKind};
pub(crate) use columns::{EdgeTable, NodeTable};
use columns::{NodeSlices, Widths, take};

/// One of the two large tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TableKind {
    Nodes,
    Edges,
}

/// A run of whole rows of one table within a window of the file.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) table: TableKind,
    /// The text of the rows in the window, optionally with the comma after the last number.
    pub(super) text: Range<usize>,
    pub(super) rows: usize,
}

/// A value that is invalid at its position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BadRow {
    /// Position in the window.
    pub(super) at: usize,
    pub(super) table: TableKind,
    pub(super) problem: RowProblem,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RowProblem {
    Integer(Problem),
    /// A field's value does not fit its column.
    FieldTooLarge {
        field: String,
        value: u64,
    },
    /// A target that is no multiple of the number of node fields.
    TargetOffNode {
        value: u64,
        node_fields: usize,
    },
}

/// The position of each known field in a row. Rows are read into an array of `Slot`s by this list.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    node_slots: Vec<u8>,
    edge_slots: Vec<u8>,
    has_trace: bool,
    has_detachedness: bool,
}

/// The slots of a row's values, in the order of the names below; the last one takes unknown fields.
const NODE_SLOTS: [&str; 7] = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"];
const EDGE_SLOTS: [&str; 3] = ["type", "name_or_index", "to_node"];
const IGNORED: u8 = 7;
type Row = [u64; 8];

impl Layout {
    pub(super) fn new(header: &Header) -> Self {
        let slots = |fields: &[String], names: &[&str]| -> Vec<u8> {
            let mut taken = [false; 8];
            fields
                .iter()
                .map(|field| {
                    // As with `indexOf`, the first field with a name counts.
                    let slot = names.iter().position(|name| name == field).filter(|&slot| !taken[slot]);
                    slot.map_or(IGNORED, |slot| {
                        taken[slot] = true;
                        u8::try_from(slot).unwrap_or(IGNORED)
                    })
                })
                .collect()
        };
        let has = |name: &str| header.node_fields.iter().any(|field| field == name);
        Self {
            node_slots: slots(&header.node_fields, &NODE_SLOTS),
            edge_slots: slots(&header.edge_fields, &EDGE_SLOTS),
            has_trace: has("trace_node_id"),
            has_detachedness: has("detachedness"),
        }
    }

    pub(super) fn fields(&self, table: TableKind) -> usize {
        match table {
            TableKind::Nodes => self.node_slots.len(),
            TableKind::Edges => self.edge_slots.len(),
        }
    }
}

/// Both tables while they are read.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) layout: Layout,
    nodes: NodeTable,
    edges: EdgeTable,
    /// The number of rows read so far. The columns may be longer: they are allocated with the declared length, since
    /// memory that the system zeroes is free, but filling it with zeros is not.
    node_rows: usize,
    edge_rows: usize,
}

impl Tables {
    /// Reserves space for the declared counts, but never for more rows than `text_bytes` of text can contain.
    pub(super) fn new(header: &Header, text_bytes: Option<u64>) -> Self {
        let layout = Layout::new(header);
        let bound = |hint: Option<u64>, fields: usize| {
            let most = text_bytes.map_or(1 << 20, |bytes| bytes / (2 * fields as u64) + 1);
            usize::try_from(hint.unwrap_or(0).min(most)).unwrap_or(0)
        };
        let nodes = NodeTable::zeroed(bound(header.node_count_hint, layout.fields(TableKind::Nodes)), &layout);
        let edges = EdgeTable::zeroed(bound(header.edge_count_hint, layout.fields(TableKind::Edges)));
        Self { layout, nodes, edges, node_rows: 0, edge_rows: 0 }
    }

    /// Returns whether ids or sizes need 8 bytes.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.nodes.ids, Column::Wide(_)) || matches!(self.nodes.self_sizes, Column::Wide(_))
    }

    /// Returns the columns, cut to the rows that were read.
    pub(super) fn finish(mut self) -> (NodeTable, EdgeTable) {
        // In most files these fields are unused; memory that was never written was never allocated.
        if !self.nodes.has_traces {
            self.nodes.trace_nodes = Vec::new();
        }
        if !self.nodes.has_states {
            self.nodes.detachedness = Vec::new();
        }
        self.layout.has_trace &= self.nodes.has_traces;
        self.layout.has_detachedness &= self.nodes.has_states;
        self.nodes.resize(self.node_rows, &self.layout);
        self.edges.resize(self.edge_rows);
        (self.nodes, self.edges)
    }

    /// Parses the blocks of one window in parallel and appends their rows.
    pub(super) fn read(&mut self, window: &[u8], blocks: &[Block], header: &Header) -> Result<(), BadRow> {
        let (nodes, edges): (Vec<&Block>, Vec<&Block>) =
            blocks.iter().partition(|block| block.table == TableKind::Nodes);
        if !nodes.is_empty() {
            self.read_nodes(window, &nodes, header)?;
        }
        if !edges.is_empty() {
            self.read_edges(window, &edges, header)?;
        }
        Ok(())
    }

    fn read_nodes(&mut self, window: &[u8], blocks: &[&Block], header: &Header) -> Result<(), BadRow> {
        let start = self.node_rows;
        self.node_rows += blocks.iter().map(|block| block.rows).sum::<usize>();
        let layout = &self.layout;
        if self.node_rows > self.nodes.kinds.len() {
            self.nodes.resize(self.node_rows, layout);
        }
        loop {
            let mut slices = self.nodes.slices(start);
            let parts: Vec<(&Block, NodeSlices<'_>)> =
                blocks.iter().map(|block| (*block, slices.take_front(block.rows))).collect();
            let done: Result<Vec<Widths>, BadRow> = parts
                .into_par_iter()
                .map(|(block, slices)| read_node_block(window, block, slices, layout, header))
                .collect();
            let widths = done?.into_iter().fold(Widths::default(), Widths::or);
            self.nodes.max_name = self.nodes.max_name.max(widths.max_name);
            self.nodes.has_traces |= widths.has_traces;
            self.nodes.has_states |= widths.has_states;
            if !widths.id && !widths.self_size {
                return Ok(());
            }
            // Rare: a value above 2^32. Widen its column and parse the window again.
            if widths.id {
                self.nodes.ids.make_wide();
            }
            if widths.self_size {
                self.nodes.self_sizes.make_wide();
            }
        }
    }

    fn read_edges(&mut self, window: &[u8], blocks: &[&Block], header: &Header) -> Result<(), BadRow> {
        let start = self.edge_rows;
        self.edge_rows += blocks.iter().map(|block| block.rows).sum::<usize>();
        if self.edge_rows > self.edges.kinds.len() {
            self.edges.resize(self.edge_rows);
        }
        let mut kinds = &mut self.edges.kinds[start..];
        let mut names = &mut self.edges.names[start..];
        let mut targets = &mut self.edges.targets[start..];
        let parts: Vec<_> = blocks
            .iter()
            .map(|block| {
                (*block, take(&mut kinds, block.rows), take(&mut names, block.rows), take(&mut targets, block.rows))
            })
            .collect();
        let layout = &self.layout;
        let (max_name, max_target) = parts
            .into_par_iter()
            .map(|(block, kinds, names, targets)| {
                read_edge_block(window, block, (kinds, names, targets), layout, header)
            })
            .try_reduce(|| (0, 0), |one, other| Ok((one.0.max(other.0), one.1.max(other.1))))?;
        self.edges.max_name = self.edges.max_name.max(max_name);
        self.edges.max_target = self.edges.max_target.max(max_target);
        Ok(())
    }
}

fn read_node_block(
    window: &[u8],
    block: &Block,
    mut out: NodeSlices<'_>,
    layout: &Layout,
    header: &Header,
) -> Result<Widths, BadRow> {
    let mut widths = Widths::default();
    read_rows(window, block, &layout.node_slots, |row, values| {
        out.kinds[row] = header.node_kind(values[0]);
        let name = narrow(values[1], "name")?;
        out.names[row] = name;
        widths.max_name = widths.max_name.max(name);
        widths.id |= !out.ids.set(row, values[2]);
        widths.self_size |= !out.self_sizes.set(row, values[3]);
        out.edge_counts[row] = narrow(values[4], "edge_count")?;
        // The column is already zero.
        if values[5] != 0
            && let Some(trace) = out.trace_nodes.get_mut(row)
        {
            *trace = narrow(values[5], "trace_node_id")?;
            widths.has_traces = true;
        }
        if values[6] != 0
            && let Some(state) = out.detachedness.get_mut(row)
        {
            *state = (values[6] & 3) as u8;
            widths.has_states = true;
        }
        Ok(())
    })?;
    Ok(widths)
}

fn read_edge_block(
    window: &[u8],
    block: &Block,
    (kinds, names, targets): (&mut [EdgeKind], &mut [u32], &mut [u32]),
    layout: &Layout,
    header: &Header,
) -> Result<(u32, u32), BadRow> {
    let (mut max_name, mut max_target) = (0, 0);
    let node_fields = layout.node_slots.len();
    let fields = Divisor::new(node_fields as u64);
    read_rows(window, block, &layout.edge_slots, |row, values| {
        let kind = header.edge_kind(values[0]);
        let name = narrow(values[1], "name_or_index")?;
        kinds[row] = kind;
        names[row] = name;
        if !kind.has_numeric_name() {
            max_name = max_name.max(name);
        }
        let Some(target) = fields.divide(values[2]) else {
            return Err(RowProblem::TargetOffNode { value: values[2], node_fields });
        };
        let target = narrow(target, "to_node")?;
        targets[row] = target;
        max_target = max_target.max(target);
        Ok(())
    })?;
    Ok((max_name, max_target))
}

/// Repeated division by the same number: a multiplication for values that fit in 32 bits (Granlund and Montgomery,
/// “Division by Invariant Integers using Multiplication”, 1994).
struct Divisor {
    by: u64,
    /// 2⁶⁴ / `by`, rounded up.
    inverse: u64,
}

impl Divisor {
    fn new(by: u64) -> Self {
        Self { by, inverse: (u64::MAX / by.max(1)).wrapping_add(1) }
    }

    /// Returns the quotient if there is no remainder.
    #[inline]
    fn divide(&self, value: u64) -> Option<u64> {
        if self.by > 1 && u32::try_from(value).is_ok() {
            let quotient = ((u128::from(value) * u128::from(self.inverse)) >> 64) as u64;
            return (quotient * self.by == value).then_some(quotient);
        }
        value.is_multiple_of(self.by).then(|| value / self.by)
    }
}

#[inline]
fn narrow(value: u64, field: &str) -> Result<u32, RowProblem> {
    u32::try_from(value).map_err(|_| RowProblem::FieldTooLarge { field: field.to_owned(), value })
}

/// Parses the block's rows, each as an array by slot, and passes them to `store`. Rows with the fields in V8's usual
/// order are read without looking up their slots.
#[expect(clippy::redundant_closure, reason = "closures are inlined; the functions themselves were called for each row")]
#[inline]
fn read_rows(
    window: &[u8],
    block: &Block,
    slots: &[u8],
    store: impl FnMut(usize, &Row) -> Result<(), RowProblem>,
) -> Result<(), BadRow> {
    match slots {
        [0, 1, 2] => rows_with(window, block, |integers, values| in_order::<3>(integers, values), store),
        [0, 1, 2, 3, 4] => rows_with(window, block, |integers, values| in_order::<5>(integers, values), store),
        [0, 1, 2, 3, 4, 5] => rows_with(window, block, |integers, values| in_order::<6>(integers, values), store),
        [0, 1, 2, 3, 4, 5, 6] => rows_with(window, block, |integers, values| in_order::<7>(integers, values), store),
        _ => {
            let by_slots = |integers: &mut Integers<'_>, values: &mut Row| {
                for &slot in slots {
                    values[usize::from(slot & 7)] = integers.next()?;
                }
                Ok(())
            };
            rows_with(window, block, by_slots, store)
        }
    }
}

#[expect(clippy::inline_always, reason = "as for `Integers::next`")]
#[inline(always)]
fn in_order<const FIELDS: usize>(integers: &mut Integers<'_>, values: &mut Row) -> Result<(), BadInteger> {
    for value in values.iter_mut().take(FIELDS) {
        *value = integers.next()?;
    }
    Ok(())
}

#[inline]
fn rows_with(
    window: &[u8],
    block: &Block,
    read: impl Fn(&mut Integers<'_>, &mut Row) -> Result<(), BadInteger>,
    mut store: impl FnMut(usize, &Row) -> Result<(), RowProblem>,
) -> Result<(), BadRow> {
    let base = block.text.start;
    let bad = |at: usize, problem| BadRow { at: base + at, table: block.table, problem };
    let mut integers = Integers::new(&window[block.text.clone()]);
    let mut values: Row = [0; 8];
    for row in 0..block.rows {
        let start = integers.position();
        read(&mut integers, &mut values).map_err(|error| bad(error.at, RowProblem::Integer(error.problem)))?;
        store(row, &values).map_err(|problem| bad(start, problem))?;
    }
    if integers.at_end() {
        return Ok(());
    }
    let mut rest = integers;
    rest.skip_white_space();
    Err(bad(rest.position(), RowProblem::Integer(Problem::NotANumber)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Divisor;

    proptest! {
        #[test]
        fn dividing_by_multiplication_matches_division(
            value in prop_oneof![any::<u64>(), any::<u32>().prop_map(u64::from)],
            by in 1_u64..60,
        ) {
            let divisor = Divisor::new(by);
            prop_assert_eq!(divisor.divide(value), value.is_multiple_of(by).then(|| value / by));
            let multiple = value / by * by;
            prop_assert_eq!(divisor.divide(multiple), Some(multiple / by));
        }
    }
}
