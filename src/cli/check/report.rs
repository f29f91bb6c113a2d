//! The text report for a terminal or a log, and the sentences that all formats share.

use std::collections::HashMap;
use std::io::{self, Write};

use super::against::Compared;
use super::counts::Violation;
use super::findings::Finding;
use super::holders::Leak;
use super::outcome::Report;
use crate::cli::lines::Lines;
use crate::findings::finding_lines;
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
    compared(report).iter().try_for_each(|line| lines.line(line))?;
    for leak in &report.leaks {
        lines.line("")?;
        leak_lines(leak).iter().try_for_each(|line| lines.line(line))?;
    }
    let mut seen = HashMap::new();
    for violation in &report.violations {
        lines.line("")?;
        lines.line(&violation.title())?;
        objects(violation, &mut seen).iter().try_for_each(|line| lines.line(&format!("  {line}")))?;
    }
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

/// Returns the comparison with a baseline and with an earlier series as lines.
pub(super) fn compared(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.baseline.iter().map(|known| known.sentence()).collect();
    lines.extend(report.against.iter().flat_map(Compared::lines));
    lines
}

/// Returns a leak as lines; only its title if it is known.
pub(super) fn leak_lines(leak: &Leak) -> Vec<String> {
    if !leak.is_known {
        return finding_lines(&leak.finding);
    }
    let companions = leak.finding.companions.iter().map(|of| format!("  also      {}", of.text));
    std::iter::once(format!("Known: {}", leak.finding.title)).chain(companions).collect()
}

/// Returns the objects of a violation with their paths as lines.
pub(super) fn objects(violation: &Violation, seen: &mut HashMap<u64, String>) -> Vec<String> {
    let mut lines: Vec<String> =
        violation.objects.iter().flat_map(|object| object.lines(&object.label, seen)).collect();
    let more = violation.count - violation.objects.len() as u64;
    if more > 0 {
        lines.push(format!("… and {}", human::quantity(more, "more object", "more objects")));
    }
    lines
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
