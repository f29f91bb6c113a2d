//! The comparison of a series with an earlier one of the same program, such as before and after a fix.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::holders::{HolderRules, Leak, judge};
use crate::cli::{BadUsage, Files, series};

/// The leaks of two series by signature, as titles.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(super) struct Compared {
    pub(super) fixed: Vec<String>,
    pub(super) still_there: Vec<String>,
    pub(super) new: Vec<String>,
}

impl Compared {
    /// Compares the leaks of the earlier series, as signatures and titles, with those of the current one.
    pub(super) fn new(before: &[(String, String)], leaks: &[Leak]) -> Self {
        let is_leaking = |signature: &str| leaks.iter().any(|leak| leak.finding.signature == signature);
        let was_leaking = |signature: &str| before.iter().any(|(of, _)| of == signature);
        let fixed = before.iter().filter(|(signature, _)| !is_leaking(signature)).map(|(_, title)| title.clone());
        let mut compared = Self { fixed: fixed.collect(), ..Self::default() };
        for leak in leaks {
            let part = if was_leaking(&leak.finding.signature) { &mut compared.still_there } else { &mut compared.new };
            part.push(leak.finding.title.clone());
        }
        compared
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

/// Returns the signatures and titles of the leaks of the series in a folder.
pub(super) fn leaks_of(folder: &Path, rules: &HolderRules, files: &Files) -> anyhow::Result<Vec<(String, String)>> {
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
    let judged = judge(&opened.by_reference(), rules, None)?;
    if judged.is_unknown() {
        let text =
            format!("{}: the snapshots are from different processes, so growth cannot be judged", folder.display());
        return Err(BadUsage::error(text));
    }
    Ok(judged.leaks.into_iter().map(|leak| (leak.finding.signature, leak.finding.title)).collect())
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
