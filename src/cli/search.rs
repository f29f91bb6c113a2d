//! `heapglass search`: lists the objects that match a query.

use std::io::Write;
use std::ops::Range;

use anyhow::anyhow;
use serde::Serialize;

use super::args::{Format, SearchArguments};
use super::{Files, name_of, recovered};
use crate::export::{
    Columns, FileFormat, JsonRows, OBJECTS, OBJECTS_TEXT, ObjectRow, Objects, width, write_rows, write_text,
};
use crate::model::{CancelToken, NodeOrdinal, human};
use crate::query::{Filter, Lens, ListSpec, NodeFilter, Query, QueryError, Sort, order, select, unknown_kind};

#[derive(Serialize)]
struct Found<'a, R: Serialize> {
    file: String,
    query: &'a str,
    count: u64,
    size: u64,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    objects: R,
}

/// An error in a query, with a line that points at it; it counts as wrong usage.
#[derive(Debug, thiserror::Error)]
#[error("{message}\n  {query}\n  {marks}")]
pub(super) struct BadQuery {
    message: String,
    query: String,
    marks: String,
}

fn bad_query(text: &str, error: QueryError) -> anyhow::Error {
    bad_query_at(error.message, text, error.at)
}

/// Returns an error that points at a part of a line.
pub(super) fn bad_query_at(message: String, line: &str, at: Range<usize>) -> anyhow::Error {
    let before = width(&human::visible(&line[..at.start], 2000));
    let marks = " ".repeat(before) + &"^".repeat(width(&line[at]).max(1));
    anyhow!(BadQuery { message, query: line.to_owned(), marks })
}

pub(super) fn run(arguments: &SearchArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = arguments.query.trim();
    let query = Query::parse(text).map_err(|error| bad_query(text, error))?;
    let snapshot = files.open(&arguments.file)?;
    if let Some(error) = unknown_kind(&snapshot, &query) {
        return Err(bad_query(text, error));
    }
    let cancel = CancelToken::new();
    let filter = Filter { nodes: NodeFilter::Matching(text.to_owned()), ..Filter::default() };
    let selection = select(&snapshot, &filter.nodes, &cancel)?;
    let lens = Lens { selection: Some(&selection), distances: None };
    let rows = order(&snapshot, ListSpec::Selected, Sort::BY_RETAINED_SIZE, &filter, lens, &cancel)?.rows;
    let shown = rows.iter().take(arguments.limit.unwrap_or(usize::MAX)).map(|&node| NodeOrdinal(node));
    let shown = shown.map(|node| ObjectRow::new(&snapshot, node));
    match arguments.format {
        Format::Json => {
            let found = Found {
                file: name_of(&arguments.file),
                query: text,
                count: selection.count,
                size: selection.shallow_size,
                recovered: recovered(&snapshot),
                objects: JsonRows::<Objects, _> { columns: Columns::named(OBJECTS), rows: shown },
            };
            serde_json::to_writer(&mut *out, &found)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => Ok(write_rows::<Objects>(Columns::named(OBJECTS), shown, FileFormat::Csv, out)?),
        Format::Text => {
            let size = human::bytes(selection.shallow_size);
            writeln!(out, "{}, {size}\n", human::quantity(selection.count, "object", "objects"))?;
            Ok(write_text::<Objects>(&Columns::named(OBJECTS_TEXT), shown, out)?)
        }
    }
}
