//! SQL over snapshots: SQLite's engine on virtual tables that read the snapshots' columns. Nothing is copied into a
//! database.
//!
//! - `schema.rs` lists the tables; their columns are declared in `export` and `rows.rs`, for the documentation, too.
//! - `module.rs` connects a table with SQLite; `constraints.rs` says which comparisons a table handles itself, so that
//!   joins and recursive queries walk the graph rather than scan it.
//! - `nodes.rs`, `edges.rs`, `entries.rs` and `lists.rs` produce the rows of `segments.rs`. `data.rs` keeps what they look up: indexes by
//!   id, class and kind, and the answers of queries.
//! - `engine.rs` runs a query within its limits.
//!
//! A query can only read these tables: everything else is refused while it is compiled, no file is opened, and
//! intermediate results stay in memory, which is limited.

mod constraints;
mod data;
mod edges;
mod engine;
mod entries;
mod error;
mod functions;
mod index;
mod lists;
mod module;
mod nodes;
mod question;
mod ready;
mod rows;
mod schema;
mod segments;
mod tables;
mod text_functions;
mod words;
mod written;

pub use data::SqlData;
pub use engine::{Answer, Limits, Ran, Rows, Sql, Value};
pub use error::SqlError;
pub(crate) use question::AnswerRows;
pub(crate) use question::{Answered, QueryOf};
pub use ready::{READY, Ready};
pub use schema::schema_markdown;
pub(crate) use schema::schema_text;
pub(crate) use schema::{ColumnInfo, ColumnKind, TableInfo, integer, tables};
pub(crate) use tables::Sink;
pub(crate) use tables::TableName;
pub(crate) use words::{WordKind, completions, is_complete, words};
pub(crate) use written::{distinct_names, json_object, write_answer};
