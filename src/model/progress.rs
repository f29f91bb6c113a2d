//! Progress of a job: shared atomics that the caller polls, instead of messages.

use super::convert;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::FirstTable;

/// The phases of a load, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Phase {
    Reading,
    Detachedness,
    Dominators,
    Summary,
}

impl Phase {
    pub const ALL: [Self; 4] = [Self::Reading, Self::Detachedness, Self::Dominators, Self::Summary];

    /// Returns the phase's display name.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Reading => "Reading the file",
            Self::Detachedness => "Finding detached nodes",
            Self::Dominators => "Computing distances, shallow and retained sizes",
            Self::Summary => "Computing class totals",
        }
    }

    /// Returns the typical share of the phase in a whole load, in thousandths.
    fn weight(self) -> u64 {
        match self {
            Self::Reading => 400,
            Self::Detachedness => 60,
            Self::Dominators => 490,
            Self::Summary => 50,
        }
    }
}

/// A snapshot of a [`Progress`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProgressReading {
    pub phase: Phase,
    /// Completed and total items of the phase (bytes, nodes or edges); a total of 0 means "not known".
    pub done: u64,
    pub total: u64,
}

impl ProgressReading {
    /// Returns the completed fraction of the phase, from 0 to 1.
    #[must_use]
    pub fn phase_fraction(&self) -> f32 {
        convert::done(self.done, self.total)
    }

    /// Returns the completed fraction of the whole load, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f32 {
        let before: u64 = Phase::ALL.iter().filter(|&&phase| phase < self.phase).map(|phase| phase.weight()).sum();
        let all: u64 = Phase::ALL.iter().map(|phase| phase.weight()).sum();
        let done = convert::float(before) + convert::float(self.phase.weight()) * f64::from(self.phase_fraction());
        convert::single(done / convert::float(all))
    }
}

/// The progress of a job. Clones share the same state.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    phase: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
    stages: Mutex<Vec<Stage>>,
    steps: Mutex<Vec<(&'static str, u64)>>,
    first_table: OnceLock<Arc<FirstTable>>,
}

/// The start of a part of the work on the machine's clock, and its duration.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    pub name: &'static str,
    pub began: Instant,
    pub took: Duration,
}

impl Progress {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a phase of `total` items (0: not known).
    pub fn start(&self, phase: Phase, total: u64) {
        self.0.done.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
        self.0.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Runs a part of the work and records its duration for [`Self::stages`].
    pub fn stage<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = work();
        if let Ok(mut stages) = self.0.stages.lock() {
            stages.push(Stage { name, began, took: began.elapsed() });
        }
        result
    }

    /// Returns the completed parts in the order in which they ended. Parts on different threads may overlap.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.0.stages.lock().map(|stages| stages.clone()).unwrap_or_default()
    }

    /// Records the number of steps of a part of the work. It must stay proportional to the size of the file, whatever
    /// its structure, and unlike a duration it can be tested.
    pub fn count_steps(&self, name: &'static str, steps: u64) {
        if let Ok(mut counts) = self.0.steps.lock() {
            counts.push((name, steps));
        }
    }

    /// Returns the counts of steps, in the order in which the parts ended.
    #[must_use]
    pub fn steps(&self) -> Vec<(&'static str, u64)> {
        self.0.steps.lock().map(|steps| steps.clone()).unwrap_or_default()
    }

    /// Publishes the table that is shown before the load is done.
    pub fn publish(&self, table: FirstTable) {
        let _ = self.0.first_table.set(Arc::new(table));
    }

    /// Returns the table that is shown before the load is done, once it is known.
    #[must_use]
    pub fn first_table(&self) -> Option<Arc<FirstTable>> {
        self.0.first_table.get().cloned()
    }

    /// Corrects the total of the phase.
    pub fn set_total(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Records `count` more completed items. Call it per block of items, not per item.
    #[inline]
    pub fn advance(&self, count: u64) {
        self.0.done.fetch_add(count, Ordering::Relaxed);
    }

    #[must_use]
    pub fn read(&self) -> ProgressReading {
        let phase = usize::from(self.0.phase.load(Ordering::Relaxed));
        ProgressReading {
            phase: Phase::ALL.get(phase).copied().unwrap_or(Phase::Reading),
            done: self.0.done.load(Ordering::Relaxed),
            total: self.0.total.load(Ordering::Relaxed),
        }
    }
}
