//! `heapglass search`: lists the objects that match a query.

use std::io::Write;

use anyhow::anyhow;
use serde::Serialize;

use super::args::{Format, SearchArguments};
use super::table::{Table, name, width};
use super::{Files, csv, name_of, row_name, salvaged, split_distance};
use crate::Snapshot;
use crate::model::{CancelToken, NodeOrdinal, human};
use crate::query::{
    Filter, Lens, ListSpec, NodeFilter, Query, QueryError, Sort, node_label, order, select, unknown_kind,
};

#[derive(Serialize)]
struct Found<'a> {
    file: String,
    query: &'a str,
    count: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
    objects: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: u64,
    name: String,
    class: String,
    distance: Option<u32>,
    system_distance: Option<u32>,
    /// Present only if true.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unreachable: bool,
    shallow_size: u64,
    retained_size: u64,
}

impl Row {
    fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Self {
        let (distance, system_distance) = split_distance(snapshot.distance(node));
        Self {
            id: snapshot.id(node).0,
            name: snapshot.display_name(node).into_owned(),
            class: row_name(&snapshot.class(node).name).into_owned(),
            distance,
            system_distance,
            unreachable: snapshot.is_unreachable(node),
            shallow_size: snapshot.shallow_size(node),
            retained_size: snapshot.retained_size(node),
        }
    }
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
    let before = width(&human::visible(&text[..error.at.start], 2000));
    let marks = " ".repeat(before) + &"^".repeat(width(&text[error.at]).max(1));
    anyhow!(BadQuery { message: error.message, query: text.to_owned(), marks })
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
    match arguments.format {
        Format::Json => {
            let found = Found {
                file: name_of(&arguments.file),
                query: text,
                count: selection.count,
                size: selection.shallow_size,
                salvaged: salvaged(&snapshot),
                objects: shown.map(|node| Row::of(&snapshot, node)).collect(),
            };
            serde_json::to_writer(&mut *out, &found)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            let columns = ["id", "name", "class", "distance", "system_distance", "shallow_size", "retained_size"];
            csv::line(out, &columns)?;
            for row in shown.map(|node| Row::of(&snapshot, node)) {
                csv::line(
                    out,
                    &[
                        row.id.to_string(),
                        row.name,
                        row.class,
                        super::optional(row.distance),
                        super::optional(row.system_distance),
                        row.shallow_size.to_string(),
                        row.retained_size.to_string(),
                    ],
                )?;
            }
            Ok(())
        }
        Format::Text => {
            let size = human::bytes(selection.shallow_size);
            writeln!(out, "{}, {size}\n", human::quantity(selection.count, "object", "objects"))?;
            let mut table = Table::new(&["Id", "Distance", "Shallow", "Retained", "Class", "Object"]);
            for node in shown {
                table.push(vec![
                    snapshot.id(node).to_string(),
                    snapshot.distance(node).to_string(),
                    human::bytes(snapshot.shallow_size(node)),
                    human::bytes(snapshot.retained_size(node)),
                    human::visible(&snapshot.class(node).name, 40).into_owned(),
                    name(&node_label(&snapshot, node)),
                ]);
            }
            Ok(table.write(out)?)
        }
    }
}
