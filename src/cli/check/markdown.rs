//! The report as Markdown, for a comment or a job summary.

use std::collections::HashMap;
use std::io::{self, Write};

use super::outcome::Report;
use super::report::{IN_FULL, compared, held, leak_lines, objects, sentence, verdict};
use crate::cli::lines::Lines;
use crate::model::human;
use crate::report::{backticks, escape_markdown as escape};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    let sign = if report.passed { "✅" } else { "❌" };
    lines.line(&format!("## {sign} {}", escape(&verdict(report))))?;
    lines.line("")?;
    lines.line("| Snapshot | Objects | Size |")?;
    lines.line("|---|--:|--:|")?;
    for measured in &report.snapshots {
        let (size, objects) = (human::bytes(measured.total_size), human::count(measured.objects));
        lines.line(&format!("| {} | {objects} | {size} |", escape(&measured.file)))?;
    }
    lines.line("")?;
    lines.line("| Limit | Allowed | Measured | |")?;
    lines.line("|---|---|---|---|")?;
    for limit in &report.limits {
        let sign = if limit.passed { "ok" } else { "**exceeded**" };
        let [rule, allowed, measured] = [&limit.rule, &limit.allowed, &limit.measured].map(|cell| escape(cell));
        lines.line(&format!("| {rule} | {allowed} | {measured} | {sign} |"))?;
    }
    for line in compared(report) {
        lines.line("")?;
        lines.line(&escape(line.trim()))?;
    }
    for leak in &report.leaks {
        let known = if leak.is_known { "Known: " } else { "" };
        heading(&format!("{known}{}", leak.finding.title), &mut lines)?;
        if !leak.is_known {
            block(&leak_lines(leak), &mut lines)?;
        }
    }
    let mut seen = HashMap::new();
    for violation in &report.violations {
        heading(&violation.title(), &mut lines)?;
        block(&objects(violation, &mut seen), &mut lines)?;
    }
    for (at, finding) in report.findings.iter().enumerate() {
        heading(&finding.title(), &mut lines)?;
        lines.line("")?;
        lines.line(&escape(&sentence(finding)))?;
        if at < IN_FULL {
            block(&held(finding, &mut seen), &mut lines)?;
        }
    }
    if !report.notes.is_empty() {
        lines.line("")?;
    }
    report.notes.iter().try_for_each(|note| lines.line(&format!("> {}", escape(note))))
}

fn heading(text: &str, lines: &mut Lines<'_>) -> io::Result<()> {
    lines.line("")?;
    lines.line(&format!("### {}", escape(text)))
}

/// Writes lines as a block of code.
fn block(text: &[String], lines: &mut Lines<'_>) -> io::Result<()> {
    let fence = backticks(&text.join("\n"), 3);
    lines.line("")?;
    lines.line(&format!("{fence}text"))?;
    text.iter().try_for_each(|line| lines.line(line))?;
    lines.line(&fence)
}
