//! `sql`: the rows of a query over tables of the snapshots.

use std::sync::Arc;

use serde_json::json;

use super::super::answer::{Answer, arguments};
use super::super::arguments::{Argument, Kind, SNAPSHOTS};
use super::super::failure::Failure;
use super::super::labels::NAME;
use super::super::text::{quoted, tokens};
use super::super::tool::{Call, Tool, ids};
use super::super::workspace::OpenSnapshot;
use crate::model::human;
use crate::sql::{QueryOf, SqlError, Value};

pub(in crate::mcp) static SQL: Tool = Tool {
    name: "sql",
    title: "Query with SQL",
    description: "Answers a SELECT in SQLite's dialect. Tables: nodes(id, kind, name, class, self_size, shallow_size, \
                  retained_size, distance, dominator_id, detachedness, url, line), edges(from_id, to_id, kind, name, position), \
                  classes, strings(text, length, copies, wasted_bytes), entries(owner_id, key, value_id), scripts, allocations, \
                  findings, holders, snapshots. Each has the column snapshot: 1 for the first snapshot of the call, 2 for the \
                  next; the answer lists the numbers of the other tools if they differ. Functions: path(id, snapshot), \
                  text(id, snapshot), retains(a, b, snapshot), name REGEXP 'x'. Sizes are bytes. Use it for questions that no \
                  other tool answers.",
    arguments: &[
        Argument {
            name: "query",
            kind: Kind::Text { is_required: true },
            description: "Query, such as SELECT class, count(*), sum(shallow_size) FROM nodes GROUP BY class ORDER BY 3 DESC LIMIT 9",
        },
        SNAPSHOTS,
    ],
    limits: "more than 100,000 rows; texts after 600 characters, down to 80 if max_tokens is small (use substr); names after \
             4,096 characters",
    is_read_only: true,
    run,
};

/// The maximum number of characters of a text in a row: the first limit with which the row has at most a third of the
/// budget, or the last one.
const LIMITS: [usize; 4] = [600, 300, 150, NAME];

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut answer = call.answer()?;
    let snapshots = call.snapshots()?;
    let query = call.arguments.text("query").trim();
    let question = QueryOf { series: ids(&snapshots), query: query.into(), paths: call.host.sources().clone() };
    let answered = call.workspace.ask(&question, call.cancel)?;
    let found = answered.0.as_ref().map_err(|error| bad_query(query, error))?;
    let rows = human::quantity(found.rows.len() as u64, "row", "rows");
    let cut = if found.ran.is_cut { ", there are more" } else { "" };
    if let Some(numbers) = other_numbers(&snapshots) {
        answer.line(numbers);
    }
    answer.heading(format!("{rows}{cut}"));
    if let Some((snapshot, node)) = found.objects.iter().flatten().next().copied()
        && let Some(open) = snapshots.iter().find(|open| open.id == snapshot)
    {
        let id = open.snapshot.id(node).to_string();
        let of = arguments([("snapshot", json!(open.number())), ("id", json!(id))]);
        answer.next("retainers", of, "what keeps the first object alive");
    }
    answer.heading(found.columns.iter().map(|name| quoted(name, NAME)).collect::<Vec<_>>().join(" | "));
    let most = answer.budget() / 3;
    answer.rows(found.rows.len(), |at| {
        let row = |limit: usize| {
            let cells =
                found.rows[at].iter().enumerate().map(|(column, value)| cell(value, found.is_id(column), limit));
            cells.collect::<Vec<_>>().join(" | ")
        };
        let fitting = LIMITS.into_iter().map(row).find(|row| tokens(row) <= most);
        Ok::<_, Failure>(fitting.unwrap_or_else(|| row(NAME)))
    })?;
    Ok(answer)
}

/// Returns the numbers of snapshots for the other tools if they differ from those in the column `snapshot`.
fn other_numbers(snapshots: &[Arc<OpenSnapshot>]) -> Option<String> {
    let pairs = || (1_u32..).zip(snapshots.iter().map(|open| open.number()));
    let text = pairs().map(|(own, number)| format!("{own} is snapshot {number}")).collect::<Vec<_>>().join(", ");
    pairs().any(|(own, number)| own != number).then(|| format!("in the column snapshot, {text} of the other tools"))
}

fn cell(value: &Value, is_id: bool, limit: usize) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(id) if is_id => format!("@{}", id.cast_unsigned()),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => quoted(text, limit),
        Value::Blob(bytes) => human::quantity(bytes.len() as u64, "byte", "bytes"),
    }
}

/// Returns the error of a query. Its message may repeat texts of the heap, so it is quoted.
fn bad_query(query: &str, error: &SqlError) -> Failure {
    let at = match error {
        SqlError::Query { offset: Some(offset), .. } => query.get(*offset..).unwrap_or_default(),
        _ => "",
    };
    let at = if at.is_empty() { String::new() } else { format!(" at {}", quoted(at, 40)) };
    Failure::expected(format!("query: {}{at}", quoted(&error.to_string(), 500)))
}
