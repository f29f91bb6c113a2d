//! The open snapshots, and the answers to questions about them that several calls share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::failure::Failure;
use super::host::Loaded;
use crate::model::{CancelToken, MemoryUsage, SnapshotId};
use crate::query::{AnyAnswer, AnyQuestion, Needs, OpenFile, Question};
use crate::snapshot::Snapshot;

/// The maximum number of open snapshots.
pub(super) const MOST_OPEN: usize = 16;
/// The maximum size of kept answers in bytes.
const LIMIT_BYTES: usize = 256 << 20;
/// The number of bytes that an answer counts at least, so that there are never too many to search.
const LEAST_BYTES: usize = 1 << 20;

/// An open snapshot.
#[derive(Debug)]
pub(super) struct OpenSnapshot {
    /// The number that names it. Numbers are not used again.
    pub(super) id: SnapshotId,
    pub(super) snapshot: Arc<Snapshot>,
    /// The name of the file for a model.
    pub(super) name: String,
    /// The memory of the process, if it was recorded.
    pub(super) memory: Option<MemoryUsage>,
    file: PathBuf,
    state: Option<(u64, SystemTime)>,
}

impl OpenSnapshot {
    pub(super) fn number(&self) -> u32 {
        self.id.0
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

/// All open snapshots and kept answers.
#[derive(Debug, Default)]
pub(super) struct Workspace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_number: u32,
    open: Vec<Arc<OpenSnapshot>>,
    /// The least recently used first.
    answers: Vec<(Box<dyn AnyQuestion>, AnyAnswer)>,
}

impl Workspace {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs while the state is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all open snapshots by number.
    pub(super) fn all(&self) -> Vec<Arc<OpenSnapshot>> {
        self.state().open.clone()
    }

    /// Returns the snapshot with a number.
    pub(super) fn get(&self, number: u64) -> Result<Arc<OpenSnapshot>, Failure> {
        let state = self.state();
        let found = state.open.iter().find(|open| u64::from(open.number()) == number);
        found.cloned().ok_or_else(|| {
            if state.open.is_empty() {
                return super::failure::nothing_open();
            }
            let numbers: Vec<String> = state.open.iter().map(|open| open.number().to_string()).collect();
            Failure::expected(format!("no snapshot {number} is open; open are: {}", numbers.join(", ")))
        })
    }

    /// Returns the snapshot that was opened last.
    pub(super) fn last(&self) -> Result<Arc<OpenSnapshot>, Failure> {
        self.state().open.last().cloned().ok_or_else(super::failure::nothing_open)
    }

    /// Returns the open snapshot of a file that has not changed since.
    pub(super) fn with_file(&self, file: &Path) -> Option<Arc<OpenSnapshot>> {
        let now = state_of(file)?;
        self.state().open.iter().find(|open| open.file == file && open.state == Some(now)).cloned()
    }

    /// Checks that another snapshot may be opened.
    pub(super) fn check_room(&self) -> Result<(), Failure> {
        if self.state().open.len() < MOST_OPEN { Ok(()) } else { Err(full()) }
    }

    /// Adds a snapshot under the next number.
    pub(super) fn add(&self, loaded: Loaded, file: &Path, name: &str) -> Result<Arc<OpenSnapshot>, Failure> {
        let mut state = self.state();
        if state.open.len() >= MOST_OPEN {
            return Err(full());
        }
        state.last_number += 1;
        let open = Arc::new(OpenSnapshot {
            id: SnapshotId(state.last_number),
            snapshot: Arc::new(loaded.snapshot),
            name: name.to_owned(),
            memory: loaded.memory,
            file: file.to_owned(),
            state: state_of(file),
        });
        state.open.push(Arc::clone(&open));
        Ok(open)
    }

    /// Closes a snapshot and forgets the answers about it.
    pub(super) fn close(&self, id: SnapshotId) {
        let mut state = self.state();
        let (closed, open) = std::mem::take(&mut state.open).into_iter().partition::<Vec<_>, _>(|open| open.id == id);
        state.open = open;
        let (forgotten, kept) = std::mem::take(&mut state.answers)
            .into_iter()
            .partition::<Vec<_>, _>(|(of, _)| of.snapshots().contains(&id));
        state.answers = kept;
        drop(state);
        // They may have millions of parts, so they are dropped without the lock.
        drop((closed, forgotten));
    }

    /// Returns the answer to a question, computed or kept.
    pub(super) fn ask<Q: Question>(&self, question: &Q, cancel: &CancelToken) -> Result<Arc<Q::Answer>, Failure> {
        let answer = self.any(question, cancel)?;
        // Invariant: the answer of a question has the type that the question names.
        answer
            .value
            .downcast()
            .map_err(|_| Failure::expected("internal error: an answer has the wrong type (please report it)"))
    }

    fn any(&self, question: &dyn AnyQuestion, cancel: &CancelToken) -> Result<AnyAnswer, Failure> {
        if let Some(known) = self.state().known(question) {
            return Ok(known);
        }
        let mut needs = Needs::default();
        for id in question.snapshots() {
            let open = self.get(u64::from(id.0))?;
            needs.files.push((id, OpenFile::Snapshot(Arc::clone(&open.snapshot))));
        }
        for needed in question.needs() {
            let answer = self.any(&*needed, cancel)?;
            needs.answers.push((needed, answer));
        }
        let answer = question.run(&needs, cancel)?;
        self.state().keep(question.boxed(), answer.clone());
        Ok(answer)
    }
}

impl State {
    fn known(&mut self, question: &dyn AnyQuestion) -> Option<AnyAnswer> {
        let at = self.answers.iter().position(|(of, _)| (**of).is(question))?;
        let known = self.answers.remove(at);
        let answer = known.1.clone();
        self.answers.push(known);
        Some(answer)
    }

    fn keep(&mut self, question: Box<dyn AnyQuestion>, answer: AnyAnswer) {
        // A snapshot may have been closed while the answer was computed.
        let is_open = |id: &SnapshotId| self.open.iter().any(|open| open.id == *id);
        if !question.snapshots().iter().all(is_open) {
            return;
        }
        self.answers.push((question, answer));
        let bytes = |(_, answer): &(Box<dyn AnyQuestion>, AnyAnswer)| answer.bytes.max(LEAST_BYTES);
        let mut total: usize = self.answers.iter().map(bytes).sum();
        while total > LIMIT_BYTES && self.answers.len() > 1 {
            total -= bytes(&self.answers.remove(0));
        }
    }
}

fn full() -> Failure {
    Failure::expected(format!("{MOST_OPEN} snapshots are open, which is the limit; call close first"))
}

/// Returns the size and the time of the last change of a file.
fn state_of(file: &Path) -> Option<(u64, SystemTime)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}
