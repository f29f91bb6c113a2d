//! The tables that are lists of answers: snapshots, classes, strings, scripts, allocations, findings and holders.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::sync::Arc;

use super::constraints::{Bounds, Filter, Op};
use super::data::{File, SqlData};
use super::module::{Estimate, Scan, Shared, Source, Visits, Wanted, row_id};
use super::nodes::number_of;
use super::rows::{FoundRow, SnapshotRow};
use super::schema::{
    AllocationTable, ClassTable, Described, FindingTable, HolderTable, ScriptTable, SnapshotTable, StringTable,
    TableInfo,
};
use crate::export::{Cell, ClassRow, CollectionRow, Column, Columns, FunctionRow, ScriptRow, StringRow, Table};
use crate::model::{CancelToken, Cancelled, ClassId, convert};
use crate::query::{Collections, ScriptPart, class_totals};

/// A table whose rows are computed at once for a snapshot.
pub(super) trait List: Described {
    /// The usual number of rows.
    const USUAL: f64 = 100.0;

    /// Computes the rows of a snapshot and returns their number.
    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled>;

    /// Returns whether a row exists. Rows that do not are left out.
    fn has(_data: &SqlData, _file: usize, _row: usize) -> bool {
        true
    }

    /// Calls `read` with a column of a row; does nothing if there is no such row.
    fn cell(data: &SqlData, at: (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>));
}

/// The source of rows of a list.
pub(super) struct ListSource<L>(PhantomData<L>);

impl<L: List> Source for ListSource<L> {
    type Scan = ListScan<L>;

    fn info() -> TableInfo {
        TableInfo::of::<L>()
    }

    fn handles(column: usize, op: Op) -> bool {
        column == 0 && op == Op::Equal
    }

    fn estimate(shared: &Shared, filters: &[(usize, Op)]) -> Estimate {
        let files = if filters.is_empty() { convert::float(shared.data.files.len() as u64) } else { 1.0 };
        let rows = L::USUAL * files;
        Estimate { cost: 5.0 * rows, rows }
    }

    fn order(_shared: &Shared, wanted: &Wanted<'_>) -> Option<c_int> {
        let is_by_snapshot = matches!(wanted.columns, [(0, descending)] if !descending || wanted.is_grouping);
        is_by_snapshot.then_some(0)
    }

    fn scan(shared: &Arc<Shared>) -> ListScan<L> {
        ListScan { visits: Visits::new(shared), columns: L::columns(), files: Vec::new(), file: 0, row: 0 }
    }
}

/// A pass over the rows of a list.
pub(super) struct ListScan<L: List> {
    visits: Visits,
    columns: Columns<L::Rows>,
    /// Snapshots with their numbers of rows.
    files: Vec<(usize, usize)>,
    file: usize,
    row: usize,
}

impl<L: List> ListScan<L> {
    fn settle(&mut self) -> Result<(), Cancelled> {
        while let Some(&(file, rows)) = self.files.get(self.file) {
            if self.row >= rows {
                self.file += 1;
                self.row = 0;
                continue;
            }
            self.visits.one()?;
            if L::has(&self.visits.shared.data, file, self.row) {
                return Ok(());
            }
            self.row += 1;
        }
        Ok(())
    }
}

impl<L: List> Scan for ListScan<L> {
    fn start(&mut self, _order: c_int, filters: &[Filter]) -> Result<(), Cancelled> {
        (self.file, self.row) = (0, 0);
        self.files.clear();
        let shared = Arc::clone(&self.visits.shared);
        let all = if filters.iter().any(Filter::is_never) { Bounds::NONE } else { Bounds::ALL };
        let wanted = filters.iter().fold(all, |bounds, filter| bounds.and(filter.bounds()));
        for file in (0..shared.data.files.len()).filter(|&file| wanted.contains(number_of(file))) {
            shared.check()?;
            self.files.push((file, L::count(&shared.data, file, &shared.cancel)?));
        }
        shared.check()?;
        self.settle()
    }

    fn advance(&mut self) -> Result<(), Cancelled> {
        self.row += 1;
        self.settle()
    }

    fn is_done(&self) -> bool {
        self.file >= self.files.len()
    }

    fn with_cell<R>(&self, column: usize, read: impl FnOnce(Cell<'_>) -> R) -> R {
        let Some(&(file, _)) = self.files.get(self.file) else { return read(Cell::Missing) };
        let Some(of) = column.checked_sub(1).and_then(|at| self.columns.all().get(at)) else {
            return read(Cell::Signed(number_of(file)));
        };
        let mut read = Some(read);
        let mut result = None;
        L::cell(&self.visits.shared.data, (file, self.row), of, &mut |cell| {
            result = read.take().map(|read| read(cell));
        });
        match (result, read) {
            (Some(result), _) => result,
            (None, Some(read)) => read(Cell::Missing),
            (None, None) => unreachable!("the value was read, so there is a result"),
        }
    }

    fn row_id(&self) -> i64 {
        row_id(self.files.get(self.file).map_or(0, |of| of.0), convert::ordinal(self.row))
    }
}

/// Reads a column of a row.
fn read_row<T: Table>(column: &Column<T>, row: &T::Row<'_>, read: &mut dyn FnMut(Cell<'_>)) {
    read(column.cell(row));
}

impl List for SnapshotTable {
    const USUAL: f64 = 1.0;

    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        data.files[file].unreachable_size(cancel).map(|_| 1)
    }

    fn cell(data: &SqlData, (file, _): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let of: &File = &data.files[file];
        let unreachable_size = of.known_unreachable_size();
        read_row(column, &SnapshotRow { name: &of.name, snapshot: &of.snapshot, unreachable_size }, read);
    }
}

impl List for ClassTable {
    const USUAL: f64 = 2000.0;

    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        data.files[file].scripts(cancel)?;
        Ok(data.files[file].snapshot.classes().all().len())
    }

    fn has(data: &SqlData, file: usize, row: usize) -> bool {
        data.files[file].snapshot.classes().all()[row].count > 0
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let of = &data.files[file];
        let (Some(scripts), class) = (of.known_scripts(), ClassId(convert::ordinal(row))) else { return };
        let row = ClassRow {
            class: of.snapshot.classes().get(class),
            scripts,
            joined_count: 1,
            totals: class_totals(&of.snapshot, None, class),
            total_size: of.snapshot.total_size(),
        };
        read_row(column, &row, read);
    }
}

impl List for StringTable {
    const USUAL: f64 = 100_000.0;

    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        Ok(data.files[file].strings(cancel)?.groups.len())
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let of = &data.files[file];
        let Some(group) = of.known_strings().and_then(|strings| strings.groups.get(row)) else { return };
        read_row(column, &StringRow { snapshot: &of.snapshot, group }, read);
    }
}

impl List for ScriptTable {
    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        Ok(data.files[file].script_list(cancel)?.groups.len())
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let Some(list) = data.files[file].known_script_list() else { return };
        let part = ScriptPart::Group(convert::ordinal(row));
        read_row(column, &ScriptRow { list, part, versions: &[] }, read);
    }
}

impl List for AllocationTable {
    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        Ok(data.files[file].allocations(cancel)?.map_or(0, |(_, rows)| rows.len()))
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let Some((allocations, rows)) = data.files[file].known_allocations() else { return };
        let Some(row) = rows.get(row) else { return };
        let row = FunctionRow { calls: allocations.calls(), row, depth: None, is_compared: false, whole: 0 };
        read_row(column, &row, read);
    }
}

impl List for FindingTable {
    const USUAL: f64 = 10.0;

    fn count(data: &SqlData, file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        // Findings are about the last snapshot.
        if file + 1 < data.files.len() { Ok(0) } else { Ok(data.findings(cancel)?.findings.len()) }
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let Some(finding) = data.known_findings().and_then(|found| found.findings.get(row)) else { return };
        read_row(column, &FoundRow { rank: row + 1, snapshot: &data.files[file].snapshot, finding }, read);
    }
}

impl List for HolderTable {
    fn count(data: &SqlData, _file: usize, cancel: &CancelToken) -> Result<usize, Cancelled> {
        Ok(data.holders(cancel)?.groups.len())
    }

    fn has(data: &SqlData, file: usize, row: usize) -> bool {
        let group = data.known_holders().and_then(|of: &Collections| of.groups.get(row));
        group.and_then(|group| group.points.get(file)).is_some_and(|point| point.count > 0)
    }

    fn cell(data: &SqlData, (file, row): (usize, usize), column: &Column<Self::Rows>, read: &mut dyn FnMut(Cell<'_>)) {
        let Some(group) = data.known_holders().and_then(|found| found.groups.get(row)) else { return };
        let Some(&point) = group.points.get(file) else { return };
        read_row(column, &CollectionRow { group, snapshot: file + 1, point }, read);
    }
}
