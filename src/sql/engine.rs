//! Runs queries within their limits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, Result};

use super::data::SqlData;
use super::edges::EdgeSource;
use super::entries::EntrySource;
use super::error::SqlError;
use super::functions;
use super::lists::ListSource;
use super::module::{self, PANICKED, Shared, stopped};
use super::nodes::Nodes;
use super::schema::{
    AllocationTable, ClassTable, FindingTable, HolderTable, ScriptTable, SnapshotTable, StringTable, tables,
};
use super::text_functions::LENGTH_LIMIT;
use crate::model::CancelToken;

/// The bytes that all running queries of the process may use for sorting and grouping.
const MEMORY_LIMIT: u64 = 2 << 30;
/// The number of SQLite's instructions between two polls.
const POLLED_EVERY: i32 = 10_000;
/// Tables of SQLite that queries may read, too: they only read their arguments.
const HARMLESS_TABLES: [&str; 2] = ["json_each", "json_tree"];
/// Functions that are refused although they would fail, too.
const REFUSED_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// The statements that are allowed.
const ONLY: &str = "a query can only read (SELECT, WITH, VALUES)";

/// The first words of statements that are not queries. SQLite's own messages name what the statement would do inside.
const CHANGING: [&str; 16] = [
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "INSERT",
    "PRAGMA",
    "REINDEX",
    "REPLACE",
    "SAVEPOINT",
    "UPDATE",
    "VACUUM",
];

/// The limits of a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// The time after which a query ends with an error.
    pub time: Option<Duration>,
    /// The number of rows after which the answer is cut.
    pub rows: Option<u64>,
}

/// A value of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The work of a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ran {
    /// The number of rows of the answer.
    pub rows: u64,
    /// True if the answer has more rows than the limit.
    pub is_cut: bool,
    /// The number of nodes, edges and other rows that were looked at.
    pub visited: u64,
}

/// Receives the answer of a query.
pub trait Answer {
    /// Takes the names of the columns, before any row.
    fn columns(&mut self, names: &[String]);
    /// Takes a row. Returns false to end the query.
    fn row(&mut self, row: Vec<Value>) -> bool;
}

/// An answer that is kept.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

impl Answer for Rows {
    fn columns(&mut self, names: &[String]) {
        self.columns = names.to_vec();
    }

    fn row(&mut self, row: Vec<Value>) -> bool {
        self.rows.push(row);
        true
    }
}

/// Queries of snapshots.
#[derive(Clone, Debug)]
pub struct Sql {
    data: Arc<SqlData>,
    limits: Limits,
}

impl Sql {
    #[must_use]
    pub fn new(data: Arc<SqlData>, limits: Limits) -> Self {
        Self { data, limits }
    }

    /// Runs a query and returns its answer.
    ///
    /// # Errors
    /// Returns an error if the query is wrong, refused or stopped, or exceeds a limit.
    pub fn rows(&self, query: &str, cancel: &CancelToken) -> std::result::Result<(Rows, Ran), SqlError> {
        let mut rows = Rows::default();
        let ran = self.run(query, cancel, &mut rows)?;
        Ok((rows, ran))
    }

    /// Runs a query and passes its answer on, row by row.
    ///
    /// # Errors
    /// Returns an error if the query is wrong, refused or stopped, or exceeds a limit.
    pub fn run(
        &self,
        query: &str,
        cancel: &CancelToken,
        answer: &mut dyn Answer,
    ) -> std::result::Result<Ran, SqlError> {
        let shared = Arc::new(Shared {
            data: Arc::clone(&self.data),
            cancel: cancel.clone(),
            deadline: self.limits.time.and_then(|time| Instant::now().checked_add(time)),
            visited: AtomicU64::new(0),
        });
        let refused = Arc::new(Mutex::new(None));
        let ran = connect(&shared, &refused).and_then(|connection| self.answer(&connection, query, &shared, answer));
        let refused = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        match ran {
            Ok(ran) => Ok(Ran { visited: shared.visited.load(Ordering::Relaxed), ..ran }),
            Err(error) => Err(self.explain(error, query, &shared, refused)),
        }
    }

    fn answer(&self, connection: &Connection, query: &str, shared: &Shared, answer: &mut dyn Answer) -> Result<Ran> {
        let mut statement = connection.prepare(query)?;
        if statement.parameter_count() > 0 {
            return Err(Error::ModuleError("parameters such as ? and :name have no values here".to_owned()));
        }
        // Some statements do nothing without tables of their own, so nothing has been refused.
        if statement.column_count() == 0 {
            return Err(Error::ModuleError(format!("this statement is not allowed: {ONLY}")));
        }
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        answer.columns(&names);
        let mut ran = Ran::default();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if self.limits.rows == Some(ran.rows) {
                ran.is_cut = true;
                break;
            }
            let values = (0..names.len()).map(|column| row.get_ref(column).map(value)).collect::<Result<_>>()?;
            ran.rows += 1;
            // SQLite polls only every few thousand instructions, and a row can be large.
            shared.check().map_err(stopped)?;
            if !answer.row(values) {
                break;
            }
        }
        Ok(ran)
    }

    /// Returns the error for the user.
    fn explain(&self, error: Error, query: &str, shared: &Shared, refused: Option<String>) -> SqlError {
        if let Some(message) = refused.filter(|_| changing(query).is_none()) {
            return SqlError::Query { offset: word_at(query, &message), message };
        }
        if shared.cancel.is_cancelled() {
            return SqlError::Cancelled;
        }
        if let (true, Some(time)) = (shared.is_late(), self.limits.time) {
            return SqlError::TooLong(time);
        }
        if let Some(verb) = changing(query) {
            return SqlError::Query { message: format!("{verb} is not allowed: {ONLY}"), offset: query.find(verb) };
        }
        match error {
            Error::SqlInputError { msg, offset, .. } => {
                let offset = usize::try_from(offset).ok().filter(|&offset| query.is_char_boundary(offset));
                SqlError::Query { message: msg, offset }
            }
            Error::SqliteFailure(code, message) => match (code.code, message) {
                (ErrorCode::OutOfMemory, _) => SqlError::Memory(MEMORY_LIMIT),
                (ErrorCode::OperationInterrupted, _) => SqlError::Cancelled,
                (_, Some(message)) if message == PANICKED => SqlError::Internal(message),
                (_, Some(message)) => SqlError::Query { offset: named_at(query, &message), message },
                (_, None) => SqlError::query(code.to_string()),
            },
            Error::MultipleStatement => SqlError::query("only one statement can be run at a time"),
            Error::Empty => SqlError::query("the query is empty"),
            Error::NulError(_) => SqlError::query("the query contains a NUL character"),
            Error::ModuleError(message) if message == PANICKED => SqlError::Internal(message),
            Error::ModuleError(message) => SqlError::query(message),
            other => SqlError::query(other.to_string()),
        }
    }
}

/// Returns the first word of a query if it is that of a statement that changes something.
fn changing(query: &str) -> Option<&str> {
    let first = query.split_whitespace().next()?;
    CHANGING.iter().any(|verb| verb.eq_ignore_ascii_case(first)).then_some(first)
}

/// Returns the position of the first word of a message in a query.
fn word_at(query: &str, message: &str) -> Option<usize> {
    let word = message.split(' ').next()?;
    query.to_ascii_uppercase().find(&word.to_ascii_uppercase())
}

/// Returns the position of the name at the end of a message, as in `no such table: node`.
fn named_at(query: &str, message: &str) -> Option<usize> {
    let name = message.rsplit_once(": ")?.1;
    query.find(name).filter(|_| !name.is_empty())
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// Opens an empty database in memory with the tables, and locks it.
fn connect(shared: &Arc<Shared>, refused: &Arc<Mutex<Option<String>>>) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_MEMORY;
    let mut connection = Connection::open_with_flags(":memory:", flags)?;
    // Intermediate results are not written to files.
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.query_row(&format!("PRAGMA hard_heap_limit={MEMORY_LIMIT}"), [], |_| Ok(()))?;
    module::add::<Nodes>(&connection, shared)?;
    module::add::<EdgeSource>(&connection, shared)?;
    module::add::<EntrySource>(&connection, shared)?;
    module::add::<ListSource<SnapshotTable>>(&connection, shared)?;
    module::add::<ListSource<ClassTable>>(&connection, shared)?;
    module::add::<ListSource<StringTable>>(&connection, shared)?;
    module::add::<ListSource<ScriptTable>>(&connection, shared)?;
    module::add::<ListSource<AllocationTable>>(&connection, shared)?;
    module::add::<ListSource<FindingTable>>(&connection, shared)?;
    module::add::<ListSource<HolderTable>>(&connection, shared)?;
    functions::add(&connection, shared)?;
    lock(&mut connection, shared, refused)?;
    Ok(connection)
}

/// Limits what a query can do.
fn lock(connection: &mut Connection, shared: &Arc<Shared>, refused: &Arc<Mutex<Option<String>>>) -> Result<()> {
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LENGTH_LIMIT),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1_000_000),
        (Limit::SQLITE_LIMIT_COLUMN, 500),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 500),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 200),
        (Limit::SQLITE_LIMIT_VDBE_OP, 1_000_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        // The time of a LIKE grows with the square of the pattern.
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A misspelled column must not become a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    let polled = Arc::clone(shared);
    connection.progress_handler(POLLED_EVERY, Some(move || polled.check().is_err()))?;
    let names: Vec<&str> = tables().iter().map(|table| table.name).chain(HARMLESS_TABLES).collect();
    let refused = Arc::clone(refused);
    connection.authorizer(Some(move |context: AuthContext<'_>| match refusal(&context.action, &names) {
        None => Authorization::Allow,
        Some(message) => {
            refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
            Authorization::Deny
        }
    }))
}

/// Returns the reason why an action is refused.
fn refusal(action: &AuthAction<'_>, tables: &[&str]) -> Option<String> {
    let verb = match *action {
        AuthAction::Select | AuthAction::Recursive => return None,
        AuthAction::Read { table_name, column_name } => {
            // A table of which no column is read may be a common table expression.
            let is_known = column_name.is_empty() || tables.iter().any(|known| known.eq_ignore_ascii_case(table_name));
            return (!is_known).then(|| format!("{table_name} cannot be read"));
        }
        AuthAction::Function { function_name } => {
            let is_refused = REFUSED_FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name));
            return is_refused.then(|| format!("{function_name} is not allowed"));
        }
        AuthAction::Pragma { .. } => "PRAGMA",
        AuthAction::Attach { .. } => "ATTACH",
        AuthAction::Detach { .. } => "DETACH",
        AuthAction::Insert { .. } => "INSERT",
        AuthAction::Update { .. } => "UPDATE",
        AuthAction::Delete { .. } => "DELETE",
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => "transaction",
        AuthAction::Analyze { .. } => "ANALYZE",
        AuthAction::Reindex { .. } => "REINDEX",
        AuthAction::AlterTable { .. } => "ALTER",
        AuthAction::DropIndex { .. }
        | AuthAction::DropTable { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropVtable { .. }
        | AuthAction::DropTempIndex { .. }
        | AuthAction::DropTempTable { .. }
        | AuthAction::DropTempTrigger { .. }
        | AuthAction::DropTempView { .. } => "DROP",
        AuthAction::CreateIndex { .. }
        | AuthAction::CreateTable { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateVtable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => "CREATE",
        _ => "this statement",
    };
    Some(format!("{verb} is not allowed: {ONLY}"))
}
