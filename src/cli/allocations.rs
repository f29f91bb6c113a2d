//! `heapglass allocations`: lists functions with their allocated and live objects and bytes.

use std::io::Write;

use anyhow::anyhow;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::args::{AllocationsArguments, Format};
use super::{Files, recovered};
use crate::export::{
    ALLOCATIONS, ALLOCATIONS_TEXT, Columns, FileFormat, FunctionRow, Functions, JsonRows, Record, write_rows,
    write_text,
};
use crate::model::{CancelToken, human};
use crate::query::{CallKey, CallList, CallRow, CallSort, Calls, allocations, call_rows, has_allocations};

/// The maximum number of callers listed per function. The tree of callers can be far larger than the file.
const MAX_CALLERS: usize = 1000;

#[derive(Serialize)]
struct Allocated<'a> {
    file: String,
    #[serde(rename = "salvaged", skip_serializing_if = "Option::is_none")]
    recovered: Option<Vec<String>>,
    functions: Tree<'a>,
}

/// Functions, each with its callers if asked for, in JSON.
struct Tree<'a> {
    calls: &'a Calls,
    functions: &'a [Listed],
    has_callers: bool,
}

/// A function in JSON.
#[derive(Serialize)]
struct Entry<'a, C: Serialize> {
    #[serde(flatten)]
    row: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callers: Option<C>,
}

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = Columns::<Functions>::named(ALLOCATIONS);
        let mut list = serializer.serialize_seq(None)?;
        for Listed { row, callers } in self.functions {
            let function = function_row(self.calls, None, row);
            let rows = callers.iter().map(|(depth, row)| function_row(self.calls, Some(*depth), row));
            let callers = self.has_callers.then(|| JsonRows::<Functions, _> { columns: columns.clone(), rows });
            list.serialize_element(&Entry { row: columns.record(&function), callers })?;
        }
        list.end()
    }
}

pub(super) fn run(arguments: &AllocationsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let snapshot = files.open(&arguments.file)?;
    if !has_allocations(&snapshot) {
        return Err(anyhow!(
            "{}: no allocation stacks; record them with `heapglass capture --timeline 30s --stacks`",
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
            let file = arguments.file.display().to_string();
            let functions = Tree { calls, functions: &functions, has_callers: arguments.callers };
            let allocated = Allocated { file, recovered: recovered(&snapshot), functions };
            serde_json::to_writer(&mut *out, &allocated)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            let rows = flat(calls, &functions);
            Ok(write_rows::<Functions>(Columns::named(ALLOCATIONS), rows, FileFormat::Csv, out)?)
        }
        Format::Text => {
            let sums = calls.sums();
            let (live, all) = (human::quantity(sums[0], "object", "objects"), human::count(sums[1]));
            let (live_size, size) = (human::bytes(sums[2]), human::bytes(sums[3]));
            writeln!(out, "{live} ({live_size}) live of {all} ({size}) allocated with a stack\n")?;
            let columns = Columns::named(ALLOCATIONS_TEXT);
            Ok(write_text::<Functions>(&columns, flat(calls, &functions), out)?)
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

fn function_row<'a>(calls: &'a Calls, depth: Option<u32>, row: &'a CallRow) -> FunctionRow<'a> {
    FunctionRow { calls, row, depth, is_compared: false, whole: 0 }
}

/// Returns each function followed by its callers.
fn flat<'a>(calls: &'a Calls, functions: &'a [Listed]) -> impl Iterator<Item = FunctionRow<'a>> + Clone {
    functions.iter().flat_map(move |listed| {
        let callers = listed.callers.iter().map(|(depth, row)| (*depth, row));
        let rows = std::iter::once((0, &listed.row)).chain(callers);
        rows.map(move |(depth, row)| function_row(calls, Some(depth), row))
    })
}
