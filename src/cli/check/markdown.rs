//! The report as Markdown, for a comment or a job's summary.

use std::collections::HashMap;
use std::io::{self, Write};

use super::findings::Report;
use super::report::{IN_FULL, held, sentence, verdict};
use crate::model::human;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let sign = if report.passed { "✅" } else { "❌" };
    writeln!(out, "## {sign} {}\n", escape(&verdict(report)))?;
    writeln!(out, "| Snapshot | Objects | Size |\n|---|--:|--:|")?;
    for measured in &report.snapshots {
        let (size, objects) = (human::bytes(measured.total_size), human::count(measured.objects));
        writeln!(out, "| {} | {objects} | {size} |", escape(&human::visible(&measured.file, 300)))?;
    }
    writeln!(out, "\n| Limit | Allowed | Measured | |\n|---|---|---|---|")?;
    for limit in &report.limits {
        let sign = if limit.passed { "ok" } else { "**exceeded**" };
        let (rule, measured) = (escape(&limit.rule), escape(&limit.measured));
        writeln!(out, "| {rule} | {} | {measured} | {sign} |", escape(&limit.allowed))?;
    }
    let mut seen = HashMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        writeln!(out, "\n### {}\n\n{}", escape(&finding.title()), escape(&sentence(finding)))?;
        if at < IN_FULL {
            // A fence longer than any run of backticks in the text cannot be closed by it.
            let lines = held(finding, &mut seen).join("\n");
            let longest = lines.split(|character| character != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            writeln!(out, "\n{fence}text\n{lines}\n{fence}")?;
        }
    }
    if !report.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &report.notes {
        writeln!(out, "> {}", escape(note))?;
    }
    Ok(())
}

/// Text in which nothing is markup. Names of classes come from the heap and may be anything.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '|' | '<' | '>' | '[' | ']' | '#' | '~' | '&' | '@') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
