//! `heapglass allocations`: lists functions with their allocated and live objects and bytes.

use std::borrow::Cow;
use std::io::Write;

use anyhow::anyhow;
use serde::Serialize;

use super::args::{AllocationsArguments, Format};
use super::profile::Place;
use super::table::{Table, address, name};
use super::{Files, csv, row_name, salvaged};
use crate::model::{CancelToken, human};
use crate::query::{CallKey, CallList, CallRow, CallSort, Calls, allocations, call_rows, has_allocations};

/// The maximum number of callers listed per function. The tree of callers can be far larger than the file.
const MAX_CALLERS: usize = 1000;

#[derive(Serialize)]
struct Allocated<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    salvaged: Option<Vec<String>>,
    functions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    name: Cow<'a, str>,
    location: Option<Place<'a>>,
    live_count: u64,
    count: u64,
    live_size: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    callers: Option<Vec<Row<'a>>>,
}

pub(super) fn run(arguments: &AllocationsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    if !has_allocations(&snapshot) {
        return Err(anyhow!(
            "{}: no allocation stacks (record an allocation timeline with stacks enabled)",
            arguments.file.display()
        ));
    }
    let cancel = CancelToken::new();
    let allocations = allocations(&snapshot, None, &cancel)?;
    let calls = allocations.calls();
    let sort = CallSort { key: CallKey::Own(3), descending: true };
    let mut functions: Vec<Listed> = Vec::new();
    let rows = call_rows(calls, &CallList::Callers(Vec::new()), sort, None, &cancel)?.rows;
    for row in rows.into_iter().take(arguments.limit.unwrap_or(usize::MAX)) {
        let callers = if arguments.callers { callers(calls, &row, sort)? } else { Vec::new() };
        functions.push(Listed { row, callers });
    }
    match arguments.format {
        Format::Json => {
            let json = |listed: &Listed| {
                let callers = listed.callers.iter().map(|(depth, caller)| json(calls, Some(*depth), caller));
                Row { callers: arguments.callers.then(|| callers.collect()), ..json(calls, None, &listed.row) }
            };
            let file = arguments.file.display().to_string();
            let salvaged = salvaged(&snapshot);
            let allocated = Allocated { file, salvaged, functions: functions.iter().map(json).collect() };
            serde_json::to_writer(&mut *out, &allocated)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => write_csv(calls, &functions, out),
        Format::Text => {
            let sums = calls.sums();
            let (live, all) = (human::quantity(sums[0], "object", "objects"), human::count(sums[1]));
            let (live_size, size) = (human::bytes(sums[2]), human::bytes(sums[3]));
            writeln!(out, "{live} ({live_size}) live of {all} ({size}) allocated with a stack\n")?;
            write_text(calls, &functions, out)
        }
    }
}

/// A function and its callers, each with its depth; direct callers have depth 1.
struct Listed {
    row: CallRow,
    callers: Vec<(u32, CallRow)>,
}

fn callers(calls: &Calls, of: &CallRow, sort: CallSort) -> anyhow::Result<Vec<(u32, CallRow)>> {
    let list = |list: &CallList| call_rows(calls, list, sort, None, &CancelToken::new());
    let mut stack: Vec<(u32, CallRow)> = Vec::new();
    if let Some(below) = &of.below {
        stack.extend(list(below)?.rows.into_iter().rev().map(|row| (1, row)));
    }
    let mut callers = Vec::new();
    while let Some((depth, row)) = stack.pop() {
        if callers.len() == MAX_CALLERS {
            break;
        }
        if let Some(below) = &row.below {
            stack.extend(list(below)?.rows.into_iter().rev().map(|row| (depth + 1, row)));
        }
        callers.push((depth, row));
    }
    Ok(callers)
}

fn json<'a>(calls: &'a Calls, depth: Option<u32>, row: &CallRow) -> Row<'a> {
    let function = &calls.functions()[row.function as usize];
    let [live_count, count, live_size, size] = row.numbers.own;
    let (name, location) = (row_name(function.label()), Place::of(function));
    Row { depth, name, location, live_count, count, live_size, size, callers: None }
}

/// Returns each function followed by its callers.
fn flat(functions: &[Listed]) -> impl Iterator<Item = (u32, &CallRow)> {
    functions.iter().flat_map(|listed| {
        std::iter::once((0, &listed.row)).chain(listed.callers.iter().map(|(depth, row)| (*depth, row)))
    })
}

fn write_csv(calls: &Calls, functions: &[Listed], out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = ["depth", "name", "url", "script_id", "line", "column", "live_count", "count", "live_size", "size"];
    csv::line(out, &columns)?;
    for (depth, row) in flat(functions) {
        let function = &calls.functions()[row.function as usize];
        let mut line = vec![
            depth.to_string(),
            row_name(function.label()).into_owned(),
            row_name(&function.url).into_owned(),
            function.script_id.to_string(),
            super::optional(function.line),
            super::optional(function.column),
        ];
        line.extend(row.numbers.own.map(|number| number.to_string()));
        csv::line(out, &line)?;
    }
    Ok(())
}

fn write_text(calls: &Calls, functions: &[Listed], out: &mut dyn Write) -> anyhow::Result<()> {
    /// The maximum number of indented levels.
    const MAX_INDENT: u32 = 30;
    let mut table = Table::new(&["Live", "Allocated", "Live size", "Size", "Function"]);
    for (depth, row) in flat(functions) {
        let function = &calls.functions()[row.function as usize];
        let [live_count, count, live_size, size] = row.numbers.own;
        let arrow = if depth > 0 { "← " } else { "" };
        let indent = "  ".repeat(depth.min(MAX_INDENT) as usize);
        let place = function.place();
        let place = if place.is_empty() { place } else { format!("  {}", address(&place)) };
        table.push(vec![
            human::count(live_count),
            human::count(count),
            human::bytes(live_size),
            human::bytes(size),
            format!("{indent}{arrow}{}{place}", name(function.label())),
        ]);
    }
    Ok(table.write(out)?)
}
