//! Questions about the call tree of a profile, of two profiles, or of the allocation stacks of a snapshot.

use super::allocations::{Allocations, allocations};
use super::calls::Calls;
use super::node_filter::NodeFilter;
use super::profile::{compare_profiles, profile_calls};
use super::question::{Lane, Need, Needs, Question};
use super::select::SelectionOf;
use crate::model::{BitSet, CancelToken, Cancelled, HeapBytes, SnapshotId};

/// The source of calls.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CallsKey {
    Profile(SnapshotId),
    Compared {
        base: SnapshotId,
        current: SnapshotId,
    },
    /// The allocation stacks of a snapshot. Only live objects that pass the filter count.
    Allocations(SnapshotId, NodeFilter),
}

/// Calls, with additional data if they are those of a snapshot.
#[derive(Debug)]
pub enum CallsOf {
    Profile(Calls),
    Snapshot(Allocations),
}

impl CallsOf {
    #[must_use]
    pub fn calls(&self) -> &Calls {
        match self {
            Self::Profile(calls) => calls,
            Self::Snapshot(allocations) => allocations.calls(),
        }
    }

    #[must_use]
    pub fn allocations(&self) -> Option<&Allocations> {
        if let Self::Snapshot(allocations) = self { Some(allocations) } else { None }
    }
}

impl HeapBytes for CallsOf {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Profile(calls) => calls.heap_bytes(),
            Self::Snapshot(allocations) => allocations.heap_bytes(),
        }
    }
}

impl Question for CallsKey {
    type Answer = CallsOf;

    fn snapshots(&self) -> Vec<SnapshotId> {
        match self {
            Self::Profile(id) | Self::Allocations(id, _) => vec![*id],
            Self::Compared { base, current } => vec![*base, *current],
        }
    }

    fn needs(&self) -> Vec<Need> {
        match self {
            Self::Allocations(id, filter) => SelectionOf::needed(*id, filter),
            Self::Profile(_) | Self::Compared { .. } => Vec::new(),
        }
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<CallsOf, Cancelled> {
        Ok(match self {
            Self::Profile(id) => CallsOf::Profile(profile_calls(needs.profile(*id), cancel)?),
            Self::Compared { base, current } => {
                CallsOf::Profile(compare_profiles(needs.profile(*base), needs.profile(*current), cancel)?)
            }
            Self::Allocations(id, filter) => {
                let selection = SelectionOf::answered(*id, filter, needs);
                CallsOf::Snapshot(allocations(needs.snapshot(*id), selection.as_deref(), cancel)?)
            }
        })
    }
}

/// Asks for the functions with a text in their name or script, one bit per function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FunctionsWith {
    pub calls: CallsKey,
    pub text: String,
}

impl Question for FunctionsWith {
    type Answer = BitSet;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.calls.snapshots()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.calls.clone())]
    }

    fn run(&self, needs: &Needs, _: &CancelToken) -> Result<BitSet, Cancelled> {
        Ok(needs.answer(&self.calls).calls().matching(&self.text))
    }
}
