//! Bytes and counts by kind of node.

use super::node_filter::NodeFilter;
use super::question::{Need, Needs, Question};
use super::select::SelectionOf;
use super::selection::Selection;
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeKind, SnapshotId};
use crate::snapshot::Snapshot;

/// The sums over the nodes of one kind.
#[derive(Clone, Debug)]
pub struct KindTotals {
    pub kind: NodeKind,
    /// The kind's name in the file.
    pub name: String,
    pub count: u64,
    /// The sum of the shallow sizes in bytes.
    pub shallow_size: u64,
}

/// Returns the sums of all kinds that occur in the given nodes, or in all nodes, in the order of their first node in
/// the file.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn by_kind(
    snapshot: &Snapshot,
    selection: Option<&Selection>,
    cancel: &CancelToken,
) -> Result<Vec<KindTotals>, Cancelled> {
    let graph = snapshot.graph();
    let mut rows: Vec<KindTotals> = Vec::new();
    let mut row_of = [usize::MAX; 256];
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if selection.is_some_and(|selection| !selection.contains(node)) {
            continue;
        }
        let kind = graph.kind(node);
        let at = &mut row_of[usize::from(kind.0)];
        if *at == usize::MAX {
            *at = rows.len();
            rows.push(KindTotals { kind, name: graph.kind_name(node).to_owned(), count: 0, shallow_size: 0 });
        }
        let row = &mut rows[*at];
        row.count += 1;
        row.shallow_size = row.shallow_size.saturating_add(snapshot.shallow_size(node));
    }
    Ok(rows)
}

impl HeapBytes for Vec<KindTotals> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<KindTotals>()
    }
}

/// Asks for the sums by node kind over the nodes that pass a filter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct KindsOf {
    pub snapshot: SnapshotId,
    pub filter: NodeFilter,
}

impl Question for KindsOf {
    type Answer = Vec<KindTotals>;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        SelectionOf::needed(self.snapshot, &self.filter)
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Self::Answer, Cancelled> {
        let selection = SelectionOf::answered(self.snapshot, &self.filter, needs);
        by_kind(needs.snapshot(self.snapshot), selection.as_deref(), cancel)
    }
}
