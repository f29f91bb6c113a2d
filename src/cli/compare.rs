//! `heapglass compare`: compares two snapshots by class.

use std::io::Write;

use serde::Serialize;

use super::args::{CompareArguments, ComparedColumn, Format};
use super::summary::RELOADED_HINT;
use super::{BadUsage, Files, complain, name_of, recovered};
use crate::export::{
    COMPARISON, COMPARISON_TEXT, Columns, ComparedClasses, ComparisonRow, FileFormat, JsonRows, write_rows, write_text,
};
use crate::model::CancelToken;
use crate::query::{
    Age, ComparedClass, Comparison, ComparisonKey, ComparisonSort, OPTIONS_DIFFER, Scripts, are_identical, compare,
    compare_joined, compared_classes, scripts,
};

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the answer")]
struct Compared<R: Serialize> {
    base: String,
    current: String,
    ids_match: bool,
    options_differ: bool,
    /// True if both files are the same snapshot; omitted otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    identical: bool,
    /// True if the base is newer than the current snapshot.
    is_reversed: bool,
    #[serde(rename = "salvaged", skip_serializing_if = "Vec::is_empty")]
    recovered: Vec<String>,
    classes: R,
}

/// The message if both files are the same snapshot.
const IDENTICAL: &str = "the two files are the same snapshot: nothing was allocated or freed";

pub(super) fn run(arguments: &CompareArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    if [&arguments.base, &arguments.current].iter().all(|file| file.as_os_str() == "-") {
        return Err(BadUsage::error("standard input can hold only one snapshot; use `-` once"));
    }
    let base = files.open(&arguments.base)?;
    let current = files.open(&arguments.current)?;
    let compare = if arguments.join_reloaded { compare_joined } else { compare };
    let comparison = compare(&base, &current, &CancelToken::new())?;
    let identical = are_identical(&base, &current, &CancelToken::new())?;
    // Object ids increase over the lifetime of a process in engines that keep them stable.
    let is_reversed =
        comparison.ids_match && current.producer().program.has_stable_ids() && Age::of(&base) > Age::of(&current);
    let reversed = is_reversed.then(|| {
        let (base_id, current_id) = (base.max_object_id(), current.max_object_id());
        format!(
            "The base is newer than the current snapshot (object ids up to @{base_id} and @{current_id}): objects listed \
             as new were freed, and objects listed as deleted were allocated. Pass the older file first."
        )
    });
    let note = if identical { Some(IDENTICAL.to_owned()) } else { reversed };
    let key = match arguments.sort {
        ComparedColumn::Name => ComparisonKey::Name,
        ComparedColumn::New => ComparisonKey::New,
        ComparedColumn::Deleted => ComparisonKey::Deleted,
        ComparedColumn::Delta => ComparisonKey::Delta,
        ComparedColumn::Allocated => ComparisonKey::AllocatedSize,
        ComparedColumn::Freed => ComparisonKey::FreedSize,
        ComparedColumn::Size => ComparisonKey::SizeDelta,
        ComparedColumn::Retained => ComparisonKey::RetainedDelta,
    };
    let sort = ComparisonSort { key, descending: key != ComparisonKey::Name };
    let rows = compared_classes(&comparison, sort, "");
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let classes = rows.iter().take(limit).filter_map(|&row| comparison.classes.get(row as usize));
    let columns = Columns::named(COMPARISON);
    match arguments.format {
        Format::Json => {
            let scripts = [scripts(&base, &CancelToken::new())?, scripts(&current, &CancelToken::new())?];
            let compared = Compared {
                base: name_of(&arguments.base),
                current: name_of(&arguments.current),
                ids_match: comparison.ids_match,
                options_differ: comparison.options_differ,
                identical,
                is_reversed,
                recovered: [("base", &base), ("current", &current)]
                    .into_iter()
                    .flat_map(|(which, of)| {
                        recovered(of).unwrap_or_default().into_iter().map(move |loss| format!("{which}: {loss}"))
                    })
                    .collect(),
                classes: JsonRows::<ComparedClasses, _> { columns, rows: rows_of(classes, Some(&scripts)) },
            };
            serde_json::to_writer(&mut *out, &compared)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            if let Some(note) = note {
                complain(&format!("heapglass: {note}"));
            }
            Ok(write_rows(columns, rows_of(classes, None), FileFormat::Csv, out)?)
        }
        Format::Text if identical => Ok(writeln!(out, "{IDENTICAL}")?),
        Format::Text => {
            if let Some(note) = note {
                writeln!(out, "{note}\n")?;
            }
            write_notes(&comparison, out)?;
            write_text::<ComparedClasses>(&Columns::named(COMPARISON_TEXT), rows_of(classes, None), out)?;
            if comparison.has_reloaded && !arguments.join_reloaded {
                writeln!(out, "\n{RELOADED_HINT}")?;
            }
            Ok(())
        }
    }
}

/// Returns the rows of classes. Only JSON needs the scripts.
fn rows_of<'a>(
    classes: impl Iterator<Item = &'a ComparedClass> + Clone,
    scripts: Option<&'a [Scripts; 2]>,
) -> impl Iterator<Item = ComparisonRow<'a>> + Clone {
    classes.map(move |class| ComparisonRow { class, scripts })
}

fn write_notes(comparison: &Comparison, out: &mut dyn Write) -> anyhow::Result<()> {
    if !comparison.ids_match {
        writeln!(
            out,
            "The snapshots are from different processes: object ids do not match. Classes are compared by their totals.\n"
        )?;
    } else if comparison.options_differ {
        writeln!(out, "{OPTIONS_DIFFER}\n")?;
    }
    Ok(())
}
