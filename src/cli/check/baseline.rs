//! Files of signatures of known findings, which do not fail a check.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::Path;

use super::holders::{Known, Leak};
use super::ignore::read_list;
use crate::files::PartialFile;
use crate::model::human;

/// The maximum number of characters of a signature.
const SIGNATURE: usize = 2000;
const HEADING: &str = "\
# Known findings of `heapglass check`: one signature per line. Remove a line, and the check fails on that finding again.
";

/// Signatures of known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Baseline(BTreeSet<String>);

impl Baseline {
    /// Reads a file or a pipe with one signature per line. Lines that start with `#` are comments.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        Ok(Self::parse(&read_list(file)?))
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(str::to_owned).collect())
    }

    pub(super) fn has(&self, signature: &str) -> bool {
        self.0.contains(&line(signature))
    }

    /// Counts the leaks that are known and the signatures that no leak has.
    pub(super) fn compare(&self, leaks: &[Leak]) -> Known {
        let found: BTreeSet<String> = leaks.iter().flat_map(|leak| leak.finding.signatures()).map(line).collect();
        let known = leaks.iter().filter(|leak| leak.is_known).count();
        Known { known, new: leaks.len() - known, gone: self.0.difference(&found).count() }
    }

    /// Replaces a file by the signatures of these leaks.
    pub(super) fn write<'a>(file: &Path, signatures: impl Iterator<Item = &'a str>) -> io::Result<usize> {
        let lines: BTreeSet<String> = signatures.map(line).collect();
        let mut out = PartialFile::create_hidden(file)?;
        out.write_all(HEADING.as_bytes())?;
        for line in &lines {
            writeln!(out, "{line}")?;
        }
        out.replace()?;
        Ok(lines.len())
    }
}

/// Returns a signature as a line of the file. Names of a heap may contain line breaks.
fn line(signature: &str) -> String {
    human::visible(signature, SIGNATURE).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_that_was_written_has_the_signatures() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("known.txt");
        let signatures = ["map: cache.byId -> Session", "holder: a\n# b -> #private", "map: cache.byId -> Session"];
        assert_eq!(Baseline::write(&file, signatures.into_iter()).expect("written"), 2);
        let read = Baseline::read(&file).expect("read");
        assert!(signatures.iter().all(|signature| read.has(signature)));
        assert!(!read.has("map: cache.byId -> Other") && read.0.len() == 2);
    }
}
