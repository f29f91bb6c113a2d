//! Findings as Markdown, for a comment on a change or an issue.

use std::io::{self, Write};

use super::Report;
use crate::cli::lines::Lines;
use crate::findings::finding_lines;
use crate::model::human;
use crate::report::{backticks, escape_markdown as escape};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    lines.line(&format!("## {}", escape(&report.found.summary)))?;
    lines.line("")?;
    lines.line("| Snapshot | Objects | Size |")?;
    lines.line("|---|--:|--:|")?;
    for &(snapshot, name) in &report.snapshots {
        let (objects, size) = (human::count(snapshot.graph().node_count() as u64), human::bytes(snapshot.total_size()));
        lines.line(&format!("| {} | {objects} | {size} |", escape(name)))?;
    }
    for finding in &report.found.findings {
        let block = finding_lines(finding);
        let fence = backticks(&block.join("\n"), 3);
        lines.line("")?;
        lines.line(&format!("### {}", escape(&finding.title)))?;
        lines.line("")?;
        lines.line(&format!("{fence}text"))?;
        block.iter().try_for_each(|line| lines.line(line))?;
        lines.line(&fence)?;
    }
    if !report.notes.is_empty() {
        lines.line("")?;
    }
    report.notes.iter().try_for_each(|note| lines.line(&format!("> {}", escape(note))))
}
