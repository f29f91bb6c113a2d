//! Reading whole tables of one snapshot, for exports: the same rows and values as in queries.

use std::iter;
use std::ops::Range;

use super::data::SqlData;
use super::lists::List;
use super::rows::{EdgeRow, Edges};
use super::schema::{
    ClassTable, Described, EdgeTable, FindingTable, HolderTable, NodeTable, ScriptTable, SnapshotTable, StringTable,
    TableInfo,
};
use crate::export::{Cell, Columns, Lookup, ObjectRow, Objects, Table};
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal, convert};

/// A table that can be exported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TableName {
    Snapshots,
    Nodes,
    Edges,
    Classes,
    Strings,
    Scripts,
    Findings,
    Holders,
}

/// Receives the cells of rows, each with the position of its column.
pub(crate) trait Sink {
    /// The number of rows whose cells arrive column by column. The values of a column are far apart in memory, and the
    /// processor waits for several of them at once if nothing else is between them.
    const BLOCK: usize;

    /// Receives the cells of a column for the rows of a block.
    fn cells<'a>(&mut self, column: usize, cells: impl Iterator<Item = Cell<'a>>);

    /// Ends a block of at most [`Self::BLOCK`] rows.
    fn end_block(&mut self, rows: usize);
}

impl TableName {
    pub(crate) const ALL: [Self; 8] = [
        Self::Snapshots,
        Self::Nodes,
        Self::Edges,
        Self::Classes,
        Self::Strings,
        Self::Scripts,
        Self::Findings,
        Self::Holders,
    ];

    /// Returns the description of the table. Its first column, `snapshot`, is not part of exports.
    #[must_use]
    pub(crate) fn info(self) -> TableInfo {
        match self {
            Self::Snapshots => TableInfo::of::<SnapshotTable>(),
            Self::Nodes => TableInfo::of::<NodeTable>(),
            Self::Edges => TableInfo::of::<EdgeTable>(),
            Self::Classes => TableInfo::of::<ClassTable>(),
            Self::Strings => TableInfo::of::<StringTable>(),
            Self::Scripts => TableInfo::of::<ScriptTable>(),
            Self::Findings => TableInfo::of::<FindingTable>(),
            Self::Holders => TableInfo::of::<HolderTable>(),
        }
    }

    /// Computes what the rows of the only snapshot need, and returns the maximum number of rows.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(crate) fn prepare(self, data: &SqlData, cancel: &CancelToken) -> Result<usize, Cancelled> {
        let Some(file) = data.files.first() else { return Ok(0) };
        let graph = file.snapshot.graph();
        match self {
            Self::Snapshots => SnapshotTable::count(data, 0, cancel),
            Self::Nodes => file.scripts(cancel).map(|_| graph.node_count()),
            Self::Edges => Ok(graph.edge_count()),
            Self::Classes => ClassTable::count(data, 0, cancel),
            Self::Strings => StringTable::count(data, 0, cancel),
            Self::Scripts => ScriptTable::count(data, 0, cancel),
            Self::Findings => FindingTable::count(data, 0, cancel),
            Self::Holders => HolderTable::count(data, 0, cancel),
        }
    }

    /// Reads rows of the only snapshot. [`Self::prepare`] must have been called.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(crate) fn read<S: Sink>(
        self,
        data: &SqlData,
        rows: Range<usize>,
        sink: &mut S,
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        match self {
            Self::Snapshots => read_list::<SnapshotTable, S>(data, rows, sink, cancel),
            Self::Nodes => read_nodes(data, rows, sink, cancel),
            Self::Edges => read_edges(data, rows, sink, cancel),
            Self::Classes => read_list::<ClassTable, S>(data, rows, sink, cancel),
            Self::Strings => read_list::<StringTable, S>(data, rows, sink, cancel),
            Self::Scripts => read_list::<ScriptTable, S>(data, rows, sink, cancel),
            Self::Findings => read_list::<FindingTable, S>(data, rows, sink, cancel),
            Self::Holders => read_list::<HolderTable, S>(data, rows, sink, cancel),
        }
    }
}

fn read_nodes<S: Sink>(
    data: &SqlData,
    rows: Range<usize>,
    sink: &mut S,
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    let Some(file) = data.files.first() else { return Ok(()) };
    let columns: Columns<Objects> = NodeTable::columns();
    let locations = file.snapshot.locations();
    let mut located = locations.entries_from(NodeOrdinal(convert::ordinal(rows.start))).peekable();
    let rows = rows.map(|at| {
        let mut row = ObjectRow::new(&file.snapshot, NodeOrdinal(convert::ordinal(at)));
        row.location = Lookup::Done(located.next_if(|of| of.0 == row.node).map(|of| locations.place(of.1)));
        row.scripts = file.known_scripts();
        row
    });
    read_blocks(&columns, rows, sink, cancel)
}

fn read_edges<S: Sink>(
    data: &SqlData,
    rows: Range<usize>,
    sink: &mut S,
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    let Some(file) = data.files.first().filter(|_| !rows.is_empty()) else { return Ok(()) };
    let (snapshot, columns): (_, Columns<Edges>) = (&file.snapshot, EdgeTable::columns());
    let graph = snapshot.graph();
    let mut source = graph.edge_source(EdgeIndex(convert::ordinal(rows.start)));
    let rows = rows.map(|at| {
        // Nodes without references are skipped.
        while graph.edge_range(source).end <= at {
            source = NodeOrdinal(source.0 + 1);
        }
        EdgeRow { snapshot, source, edge: EdgeIndex(convert::ordinal(at)) }
    });
    read_blocks(&columns, rows, sink, cancel)
}

/// Reads rows column by column, a block at a time.
fn read_blocks<'a, T: Table, S: Sink>(
    columns: &Columns<T>,
    mut rows: impl Iterator<Item = T::Row<'a>>,
    sink: &mut S,
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    let mut block = Vec::with_capacity(S::BLOCK);
    loop {
        cancel.check()?;
        block.extend(rows.by_ref().take(S::BLOCK));
        if block.is_empty() {
            return Ok(());
        }
        for (column, of) in columns.all().iter().enumerate() {
            sink.cells(column, block.iter().map(|row| of.cell(row)));
        }
        sink.end_block(block.len());
        block.clear();
    }
}

fn read_list<L: List, S: Sink>(
    data: &SqlData,
    rows: Range<usize>,
    sink: &mut S,
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    let columns = L::columns();
    for at in rows.filter(|&at| L::has(data, 0, at)) {
        cancel.check_every(at)?;
        for (column, of) in columns.all().iter().enumerate() {
            L::cell(data, (0, at), of, &mut |cell| sink.cells(column, iter::once(cell)));
        }
        sink.end_block(1);
    }
    Ok(())
}
