//! The answer of findings in a sentence or two.

use super::{Finding, Findings, Kind, Verdict};
use crate::model::human;

/// Returns the summary of what grows in a series.
pub(super) fn of_series(findings: &[Finding], snapshots: usize) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (leaks, likely) = (count(Verdict::Leak), count(Verdict::Likely));
    let series = human::quantity(snapshots as u64, "snapshot", "snapshots");
    let Some(first) = findings.first() else {
        return format!("{series}. Nothing grows without bound.");
    };
    if leaks + likely == 0 {
        return format!("{series}. No certain leak, but this has grown and may keep growing: {}", first.title);
    }
    let number = |count: usize, one: &str, many: &str| human::quantity(count as u64, one, many);
    let watched = findings.len() - leaks - likely;
    let watched = if watched > 0 { format!(", {watched} to watch") } else { String::new() };
    let found = match (leaks, likely) {
        (0, likely) => number(likely, "likely leak", "likely leaks"),
        (leaks, 0) => number(leaks, "leak", "leaks"),
        (leaks, likely) => {
            format!("{} and {}", number(leaks, "leak", "leaks"), number(likely, "likely leak", "likely leaks"))
        }
    };
    format!("{series}: {found}{watched}. {}", first.title)
}

/// Returns the summary of the largest holders of one snapshot.
pub(super) fn of_one(findings: &[Finding]) -> String {
    let found = match findings.first() {
        Some(first) => format!(". {}", largest_holder(first)),
        None => ", and this one has no large holders".to_owned(),
    };
    let more = if findings.is_empty() { "" } else { " to see what grows" };
    format!("One snapshot cannot show growth{found}. Take two more snapshots after the same work{more}.")
}

/// Returns the summary of the largest holders of the last of some snapshots that are from different processes.
pub(super) fn of_unrelated(findings: &[Finding]) -> String {
    let found = findings.first().map_or_else(|| "It has no large holders".to_owned(), largest_holder);
    format!(
        "Snapshots from different processes do not show growth, so only the last one is analyzed. {found}. \
         Take three snapshots of one process, each after the same work."
    )
}

fn largest_holder(first: &Finding) -> String {
    let bytes = human::bytes(first.bytes.first().copied().unwrap_or(0));
    format!("The largest holder found is {}, with {bytes}", first.holder.label)
}

impl Findings {
    /// Removes the findings with these signatures from those of `snapshots` snapshots, also from the summary, and returns
    /// their number.
    pub fn leave_out(&mut self, signatures: &[String], snapshots: usize) -> usize {
        let before = self.findings.len();
        self.findings.retain(|finding| !signatures.contains(&finding.signature));
        let left_out = before - self.findings.len();
        if left_out > 0 {
            let is_growth = self.findings.iter().any(|finding| finding.kind == Kind::Growth);
            if self.findings.is_empty() {
                let series = human::quantity(snapshots as u64, "snapshot", "snapshots");
                self.summary = format!("{series}. All findings are ignored.");
            } else if is_growth {
                self.summary = of_series(&self.findings, snapshots);
            } else if self.ids_match == Some(false) {
                self.summary = of_unrelated(&self.findings);
            } else if self.ids_match.is_none() {
                self.summary = of_one(&self.findings);
            }
        }
        left_out
    }
}
