//! Arguments of `heapglass sql`.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Args;

use super::Format;
use super::help::json_help;
use crate::sql::{READY, schema_text};

#[derive(Debug, Args)]
#[command(override_usage = "heapglass sql [OPTIONS] <FILE>... [QUERY]")]
pub struct SqlArguments {
    /// Snapshots, plain, .gz or .zst, and then the query; without a query, opens a prompt, or reads the query from
    /// standard input if that is not a terminal
    #[arg(value_name = "FILE|QUERY", required = true, num_args = 1..)]
    pub files_and_query: Vec<OsString>,
    /// The query; all other arguments are files
    #[arg(short = 'e', long, value_name = "QUERY")]
    pub query: Option<String>,
    /// Maximum number of rows to list; 1000 in text and no limit otherwise
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Seconds after which a query is stopped; 0 for no limit
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Returns the tables, some queries and the shapes of all answers.
pub(super) fn sql_help() -> String {
    let mut text = "Queries are SQL as SQLite has it. Tables and functions:\n".to_owned();
    for line in schema_text().lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nQueries to start from:\n");
    for ready in READY.iter().take(3) {
        let query: Vec<&str> = ready.query.lines().map(str::trim).collect();
        let _ = writeln!(text, "  {}", query.join(" "));
    }
    text.push_str(
        "\nAn error in a query has exit code 2. A query can only read; it is stopped after --timeout, by Ctrl+C, or if it \
         needs too much memory.\n\n",
    );
    text + &json_help()
}
