//! The object with the largest retained size besides the root.

use super::question::{Needs, Question};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, SnapshotId};

/// Asks for the object with the largest retained size besides the root.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct LargestOf(pub(crate) SnapshotId);

impl HeapBytes for Option<NodeOrdinal> {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Question for LargestOf {
    type Answer = Option<NodeOrdinal>;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Option<NodeOrdinal>, Cancelled> {
        cancel.check()?;
        let snapshot = needs.snapshot(self.0);
        let others = snapshot.graph().nodes().filter(|node| *node != snapshot.root());
        Ok(others.max_by_key(|node| snapshot.retained_size(*node)))
    }
}
