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

use super::args::check::{CheckArguments, CheckFormat, GrowthLimit};
use findings::{Report, Rules, findings};
use ignore::Names;

use super::{BadUsage, Files, Verdict, series};
use crate::model::CancelToken;
use crate::query;

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

fn judge(arguments: &CheckArguments, files: &Files) -> anyhow::Result<Report> {
    let ignored = arguments.ignore.as_deref().map(Names::read).transpose()?.unwrap_or_default();
    let paths: Vec<&PathBuf> = std::iter::once(&arguments.base).chain(&arguments.current).collect();
    let mut opened = series::open(&paths, files)?;
    let repeated = std::mem::take(&mut opened.repeated);
    if opened.snapshots.len() < 2 {
        return Err(BadUsage::error(format!("{}; at least two different snapshots are required", repeated.join("; "))));
    }
    let mut growth = query::growth(&opened.by_reference(), &CancelToken::new())?;
    // A shell sorts run-10 before run-9, and in reverse order a leak looks like shrinking.
    let is_reordered = growth.ids_match && opened.sort_by_age();
    if is_reordered {
        growth = query::growth(&opened.by_reference(), &CancelToken::new())?;
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
    let names = opened.snapshots.iter().map(|(_, name)| name.clone()).collect();
    let mut report = findings(&opened.by_reference(), names, &growth, &rules)?;
    report.notes.extend(repeated.into_iter().map(|repeated| format!("{repeated}; ignored")));
    Ok(report)
}
