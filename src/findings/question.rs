//! The question for the findings of a series.

use super::finding::Findings;
use super::findings;
use crate::model::{CancelToken, Cancelled, SnapshotId};
use crate::query::{Needs, Question, Series};
use crate::snapshot::Snapshot;

/// Asks for the findings of snapshots, the oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FindingsOf(pub Series);

impl Question for FindingsOf {
    type Answer = Findings;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.0.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Findings, Cancelled> {
        let snapshots: Vec<&Snapshot> = self.0.iter().map(|&id| needs.snapshot(id)).collect();
        findings(&snapshots, cancel)
    }
}
