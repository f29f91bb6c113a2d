//! The comparison of a series with an earlier one of the same program, such as before and after a fix.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::holders::{HolderRules, judge};
use crate::cli::{BadUsage, Files, series};
use crate::findings::{Finding, Verdict};

/// The holders that grow in a series.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Growing {
    /// The signature and the title of each finding that is a leak or likely one.
    findings: Vec<(String, String)>,
    /// The signatures of all of them and of the holders that are folded into them.
    signatures: BTreeSet<String>,
}

impl Growing {
    pub(super) fn new(findings: &[Finding]) -> Self {
        let growing: Vec<&Finding> = findings.iter().filter(|finding| finding.verdict <= Verdict::Likely).collect();
        Self {
            findings: growing.iter().map(|finding| (finding.signature.clone(), finding.title.clone())).collect(),
            signatures: growing.iter().flat_map(|finding| finding.signatures().map(str::to_owned)).collect(),
        }
    }
}

/// The leaks and likely leaks of two series by signature, as titles. Limits do not matter: what still grows is not fixed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(super) struct Compared {
    pub(super) fixed: Vec<String>,
    pub(super) still_there: Vec<String>,
    pub(super) new: Vec<String>,
}

impl Compared {
    pub(super) fn new(before: &Growing, now: &Growing) -> Self {
        let titles = |of: &Growing, in_other: &Growing, is_wanted: bool| {
            let wanted =
                of.findings.iter().filter(|(signature, _)| in_other.signatures.contains(signature) == is_wanted);
            wanted.map(|(_, title)| title.clone()).collect()
        };
        Self {
            fixed: titles(before, now, false),
            still_there: titles(now, before, true),
            new: titles(now, before, false),
        }
    }

    /// Returns a line with the numbers, then a line for each leak.
    pub(super) fn lines(&self) -> Vec<String> {
        let parts = [("fixed", &self.fixed), ("still there", &self.still_there), ("new", &self.new)];
        let numbers: Vec<String> = parts.iter().map(|(name, titles)| format!("{} {name}", titles.len())).collect();
        let mut lines = vec![format!("compared with the earlier series: {}", numbers.join(", "))];
        for (name, titles) in parts {
            lines.extend(titles.iter().map(|title| format!("  {name}: {title}")));
        }
        lines
    }
}

/// Returns what grows in the series in a folder.
pub(super) fn growing_in(folder: &Path, rules: &HolderRules, files: &Files) -> anyhow::Result<Growing> {
    let snapshots = snapshots_in(folder).with_context(|| folder.display().to_string())?;
    let mut opened = series::open(&snapshots.iter().collect::<Vec<_>>(), files)?;
    opened.sort_by_age();
    if opened.snapshots.len() < 2 {
        let found = opened.snapshots.len();
        let text = format!(
            "{}: --against needs a folder with at least two different snapshots of one process, found {found}",
            folder.display()
        );
        return Err(BadUsage::error(text));
    }
    let judged = judge(&opened.by_reference(), rules, files, None)?;
    if judged.is_unknown() {
        let text =
            format!("{}: the snapshots are from different processes, so growth cannot be judged", folder.display());
        return Err(BadUsage::error(text));
    }
    Ok(judged.growing)
}

/// Returns the snapshots of a folder, by name.
fn snapshots_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_snapshot = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        name.ends_with(".heapsnapshot") || name.ends_with(".heaptimeline")
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?
        .into_iter()
        .filter(is_snapshot)
        .collect();
    paths.sort();
    Ok(paths)
}
