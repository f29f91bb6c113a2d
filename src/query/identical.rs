//! Identical snapshots: the same state of the same process, whatever the names and compression of the files.
//!
//! A repeated state looks like a step without growth, and so hides a leak.

use rayon::prelude::*;

use super::growth_lists::{Series, snapshots_of};
use super::question::{Needs, Question};
use crate::graph::{EdgeName, HeapGraph};
use crate::model::{BitSet, CancelToken, Cancelled, HeapBytes, NodeOrdinal, POLL_INTERVAL, SnapshotId, StringId};
use crate::snapshot::Snapshot;

/// The distinct snapshots among several.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Distinct {
    /// The positions of the snapshots that differ from all before them, ascending.
    pub kept: Vec<usize>,
    /// The positions of the others, ascending, each with that of the first identical snapshot.
    pub left_out: Vec<(usize, usize)>,
}

/// Finds snapshots that are identical to an earlier one.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn distinct(snapshots: &[&Snapshot], cancel: &CancelToken) -> Result<Distinct, Cancelled> {
    let mut distinct = Distinct::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        let mut same = None;
        for &before in &distinct.kept {
            if are_identical(snapshots[before], snapshot, cancel)? {
                same = Some(before);
                break;
            }
        }
        match same {
            Some(before) => distinct.left_out.push((at, before)),
            None => distinct.kept.push(at),
        }
    }
    Ok(distinct)
}

/// Returns false if two snapshots cannot be identical, in constant time.
#[must_use]
pub fn may_be_identical(a: &Snapshot, b: &Snapshot) -> bool {
    let facts = |of: &Snapshot| {
        let graph = of.graph();
        (graph.node_count(), graph.edge_count(), graph.strings().len(), of.max_object_id(), of.total_size())
    };
    facts(a) == facts(b)
}

/// Returns true if two snapshots have the same objects with the same ids, names, sizes and references.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn are_identical(a: &Snapshot, b: &Snapshot, cancel: &CancelToken) -> Result<bool, Cancelled> {
    if !may_be_identical(a, b) {
        return Ok(false);
    }
    let names = same_strings(a.graph(), b.graph(), cancel)?;
    all(a.graph().node_count(), cancel, |node| {
        let node = NodeOrdinal(u32::try_from(node).unwrap_or(u32::MAX));
        (a.id(node), a.kind(node), a.self_size(node)) == (b.id(node), b.kind(node), b.self_size(node))
            && is_same_name(&names, a.graph().name_id(node), b.graph().name_id(node))
            && have_same_edges(&names, a.graph(), b.graph(), node)
    })
}

/// Returns the strings with the same text in both, by position.
fn same_strings(a: &HeapGraph, b: &HeapGraph, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let count = a.strings().len();
    let mut words = vec![0_u64; count.div_ceil(64)];
    words.par_chunks_mut(POLL_INTERVAL / 64).enumerate().try_for_each(|(chunk, words)| {
        cancel.check()?;
        let first = chunk * (POLL_INTERVAL / 64) * 64;
        for at in first..count.min(first + words.len() * 64) {
            let id = StringId(u32::try_from(at).unwrap_or(u32::MAX));
            // Two writers may escape the same text differently.
            let is_same =
                a.strings().raw(id) == b.strings().raw(id) || a.strings().identity(id) == b.strings().identity(id);
            words[(at - first) / 64] |= u64::from(is_same) << ((at - first) % 64);
        }
        Ok(())
    })?;
    Ok(BitSet::from_words(words, count))
}

fn is_same_name(names: &BitSet, a: StringId, b: StringId) -> bool {
    a == b && names.contains(a.0 as usize)
}

fn have_same_edges(names: &BitSet, a: &HeapGraph, b: &HeapGraph, node: NodeOrdinal) -> bool {
    a.edge_range(node) == b.edge_range(node)
        && a.edges(node).all(|edge| {
            let has_same_name = match (a.edge_name(edge), b.edge_name(edge)) {
                (EdgeName::Text(a), EdgeName::Text(b)) => is_same_name(names, a, b),
                (a, b) => a == b,
            };
            has_same_name && a.edge_kind(edge) == b.edge_kind(edge) && a.edge_target(edge) == b.edge_target(edge)
        })
}

/// Returns true if a test holds for all numbers below `count`.
fn all(count: usize, cancel: &CancelToken, test: impl Fn(usize) -> bool + Sync) -> Result<bool, Cancelled> {
    let blocks = (0..count.div_ceil(POLL_INTERVAL)).into_par_iter().map(|block| {
        cancel.check()?;
        let first = block * POLL_INTERVAL;
        Ok((first..count.min(first + POLL_INTERVAL)).all(&test))
    });
    blocks.try_reduce(|| true, |a, b| Ok(a && b))
}

impl HeapBytes for Distinct {
    fn heap_bytes(&self) -> usize {
        (self.kept.capacity() + 2 * self.left_out.capacity()) * size_of::<usize>()
    }
}

/// Asks for the distinct snapshots of a series; positions refer to the series.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DistinctOf(pub Series);

impl Question for DistinctOf {
    type Answer = Distinct;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.0.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Distinct, Cancelled> {
        distinct(&snapshots_of(&self.0, needs), cancel)
    }
}
