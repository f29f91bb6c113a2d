//! `heapglass findings`: says what gathers memory, whether that is a leak, and what to do.

mod html;
pub(super) mod json;
mod markdown;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use super::args::findings::{FindingsArguments, FindingsFormat, Threshold};
use super::series::{self, Opened};
use super::{BadUsage, Files, Verdict};
use crate::Snapshot;
use crate::findings::{Findings, Verdict as Judgment, findings};
use crate::model::CancelToken;

/// All that a format writes.
struct Report<'a> {
    snapshots: Vec<(&'a Snapshot, &'a str)>,
    found: Findings,
    notes: Vec<String>,
}

/// Writes the findings. A report that cannot be written does not change the verdict: `out` remembers the failure.
pub(super) fn run(arguments: &FindingsArguments, files: &Files, out: &mut dyn Write) -> anyhow::Result<Verdict> {
    let mut opened: Opened = series::open(&arguments.files.iter().collect::<Vec<&PathBuf>>(), files)?;
    let mut notes: Vec<String> = opened.repeated.iter().map(|repeated| format!("{repeated}; ignored")).collect();
    if arguments.fail_on.is_some() && opened.snapshots.len() < 2 {
        // Nothing is seen to grow in one snapshot, so such a gate would always pass.
        return Err(BadUsage::error("--fail-on needs at least two different snapshots of one process"));
    }
    // Text is for a person; other formats are reports.
    let is_text = arguments.format == FindingsFormat::Text;
    let find = |snapshots: &[&Snapshot]| {
        if is_text {
            findings(snapshots, &files.sources, &CancelToken::new())
        } else {
            files.reported_findings(snapshots)
        }
    };
    let mut found = find(&opened.by_reference())?;
    // Ages mean nothing between processes.
    if found.ids_match == Some(true) && opened.sort_by_age() {
        notes.push("the snapshots have been sorted by age".to_owned());
        found = find(&opened.by_reference())?;
    }
    notes.append(&mut found.notes);
    // A map that is not used is the same for each snapshot.
    for notice in opened.by_reference().iter().flat_map(|snapshot| snapshot.originals().notices()) {
        if !notes.contains(notice) {
            notes.push(notice.clone());
        }
    }
    notes.extend(opened.outside_note().filter(|_| found.ids_match == Some(true)));
    let is_damaged = opened.by_reference().iter().any(|snapshot| snapshot.recovery().is_some());
    if is_damaged {
        notes.push("a file is damaged, so growing objects may be missing; --fail-on exits with code 3".to_owned());
    }
    let has = |verdict| found.count(verdict) > 0;
    // What could not be judged does not pass.
    let is_unknown = is_damaged || found.ids_match == Some(false);
    let is_above = match arguments.fail_on {
        None => false,
        Some(Threshold::Leak) => is_unknown || has(Judgment::Leak),
        Some(Threshold::Likely) => is_unknown || has(Judgment::Leak) || has(Judgment::Likely),
    };
    found.findings.truncate(arguments.limit);
    let snapshots = opened.snapshots.iter().map(|(snapshot, name, _)| (snapshot.as_ref(), name.as_str())).collect();
    let report = Report { snapshots, found, notes };
    let written = write(&report, arguments.format, out);
    Ok(match arguments.fail_on {
        None => {
            written?;
            Verdict::None
        }
        Some(_) if is_above => Verdict::LimitsExceeded,
        Some(_) => Verdict::LimitsHold,
    })
}

fn write(report: &Report<'_>, format: FindingsFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        FindingsFormat::Text => text::write(report, out),
        FindingsFormat::Json => json::write(report, out),
        FindingsFormat::Markdown => markdown::write(report, out),
        FindingsFormat::Html => html::write(report, out),
    }
}
