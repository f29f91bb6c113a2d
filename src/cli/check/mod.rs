//! `heapglass check`: whether memory grew beyond limits, for a job that has to pass or fail.
//!
//! A log must be enough to act on, so each finding comes with its numbers and with the way from a root to an object of
//! those that are held like most.

pub(super) mod arguments;
mod findings;
mod ignore;
mod junit;
mod markdown;
mod report;

use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;

use arguments::{CheckArguments, CheckFormat, GrowthLimit};
use findings::{Rules, findings};
use ignore::Names;

use super::{BadUsage, Files, name_of};
use crate::Snapshot;
use crate::model::CancelToken;
use crate::query::{Growth, growth};

/// A limit is exceeded; the report that was written says which.
#[derive(Debug, thiserror::Error)]
#[error("a limit is exceeded")]
pub(super) struct LimitsExceeded;

/// What holds where no limit is given.
const DEFAULT_TOTAL: GrowthLimit = GrowthLimit::Percent(5.0);

pub(super) fn run(arguments: &CheckArguments, opener: &Files, out: &mut dyn Write) -> anyhow::Result<()> {
    let ignored = arguments.ignore.as_deref().map(Names::read).transpose()?.unwrap_or_default();
    let files: Vec<&PathBuf> = std::iter::once(&arguments.base).chain(&arguments.current).collect();
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(BadUsage("standard input has only one snapshot: give `-` once").into());
    }
    let snapshots: Vec<Rc<Snapshot>> = files.iter().map(|file| opener.open(file)).collect::<anyhow::Result<_>>()?;
    let mut taken: Vec<(&Snapshot, String)> =
        snapshots.iter().zip(&files).map(|(snapshot, file)| (snapshot.as_ref(), name_of(file))).collect();
    let mut growth = growth_of(&taken)?;
    // A shell puts run-10 before run-9, and a leak read backwards shrinks.
    let is_reordered = growth.ids_match && !taken.is_sorted_by_key(|(snapshot, _)| snapshot.max_object_id());
    if is_reordered {
        taken.sort_by_key(|(snapshot, _)| snapshot.max_object_id());
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
    let report = findings(&by_reference, names, &growth, &rules)?;
    match arguments.format {
        CheckFormat::Text => report::text(&report, out)?,
        CheckFormat::Json => {
            serde_json::to_writer(&mut *out, &report)?;
            writeln!(out)?;
        }
        CheckFormat::Markdown => markdown::write(&report, out)?,
        CheckFormat::Junit => junit::write(&report, out)?,
    }
    if report.passed { Ok(()) } else { Err(LimitsExceeded.into()) }
}

fn growth_of(taken: &[(&Snapshot, String)]) -> anyhow::Result<Growth> {
    let snapshots: Vec<&Snapshot> = taken.iter().map(|(snapshot, _)| *snapshot).collect();
    Ok(growth(&snapshots, &CancelToken::new())?)
}
