//! `heapglass compare`: compares two snapshots by class.

use std::io::Write;

use serde::Serialize;

use super::args::{CompareArguments, ComparedColumn, Format};
use super::summary::{LocationJson, RELOADED_HINT};
use super::table::{Table, name};
use super::{BadUsage, Files, complain, csv, name_of, salvaged};
use crate::model::{CancelToken, human};
use crate::query::{
    Age, ComparedClass, Comparison, ComparisonKey, ComparisonSort, OPTIONS_DIFFER, Scripts, are_identical, compare,
    compare_joined, compared_classes, scripts,
};

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the answer")]
struct Compared<'a> {
    base: String,
    current: String,
    ids_match: bool,
    options_differ: bool,
    /// True if both files are the same snapshot; omitted otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    identical: bool,
    /// True if the base is newer than the current snapshot.
    is_reversed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    salvaged: Vec<String>,
    classes: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    location: Option<LocationJson>,
    /// The number of merged classes of a script that was loaded several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_classes: Option<u32>,
    new: u64,
    deleted: u64,
    delta: i64,
    allocated_size: u64,
    freed_size: u64,
    size_delta: i64,
    base_retained_size: u64,
    current_retained_size: u64,
}

impl<'a> Row<'a> {
    /// Creates a row. `scripts` are those of the base and of the current snapshot.
    fn new(class: &'a ComparedClass, scripts: &[Scripts; 2]) -> Self {
        // A class in both snapshots has the same script in both.
        let scripts = &scripts[usize::from(class.current_class.is_some())];
        Self {
            name: &class.name,
            location: LocationJson::of_class(class.key.location, class.joined_count, scripts),
            joined_classes: (class.joined_count > 1).then_some(class.joined_count),
            new: class.new_count,
            deleted: class.deleted_count,
            delta: class.delta(),
            allocated_size: class.allocated_size,
            freed_size: class.freed_size,
            size_delta: class.size_delta(),
            base_retained_size: class.base_retained_size,
            current_retained_size: class.current_retained_size,
        }
    }
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
    let classes: Vec<&ComparedClass> =
        rows.iter().take(limit).filter_map(|&row| comparison.classes.get(row as usize)).collect();
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
                salvaged: [("base", &base), ("current", &current)]
                    .into_iter()
                    .flat_map(|(which, of)| {
                        salvaged(of).unwrap_or_default().into_iter().map(move |loss| format!("{which}: {loss}"))
                    })
                    .collect(),
                classes: classes.into_iter().map(|class| Row::new(class, &scripts)).collect(),
            };
            serde_json::to_writer(&mut *out, &compared)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            if let Some(note) = note {
                complain(&format!("heapglass: {note}"));
            }
            write_csv(&classes, out)
        }
        Format::Text if identical => Ok(writeln!(out, "{IDENTICAL}")?),
        Format::Text => {
            if let Some(note) = note {
                writeln!(out, "{note}\n")?;
            }
            write_text(&comparison, &classes, out)?;
            if comparison.has_reloaded && !arguments.join_reloaded {
                writeln!(out, "\n{RELOADED_HINT}")?;
            }
            Ok(())
        }
    }
}

fn write_csv(classes: &[&ComparedClass], out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = "name,script_id,line,column,new,deleted,delta,allocated_size,freed_size,size_delta,\
                   base_retained_size,current_retained_size";
    csv::line(out, &columns.split(',').collect::<Vec<_>>())?;
    for class in classes {
        let row = Row::new(class, &Default::default());
        let at = class.key.location;
        csv::line(
            out,
            &[
                row.name.to_owned(),
                super::optional(at.map(|at| at.script_id)),
                super::optional(at.map(|at| at.line)),
                super::optional(at.map(|at| at.column)),
                row.new.to_string(),
                row.deleted.to_string(),
                row.delta.to_string(),
                row.allocated_size.to_string(),
                row.freed_size.to_string(),
                row.size_delta.to_string(),
                row.base_retained_size.to_string(),
                row.current_retained_size.to_string(),
            ],
        )?;
    }
    Ok(())
}

fn write_text(comparison: &Comparison, classes: &[&ComparedClass], out: &mut dyn Write) -> anyhow::Result<()> {
    if !comparison.ids_match {
        writeln!(
            out,
            "The snapshots are of different processes: object ids do not match. Classes are compared by their totals.\n"
        )?;
    } else if comparison.options_differ {
        writeln!(out, "{OPTIONS_DIFFER}\n")?;
    }
    let mut table =
        Table::new(&["New", "Deleted", "Delta", "Allocated", "Freed", "Size delta", "Retained", "now", "Constructor"]);
    let signed = |difference: i64| human::Units::Decimal.signed(difference).replace('−', "-");
    for class in classes {
        table.push(vec![
            human::count(class.new_count),
            human::count(class.deleted_count),
            human::signed_count(class.delta()).replace('−', "-"),
            human::bytes(class.allocated_size),
            human::bytes(class.freed_size),
            signed(class.size_delta()),
            human::bytes(class.base_retained_size),
            human::bytes(class.current_retained_size),
            name(&class.name),
        ]);
    }
    Ok(table.write(out)?)
}
