//! Rows as JSON lines or CSV.

use std::io::{self, Write};
use std::ops::Range;

use serde::ser::{SerializeMap as _, Serializer as _};

use crate::export::Cell;
use crate::export::csv;
use crate::model::CancelToken;
use crate::sql::{ColumnKind, Sink, SqlData, TableInfo, TableName, integer};

/// Collects the cells of a row and writes it.
struct Lines<'a> {
    columns: &'a TableInfo,
    row: Vec<Cell<'static>>,
    write: WriteRow,
    out: &'a mut dyn Write,
    rows: u64,
    failure: Option<io::Error>,
}

impl Sink for Lines<'_> {
    const BLOCK: usize = 1;

    fn cells<'a>(&mut self, column: usize, cells: impl Iterator<Item = Cell<'a>>) {
        let Some((info, kept)) = self.columns.columns.get(column).zip(self.row.get_mut(column)) else { return };
        for cell in cells {
            // Numbers, also flags and large ids, are those of queries and of Parquet.
            *kept = match info.kind {
                ColumnKind::Integer | ColumnKind::Id => integer(&cell, info.kind).map_or(Cell::Missing, Cell::Signed),
                ColumnKind::Text | ColumnKind::Real => cell.into_owned(),
            };
        }
    }

    fn end_block(&mut self, _rows: usize) {
        self.rows += 1;
        if self.failure.is_none() {
            self.failure = (self.write)(self.columns, &self.row, self.out).err();
        }
        self.row.fill(Cell::Missing);
    }
}

/// Writes rows of a table as lines; returns their number.
pub(super) fn write(
    data: &SqlData,
    (table, info): (TableName, &TableInfo),
    rows: Range<usize>,
    format: LineFormat,
    out: &mut dyn Write,
    cancel: &CancelToken,
) -> io::Result<u64> {
    (format.head)(info, out)?;
    let row = vec![Cell::Missing; info.columns.len()];
    let mut lines = Lines { columns: info, row, write: format.line, out, rows: 0, failure: None };
    table.read(data, rows, &mut lines, cancel).map_err(io::Error::other)?;
    lines.failure.map_or(Ok(lines.rows), Err)
}

/// The functions that write a file: what precedes the rows, and a row.
#[derive(Clone, Copy)]
pub(super) struct LineFormat {
    head: fn(&TableInfo, &mut dyn Write) -> io::Result<()>,
    line: WriteRow,
}

type WriteRow = fn(&TableInfo, &[Cell<'static>], &mut dyn Write) -> io::Result<()>;

/// One object per line.
pub(super) const JSON: LineFormat = LineFormat {
    head: |_, _| Ok(()),
    line: |info, row, out| {
        let mut serializer = serde_json::Serializer::new(&mut *out);
        let mut map = serializer.serialize_map(Some(row.len()))?;
        for (column, cell) in info.columns.iter().zip(row) {
            map.serialize_entry(column.name, cell)?;
        }
        map.end()?;
        out.write_all(b"\n")
    },
};

pub(super) const CSV: LineFormat = LineFormat {
    head: |info, out| csv::line(out, info.columns.iter().map(|column| column.name)),
    line: |_, row, out| csv::line(out, row.iter().cloned().map(Cell::raw)),
};
