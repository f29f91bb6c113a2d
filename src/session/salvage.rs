//! Damaged files: what could be opened of them is found out in the background, and opened when somebody wants it.

use std::sync::Arc;

use super::lanes::Pending;
use super::{Load, Loaded, Session, SnapshotId};
use crate::format::{Salvage, Source};
use crate::model::{CancelToken, Progress};
use crate::query::Lane;
use crate::snapshot::{OpenError, Snapshot};

/// What is known of a second try with a file that could not be loaded.
#[derive(Debug, Default)]
pub struct Rescue {
    /// The source, if it can be read again.
    pub(super) source: Option<Source>,
    survey: Option<Pending<Option<Salvage>>>,
    /// What would be missing if the file were opened all the same; `None` as long as that is not known, and where nothing
    /// can be opened.
    pub offer: Option<Salvage>,
}

impl Rescue {
    pub(super) fn of(source: &Source) -> Self {
        Self { source: source.twin(), ..Self::default() }
    }

    /// Whether it is still being found out.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.survey.is_some()
    }

    /// Takes in the answer if it is there.
    pub(super) fn poll(&mut self) {
        if let Some(answer) = self.survey.as_mut().and_then(Pending::take) {
            self.survey = None;
            self.offer = answer.ok().flatten();
        }
    }
}

impl Session {
    /// Finds out what could be opened of a file that was refused.
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

    /// Opens what is there of a file that could not be loaded.
    pub fn salvage(&mut self, id: SnapshotId) {
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
            match Snapshot::open_salvaging(source, &progress, cancel) {
                Err(OpenError::Cancelled(cancelled)) => Err(cancelled),
                // Only what is whole gets an index.
                other => Ok(other.map(|snapshot| Loaded::Snapshot(Arc::new(snapshot), None))),
            }
        };
        load.pending = Some(self.lanes.spawn(Lane::Bulk, job));
    }
}
