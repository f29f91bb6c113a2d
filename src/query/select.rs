//! Selecting: the nodes that pass a filter, with their sums.
//!
//! “Held only by” means: a search from the root that must not enter the holders does not reach the object, but an
//! unrestricted search does. It follows all but weak edges, like the filters of Chrome DevTools.

use std::sync::{Arc, OnceLock};

use super::allocations::allocations;
use super::categories::of_category;
use super::duplicates::duplicate_strings;
use super::native_contexts::{Owner, native_contexts};
use super::node_filter::NodeFilter;
use super::node_sets::{contexts, that};
use super::question::{Need, Needs, Question};
use super::script_list::objects_of;
use super::search::search;
use super::search_grammar::Query;
use super::selection::{Selection, retained_by};
use super::strings_that;
use crate::analysis::ClassTotals;
use crate::graph::EdgeName;
use crate::model::{
    BitSet, CancelToken, Cancelled, Detachedness, Distance, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, SnapshotId,
    StringId, convert,
};
use crate::snapshot::Snapshot;

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
        NodeFilter::CopiesOf(first) => {
            let strings = duplicate_strings(snapshot, cancel)?;
            let group = (0_u32..).zip(&strings.groups).find(|(_, group)| group.first == *first);
            let mut set = BitSet::new(snapshot.graph().node_count());
            for &node in group.map_or(&[][..], |(group, _)| strings.copies(group)) {
                set.insert(node as usize);
            }
            Ok(set)
        }
        NodeFilter::Category(category) => of_category(snapshot, *category, cancel),
        NodeFilter::Kind(kind) => that(snapshot, cancel, |node| snapshot.kind(node) == *kind),
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
        NodeFilter::Listed(listed) => {
            let mut set = BitSet::new(snapshot.graph().node_count());
            for node in listed.nodes() {
                if node.index() < set.len() {
                    set.insert(node.index());
                }
            }
            Ok(set)
        }
        NodeFilter::DefinedIn(part, _) => objects_of(snapshot, *part, cancel),
        NodeFilter::AllOf(filters) => {
            let sets = filters.iter().map(|filter| nodes(snapshot, filter, cancel));
            let sets: Vec<BitSet> = sets.collect::<Result<_, Cancelled>>()?;
            that(snapshot, cancel, |node| sets.iter().all(|set| set.contains(node.index())))
        }
    }
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
                    let name = graph.edge_name(EdgeIndex(convert::ordinal(edge)));
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
        let node = NodeOrdinal(convert::ordinal(node));
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

/// Asks for the nodes that pass a filter, with their sums.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SelectionOf {
    pub snapshot: SnapshotId,
    pub filter: NodeFilter,
}

impl SelectionOf {
    /// Returns the question as a need of another one; empty if every node passes.
    #[must_use]
    pub(crate) fn needed(snapshot: SnapshotId, filter: &NodeFilter) -> Vec<Need> {
        let is_needed = *filter != NodeFilter::All;
        is_needed.then(|| -> Need { Box::new(Self { snapshot, filter: filter.clone() }) }).into_iter().collect()
    }

    /// Returns the answer to [`Self::needed`]; `None` if every node passes.
    #[must_use]
    pub(crate) fn answered(snapshot: SnapshotId, filter: &NodeFilter, needs: &Needs) -> Option<Arc<Selection>> {
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
