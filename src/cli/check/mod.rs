//! `heapglass check`: checks whether memory grew beyond limits, for a job that passes or fails.
//!
//! A log must be enough to act on, so each finding has its numbers and an example with its path from a root: usually an
//! object whose path grew most.

mod example;
mod findings;
mod ignore;
mod junit;
pub(super) mod markdown;
mod report;

use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

use super::args::check::{CheckArguments, CheckFormat, GrowthLimit};
use findings::{Report, Rules, findings};
use ignore::Names;

use super::{BadUsage, Files, Verdict, name_of};
use crate::Snapshot;
use crate::model::CancelToken;
use crate::query::{Age, Distinct, Growth, chronological, distinct, growth};

/// The limit on total growth if no limit is given.
const DEFAULT_TOTAL: GrowthLimit = GrowthLimit::Percent(5.0);

/// Checks the snapshots and writes the report. A report that cannot be written is not an error here: the job waits for
/// the verdict, and `out` remembers the failure.
pub(super) fn run(arguments: &CheckArguments, opener: &Files, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let report = judge(arguments, opener)?;
    let _ = write(&report, arguments.format, out);
    Ok(if report.passed { Verdict::LimitsHold } else { Verdict::LimitsExceeded })
}

fn write(report: &Report, format: CheckFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        CheckFormat::Text => report::text(report, out),
        CheckFormat::Json => {
            serde_json::to_writer(&mut *out, report)?;
            writeln!(out)
        }
        CheckFormat::Markdown => markdown::write(report, out),
        CheckFormat::Junit => junit::write(report, out),
    }
}

fn judge(arguments: &CheckArguments, opener: &Files) -> anyhow::Result<Report> {
    let ignored = arguments.ignore.as_deref().map(Names::read).transpose()?.unwrap_or_default();
    let files: Vec<&PathBuf> = std::iter::once(&arguments.base).chain(&arguments.current).collect();
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(BadUsage::error("standard input can hold only one snapshot; use `-` once"));
    }
    let snapshots: Vec<Rc<Snapshot>> = files.iter().map(|file| opener.open(file)).collect::<anyhow::Result<_>>()?;
    let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    let Distinct { kept, left_out } =
        distinct(&snapshots.iter().map(Rc::as_ref).collect::<Vec<_>>(), &CancelToken::new())?;
    let repeated: Vec<String> = left_out
        .iter()
        .map(|&(at, before)| format!("{} is the same snapshot as {}", names[at], names[before]))
        .collect();
    if kept.len() < 2 {
        return Err(BadUsage::error(format!("{}; at least two different snapshots are required", repeated.join("; "))));
    }
    let mut taken: Vec<(&Snapshot, String)> =
        kept.iter().map(|&at| (snapshots[at].as_ref(), names[at].clone())).collect();
    let mut growth = growth_of(&taken)?;
    // A shell sorts run-10 before run-9, and in reverse order a leak looks like shrinking.
    let is_reordered = growth.ids_match && !taken.is_sorted_by_key(|(snapshot, _)| Age::of(snapshot));
    if is_reordered {
        chronological(&mut taken, |(snapshot, _)| Age::of(snapshot));
        growth = growth_of(&taken)?;
    }
    let has_limits = arguments.max_total_growth.is_some()
        || !arguments.max_class_growth.is_empty()
        || arguments.fail_on_growing_every_step;
    let rules = Rules {
        are_defaults: !has_limits,
        total: arguments.max_total_growth.or((!has_limits).then_some(DEFAULT_TOTAL)),
        classes: arguments.max_class_growth.clone(),
        every_step: arguments.fail_on_growing_every_step || !has_limits,
        step_objects: arguments.step_objects,
        step_size: arguments.step_size,
        ignored,
        is_reordered,
    };
    let (by_reference, names): (Vec<&Snapshot>, Vec<String>) = taken.into_iter().unzip();
    let mut report = findings(&by_reference, names, &growth, &rules)?;
    report.notes.extend(repeated.into_iter().map(|repeated| format!("{repeated}; ignored")));
    Ok(report)
}

fn growth_of(taken: &[(&Snapshot, String)]) -> anyhow::Result<Growth> {
    let snapshots: Vec<&Snapshot> = taken.iter().map(|(snapshot, _)| *snapshot).collect();
    Ok(growth(&snapshots, &CancelToken::new())?)
}
