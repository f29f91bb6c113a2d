//! The progress of a capture, and the request to continue now.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Record;

/// The current step of a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Step {
    #[default]
    Connecting,
    CollectingGarbage,
    /// The process is paused. Counts the objects that V8 has processed and the bytes received.
    Snapshot {
        done: u64,
        total: u64,
        bytes: u64,
    },
    /// Waits for the time of the next snapshot; without one, for [`Watch::go_on`].
    Waiting {
        until: Option<Instant>,
    },
    /// Records a timeline or a profile, for a fixed time or until [`Watch::go_on`].
    Recording {
        since: Instant,
        length: Option<Duration>,
    },
    /// Receives the recorded data.
    Receiving {
        bytes: u64,
    },
    /// Records the text of the program's scripts. The captured files are complete.
    Sources {
        done: u64,
        total: u64,
    },
    Done,
}

/// A captured file that is complete.
#[derive(Clone, PartialEq, Debug)]
pub struct Taken {
    pub path: PathBuf,
    pub record: Record,
}

/// The state shared between a capture and its observers. Clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    go_on: AtomicBool,
    is_unanswered: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    step: Step,
    taken: Vec<Taken>,
    notes: Vec<String>,
}

impl Watch {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn step(&self) -> Step {
        self.0.state.lock().map(|state| state.step).unwrap_or_default()
    }

    /// Returns the complete files, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.0.state.lock().map(|state| state.taken.clone()).unwrap_or_default()
    }

    /// Returns notes about the capture, such as the number of scripts that were left out.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.0.state.lock().map(|state| state.notes.clone()).unwrap_or_default()
    }

    /// Takes the next snapshot now, or ends the recording.
    pub fn go_on(&self) {
        self.0.go_on.store(true, Ordering::Relaxed);
    }

    /// Returns whether an answer is overdue: nothing has arrived for `UNANSWERED_NOTICE`.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.0.is_unanswered.load(Ordering::Relaxed)
    }

    pub(super) fn set_unanswered(&self, is_unanswered: bool) {
        self.0.is_unanswered.store(is_unanswered, Ordering::Relaxed);
    }

    pub(super) fn was_told_to_go_on(&self) -> bool {
        self.0.go_on.swap(false, Ordering::Relaxed)
    }

    pub(super) fn enter(&self, step: Step) {
        if let Ok(mut state) = self.0.state.lock() {
            state.step = step;
        }
    }

    pub(super) fn add(&self, taken: Taken) {
        if let Ok(mut state) = self.0.state.lock() {
            state.taken.push(taken);
        }
    }

    pub(super) fn add_note(&self, note: String) {
        if let Ok(mut state) = self.0.state.lock() {
            state.notes.push(note);
        }
    }
}
