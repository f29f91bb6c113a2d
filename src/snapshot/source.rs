//! The source of a snapshot, and the errors of opening one.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::format::{Change, FormatError};
use crate::graph::GraphError;
use crate::model::{CancelToken, Cancelled, Shortage, human};

/// The origin of a snapshot or a profile and the cost of loading it.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    /// The file's display name: its name without folders.
    pub name: String,
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// The time of the last change of the file before it was read, if the system reports it.
    pub modified: Option<SystemTime>,
    /// Bytes of the file before decompression.
    pub size_bytes: u64,
    pub load_time: Duration,
    /// A description of the other contents of the file.
    pub note: Option<String>,
    /// True if it was read from the cache, which is faster.
    pub from_index: bool,
    /// A change of the file while it was being read.
    pub change: Option<Change>,
    /// The missing memory if the columns are in a file because memory is too small; that is slower.
    pub(crate) missing_memory: Option<Shortage>,
}

impl SourceInfo {
    /// Returns a sentence if the columns are in a file because memory is too small.
    #[must_use]
    pub(crate) fn disk_note(&self) -> Option<String> {
        let Shortage { needed, available } = self.missing_memory?;
        let [needed, available] = [needed, available].map(human::bytes);
        Some(format!("Kept on disk, which is slower: needs about {needed} of memory, {available} is available"))
    }

    /// Creates the information for a snapshot that is read from the cache.
    pub(crate) fn of_index(name: String, path: Option<PathBuf>, size_bytes: u64) -> Self {
        let modified = file_time(path.as_deref());
        Self { name, path, modified, size_bytes, from_index: true, ..Self::default() }
    }
}

/// Returns the time of the last change of a file, if there is a file and the system reports the time.
pub(crate) fn file_time(path: Option<&Path>) -> Option<SystemTime> {
    std::fs::metadata(path?).ok()?.modified().ok()
}

/// The reason why a snapshot could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Format(FormatError),
    #[error(transparent)]
    Graph(GraphError),
    #[error("{0}")]
    Memory(Shortage),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl OpenError {
    /// Returns the same error without its explanation, for callers that have a better one.
    #[must_use]
    pub fn without_hint(self) -> Self {
        match self {
            Self::Format(error) => Self::Format(error.without_hint()),
            other => other,
        }
    }

    /// Adds the missing memory if the work was stopped because memory ran out.
    pub(crate) fn explained(self, cancel: &CancelToken) -> Self {
        match (self, cancel.shortage()) {
            (Self::Cancelled(_), Some(shortage)) => Self::Memory(shortage),
            (other, _) => other,
        }
    }
}

impl From<FormatError> for OpenError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Format(other),
        }
    }
}

impl From<GraphError> for OpenError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Graph(other),
        }
    }
}
