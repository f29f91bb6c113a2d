//! Lists of duplicate strings: the groups, and the copies of each.

use std::sync::Arc;

use super::RowOrder;
use super::duplicates::{DuplicateStrings, GroupSort, duplicate_groups, duplicate_strings};
use super::node_filter::NodeFilter;
use super::question::{Lane, Need, Needs, Question};
use super::select::SelectionOf;
use crate::model::{CancelToken, Cancelled, NodeOrdinal, SnapshotId};

/// Asks for the duplicate strings of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DuplicatesOf(pub SnapshotId);

impl Question for DuplicatesOf {
    type Answer = DuplicateStrings;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.0]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<DuplicateStrings, Cancelled> {
        duplicate_strings(needs.snapshot(self.0), cancel)
    }
}

/// The question for a list of duplicate strings; row ids are indices of groups.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupsKey {
    pub snapshot: SnapshotId,
    pub sort: GroupSort,
    /// A part of the text.
    pub text: String,
    /// Keeps only groups with a copy that passes this filter.
    pub within: NodeFilter,
}

impl Question for GroupsKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = SelectionOf::needed(self.snapshot, &self.within);
        needs.push(Box::new(DuplicatesOf(self.snapshot)));
        needs
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let duplicates = needs.answer(&DuplicatesOf(self.snapshot));
        let mut rows = duplicate_groups(&duplicates, needs.snapshot(self.snapshot), self.sort, &self.text, cancel)?;
        if let Some(selection) = SelectionOf::answered(self.snapshot, &self.within, needs) {
            let is_selected = |&node: &u32| selection.contains(NodeOrdinal(node));
            rows.retain(|&group| duplicates.copies(group).iter().any(is_selected));
        }
        Ok(RowOrder { rows: Arc::new(rows) })
    }

    fn list(&self) -> Option<Self> {
        Some(Self { sort: GroupSort::BY_WASTED_SIZE, text: String::new(), within: NodeFilter::All, ..*self })
    }
}

/// The question for the copies of one duplicate string; row ids are node ordinals, ascending.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CopiesKey {
    pub snapshot: SnapshotId,
    /// The index of the string's group.
    pub group: u32,
}

impl Question for CopiesKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(DuplicatesOf(self.snapshot))]
    }

    fn run(&self, needs: &Needs, _: &CancelToken) -> Result<RowOrder, Cancelled> {
        let duplicates = needs.answer(&DuplicatesOf(self.snapshot));
        Ok(RowOrder { rows: Arc::new(duplicates.copies(self.group).to_vec()) })
    }
}
