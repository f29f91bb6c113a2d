//! The report for a terminal or a log, and the sentences that the other formats share with it.

use std::collections::HashMap;
use std::io::{self, Write};

use super::findings::{Finding, Report};
use crate::model::human;

/// Findings that are written in full; the others by a line.
pub(super) const IN_FULL: usize = 20;

pub(super) fn text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", verdict(report))?;
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out)?;
    for measured in &report.snapshots {
        let size = human::bytes(measured.total_size);
        let objects = human::quantity(measured.objects, "object ", "objects");
        writeln!(out, "  {size:>9}  {objects:>18}  {}", human::visible(&measured.file, 300))?;
    }
    writeln!(out)?;
    for limit in &report.limits {
        let sign = if limit.passed { "ok    " } else { "FAILED" };
        writeln!(out, "{sign}  {}: {}; the limit is {}", limit.rule, limit.measured, limit.allowed)?;
    }
    let mut seen = HashMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        writeln!(out)?;
        writeln!(out, "{}", finding.title())?;
        writeln!(out, "  {}", sentence(finding))?;
        if at >= IN_FULL {
            continue;
        }
        for line in held(finding, &mut seen) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// The first line.
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

/// What happened to a class, in numbers.
pub(super) fn sentence(finding: &Finding) -> String {
    let counts = finding.over_time(|point| human::count(point.count));
    let shallow = finding.over_time(|point| human::bytes(point.shallow_size));
    let retained = finding.over_time(|point| human::bytes(point.retained_size));
    format!("{}: {counts} objects, {shallow}, retaining {retained}", finding.pattern.to_lowercase())
}

/// Who holds what is new of a class, as lines. Ways that join one that is among those seen are not written twice.
pub(super) fn held(finding: &Finding, seen: &mut HashMap<u64, String>) -> Vec<String> {
    let Some(example) = &finding.example else { return vec!["none of its objects is in the last snapshot".to_owned()] };
    let mut lines = Vec::new();
    let new = human::quantity(finding.new_count, "new object", "new objects");
    if finding.new_count > 0 {
        let (survivors, alike) = (human::count(finding.survivor_count), human::count(example.alike));
        let before = if finding.survivor_count > 0 && finding.snapshots.len() > 2 {
            format!(", of which {survivors} were in an earlier snapshot too")
        } else {
            String::new()
        };
        lines.push(format!("{new} in the last snapshot{before}; {alike} of them held like this one:"));
    } else {
        lines.push("None of its objects is new; the largest:".to_owned());
    }
    lines.extend(example.lines(&finding.title(), seen).into_iter().map(|line| format!("  {line}")));
    lines
}
