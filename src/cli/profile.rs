//! `heapglass profile`: lists the functions or calls of a sampling heap profile, or compares two profiles.

use std::io::Write;

use serde::Serialize;

use super::args::{Format, ProfileArguments};
use super::{Files, complain};
use crate::Profile;
use crate::export::{
    BASE_SIZES, COMPARED_TEXT, Columns, FileFormat, FunctionRow, Functions, JsonRows, PROFILE, PROFILE_TEXT, name,
    write_rows, write_text,
};
use crate::model::human::{self, Units};
use crate::model::{CancelToken, difference};
use crate::query::{CallKey, CallList, CallRow, CallSort, Calls, call_rows, compare_profiles, profile_calls};

#[derive(Serialize)]
struct Profiled<R: Serialize> {
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
    functions: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<R>,
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
    let whole = calls.sums()[0];
    let rows = rows.iter().map(|(depth, row)| FunctionRow { calls: &calls, row, depth: *depth, is_compared, whole });
    match arguments.format {
        Format::Json => {
            let rows = JsonRows::<Functions, _> { columns: Columns::named(PROFILE), rows };
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
            let columns = Columns::<Functions>::named(PROFILE)
                .without(if arguments.top_down { &[] } else { &["depth"] })
                .without(if is_compared { &[] } else { BASE_SIZES });
            Ok(write_rows(columns, rows, FileFormat::Csv, out)?)
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
            if rows.len() == 0 {
                return Ok(writeln!(out, "The profile has no samples: no sampled allocation was still alive.")?);
            }
            let columns = if is_compared { COMPARED_TEXT } else { PROFILE_TEXT };
            Ok(write_text::<Functions>(&Columns::named(columns), rows, out)?)
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

/// Formats the difference of two sizes with its sign.
fn change(now: u64, before: u64) -> String {
    Units::Decimal.signed(difference(now, before))
}
