//! Recovery of damaged files: a background check finds what can be opened, and the user decides whether to open
//! it.

use std::sync::Arc;

use super::lanes::Pending;
use super::{Load, Loaded, Session, SnapshotId};
use crate::format::{Recovery, Source};
use crate::model::{CancelToken, Progress};
use crate::query::Lane;
use crate::snapshot::{OpenError, Snapshot};

/// The result of a second attempt to read a file that could not be loaded.
#[derive(Debug, Default)]
pub struct Rescue {
    /// The source, if it can be read again.
    pub(super) source: Option<Source>,
    survey: Option<Pending<Option<Recovery>>>,
    /// The missing data if the file were recovered; `None` if that is not known yet or nothing can be recovered.
    pub offer: Option<Recovery>,
}

impl Rescue {
    pub(super) fn of(source: &Source) -> Self {
        Self { source: source.twin(), ..Self::default() }
    }

    /// Returns true while the check runs.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.survey.is_some()
    }

    /// Fetches the result of the check if it is ready.
    pub(super) fn poll(&mut self) {
        if let Some(answer) = self.survey.as_mut().and_then(Pending::take) {
            self.survey = None;
            self.offer = answer.ok().flatten();
        }
    }
}

impl Session {
    /// Checks in the background what can be recovered of a file that was refused.
    pub(super) fn start_survey(&mut self, at: usize) {
        let load = &mut self.loads[at];
        let Some(source) = load.rescue.source.as_ref().and_then(Source::twin) else { return };
        let limit = self.memory_limit;
        let survey = move |cancel: &CancelToken| {
            cancel.set_memory_limit(limit);
            let Some(source) = source.again() else { return Ok(None) };
            match Snapshot::survey(source, &Progress::new(), cancel) {
                Err(OpenError::Cancelled(cancelled)) => Err(cancelled),
                other => Ok(other.ok()),
            }
        };
        load.rescue.survey = Some(self.lanes.spawn(Lane::Bulk, survey));
    }

    /// Recovers a file that could not be loaded.
    pub fn recover(&mut self, id: SnapshotId) {
        let Some(load) = self.loads.iter_mut().find(|load| load.id == id && load.error.is_some()) else { return };
        let Some(source) = load.rescue.source.as_ref().and_then(Source::twin) else { return };
        load.error = None;
        load.rescue = Rescue::of(&source);
        load.progress = Progress::new();
        load.started = Arc::default();
        let (progress, started) = (load.progress.clone(), Arc::clone(&load.started));
        let limit = self.memory_limit;
        let job = move |cancel: &CancelToken| {
            Load::begin(&started);
            cancel.set_memory_limit(limit);
            match Snapshot::open_recovering(source, &progress, cancel) {
                Err(OpenError::Cancelled(cancelled)) => Err(cancelled),
                // Only complete snapshots are cached.
                other => Ok(other.map(|snapshot| Loaded::Snapshot(Arc::new(snapshot), None))),
            }
        };
        load.pending = Some(self.lanes.spawn(Lane::Bulk, job));
    }
}
