//! The allocation timeline: how much was allocated between two samples, and how much of it is still alive.
//!
//! V8 assigns ascending object ids as objects are allocated, in steps of two, and each sample has the last id at its
//! time. So an object belongs to the first sample whose last id is not below its own. Only odd ids count, which are
//! those of JavaScript objects. A file has no sizes of dead objects, but the ids give their number.

use super::question::{Needs, Question};
use crate::model::{CancelToken, Cancelled, HeapBytes, SnapshotId};
use crate::snapshot::Snapshot;

use super::node_filter::NodeFilter;

/// The objects allocated between a sample and the previous one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimelineBar {
    /// The end in microseconds; the start is the end of the previous bar. The first bar contains everything from before
    /// the recording.
    pub end_us: u64,
    /// The assigned ids: `after < id <= up_to`.
    pub after: u64,
    pub up_to: u64,
    /// The number of objects with these ids.
    pub allocated_count: u64,
    /// The number of live objects among them, and their shallow sizes.
    pub live_count: u64,
    pub live_size: u64,
}

/// Bars in chronological order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Timeline {
    pub bars: Vec<TimelineBar>,
}

impl Timeline {
    /// Returns the start of a bar in microseconds.
    #[must_use]
    pub fn start_us(&self, bar: usize) -> u64 {
        bar.checked_sub(1).and_then(|before| self.bars.get(before)).map_or(0, |before| before.end_us)
    }

    /// Returns the filter for the objects allocated in a range of bars, the last one included.
    #[must_use]
    pub fn filter(&self, first: usize, last: usize) -> NodeFilter {
        match (self.bars.get(first), self.bars.get(last)) {
            (Some(first), Some(last)) => NodeFilter::Ids { after: first.after, up_to: last.up_to },
            _ => NodeFilter::All,
        }
    }
}

impl HeapBytes for Timeline {
    fn heap_bytes(&self) -> usize {
        self.bars.capacity() * size_of::<TimelineBar>()
    }
}

/// Returns the timeline; without bars if none was recorded.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn timeline(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Timeline, Cancelled> {
    let graph = snapshot.graph();
    let mut bars = Vec::with_capacity(graph.samples().len());
    let mut after = 0;
    for sample in graph.samples() {
        // If ids do not ascend, nothing was allocated.
        let up_to = sample.last_assigned_id.max(after);
        let odd_ids = |up_to: u64| up_to.div_ceil(2);
        bars.push(TimelineBar {
            end_us: sample.timestamp_us,
            after,
            up_to,
            allocated_count: odd_ids(up_to) - odd_ids(after),
            live_count: 0,
            live_size: 0,
        });
        after = up_to;
    }
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let id = graph.id(node).0;
        if id.is_multiple_of(2) {
            continue;
        }
        let at = bars.partition_point(|bar| bar.up_to < id);
        if let Some(bar) = bars.get_mut(at) {
            bar.live_count += 1;
            bar.live_size = bar.live_size.saturating_add(snapshot.shallow_size(node));
        }
    }
    Ok(Timeline { bars })
}

/// Asks for the allocation timeline of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TimelineOf(pub SnapshotId);

impl Question for TimelineOf {
    type Answer = Timeline;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Timeline, Cancelled> {
        timeline(needs.snapshot(self.0), cancel)
    }
}
