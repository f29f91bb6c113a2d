//! `heapglass profile`: lists the functions or calls of a sampling heap profile, or compares two profiles.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;

use super::args::{Format, ProfileArguments};
use super::table::{Table, address, name};
use super::{Files, complain, csv, row_name};
use crate::Profile;
use crate::model::human::{self, Units};
use crate::model::{CallFunction, CancelToken, difference};
use crate::query::{CallKey, CallList, CallRow, CallSort, Calls, call_rows, compare_profiles, profile_calls};

#[derive(Serialize)]
struct Profiled<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// True if both files are the same profile; left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    identical: bool,
    total_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_total_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<Vec<Row<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Vec<Row<'a>>>,
}

/// The location of a function, in JSON.
#[derive(Serialize)]
pub(super) struct Place<'a> {
    url: Cow<'a, str>,
    script_id: u64,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> Place<'a> {
    pub(super) fn of(function: &'a CallFunction) -> Option<Self> {
        let CallFunction { url, script_id, line, column, .. } = function;
        let is_somewhere = !url.is_empty() || *script_id != 0;
        is_somewhere.then_some(Self { url: row_name(url), script_id: *script_id, line: *line, column: *column })
    }
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    name: Cow<'a, str>,
    location: Option<Place<'a>>,
    self_size: u64,
    total_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_self_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_total_size: Option<u64>,
}

/// The message if both files are the same profile.
const IDENTICAL: &str = "the two files are the same profile: nothing changed";

pub(super) fn run(arguments: &ProfileArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let cancel = CancelToken::new();
    // The base is the first of two files, as in `compare`.
    let (base, file) = match &arguments.current {
        Some(current) => (Some(&arguments.file), current),
        None => (None, &arguments.file),
    };
    let base_profile = base.map(|base| files.open_profile(base)).transpose()?;
    let profile = files.open_profile(file)?;
    let calls = match &base_profile {
        Some(base) => compare_profiles(base, &profile, &cancel)?,
        None => profile_calls(&profile, &cancel)?,
    };
    let is_compared = base_profile.is_some();
    let identical = base_profile.as_ref().is_some_and(|base| base.is_identical_to(&profile));
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let rows =
        if arguments.top_down { tree(&calls, is_compared, limit)? } else { functions(&calls, is_compared, limit)? };
    match arguments.format {
        Format::Json => {
            let rows: Vec<Row<'_>> = rows.iter().map(|(depth, row)| json(&calls, is_compared, *depth, row)).collect();
            let (functions, calls) = if arguments.top_down { (None, Some(rows)) } else { (Some(rows), None) };
            let profiled = Profiled {
                file: file.display().to_string(),
                base: base.map(|base| base.display().to_string()),
                identical,
                total_size: profile.total_size(),
                base_total_size: base_profile.as_ref().map(Profile::total_size),
                functions,
                calls,
            };
            serde_json::to_writer(&mut *out, &profiled)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            if identical {
                complain(&format!("heapglass: {IDENTICAL}"));
            }
            write_csv(&calls, is_compared, &rows, out)
        }
        Format::Text => {
            let size = human::bytes(profile.total_size());
            let about = profile.source().name.clone();
            if identical {
                return Ok(writeln!(out, "{IDENTICAL}")?);
            }
            match &base_profile {
                Some(base) => {
                    let before = human::bytes(base.total_size());
                    let change = change(profile.total_size(), base.total_size());
                    writeln!(out, "{} {before} → {} {size}, {change}\n", name(&base.source().name), name(&about))?;
                }
                None => writeln!(
                    out,
                    "{}: {size} sampled in {}\n",
                    name(&about),
                    human::quantity(profile.call_count(), "call", "calls")
                )?,
            }
            write_text(&calls, is_compared, &rows, out)
        }
    }
}

/// Returns the functions that allocated, largest self size first; in a comparison, those that grew most.
fn functions(calls: &Calls, is_compared: bool, limit: usize) -> anyhow::Result<Vec<(Option<u32>, CallRow)>> {
    let key = if is_compared { CallKey::OwnChange } else { CallKey::Own(0) };
    let sort = CallSort { key, descending: true };
    let rows = call_rows(calls, &CallList::Callers(Vec::new()), sort, None, &CancelToken::new())?.rows;
    Ok(rows.into_iter().take(limit).map(|row| (None, row)).collect())
}

/// Returns the calls in the order of the tree, largest first within each call.
fn tree(calls: &Calls, is_compared: bool, limit: usize) -> anyhow::Result<Vec<(Option<u32>, CallRow)>> {
    let key = if is_compared { CallKey::TotalChange } else { CallKey::Total(0) };
    let sort = CallSort { key, descending: true };
    let list = |list: &CallList| call_rows(calls, list, sort, None, &CancelToken::new());
    let mut stack: Vec<(u32, CallRow)> =
        list(&CallList::Callees(None))?.rows.into_iter().rev().map(|row| (0, row)).collect();
    let mut rows = Vec::new();
    while let Some((depth, row)) = stack.pop() {
        if rows.len() == limit {
            break;
        }
        if let Some(below) = &row.below {
            stack.extend(list(below)?.rows.into_iter().rev().map(|row| (depth + 1, row)));
        }
        rows.push((Some(depth), row));
    }
    Ok(rows)
}

fn json<'a>(calls: &'a Calls, is_compared: bool, depth: Option<u32>, row: &CallRow) -> Row<'a> {
    let function = &calls.functions()[row.function as usize];
    let numbers = row.numbers;
    Row {
        depth,
        name: row_name(function.label()),
        location: Place::of(function),
        self_size: numbers.own[0],
        total_size: numbers.total[0],
        base_self_size: is_compared.then_some(numbers.own[1]),
        base_total_size: is_compared.then_some(numbers.total[1]),
    }
}

/// Formats the difference of two sizes with its sign.
fn change(now: u64, before: u64) -> String {
    Units::Decimal.signed(difference(now, before))
}

fn write_csv(
    calls: &Calls,
    is_compared: bool,
    rows: &[(Option<u32>, CallRow)],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let has_depth = rows.first().is_some_and(|(depth, _)| depth.is_some());
    let mut columns = vec!["name", "url", "script_id", "line", "column", "self_size", "total_size"];
    if has_depth {
        columns.insert(0, "depth");
    }
    if is_compared {
        columns.extend(["base_self_size", "base_total_size"]);
    }
    csv::line(out, &columns)?;
    for (depth, row) in rows {
        let function = &calls.functions()[row.function as usize];
        let mut line: Vec<String> = depth.map(|depth| depth.to_string()).into_iter().collect();
        line.extend([
            row_name(function.label()).into_owned(),
            row_name(&function.url).into_owned(),
            function.script_id.to_string(),
            super::optional(function.line),
            super::optional(function.column),
        ]);
        let numbers = row.numbers;
        line.extend([numbers.own[0], numbers.total[0]].map(|number| number.to_string()));
        if is_compared {
            line.extend([numbers.own[1], numbers.total[1]].map(|number| number.to_string()));
        }
        csv::line(out, &line)?;
    }
    Ok(())
}

fn write_text(
    calls: &Calls,
    is_compared: bool,
    rows: &[(Option<u32>, CallRow)],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    /// The maximum number of indented levels. Deeper rows show their depth as a number.
    const MAX_INDENT: u32 = 30;
    let header: &[&str] = if is_compared {
        &["Self", "Change", "Total", "Change", "Function"]
    } else {
        &["Self", "%", "Total", "%", "Function"]
    };
    if rows.is_empty() {
        return Ok(writeln!(out, "The profile has no samples: no sampled allocation was still alive.")?);
    }
    let mut table = Table::new(header);
    let whole = calls.sums()[0].max(1);
    for (depth, row) in rows {
        let function = &calls.functions()[row.function as usize];
        let (own, total) = (row.numbers.own, row.numbers.total);
        let beside = |numbers: [u64; 4]| {
            #[expect(clippy::cast_precision_loss, reason = "a percentage")]
            let share = numbers[0] as f64 * 100.0 / whole as f64;
            if is_compared { change(numbers[0], numbers[1]) } else { format!("{share:.1}") }
        };
        let indent = match *depth {
            Some(depth) if depth > MAX_INDENT => format!("{}({depth}) ", "  ".repeat(MAX_INDENT as usize)),
            depth => "  ".repeat(depth.unwrap_or(0) as usize),
        };
        let place = function.place();
        let place = if place.is_empty() { place } else { format!("  {}", address(&place)) };
        table.push(vec![
            human::bytes(own[0]),
            beside(own),
            human::bytes(total[0]),
            beside(total),
            format!("{indent}{}{place}", name(function.label())),
        ]);
    }
    Ok(table.write(out)?)
}
