//! Progress of a job: shared atomics that whoever waits polls, instead of a flood of messages.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::FirstTable;

/// What a load is busy with, in the order in which the phases run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Phase {
    Reading,
    Retainers,
    Detachedness,
    Dominators,
    Names,
    Summary,
}

impl Phase {
    pub const ALL: [Self; 6] =
        [Self::Reading, Self::Retainers, Self::Detachedness, Self::Dominators, Self::Names, Self::Summary];

    /// What the window and the command line call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Reading => "Reading the file",
            Self::Retainers => "Finding retainers",
            Self::Detachedness => "Detached nodes and shallow sizes",
            Self::Dominators => "Distances, dominators and retained sizes",
            Self::Names => "Naming classes",
            Self::Summary => "Summing up classes",
        }
    }

    /// The share of a whole load that the phase usually takes, in thousandths.
    fn weight(self) -> u64 {
        match self {
            Self::Reading => 350,
            Self::Retainers => 120,
            Self::Detachedness => 100,
            Self::Dominators => 330,
            Self::Names => 60,
            Self::Summary => 40,
        }
    }
}

/// One look at a [`Progress`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProgressReading {
    pub phase: Phase,
    /// Items of the phase that are done and to do (bytes, nodes or edges); a total of 0 means "not known".
    pub done: u64,
    pub total: u64,
}

impl ProgressReading {
    /// How much of the phase is done, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
    pub fn phase_fraction(&self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f32 / self.total as f32).clamp(0.0, 1.0) }
    }

    /// How much of the whole load is done, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
    pub fn fraction(&self) -> f32 {
        let before: u64 = Phase::ALL.iter().filter(|&&phase| phase < self.phase).map(|phase| phase.weight()).sum();
        let all: u64 = Phase::ALL.iter().map(|phase| phase.weight()).sum();
        (before as f32 + self.phase.weight() as f32 * self.phase_fraction()) / all as f32
    }
}

/// Where a job stands; clones share the same state.
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

/// When a part of the work began, on the clock of the machine, and how long it took.
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

    /// Does a part of the work and notes how long it took, for [`Self::stages`].
    pub fn stage<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = work();
        if let Ok(mut stages) = self.0.stages.lock() {
            stages.push(Stage { name, began, took: began.elapsed() });
        }
        result
    }

    /// The parts that are done, in the order in which they ended. Those of two threads overlap.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.0.stages.lock().map(|stages| stages.clone()).unwrap_or_default()
    }

    /// Notes how many steps a part of the work took: what must stay in proportion to the size of a file, however it is
    /// made, and unlike a time can be tested.
    pub fn count_steps(&self, name: &'static str, steps: u64) {
        if let Ok(mut counts) = self.0.steps.lock() {
            counts.push((name, steps));
        }
    }

    /// What was counted, in the order in which the parts ended.
    #[must_use]
    pub fn steps(&self) -> Vec<(&'static str, u64)> {
        self.0.steps.lock().map(|steps| steps.clone()).unwrap_or_default()
    }

    /// Hands out what can be shown before the load is done.
    pub fn publish(&self, table: FirstTable) {
        let _ = self.0.first_table.set(Arc::new(table));
    }

    /// What can be shown before the load is done, once it is known.
    #[must_use]
    pub fn first_table(&self) -> Option<Arc<FirstTable>> {
        self.0.first_table.get().cloned()
    }

    /// Corrects the total of the phase once it is known.
    pub fn set_total(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Says that `count` more items are done. Call it per block of items, not per item.
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
