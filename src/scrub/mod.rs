//! Scrubbed copies: the same graph, sizes, kinds, classes and shapes, with every text that may be secret replaced by one
//! of the same length from a keyed hash.
//!
//! A file is read four times and never held in memory. Three passes find out how each string is used ([`survey`]), since
//! the strings follow the tables that refer to them; the last one copies the file and replaces ([`write`](mod@write)). A
//! string whose uses are of both kinds, such as the name of a property that is a string in the heap as well, gets a second
//! entry at the end of the table.
//!
//! - Replaced: strings of any representation, numbers, regular expressions, symbols, bigints, keys of dictionaries,
//!   names of unknown kinds of nodes, strings that nothing refers to, and the secret parts of kept texts (`names`).
//! - Kept: names of classes, functions, scripts, variables, internal references and roots, and those of properties with
//!   evidence that the program has them (`Uses::is_property`).
//! - Left out: sections that Heapglass does not know, and texts in the header.

mod keyed;
mod names;
mod preview;
mod survey;
mod tables;
mod uses;
mod write;

use std::io;
use std::path::PathBuf;

use regex::{Regex, RegexSet};

pub use keyed::Key;
pub(crate) use preview::{KeptName, Preview, preview};
pub(crate) use uses::Role;

use crate::files::PartialFile;
use crate::format::{FormatError, Source};
use crate::model::{CancelToken, Cancelled, Phase, Progress};

/// A choice of what is replaced.
#[derive(Clone, Debug)]
pub struct Options {
    pub key: Key,
    /// Texts that stay.
    pub keep: RegexSet,
    /// True if the paths of scripts are replaced.
    pub script_names: bool,
}

/// Returns a set of patterns for [`Options::keep`] that match whole texts only: a part that matches must not keep the rest
/// of a secret.
///
/// # Errors
/// Returns the error of the first pattern that is not a regular expression.
pub(crate) fn whole_texts(patterns: &[String]) -> Result<RegexSet, regex::Error> {
    // A pattern such as `)|(` would be one together with what is put around it.
    patterns.iter().try_for_each(|pattern| Regex::new(pattern).map(|_| ()))?;
    RegexSet::new(patterns.iter().map(|pattern| format!("^(?s:{pattern})$")))
}

/// A reason why there is no scrubbed copy.
#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("section `{section}`: {what}")]
    Invalid { section: String, what: String },
    #[error("a pipe cannot be read several times")]
    Once,
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("cannot write {}: {error}", .path.display())]
    Write { path: PathBuf, error: io::Error },
}

impl From<Cancelled> for ScrubError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Format(cancelled.into())
    }
}

/// A summary of a copy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    pub strings: u64,
    pub nodes: u64,
    pub edges: u64,
    /// The number of different texts of each kind, in the order of [`Role::REPLACED`] and [`Role::KEPT`]. A text with
    /// several uses counts for each.
    pub replaced: Vec<(Role, u64)>,
    pub kept: Vec<(Role, u64)>,
    /// Strings with a second entry.
    pub second_entries: u64,
    /// Kept texts of which a part was replaced.
    pub cleaned: u64,
    /// Unknown sections that were left out.
    pub left_out: Vec<String>,
    /// Bytes of the copy before compression.
    pub bytes: u64,
}

/// Returns the number of texts of each kind.
fn counts(uses: &uses::Uses, roles: &[Role]) -> Vec<(Role, u64)> {
    let count = |role| (0..uses.len()).filter(|&string| uses.has_role(string, role)).count() as u64;
    roles.iter().map(|&role| (role, count(role))).collect()
}

/// Writes a scrubbed copy of a file, under a partial name until it is complete. Compresses it if the name ends in `.gz`
/// or `.zst`.
///
/// # Errors
/// Returns an error if the file is not a valid snapshot, cannot be read several times, or the copy exists already or
/// cannot be written.
pub fn scrub(
    source: &Source,
    to: &std::path::Path,
    options: &Options,
    progress: &Progress,
    cancel: &CancelToken,
) -> Result<Report, ScrubError> {
    if to.symlink_metadata().is_ok() {
        return Err(ScrubError::Exists(to.to_path_buf()));
    }
    progress.start(Phase::Reading, 0);
    let survey = survey::survey(source, options, progress, cancel)?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => ScrubError::Exists(to.to_path_buf()),
        _ => ScrubError::Write { path: to.to_path_buf(), error },
    };
    let mut file = PartialFile::create_hidden(to).map_err(failed)?;
    let report = write::write_compressed(source, &survey, options, (&mut file, to), progress, cancel)?;
    file.finish().map_err(failed)?;
    Ok(report)
}
