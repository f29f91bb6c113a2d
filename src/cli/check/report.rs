//! The text report for a terminal or a log, and the sentences that all formats share.

use std::collections::HashMap;
use std::io::{self, Write};

use super::findings::{Finding, Report};
use crate::cli::lines::Lines;
use crate::model::human;

/// The number of findings printed with a retaining path; the others are only summarized.
pub(super) const IN_FULL: usize = 20;

pub(super) fn text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    lines.line(&verdict(report))?;
    report.notes.iter().try_for_each(|note| lines.line(&format!("note: {note}")))?;
    lines.line("")?;
    for measured in &report.snapshots {
        let size = human::bytes(measured.total_size);
        let objects = human::quantity(measured.objects, "object ", "objects");
        lines.line(&format!("  {size:>9}  {objects:>18}  {}", measured.file))?;
    }
    lines.line("")?;
    for limit in &report.limits {
        let sign = if limit.passed { "ok    " } else { "FAILED" };
        lines.line(&format!("{sign}  {}: {}", limit.rule, limit.sentence()))?;
    }
    let mut seen = HashMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        lines.line("")?;
        lines.line(&finding.title())?;
        lines.line(&format!("  {}", sentence(finding)))?;
        if at < IN_FULL {
            held(finding, &mut seen).iter().try_for_each(|line| lines.line(&format!("  {line}")))?;
        }
    }
    Ok(())
}

/// Returns the first line of the report.
pub(super) fn verdict(report: &Report) -> String {
    let snapshots = human::quantity(report.snapshots.len() as u64, "snapshot", "snapshots");
    let broken = report.limits.iter().filter(|limit| !limit.passed).count();
    if report.passed {
        format!("heapglass check: passed, {snapshots}")
    } else {
        format!(
            "heapglass check: FAILED, {broken} of {}, {snapshots}",
            human::quantity(report.limits.len() as u64, "limit", "limits")
        )
    }
}

/// Describes the growth of a class in numbers.
pub(super) fn sentence(finding: &Finding) -> String {
    let counts = finding.over_time(|point| human::count(point.count));
    let shallow = finding.over_time(|point| human::bytes(point.shallow_size));
    let retained = finding.over_time(|point| human::bytes(point.retained_size));
    format!("{}: {counts} objects, {shallow}, retaining {retained}", finding.pattern.to_lowercase())
}

/// Formats the retaining path of the new objects of a class as lines. A path that joins one in `seen` ends there.
pub(super) fn held(finding: &Finding, seen: &mut HashMap<u64, String>) -> Vec<String> {
    let Some(example) = &finding.example else {
        return vec!["the last snapshot has no objects of this class".to_owned()];
    };
    let mut lines = Vec::new();
    let new = human::quantity(finding.new_count, "new object", "new objects");
    if finding.new_count > 0 {
        let (survivors, alike) = (human::count(finding.survivor_count), human::count(example.alike));
        let before = if finding.survivor_count > 0 && finding.snapshots.len() > 2 {
            format!(", {survivors} of them also in an earlier snapshot")
        } else {
            String::new()
        };
        lines.push(format!("{new} in the last snapshot{before}; {alike} held like this one:"));
    } else if let [.., now] = example.alike_counts[..] {
        // The snapshots are of different processes, so nothing is known to be new.
        let objects = human::quantity(now, "object", "objects");
        lines.push(format!("{objects} in the last snapshot held like this one:"));
    } else {
        lines.push("No new objects; the largest one:".to_owned());
    }
    lines.extend(example.lines(&finding.title(), seen).into_iter().map(|line| format!("  {line}")));
    lines
}
