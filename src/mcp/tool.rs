//! The declaration of a tool, and a call of one.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::access::Access;
use super::answer::Answer;
use super::arguments::{Argument, Arguments};
use super::failure::{Failure, nothing_open};
use super::host::Host;
use super::text::quoted;
use super::workspace::{OpenSnapshot, Workspace};
use crate::model::{CancelToken, NodeOrdinal, ObjectId, Progress, SnapshotId};
use crate::snapshot::Snapshot;

/// The maximum number of characters of an error that a file caused.
const REASON: usize = 400;

/// A tool.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Text for a model: the answer of the tool, and when to call it.
    pub(super) description: &'static str,
    pub(super) arguments: &'static [Argument],
    /// The limits of its answers, in one line.
    pub(super) limits: &'static str,
    /// True if the tool changes nothing, neither files nor the set of open snapshots.
    pub(super) is_read_only: bool,
    pub(super) run: fn(&Call<'_>) -> Result<Answer, Failure>,
}

/// The progress of a call that opens several files.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Metered>);

#[derive(Debug, Default)]
struct Metered {
    done: AtomicUsize,
    total: AtomicUsize,
    /// The progress of the current file.
    current: Mutex<Progress>,
}

impl Meter {
    /// Starts the next of several files.
    pub(super) fn next(&self, at: usize, total: usize) -> Progress {
        let progress = Progress::new();
        *self.0.current.lock().unwrap_or_else(PoisonError::into_inner) = progress.clone();
        self.0.done.store(at, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
        progress
    }

    /// Returns the number of files that are done, including a fraction of the current one, their total, and the name of
    /// the current phase; `None` before the first file.
    pub(super) fn read(&self) -> Option<(f64, f64, &'static str)> {
        let total = u32::try_from(self.0.total.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let done = u32::try_from(self.0.done.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner).read();
        (total > 0).then(|| (f64::from(done) + f64::from(current.fraction()), f64::from(total), current.phase.label()))
    }
}

/// A call of a tool.
pub(super) struct Call<'a> {
    pub(super) tool: &'static Tool,
    pub(super) arguments: Arguments,
    pub(super) workspace: &'a Workspace,
    pub(super) access: &'a Access,
    pub(super) host: &'a dyn Host,
    pub(super) cancel: &'a CancelToken,
    pub(super) meter: &'a Meter,
}

impl Call<'_> {
    /// Creates the answer, with the limits of the tool and the budget of the call.
    pub(super) fn answer(&self) -> Result<Answer, Failure> {
        Answer::new(self.tool.limits, &self.arguments)
    }

    /// Returns the snapshot that the argument `snapshot` names; the last opened one without it.
    pub(super) fn snapshot(&self) -> Result<Arc<OpenSnapshot>, Failure> {
        match self.arguments.number("snapshot") {
            Some(number) => self.workspace.get(number),
            None => self.workspace.last(),
        }
    }

    /// Returns the snapshots that the argument `snapshots` names, each once; all open ones without it.
    pub(super) fn snapshots(&self) -> Result<Vec<Arc<OpenSnapshot>>, Failure> {
        let numbers = self.arguments.numbers("snapshots");
        if numbers.is_empty() {
            let all = self.workspace.all();
            return if all.is_empty() { Err(nothing_open()) } else { Ok(all) };
        }
        let mut found: Vec<Arc<OpenSnapshot>> = Vec::new();
        for &number in numbers {
            let one = self.workspace.get(number)?;
            if found.iter().all(|other| other.id != one.id) {
                found.push(one);
            }
        }
        Ok(found)
    }

    /// Returns the object that the argument `id` names.
    pub(super) fn object(&self, snapshot: &Snapshot) -> Result<NodeOrdinal, Failure> {
        let id = self.arguments.id("id").ok_or_else(|| Failure::expected("id: expected an object id such as @123"))?;
        snapshot.graph().find_id(ObjectId(id)).ok_or_else(|| {
            Failure::expected(format!(
                "id: no object has the id @{id} in this snapshot; ids are listed by search and class"
            ))
        })
    }

    /// Opens a file, or returns the snapshot if it is open already.
    pub(super) fn open(&self, file: &Path, progress: &Progress) -> Result<(Arc<OpenSnapshot>, Vec<String>), Failure> {
        if let Some(open) = self.workspace.with_file(file) {
            return Ok((open, vec!["already open".to_owned()]));
        }
        self.workspace.check_room()?;
        let loaded = self.host.open(file, progress, self.cancel).map_err(|text| self.unopened(file, &text))?;
        let notes = loaded.notes.clone();
        Ok((self.workspace.add(loaded, file, &self.access.shown(file))?, notes))
    }

    /// Returns the failure to open a file. The reason may contain text of the file, so it is quoted.
    fn unopened(&self, file: &Path, text: &str) -> Failure {
        let has_memory = self.cancel.shortage().is_none();
        if has_memory && self.cancel.is_cancelled() {
            return Failure::Cancelled;
        }
        if has_memory && !self.access.may_be_quoted(file) {
            return Failure::expected(
                "not a heap snapshot that can be read; no details, since its name does not end with .heapsnapshot or \
                 .heaptimeline, also .gz or .zst",
            );
        }
        // The caller names the file by its path.
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let reason = text.strip_prefix(&*name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text);
        Failure::expected(quoted(reason, REASON))
    }
}

/// Returns the ids of snapshots.
pub(super) fn ids(snapshots: &[Arc<OpenSnapshot>]) -> Arc<[SnapshotId]> {
    snapshots.iter().map(|open| open.id).collect()
}
