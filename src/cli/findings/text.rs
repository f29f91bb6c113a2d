//! Findings as text: one block per finding, so that a log is enough to act on.

use std::io::{self, Write};

use super::Report;
use crate::cli::lines::Lines;
use crate::findings::finding_lines;
use crate::model::human;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines::new(out);
    lines.line(&report.found.summary)?;
    for note in &report.notes {
        lines.line(&format!("note: {note}"))?;
    }
    lines.line("")?;
    for &(snapshot, name) in &report.snapshots {
        let objects = human::quantity(snapshot.graph().node_count() as u64, "object ", "objects");
        lines.line(&format!("  {:>10}  {objects:>20}  {name}", human::bytes(snapshot.total_size())))?;
    }
    for finding in &report.found.findings {
        lines.line("")?;
        finding_lines(finding).iter().try_for_each(|line| lines.line(line))?;
    }
    Ok(())
}
