//! The interface to the program around the server: the cache, the limits of the command line, and captures.

use std::path::{Path, PathBuf};

use crate::model::{CancelToken, MemoryUsage, Progress};
use crate::snapshot::Snapshot;
use crate::sources::SourcePaths;

/// A snapshot that was read from a file.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) snapshot: Snapshot,
    /// The memory of the process, if it was recorded beside the file.
    pub(crate) memory: Option<MemoryUsage>,
    /// Sentences about the file, such as data that is missing.
    pub(crate) notes: Vec<String>,
}

/// The capture that a model asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CapturePlan {
    /// The address of the inspector.
    pub(crate) inspect: String,
    pub(crate) count: u32,
    pub(crate) every_seconds: u64,
    pub(crate) collect_garbage: bool,
    pub(crate) folder: PathBuf,
}

/// The program around the server.
pub(crate) trait Host: Send + Sync {
    /// Opens a file within the limits of the command line.
    ///
    /// # Errors
    /// Returns a sentence that says what is wrong with the file.
    fn open(&self, file: &Path, progress: &Progress, cancel: &CancelToken) -> Result<Loaded, String>;

    /// Writes the cache of a snapshot that was opened before, if it has none.
    fn remember(&self, file: &Path, snapshot: &Snapshot, cancel: &CancelToken);

    /// Returns the paths of files with the text of scripts.
    fn sources(&self) -> &SourcePaths;

    /// Takes snapshots of a program on this machine. Returns the files and sentences about the capture.
    ///
    /// # Errors
    /// Returns a sentence that says what went wrong.
    fn capture(&self, plan: &CapturePlan, cancel: &CancelToken) -> Result<(Vec<PathBuf>, Vec<String>), String>;
}
