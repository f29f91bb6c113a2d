//! All members of holders in each snapshot, including the common ones.

use std::collections::{BTreeMap, HashSet};

use foldhash::HashMap;

use super::candidate::Candidate;
use super::holders::Series;
use super::ways::Side;
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal};
use crate::query::{by_dominance, retained_together};
use crate::snapshot::Snapshot;

/// The members of a candidate in each snapshot.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) members: Vec<u64>,
    /// The bytes that they retain.
    pub(super) bytes: Vec<u64>,
    /// The bytes that only the holder keeps alive in the last snapshot.
    pub(super) freed: u64,
    /// The members of the last snapshot by ordinal.
    pub(super) last: Vec<u32>,
}

/// Counts the members of all candidates.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn totals(
    series: &mut Series<'_>,
    candidates: &[Candidate],
    cancel: &CancelToken,
) -> Result<Vec<Totals>, Cancelled> {
    let mut totals = vec![Totals::default(); candidates.len()];
    let by_class = by_class(series, candidates);
    let Some(last) = series.sides.len().checked_sub(1) else { return Ok(totals) };
    for at in 0..=last {
        let snapshot = series.sides[at].snapshot;
        let mut known: HashMap<(u32, u32), Option<usize>> = HashMap::default();
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); candidates.len()];
        // Nearly all nodes are of classes that nobody gathers: those are skipped by the class's number in the snapshot.
        let is_wanted = series.sides[at].classes_among(|class| by_class.contains_key(&class));
        for node in snapshot.graph().nodes() {
            cancel.check_every(node.index())?;
            if !is_wanted[snapshot.class_id(node).index()] {
                continue;
            }
            let class = series.sides[at].class(node);
            let Some(wanted) = by_class.get(&class) else { continue };
            let Some(edge) = series.sides[at].field_edge(node) else { continue };
            let found = if let Some(&found) = known.get(&(edge.0, class)) {
                found
            } else {
                let key = series.key(at, edge, class, cancel)?;
                let found = wanted.iter().find(|(way, _)| *way == key.0).map(|&(_, candidate)| candidate);
                known.insert((edge.0, class), found);
                found
            };
            if let Some(candidate) = found {
                members[candidate].push(node.0);
            }
        }
        for (candidate, members) in members.into_iter().enumerate() {
            let totals = &mut totals[candidate];
            totals.members.push(count(&series.sides[at], &members));
            totals.bytes.push(retained_together(snapshot, &members, cancel)?);
            if at == last {
                let side = &series.sides[last];
                let fields = members.iter().filter_map(|&node| side.field_edge(NodeOrdinal(node)));
                totals.freed = freed_by(side, fields, &members, cancel)?;
                totals.last = members;
            }
        }
    }
    Ok(totals)
}

/// Counts members. A reaction of a promise has one function for each outcome and counts once.
fn count(side: &Side<'_>, members: &[u32]) -> u64 {
    let reaction = |node: NodeOrdinal| {
        let (_, parent) = side.tree.parent(node)?;
        side.snapshot.class(parent).name.starts_with("system / PromiseReaction").then_some(parent)
    };
    let reactions: HashSet<NodeOrdinal> = members.iter().filter_map(|&node| reaction(NodeOrdinal(node))).collect();
    let others = members.iter().filter(|&&node| reaction(NodeOrdinal(node)).is_none()).count();
    (reactions.len() + others) as u64
}

/// By number of a class: the paths of holders, and their candidates. Whatever the field: a list has two ends.
type ByClass = HashMap<u32, Vec<(u32, usize)>>;

/// Returns the paths to the holders of the candidates.
fn by_class(series: &Series<'_>, candidates: &[Candidate]) -> ByClass {
    let mut by_class = ByClass::default();
    for (at, candidate) in candidates.iter().enumerate() {
        for &holder in &candidate.holders {
            let holder = &series.holders[holder];
            by_class.entry(candidate.class).or_default().push((holder.way, at));
        }
    }
    by_class
}

/// Returns the bytes that would be freed if the fields that hold members were emptied. A collection then loses all that
/// only it keeps alive, keys included; of another field, the members that its object dominates are lost.
pub(super) fn freed_by(
    side: &Side<'_>,
    fields: impl Iterator<Item = EdgeIndex>,
    members: &[u32],
    cancel: &CancelToken,
) -> Result<u64, Cancelled> {
    let (snapshot, graph) = (side.snapshot, side.snapshot.graph());
    // By container, whether it is a collection: all of its fields that hold members are alike.
    let mut containers: BTreeMap<u32, bool> = BTreeMap::new();
    for (at, edge) in fields.enumerate() {
        cancel.check_every(at)?;
        containers.entry(graph.edge_source(edge).0).or_insert_with(|| side.is_contents(edge));
    }
    let collections: Vec<u32> = containers.iter().filter(|&(_, &is)| is).map(|(&node, _)| node).collect();
    let others = containers.iter().filter(|&(_, &is)| !is).map(|(&node, _)| node);
    let mut sum: u64 = 0;
    for (node, is_inside) in by_dominance(snapshot, &collections, cancel)? {
        if !is_inside {
            sum = sum.saturating_add(snapshot.retained_size(node).saturating_sub(snapshot.shallow_size(node)));
        }
    }
    for container in others.take(FIELDS) {
        sum = sum.saturating_add(retained_in(snapshot, members, NodeOrdinal(container), cancel)?);
    }
    Ok(sum)
}

/// The maximum number of objects with a field that is no collection.
const FIELDS: usize = 4;

/// Returns the common retained size of the objects that a container dominates.
fn retained_in(
    snapshot: &Snapshot,
    nodes: &[u32],
    container: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<u64, Cancelled> {
    let is_below = |&node: &u32| snapshot.dominators().dominates(container, NodeOrdinal(node));
    let below: Vec<u32> = nodes.iter().copied().filter(is_below).collect();
    retained_together(snapshot, &below, cancel)
}
