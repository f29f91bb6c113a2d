//! Rows as JSON.

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::cell::Cell;
use super::schema::{Columns, Field, Table};

/// A row with the values of its columns, for JSON.
#[derive(Clone, Debug)]
pub(crate) struct Record<'a> {
    cells: Vec<(&'static Field, Cell<'a>)>,
}

impl<T: Table> Columns<T> {
    /// Reads the columns of a row for JSON.
    pub(crate) fn record<'r>(&self, row: &'r T::Row<'_>) -> Record<'r> {
        Record { cells: self.json().map(|column| (&column.field, column.cell(row))).collect() }
    }
}

impl Record<'_> {
    pub(crate) fn into_owned(self) -> Record<'static> {
        Record { cells: self.cells.into_iter().map(|(field, cell)| (field, cell.into_owned())).collect() }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // Neighbors of one group are one object.
        let are_together = |a: &(&Field, _), b: &(&Field, _)| a.0.group.is_some() && a.0.group == b.0.group;
        for members in self.cells.chunk_by(are_together) {
            let Some((field, cell)) = members.first() else { continue };
            let is_missing = members.iter().all(|(_, cell)| *cell == Cell::Missing);
            match field.group {
                _ if is_missing && field.is_optional => {}
                None => map.serialize_entry(field.member, cell)?,
                Some(group) => map.serialize_entry(group, &(!is_missing).then_some(Members(members)))?,
            }
        }
        map.end()
    }
}

/// The columns of a nested object.
struct Members<'a>(&'a [(&'static Field, Cell<'a>)]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(field, cell)| (field.member, cell)))
    }
}

/// The rows of a table as an array within an answer. Each row is created when it is written.
pub(crate) struct JsonRows<T: Table, I> {
    pub(crate) columns: Columns<T>,
    pub(crate) rows: I,
}

impl<'a, T: Table, I: Iterator<Item = T::Row<'a>> + Clone> Serialize for JsonRows<T, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.rows.clone() {
            list.serialize_element(&self.columns.record(&row))?;
        }
        list.end()
    }
}
