//! Tables as SQLite's virtual tables. The only unsafe code of queries is here.
//!
//! Safety: SQLite treats a table and a cursor as structs that start with its own. Both are `repr(C)` with that struct as
//! their first member, and rusqlite allocates and frees them by their Rust types. No function of SQLite is called.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::vtab::{
    Context, DistinctMode, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConfig, VTabConnection, VTabCursor,
};
use rusqlite::{Connection, Error, Result, ffi};

use super::constraints::{Filter, Given, Op};
use super::data::SqlData;
use super::schema::{ColumnKind, TableInfo, integer};
use crate::export::Cell;
use crate::model::{CancelToken, Cancelled, POLL_INTERVAL};

/// The data and limits that the tables of one query share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) data: Arc<SqlData>,
    pub(super) cancel: CancelToken,
    pub(super) deadline: Option<Instant>,
    /// The number of rows that tables looked at, whether a query saw them or not.
    pub(super) visited: AtomicU64,
}

impl Shared {
    /// Returns an error if the query was stopped or takes too long.
    pub(super) fn check(&self) -> Result<(), Cancelled> {
        if self.is_late() { Err(Cancelled) } else { self.cancel.check() }
    }

    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Counts the rows that a scan looks at, and polls whether the query was stopped.
#[derive(Debug)]
pub(super) struct Visits {
    pub(super) shared: Arc<Shared>,
    uncounted: usize,
}

impl Visits {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), uncounted: 0 }
    }

    #[inline]
    pub(super) fn one(&mut self) -> Result<(), Cancelled> {
        self.uncounted += 1;
        if self.uncounted < POLL_INTERVAL { Ok(()) } else { self.count() }
    }

    fn count(&mut self) -> Result<(), Cancelled> {
        self.shared.visited.fetch_add(std::mem::take(&mut self.uncounted) as u64, Ordering::Relaxed);
        self.shared.check()
    }
}

impl Drop for Visits {
    fn drop(&mut self) {
        self.shared.visited.fetch_add(self.uncounted as u64, Ordering::Relaxed);
    }
}

/// The estimated cost of a scan, and its number of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) cost: f64,
    pub(super) rows: f64,
}

/// The order in which a query wants rows.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Columns, and whether each is descending.
    pub(super) columns: &'a [(usize, bool)],
    /// True if equal rows need only be together.
    pub(super) is_grouping: bool,
    /// The comparisons that the scan gets.
    pub(super) filters: &'a [(usize, Op)],
}

/// A table.
pub(super) trait Source: Sized + 'static {
    type Scan: Scan;

    fn info() -> TableInfo;

    /// Returns whether the table itself handles a comparison with a column.
    fn handles(column: usize, op: Op) -> bool;

    fn estimate(shared: &Shared, filters: &[(usize, Op)]) -> Estimate;

    /// Returns the number of the order in which a scan can produce the rows. 0 is the order without any wish.
    fn order(_shared: &Shared, _wanted: &Wanted<'_>) -> Option<c_int> {
        None
    }

    fn scan(shared: &Arc<Shared>) -> Self::Scan;
}

/// Returns the id of a row among those of all snapshots. `OR` lists a row once by its id.
pub(super) fn row_id(file: usize, row: u32) -> i64 {
    i64::try_from(file).unwrap_or(i64::MAX >> 32) << 32 | i64::from(row)
}

/// A pass over the rows of a table.
pub(super) trait Scan {
    /// Goes to the first row that passes the filters.
    fn start(&mut self, order: c_int, filters: &[Filter]) -> Result<(), Cancelled>;
    fn advance(&mut self) -> Result<(), Cancelled>;
    fn is_done(&self) -> bool;
    /// Calls `read` with the value of a column of the current row.
    fn with_cell<R>(&self, column: usize, read: impl FnOnce(Cell<'_>) -> R) -> R;
    fn row_id(&self) -> i64;
}

#[repr(C)]
struct SqlTable<S> {
    base: ffi::sqlite3_vtab,
    shared: Arc<Shared>,
    kinds: Arc<[ColumnKind]>,
    phantom: PhantomData<S>,
}

#[repr(C)]
struct Cursor<'vtab, S: Source> {
    base: ffi::sqlite3_vtab_cursor,
    scan: S::Scan,
    kinds: Arc<[ColumnKind]>,
    phantom: PhantomData<&'vtab S>,
}

impl<S: Source> SqlTable<S> {
    const MODULE: &'static Module<'static, Self> = &Module::eponymous_only_module();
}

/// Adds a table to a connection.
pub(super) fn add<S: Source>(connection: &Connection, shared: &Arc<Shared>) -> Result<()> {
    connection.create_module(S::info().name, SqlTable::<S>::MODULE, Some(Arc::clone(shared)))
}

/// The error of a query that was stopped, and of one that is late.
pub(super) fn stopped(_: Cancelled) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None)
}

/// Runs a part of a scan. A panic must not reach SQLite.
fn caught<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| Err(Error::ModuleError(PANICKED.to_owned())))
}

/// The message of a scan that panicked.
pub(super) const PANICKED: &str = "a table panicked";

#[expect(unsafe_code, reason = "see the documentation of the module")]
// SAFETY: the first member is SQLite's struct, and the layout is C's.
unsafe impl<'vtab, S: Source> VTab<'vtab> for SqlTable<S> {
    type Aux = Arc<Shared>;
    type Cursor = Cursor<'vtab, S>;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Self::Aux>,
        _module_name: &[u8],
        _database_name: &[u8],
        _table_name: &[u8],
        _args: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let shared = aux.ok_or_else(|| Error::ModuleError("no data".to_owned()))?;
        let info = S::info();
        let kinds = info.columns.iter().map(|of| of.kind).collect();
        db.config(VTabConfig::Innocuous)?;
        let declaration = CString::new(info.declaration())?;
        let base = ffi::sqlite3_vtab::default();
        Ok((Cow::Owned(declaration), Self { base, shared: Arc::clone(shared), kinds, phantom: PhantomData }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let mut usable: Vec<(usize, usize, Op)> = Vec::new();
        for (at, constraint) in info.constraints().enumerate() {
            let Ok(column) = usize::try_from(constraint.column()) else { continue };
            let op = match constraint.operator() {
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Op::Equal,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT => Op::Above,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => Op::AtLeast,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT => Op::Below,
                IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => Op::AtMost,
                _ => continue,
            };
            if constraint.is_usable() && S::handles(column, op) {
                usable.push((at, column, op));
            }
        }
        // Text that only has to be equal without regard to case is not looked up.
        usable.retain(|&(at, column, _)| {
            self.kinds[column] != ColumnKind::Text || info.collation(at).is_ok_and(|collation| collation == "BINARY")
        });
        let mut plan = String::new();
        for (argument, &(at, column, op)) in (1..).zip(&usable) {
            info.constraint_usage(at).set_argv_index(argument);
            let _ = write!(plan, "{column}{} ", op.code());
        }
        let filters: Vec<(usize, Op)> = usable.iter().map(|&(_, column, op)| (column, op)).collect();
        let Estimate { cost, rows } = S::estimate(&self.shared, &filters);
        info.set_estimated_cost(cost);
        #[expect(clippy::cast_possible_truncation, reason = "an estimate")]
        info.set_estimated_rows(rows as i64);
        info.set_idx_str(plan.trim_end());
        let columns: Vec<(usize, bool)> = info
            .order_bys()
            .filter_map(|of| Some((usize::try_from(of.column()).ok()?, of.is_order_by_desc())))
            .collect();
        let is_complete = !columns.is_empty() && columns.len() == info.num_of_order_by();
        let is_grouping = matches!(info.distinct(), DistinctMode::Grouped | DistinctMode::Distinct);
        let wanted = Wanted { columns: &columns, is_grouping, filters: &filters };
        if let Some(order) = is_complete.then(|| S::order(&self.shared, &wanted)).flatten() {
            info.set_order_by_consumed(true);
            info.set_idx_num(order);
        }
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Cursor<'vtab, S>> {
        let base = ffi::sqlite3_vtab_cursor::default();
        Ok(Cursor { base, scan: S::scan(&self.shared), kinds: Arc::clone(&self.kinds), phantom: PhantomData })
    }
}

#[expect(unsafe_code, reason = "see the documentation of the module")]
// SAFETY: the first member is SQLite's struct, and the layout is C's.
unsafe impl<S: Source> VTabCursor for Cursor<'_, S> {
    fn filter(&mut self, idx_num: c_int, idx_str: Option<&str>, args: &Filters<'_>) -> Result<()> {
        let plan = idx_str.unwrap_or_default().split_ascii_whitespace();
        let filters: Vec<Filter> = plan
            .zip(args.iter())
            .filter_map(|(part, value)| {
                let op = Op::from_code(part.chars().next_back()?)?;
                let column = part[..part.len() - 1].parse().ok()?;
                Some(Filter { column, op, value: given(value) })
            })
            .collect();
        caught(|| self.scan.start(idx_num, &filters).map_err(stopped))
    }

    fn next(&mut self) -> Result<()> {
        caught(|| self.scan.advance().map_err(stopped))
    }

    fn eof(&self) -> bool {
        self.scan.is_done()
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let Ok(column) = usize::try_from(column) else { return Ok(()) };
        let kind = self.kinds.get(column).copied().unwrap_or(ColumnKind::Integer);
        caught(|| {
            self.scan.with_cell(column, |cell| {
                let value = match &cell {
                    Cell::Text(text) => ValueRef::Text(text.as_bytes()),
                    Cell::Percent(number) => ValueRef::Real(*number),
                    other => integer(other, kind).map_or(ValueRef::Null, ValueRef::Integer),
                };
                context.set_result(ToSqlOutput::Borrowed(value))
            })
        })
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.scan.row_id())
    }
}

fn given(value: ValueRef<'_>) -> Given {
    match value {
        ValueRef::Null => Given::Null,
        ValueRef::Integer(number) => Given::Integer(number),
        ValueRef::Real(number) => Given::Real(number),
        ValueRef::Text(text) => std::str::from_utf8(text).map_or(Given::Other, |text| Given::Text(text.to_owned())),
        ValueRef::Blob(_) => Given::Other,
    }
}
