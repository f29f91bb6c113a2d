//! `heapglass sql`: answers queries of snapshots, from the command line, from standard input or at a prompt.

mod output;
mod prompt;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use super::args::Format;
use super::args::sql::SqlArguments;
use super::interrupts::Stop;
use super::search::bad_query_at;
use super::{BadUsage, Files, name_of, recovered};
use crate::model::CancelToken;
use crate::sql::{Limits, Ran, Sql, SqlData, SqlError};
use output::Output;

/// The maximum number of rows in text without `--limit`.
const TEXT_ROWS: u64 = 1000;
/// The maximum number of bytes of a query on standard input.
const LONGEST_QUERY: u64 = 1 << 20;
/// The words with which a query can start.
const STARTS: [&str; 4] = ["select", "with", "values", "explain"];

pub(super) fn run(arguments: &SqlArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let (names, query) = split(arguments);
    if names.is_empty() {
        return Err(BadUsage::error("no snapshot to query; use `heapglass sql FILE... QUERY`"));
    }
    let reads_input = names.iter().filter(|name| name.as_os_str() == "-").count();
    if reads_input > 1 {
        return Err(BadUsage::error("standard input can hold only one snapshot; use `-` once"));
    }
    if query.is_none() && reads_input > 0 {
        return Err(BadUsage::error("standard input holds the snapshot, so the query must be an argument"));
    }
    let mut snapshots = Vec::new();
    for name in &names {
        snapshots.push((name_of(name), files.open(name)?));
    }
    let missing: Vec<String> = snapshots.iter().filter_map(|(_, snapshot)| recovered(snapshot)).flatten().collect();
    let is_damaged = snapshots.iter().any(|(_, snapshot)| snapshot.recovery().is_some());
    let data = Arc::new(SqlData::new(snapshots, files.sources.clone()));
    let rows = arguments.limit.or((arguments.format == Format::Text).then_some(TEXT_ROWS));
    let time = (arguments.timeout > 0).then(|| Duration::from_secs(arguments.timeout));
    let session = Session {
        sql: Sql::new(data.clone(), Limits { time, rows }),
        files: names.iter().map(|name| name_of(name)).collect(),
        recovered: is_damaged.then_some(missing),
        stop: Stop::listen()?,
    };
    match query {
        Some(query) => session.answer(&query, arguments.format, out).map(drop),
        None if io::stdin().is_terminal() => {
            // While the user types.
            data.index_ids(&CancelToken::new())?;
            prompt::run(&session, arguments.format, out)
        }
        None => {
            let mut query = String::new();
            io::stdin().take(LONGEST_QUERY).read_to_string(&mut query)?;
            session.answer(&query, arguments.format, out).map(drop)
        }
    }
}

/// Separates the files from the query: the last argument, unless it is a file.
fn split(arguments: &SqlArguments) -> (Vec<PathBuf>, Option<String>) {
    let mut rest: Vec<&OsString> = arguments.files_and_query.iter().collect();
    let mut query = arguments.query.clone();
    if query.is_none()
        && let Some(last) = rest.last().and_then(|last| last.to_str()).filter(|last| is_query(last))
    {
        query = Some(last.to_owned());
        rest.pop();
    }
    (rest.into_iter().map(PathBuf::from).collect(), query)
}

/// Returns true if an argument is a query. The name of a file may contain blanks, but then it exists.
fn is_query(argument: &str) -> bool {
    let text = argument.trim_start();
    let first = text.split(|of: char| !of.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let looks_like_one = STARTS.contains(&first.as_str()) || text.contains(char::is_whitespace) || text.is_empty();
    looks_like_one && !PathBuf::from(argument).exists()
}

/// The open snapshots, and what each query needs.
struct Session {
    sql: Sql,
    files: Vec<String>,
    recovered: Option<Vec<String>>,
    stop: Stop,
}

impl Session {
    /// Writes the answer of a query.
    fn answer(&self, query: &str, format: Format, out: &mut dyn Write) -> anyhow::Result<Ran> {
        let query = query.trim();
        let mut output = Output::new(format, (&self.files, query, self.recovered.as_deref()), out);
        let ran = self.sql.run(query, &self.stop.next(), &mut output);
        output.finish(ran.as_ref().ok())?;
        ran.map_err(|error| explained(query, error))
    }
}

/// Returns the error with a line that points at its position, if that is known.
fn explained(query: &str, error: SqlError) -> anyhow::Error {
    match error {
        SqlError::Query { message, offset: Some(offset) } if offset < query.len() => {
            let is_part = |of: char| of.is_alphanumeric() || of == '_';
            let length = query[offset..].find(|of: char| !is_part(of)).unwrap_or(query.len() - offset);
            let start = query[..offset].rfind('\n').map_or(0, |at| at + 1);
            let end = query[offset..].find('\n').map_or(query.len(), |at| offset + at);
            bad_query_at(message, &query[start..end], offset - start..offset - start + length)
        }
        SqlError::Query { message, .. } => BadUsage::error(message),
        other => anyhow!(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_argument_is_a_query_unless_it_is_a_file() {
        for query in ["SELECT 1", "with a as (values(1)) select * from a", "VALUES(1)", "DELETE FROM nodes", ""] {
            assert!(is_query(query), "{query}");
        }
        for file in ["a.heapsnapshot", "-", "Cargo.toml", "selected.heapsnapshot"] {
            assert!(!is_query(file), "{file}");
        }
    }

    #[test]
    fn an_error_points_at_its_line() {
        let error = SqlError::Query { message: "no such column: nmae".to_owned(), offset: Some(9) };
        let text = explained("SELECT 1,\nnmae FROM nodes", error.clone()).to_string();
        assert!(text.starts_with("no such column: nmae\n  SELECT 1,\n           ^"), "{text}");
        let error = SqlError::Query { message: "no such column: nmae".to_owned(), offset: Some(10) };
        let text = explained("SELECT 1,\nnmae FROM nodes", error).to_string();
        assert_eq!(text, "no such column: nmae\n  nmae FROM nodes\n  ^^^^");
    }
}
