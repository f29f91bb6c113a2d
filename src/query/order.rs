//! Lists: their contents, order and filter, and the resulting rows.

use std::sync::Arc;

use super::ignored::{DistancesWithout, RetainerDistances};
use super::node_filter::NodeFilter;
use super::question::{Lane, Need, Needs, Question};
use super::select::SelectionOf;
use super::selection::Selection;
use super::{class_totals, classes, edges, join_reloaded, joined_totals, nodes};
use crate::model::{CancelToken, Cancelled, ClassId, EdgeIndex, HeapBytes, NodeOrdinal, SnapshotId};
use crate::snapshot::Snapshot;

/// A list of rows within one snapshot. The variant defines the meaning of the row ids in its `RowOrder`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListSpec {
    /// All classes that have members; row ids are class ids.
    Classes,
    /// The members of a class that have a size; row ids are node ordinals.
    Members(ClassId),
    /// All classes that have members, with those of reloaded scripts merged; row ids are the ids of the first class of
    /// each.
    JoinedClasses,
    /// The members of all classes merged into this one; row ids are node ordinals.
    JoinedMembers(ClassId),
    /// The outgoing edges of a node; row ids are edge indices.
    Edges(NodeOrdinal),
    /// The incoming edges of a node without weak ones and those from the root; row ids are edge indices.
    Retainers(NodeOrdinal),
    /// The nodes that a node immediately dominates; row ids are node ordinals.
    Dominated(NodeOrdinal),
    /// The selected nodes that have a size; row ids are node ordinals.
    Selected,
}

/// A sort key of rows. Each list breaks ties like DevTools, finally by id or position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SortKey {
    Name,
    Count,
    Distance,
    ShallowSize,
    RetainedSize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    pub key: SortKey,
    pub descending: bool,
}

impl Sort {
    /// Largest retained size first, the default order of DevTools for all lists but the retainers.
    pub const BY_RETAINED_SIZE: Self = Self { key: SortKey::RetainedSize, descending: true };
    /// Nearest first, the default order of DevTools for retainers.
    pub const BY_DISTANCE: Self = Self { key: SortKey::Distance, descending: false };
}

/// The filter of a list. The default shows all rows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Filter {
    /// Classes: a part of the name, ignoring case. Empty: all.
    pub class_name: String,
    /// Classes, members and selected nodes: only these count.
    pub nodes: NodeFilter,
    /// Edges and dominated nodes: only those that lead to one of `nodes`.
    pub leads: bool,
    /// Retainers: objects that are treated as if they held nothing, ascending.
    pub ignored: Vec<NodeOrdinal>,
}

/// The computed parts of a filter, shared by all lists with this filter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lens<'a> {
    /// The selection of `Filter::nodes`; `None` for all.
    pub selection: Option<&'a Selection>,
    /// The distances without `Filter::ignored`; `None` if nothing is ignored.
    pub distances: Option<&'a RetainerDistances>,
}

/// Row ids in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowOrder {
    pub rows: Arc<Vec<u32>>,
}

impl HeapBytes for RowOrder {
    fn heap_bytes(&self) -> usize {
        self.rows.capacity() * 4
    }
}

/// Returns the rows of a list in order.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn order(
    snapshot: &Snapshot,
    list: ListSpec,
    sort: Sort,
    filter: &Filter,
    lens: Lens<'_>,
    cancel: &CancelToken,
) -> Result<RowOrder, Cancelled> {
    let mut rows = match list {
        ListSpec::Classes => {
            classes::classes(snapshot, sort, filter, |class| class_totals(snapshot, lens.selection, class))
        }
        ListSpec::Members(class) => nodes::members(snapshot, |of| of == class, sort, lens.selection, cancel)?,
        ListSpec::JoinedClasses => {
            let joined = join_reloaded(snapshot, cancel)?;
            if let Some(selection) = lens.selection {
                selection.join(snapshot, joined, cancel)?;
            }
            classes::classes(snapshot, sort, filter, |class| joined_totals(snapshot, lens.selection, class))
        }
        ListSpec::JoinedMembers(class) => {
            let joined = join_reloaded(snapshot, cancel)?;
            nodes::members(snapshot, |of| joined.first(of) == class, sort, lens.selection, cancel)?
        }
        ListSpec::Edges(node) => edges::outgoing(snapshot, node, sort, cancel)?,
        ListSpec::Retainers(node) => edges::retainers(snapshot, node, sort, lens.distances, cancel)?,
        ListSpec::Dominated(node) => nodes::dominated(snapshot, node, sort, cancel)?,
        ListSpec::Selected => {
            let lists_empty = matches!(filter.nodes, NodeFilter::Matching(_));
            nodes::selected(snapshot, sort, lens.selection, lists_empty, cancel)?
        }
    };
    if let Some(selection) = lens.selection.filter(|_| filter.leads) {
        match list {
            ListSpec::Edges(_) => {
                let leading = selection.leading(snapshot, cancel)?;
                rows.retain(|&edge| leading.contains(snapshot.graph().edge_target(EdgeIndex(edge)).index()));
            }
            ListSpec::Dominated(_) => {
                let subtree = |node: u32| snapshot.dominators().subtree(NodeOrdinal(node)).iter();
                rows.retain(|&node| subtree(node).any(|&below| selection.contains(NodeOrdinal(below))));
            }
            _ => {}
        }
    }
    Ok(RowOrder { rows: Arc::new(rows) })
}

/// The question for a list of one snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OrderKey {
    pub snapshot: SnapshotId,
    pub list: ListSpec,
    pub sort: Sort,
    pub filter: Filter,
}

impl OrderKey {
    /// Returns the question for the distances, if the filter needs them.
    fn distances(&self) -> Option<DistancesWithout> {
        let ignored = &self.filter.ignored;
        (!ignored.is_empty()).then(|| DistancesWithout { snapshot: self.snapshot, ignored: ignored.clone() })
    }
}

impl Question for OrderKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = SelectionOf::needed(self.snapshot, &self.filter.nodes);
        needs.extend(self.distances().map(|question| -> Need { Box::new(question) }));
        needs
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let selection = SelectionOf::answered(self.snapshot, &self.filter.nodes, needs);
        let distances = self.distances().map(|question| needs.answer(&question));
        let lens = Lens { selection: selection.as_deref(), distances: distances.as_deref() };
        order(needs.snapshot(self.snapshot), self.list, self.sort, &self.filter, lens, cancel)
    }

    fn list(&self) -> Option<Self> {
        Some(Self { sort: Sort::BY_RETAINED_SIZE, filter: Filter::default(), ..self.clone() })
    }
}
