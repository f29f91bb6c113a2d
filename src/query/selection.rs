//! Selections: parts of a snapshot that narrow the summary and the lists of objects.
//!
//! “Held only by” means: a search from the root that must not enter the holders does not reach the object, but an
//! unrestricted search does. It follows all but weak edges, like the filters of Chrome DevTools.

use std::sync::Arc;

use std::sync::OnceLock;

use rayon::prelude::*;

use super::allocations::{AllocatedBy, allocations};
use super::duplicates::duplicate_strings;
use super::native_contexts::{Owner, native_contexts};
use super::question::{Need, Needs, Question};
use super::search::search;
use super::search_grammar::Query;
use super::strings_that;
use crate::analysis::{ClassTotals, JoinedClasses, retained_by_class};
use crate::graph::EdgeName;
use crate::model::{
    BitSet, CancelToken, Cancelled, Detachedness, Distance, EdgeIndex, EdgeKind, HeapBytes, NodeKind, NodeOrdinal,
    POLL_INTERVAL, SnapshotId, StringId,
};
use crate::snapshot::Snapshot;

/// A set of nodes of a snapshot, as the question for a [`Selection`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum NodeFilter {
    #[default]
    All,
    /// Ids in `after < id <= up_to`: objects allocated between two snapshots.
    Ids {
        after: u64,
        up_to: u64,
    },
    HeldByDetachedDom,
    HeldByContexts,
    HeldByEventHandlers,
    HeldByConsole,
    DuplicatedStrings,
    /// Objects that belong only to the realm of this native context.
    NativeContext(NodeOrdinal),
    SharedByContexts,
    WithoutContext,
    /// Objects that neither user roots nor the runtime's own roots reach.
    Unreachable,
    /// Objects that match a search. Invalid queries match nothing.
    Matching(String),
    /// Objects allocated by some functions, if stacks were recorded.
    Allocated(AllocatedBy),
    AllOf(Vec<NodeFilter>),
}

impl NodeFilter {
    /// Combines two filters: a node must pass both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, filter) | (filter, Self::All) => filter,
            (Self::AllOf(mut filters), other) => {
                filters.push(other);
                Self::AllOf(filters)
            }
            (filter, other) => Self::AllOf(vec![filter, other]),
        }
    }
}

/// The nodes that pass a [`NodeFilter`], with their sums.
#[derive(Clone, Debug)]
pub struct Selection {
    /// By ordinal; may contain nodes without a size, which do not count.
    pub nodes: BitSet,
    /// The number of selected nodes that have a size, and their bytes.
    pub count: u64,
    pub shallow_size: u64,
    /// By class id.
    pub classes: Vec<ClassTotals>,
    /// The nodes that lead to selected ones, computed on first use.
    leading: OnceLock<BitSet>,
    /// The sums by merged class, computed on first use.
    joined: OnceLock<Vec<ClassTotals>>,
}

impl Selection {
    #[must_use]
    pub fn contains(&self, node: NodeOrdinal) -> bool {
        self.nodes.contains(node.index())
    }

    /// Returns the selected nodes and all nodes from which non-weak references lead to one of them.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn leading(&self, snapshot: &Snapshot, cancel: &CancelToken) -> Result<&BitSet, Cancelled> {
        if let Some(leading) = self.leading.get() {
            return Ok(leading);
        }
        let graph = snapshot.graph();
        let mut leading = self.nodes.clone();
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
        let mut stack: Vec<u32> = self.nodes.iter().map(|node| node as u32).collect();
        let mut steps = 0;
        while let Some(node) = stack.pop() {
            cancel.check_every(steps)?;
            steps += 1;
            for edge in graph.retaining_edges(NodeOrdinal(node)) {
                let source = graph.edge_source(edge);
                if graph.edge_kind(edge) != EdgeKind::WEAK && leading.insert(source.index()) {
                    stack.push(source.0);
                }
            }
        }
        Ok(self.leading.get_or_init(|| leading))
    }

    /// Returns the sums by merged class, if [`Self::join`] was called.
    #[must_use]
    pub fn joined(&self) -> Option<&[ClassTotals]> {
        self.joined.get().map(Vec::as_slice)
    }

    /// Computes the sums by merged class.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub fn join(
        &self,
        snapshot: &Snapshot,
        joined: &JoinedClasses,
        cancel: &CancelToken,
    ) -> Result<&[ClassTotals], Cancelled> {
        if self.joined.get().is_none() {
            let of = |node: NodeOrdinal| joined.first(snapshot.class_id(node)).index();
            let retained = retained_by(snapshot, &self.nodes, of, self.classes.len(), cancel)?;
            let _ = self.joined.set(joined.sum(&self.classes, &retained));
        }
        Ok(self.joined.get().map_or(&[], Vec::as_slice))
    }
}

impl HeapBytes for Selection {
    fn heap_bytes(&self) -> usize {
        self.nodes.heap_bytes() * 2 + self.classes.capacity() * 2 * size_of::<ClassTotals>()
    }
}

/// Finds the nodes and sums them up.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn select(snapshot: &Snapshot, filter: &NodeFilter, cancel: &CancelToken) -> Result<Selection, Cancelled> {
    // A search by id may find an object without a size.
    let counts_empty = matches!(filter, NodeFilter::Matching(_));
    sum_up(snapshot, nodes(snapshot, filter, cancel)?, counts_empty, cancel)
}

/// Returns the nodes that pass the filter.
pub(super) fn nodes(snapshot: &Snapshot, filter: &NodeFilter, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let owned_by = |wanted: Owner| -> Result<BitSet, Cancelled> {
        let contexts = native_contexts(snapshot, cancel)?;
        that(snapshot, cancel, |node| contexts.owner(node) == wanted)
    };
    match filter {
        NodeFilter::All => that(snapshot, cancel, |_| true),
        NodeFilter::Ids { after, up_to } => that(snapshot, cancel, |node| {
            let id = snapshot.id(node).0;
            id > *after && id <= *up_to
        }),
        NodeFilter::HeldByDetachedDom => {
            let holders = that(snapshot, cancel, |node| snapshot.detachedness(node) == Detachedness::Detached)?;
            held_only_by(snapshot, &Holders::Nodes(holders), cancel)
        }
        NodeFilter::HeldByContexts => {
            let contexts = contexts(snapshot, cancel)?;
            held_only_by(snapshot, &Holders::Nodes(contexts), cancel)
        }
        NodeFilter::HeldByEventHandlers => {
            let handlers = event_handlers(snapshot, cancel)?;
            held_only_by(snapshot, &Holders::Nodes(handlers), cancel)
        }
        NodeFilter::HeldByConsole => {
            let names = strings_that(snapshot, |text| text.ends_with(" / DevTools console"));
            held_only_by(snapshot, &Holders::ConsoleEdges(names), cancel)
        }
        NodeFilter::DuplicatedStrings => {
            let strings = duplicate_strings(snapshot, cancel)?;
            let mut set = BitSet::new(snapshot.graph().node_count());
            strings.nodes().iter().for_each(|&node| {
                set.insert(node as usize);
            });
            Ok(set)
        }
        NodeFilter::NativeContext(context) => owned_by(Owner::Context(*context)),
        NodeFilter::SharedByContexts => owned_by(Owner::Shared),
        NodeFilter::WithoutContext => owned_by(Owner::None),
        NodeFilter::Unreachable => that(snapshot, cancel, |node| snapshot.is_unreachable(node)),
        NodeFilter::Matching(text) => match Query::parse(text) {
            Ok(query) => search(snapshot, &query, cancel),
            Err(_) => Ok(BitSet::new(snapshot.graph().node_count())),
        },
        NodeFilter::Allocated(by) => {
            let ids = allocations(snapshot, None, cancel)?.trace_ids(by, cancel)?;
            let graph = snapshot.graph();
            that(snapshot, cancel, |node| ids.binary_search(&u64::from(graph.trace_node(node))).is_ok())
        }
        NodeFilter::AllOf(filters) => {
            let sets = filters.iter().map(|filter| nodes(snapshot, filter, cancel));
            let sets: Vec<BitSet> = sets.collect::<Result<_, Cancelled>>()?;
            that(snapshot, cancel, |node| sets.iter().all(|set| set.contains(node.index())))
        }
    }
}

/// Returns the nodes that pass a test, in parallel.
pub(super) fn that(
    snapshot: &Snapshot,
    cancel: &CancelToken,
    test: impl Fn(NodeOrdinal) -> bool + Sync,
) -> Result<BitSet, Cancelled> {
    let count = snapshot.graph().node_count();
    let mut words = vec![0_u64; count.div_ceil(64)];
    words.par_chunks_mut(POLL_INTERVAL / 64).enumerate().try_for_each(|(chunk, words)| {
        cancel.check()?;
        let first = chunk * POLL_INTERVAL;
        for (at, word) in words.iter_mut().enumerate() {
            for bit in 0..64.min(count - (first + at * 64)) {
                #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
                let node = NodeOrdinal((first + at * 64 + bit) as u32);
                *word |= u64::from(test(node)) << bit;
            }
        }
        Ok(())
    })?;
    Ok(BitSet::from_words(words, count))
}

/// The objects that a search must not pass through.
enum Holders {
    /// Nodes that must not be entered.
    Nodes(BitSet),
    /// Edges of synthetic nodes with one of these names.
    ConsoleEdges(BitSet),
}

/// Returns all nodes that are reachable, but not without the holders. Without holders, the result is empty.
fn held_only_by(snapshot: &Snapshot, holders: &Holders, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let graph = snapshot.graph();
    let (Holders::Nodes(set) | Holders::ConsoleEdges(set)) = holders;
    if set.count() == 0 {
        return Ok(BitSet::new(graph.node_count()));
    }
    let mut reached = BitSet::new(graph.node_count());
    reached.insert(graph.root().index());
    let mut stack = vec![graph.root().0];
    let mut steps = 0;
    while let Some(node) = stack.pop() {
        cancel.check_every(steps)?;
        steps += 1;
        let node = NodeOrdinal(node);
        let range = graph.edge_range(node);
        let avoids_console = matches!(holders, Holders::ConsoleEdges(_)) && graph.kind(node) == NodeKind::SYNTHETIC;
        for edge in range {
            let target = graph.edge_targets[edge] as usize;
            if graph.edge_kinds[edge] == EdgeKind::WEAK || reached.contains(target) {
                continue;
            }
            let is_blocked = match holders {
                Holders::Nodes(nodes) => nodes.contains(target),
                Holders::ConsoleEdges(names) if avoids_console => {
                    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 edges")]
                    let name = graph.edge_name(EdgeIndex(edge as u32));
                    matches!(name, EdgeName::Text(StringId(name)) if names.contains(name as usize))
                }
                Holders::ConsoleEdges(_) => false,
            };
            if !is_blocked {
                reached.insert(target);
                stack.push(graph.edge_targets[edge]);
            }
        }
    }
    that(snapshot, cancel, |node| !reached.contains(node.index()) && snapshot.distance(node) != Distance::NONE)
}

/// Returns the contexts of closures.
pub(super) fn contexts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let names = strings_that(snapshot, |text| text == "system / Context" || text.starts_with("system / Context / "));
    let graph = snapshot.graph();
    that(snapshot, cancel, |node| names.contains(graph.name_id(node).0 as usize) && !snapshot.is_renamed(node))
}

/// The edge from a listener to its callback, and the one that only functions have.
const CALLBACK: &str = "1";
const CODE: &str = "code";

/// Returns the functions that handle events, or their wrappers, found through the listeners that hold them.
fn event_handlers(snapshot: &Snapshot, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let graph = snapshot.graph();
    let listener = strings_that(snapshot, |text| text == "V8EventListener");
    // Numbered edges match by their number.
    let target = |node: NodeOrdinal, name: &str| {
        let is_it = |edge: &EdgeIndex| graph.edge_name_text(*edge) == name;
        graph.edges(node).find(is_it).map(|edge| graph.edge_target(edge))
    };
    let mut handlers = BitSet::new(graph.node_count());
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if !listener.contains(graph.name_id(node).0 as usize) || snapshot.is_renamed(node) {
            continue;
        }
        let Some(held) = target(node, CALLBACK) else { continue };
        let handler = if target(held, CODE).is_some() {
            held
        } else {
            // A framework's own wrapper around the function.
            let mut children = graph.edges(held).map(|edge| graph.edge_target(edge));
            children.find(|&child| target(child, CODE).is_some()).unwrap_or(held)
        };
        handlers.insert(handler.index());
    }
    Ok(handlers)
}

fn sum_up(
    snapshot: &Snapshot,
    nodes: BitSet,
    counts_empty: bool,
    cancel: &CancelToken,
) -> Result<Selection, Cancelled> {
    let class_count = snapshot.classes().all().len();
    let mut classes = vec![ClassTotals::NOTHING; class_count];
    let mut selection = Selection {
        nodes,
        count: 0,
        shallow_size: 0,
        classes: Vec::new(),
        leading: OnceLock::new(),
        joined: OnceLock::new(),
    };
    for (at, node) in selection.nodes.iter().enumerate() {
        cancel.check_every(at)?;
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
        let node = NodeOrdinal(node as u32);
        let size = snapshot.shallow_size(node);
        if size == 0 {
            selection.count += u64::from(counts_empty);
            continue;
        }
        let totals = &mut classes[snapshot.class_id(node).index()];
        let distance = snapshot.distance(node);
        totals.distance = if totals.count == 0 { distance } else { totals.distance.min(distance) };
        totals.count += 1;
        totals.shallow_size = totals.shallow_size.saturating_add(size);
        selection.count += 1;
        selection.shallow_size = selection.shallow_size.saturating_add(size);
    }
    if selection.count > 0 {
        let class_of = |node: NodeOrdinal| snapshot.class_id(node).index();
        let sums = retained_by(snapshot, &selection.nodes, class_of, class_count, cancel)?;
        for (totals, size) in classes.iter_mut().zip(sums) {
            totals.retained_size = size;
        }
    }
    selection.classes = classes;
    Ok(selection)
}

/// Returns the common retained size of the nodes of each class, for those that are in `nodes` and have a size.
fn retained_by(
    snapshot: &Snapshot,
    nodes: &BitSet,
    class_of: impl Fn(NodeOrdinal) -> usize,
    class_count: usize,
    cancel: &CancelToken,
) -> Result<Vec<u64>, Cancelled> {
    let counts = |node: NodeOrdinal| nodes.contains(node.index()) && snapshot.shallow_size(node) != 0;
    let (sizes, dominators) = (snapshot.retained_sizes(), snapshot.dominators());
    retained_by_class(class_of, class_count, counts, sizes, dominators, cancel)
}

/// Asks for the nodes that pass a filter, with their sums.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SelectionOf {
    pub snapshot: SnapshotId,
    pub filter: NodeFilter,
}

impl SelectionOf {
    /// Returns the question as a need of another one; empty if every node passes.
    #[must_use]
    pub fn needed(snapshot: SnapshotId, filter: &NodeFilter) -> Vec<Need> {
        let is_needed = *filter != NodeFilter::All;
        is_needed.then(|| -> Need { Box::new(Self { snapshot, filter: filter.clone() }) }).into_iter().collect()
    }

    /// Returns the answer to [`Self::needed`]; `None` if every node passes.
    #[must_use]
    pub fn answered(snapshot: SnapshotId, filter: &NodeFilter, needs: &Needs) -> Option<Arc<Selection>> {
        (*filter != NodeFilter::All).then(|| needs.answer(&Self { snapshot, filter: filter.clone() }))
    }
}

impl Question for SelectionOf {
    type Answer = Selection;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Selection, Cancelled> {
        select(needs.snapshot(self.snapshot), &self.filter, cancel)
    }
}
