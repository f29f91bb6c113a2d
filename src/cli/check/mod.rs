//! `heapglass check`: checks whether memory grew beyond limits, for a job that passes or fails.
//!
//! Holders that grow without bound are judged by [`crate::findings`]; limits on classes and on the whole heap are counted
//! here. A log must be enough to act on, so each class has its numbers and an example with its path from a root: usually
//! an object whose path grew most.

mod against;
mod baseline;
mod counts;
mod example;
mod findings;
mod holders;
mod ignore;
mod junit;
mod markdown;
mod outcome;
mod report;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::check::{CheckArguments, CheckFormat, GrowthLimit};
use super::args::findings::Threshold;
use super::series::Opened;
use super::{BadUsage, Files, Verdict, series};
use baseline::Baseline;
use findings::{Rules, findings};
use holders::{HolderRules, Judged, judge};
use ignore::Names;
use outcome::Report;

use crate::model::{CancelToken, human};
use crate::query;

/// The limit on total growth if no limit is given.
const DEFAULT_TOTAL: GrowthLimit = GrowthLimit::Percent(5.0);

/// Checks the snapshots and writes the report. A report that cannot be written is not an error here: the job waits for
/// the verdict, and `out` remembers the failure.
pub(super) fn run(arguments: &CheckArguments, opener: &Files, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let report = report(arguments, opener)?;
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

fn report(arguments: &CheckArguments, files: &Files) -> anyhow::Result<Report> {
    let ignored = arguments.ignore.as_deref().map(Names::read).transpose()?.unwrap_or_default();
    let paths: Vec<&PathBuf> = std::iter::once(&arguments.base).chain(&arguments.current).collect();
    let needs_series = arguments.needs_growth() || !arguments.has_limits();
    if needs_series && paths.len() < 2 {
        let text = "at least two snapshots are required: <BASE> <CURRENT>...; only --max-count judges a single one";
        return Err(BadUsage::error(text));
    }
    let mut opened = series::open(&paths, files)?;
    let repeated = std::mem::take(&mut opened.repeated);
    if needs_series && opened.snapshots.len() < 2 {
        return Err(BadUsage::error(format!("{}; at least two different snapshots are required", repeated.join("; "))));
    }
    let mut growth = query::growth(&opened.by_reference(), &CancelToken::new())?;
    // A shell sorts run-10 before run-9, and in reverse order a leak looks like shrinking.
    let is_reordered = growth.ids_match && opened.sort_by_age();
    if is_reordered {
        growth = query::growth(&opened.by_reference(), &CancelToken::new())?;
    }
    let are_defaults = !arguments.has_limits();
    let judges_holders = arguments.judges_holders() || are_defaults && growth.ids_match;
    let rules = Rules {
        are_defaults,
        total: arguments.max_total_growth.or(are_defaults.then_some(DEFAULT_TOTAL)),
        classes: arguments.max_class_growth.clone(),
        every_step: arguments.fail_on_growing_every_step || are_defaults && !judges_holders,
        counts: arguments.max_count.clone(),
        step_objects: arguments.step_objects,
        step_size: arguments.step_size,
        ignored,
        is_reordered,
    };
    let judged = if judges_holders { Some(judged(arguments, &opened, &rules.ignored, files)?) } else { None };
    let names = opened.snapshots.iter().map(|(_, name, _)| name.clone()).collect();
    let mut report = findings(&opened.by_reference(), names, &growth, (&rules, judged))?;
    report.notes.extend(opened.outside_note().filter(|_| growth.ids_match));
    report.notes.extend(repeated.into_iter().map(|repeated| format!("{repeated}; ignored")));
    if let (Some(file), true) = (&arguments.baseline, arguments.write_baseline) {
        let note = write_baseline(file, &opened, &report)?;
        report.notes.push(note);
    }
    Ok(report)
}

/// Writes the signatures of all leaks. A baseline of snapshots that could not be judged would accept everything it lacks, so
/// it is not written.
fn write_baseline(file: &Path, opened: &Opened, report: &Report) -> anyhow::Result<String> {
    let is_damaged = opened.by_reference().iter().any(|snapshot| snapshot.recovery().is_some());
    if is_damaged || !report.ids_match {
        let why = if is_damaged { "a file is damaged" } else { "the snapshots are from different processes" };
        return Ok(format!("{} was not written, since {why}", file.display()));
    }
    let signatures = report.leaks.iter().flat_map(|leak| leak.finding.signatures());
    let count = Baseline::write(file, signatures).with_context(|| file.display().to_string())?;
    Ok(format!("wrote {} to {}", human::quantity(count as u64, "signature", "signatures"), file.display()))
}

/// Judges the holders of the snapshots, and of the earlier series if one is given.
fn judged(arguments: &CheckArguments, opened: &Opened, ignored: &Names, files: &Files) -> anyhow::Result<Judged> {
    let threshold = arguments.fail_on.unwrap_or(Threshold::Likely);
    let mut rules = HolderRules { threshold, ignored: ignored.clone(), baseline: None, accepts_all: false };
    let before = arguments.against.as_deref().map(|folder| against::growing_in(folder, &rules, files)).transpose()?;
    if arguments.write_baseline {
        rules.accepts_all = true;
    } else {
        rules.baseline = arguments.baseline.as_deref().map(Baseline::read).transpose()?;
    }
    judge(&opened.by_reference(), &rules, files, before.as_ref())
}
