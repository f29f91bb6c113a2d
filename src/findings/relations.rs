//! Relations between holders: which growth has the same cause, and what else holds the members.

use std::collections::BTreeMap;

use super::candidate::Candidate;
use super::holders::Series;
use super::naming::Names;
use super::select::is_text;
use super::totals::Totals;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal};

/// The number of members that are looked at.
const LOOKED_AT: usize = 8;
/// The number of objects around a member that are looked at, and how many references away.
const NEIGHBORS: usize = 300;
const HOPS: usize = 3;
/// The number of objects above a member that are asked for its holder.
const CLIMB: usize = 256;

/// Returns the holder that gathers an object of the last snapshot.
fn holder_of(series: &mut Series<'_>, node: NodeOrdinal, cancel: &CancelToken) -> Result<Option<usize>, Cancelled> {
    let last = series.sides.len() - 1;
    let mut at = node;
    let mut below: Option<NodeOrdinal> = None;
    for _ in 0..CLIMB {
        if series.shared[last].all.contains(at.index()) {
            break;
        }
        below = Some(at);
        let Some((_, parent)) = series.sides[last].tree.parent(at) else { break };
        at = parent;
    }
    let Some(edge) = below.and_then(|below| series.sides[last].field_edge(below)) else { return Ok(None) };
    let class = series.sides[last].class(series.sides[last].snapshot.graph().edge_target(edge));
    let key = series.key(last, edge, class, cancel)?;
    Ok(series.by_key.get(&key).copied())
}

/// Returns true if most members of a candidate are within reach of what another one gathers, or are texts in a field of
/// the same object that grows alike.
pub(super) fn are_related(
    series: &mut Series<'_>,
    (candidate, totals): (&Candidate, &Totals),
    (other, other_totals): (&Candidate, &Totals),
    cancel: &CancelToken,
) -> Result<bool, Cancelled> {
    // An index of keys beside the collection that has the objects grows by the same numbers. Two collections of objects
    // that grow alike may be two leaks.
    let has_same_owner = owner(series, candidate).is_some() && owner(series, candidate) == owner(series, other);
    if has_same_owner && steps(totals) == steps(other_totals) && is_text(series, candidate.class) {
        return Ok(true);
    }
    let samples = samples(series, candidate);
    let mut related = 0;
    for &sample in &samples {
        cancel.check()?;
        for node in neighbors(series, sample) {
            let holder = holder_of(series, node, cancel)?;
            if holder.is_some_and(|holder| other.holders.contains(&holder)) {
                related += 1;
                break;
            }
        }
    }
    Ok(related * 2 >= samples.len().max(1))
}

/// Returns the growth in each step.
fn steps(totals: &Totals) -> Vec<u64> {
    totals.members.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
}

/// Returns the object whose field is the collection that a candidate fills.
fn owner(series: &Series<'_>, candidate: &Candidate) -> Option<NodeOrdinal> {
    let side = series.sides.last()?;
    let sample = *series.holders[candidate.holders[0]].samples.first()?;
    let graph = side.snapshot.graph();
    let container = graph.edge_source(side.field_edge(sample)?);
    Some(graph.edge_source(side.field_edge(container)?))
}

/// Returns members of the last snapshot, spread over all that are known.
fn samples(series: &Series<'_>, candidate: &Candidate) -> Vec<NodeOrdinal> {
    let all = &series.holders[candidate.holders[0]].samples;
    let step = all.len().div_ceil(LOOKED_AT).max(1);
    all.iter().copied().step_by(step).collect()
}

/// Returns objects that are not common and a few references away, in either direction.
fn neighbors(series: &Series<'_>, node: NodeOrdinal) -> Vec<NodeOrdinal> {
    let (Some(side), Some(shared)) = (series.sides.last(), series.shared.last()) else { return Vec::new() };
    let graph = side.snapshot.graph();
    let mut found = vec![node];
    let mut first = 0;
    for _ in 0..HOPS {
        let level = found.len();
        for at in first..level {
            let edges = graph.edges(found[at]).filter(|&edge| graph.edge_kind(edge) != EdgeKind::WEAK);
            let targets = edges.map(|edge| graph.edge_target(edge));
            let sources = graph.retainers.row(found[at].index()).iter().map(|&edge| graph.edge_source(EdgeIndex(edge)));
            let next: Vec<NodeOrdinal> = targets.take(32).chain(sources.take(16)).collect();
            for node in next {
                if found.len() < NEIGHBORS && !shared.all.contains(node.index()) && !found.contains(&node) {
                    found.push(node);
                }
            }
        }
        first = level;
    }
    found
}

/// Returns the labels of others that hold most of the members by a reference of their own.
pub(super) fn also_held_by(names: Names<'_>, members: &[NodeOrdinal], container: NodeOrdinal) -> Vec<String> {
    let side = names.side;
    let graph = side.snapshot.graph();
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    let looked_at: Vec<NodeOrdinal> = members.iter().copied().take(LOOKED_AT).collect();
    for &member in &looked_at {
        let mut own: Vec<String> = Vec::new();
        for &edge in graph.retainers.row(member.index()).iter().take(64) {
            let edge = EdgeIndex(edge);
            let source = graph.edge_source(edge);
            let is_below = side.tree.parent(source).is_some_and(|(_, parent)| parent == member);
            if graph.edge_kind(edge) == EdgeKind::WEAK
                || is_below
                || side.tree.is_held_by_code(source)
                || side.tree.parent(member).is_some_and(|(taken, _)| taken == edge)
                || !side.snapshot.is_essential(source, edge)
            {
                continue;
            }
            // A store of contents belongs to the object above it.
            let field = if side.is_plumbing(source) { side.field_edge(source) } else { Some(edge) };
            let Some(field) = field else { continue };
            let holder = graph.edge_source(field);
            let is_native = matches!(side.snapshot.kind(holder), NodeKind::SYNTHETIC | NodeKind::NATIVE);
            if holder == container || is_native || side.snapshot.class_id(holder) == side.snapshot.class_id(member) {
                continue;
            }
            let label = names.holder(holder, Some(field));
            if !own.contains(&label) {
                own.push(label);
            }
        }
        for label in own {
            *labels.entry(label).or_default() += 1;
        }
    }
    let least = looked_at.len().div_ceil(2).max(1);
    let mut often: Vec<(usize, String)> =
        labels.into_iter().filter(|&(_, count)| count >= least).map(|(label, count)| (count, label)).collect();
    often.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    often.into_iter().take(3).map(|(_, label)| label).collect()
}
