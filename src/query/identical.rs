//! Identical snapshots: the same state of the same process, whatever the names and compression of the files.
//!
//! A repeated state looks like a step without growth, and so hides a leak.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::growth_lists::{Series, snapshots_of};
use super::question::{Needs, Question};
use crate::graph::{EdgeName, HeapGraph};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, POLL_INTERVAL, SnapshotId, StringId};
use crate::snapshot::Snapshot;

/// The distinct snapshots among several.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Distinct {
    /// The positions of the snapshots that differ from all before them, ascending.
    pub kept: Vec<usize>,
    /// The positions of the others, ascending, each with that of the first identical snapshot.
    pub left_out: Vec<(usize, usize)>,
}

/// Finds snapshots that are identical to an earlier one.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn distinct(snapshots: &[&Snapshot], cancel: &CancelToken) -> Result<Distinct, Cancelled> {
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
pub(crate) fn may_be_identical(a: &Snapshot, b: &Snapshot) -> bool {
    let facts = |of: &Snapshot| {
        let graph = of.graph();
        (graph.node_count(), graph.edge_count(), graph.strings().len(), of.max_object_id(), of.total_size())
    };
    facts(a) == facts(b)
}

/// Returns true if two snapshots have the same objects in the same order, with the same ids, names, sizes and references.
/// The order of their strings may differ.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn are_identical(a: &Snapshot, b: &Snapshot, cancel: &CancelToken) -> Result<bool, Cancelled> {
    if !may_be_identical(a, b) {
        return Ok(false);
    }
    let names = SameStrings::new(a.graph(), b.graph(), cancel)?;
    all(a.graph().node_count(), cancel, |node| {
        let node = NodeOrdinal(u32::try_from(node).unwrap_or(u32::MAX));
        (a.id(node), a.kind(node), a.self_size(node)) == (b.id(node), b.kind(node), b.self_size(node))
            && names.contains(a.graph().name_id(node), b.graph().name_id(node))
            && have_same_edges(&names, a.graph(), b.graph(), node)
    })
}

/// The pairs of strings of two snapshots that have the same text.
struct SameStrings<'a> {
    a: &'a HeapGraph,
    b: &'a HeapGraph,
    /// By string of `a`, the string of `b` with the same text that was asked for last; [`u32::MAX`] if none is known.
    last: Vec<AtomicU32>,
    /// Pairs at different positions that were compared and are the same: a string may have several equals.
    known: Mutex<HashSet<(u32, u32)>>,
}

impl<'a> SameStrings<'a> {
    /// Compares the strings of equal position, since most often the two files have them in one order.
    fn new(a: &'a HeapGraph, b: &'a HeapGraph, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let count = u32::try_from(a.strings().len()).unwrap_or(u32::MAX);
        let equal = |at| if is_same_text(a, StringId(at), b, StringId(at)) { at } else { u32::MAX };
        let last = (0..count).into_par_iter().with_min_len(POLL_INTERVAL).map(|at| {
            // Polled now and then: a poll costs more than most comparisons.
            if at.is_multiple_of(4096) { cancel.check().map(|()| equal(at)) } else { Ok(equal(at)) }
        });
        let last = last.map(|equal| equal.map(AtomicU32::new)).collect::<Result<_, Cancelled>>()?;
        Ok(Self { a, b, last, known: Mutex::default() })
    }

    fn contains(&self, a: StringId, b: StringId) -> bool {
        let last = &self.last[a.0 as usize];
        if last.load(Ordering::Relaxed) == b.0 {
            return true;
        }
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // A pair that differs ends the whole comparison, so only those that are the same are worth keeping.
        let is_known = known().contains(&(a.0, b.0));
        if !is_known {
            if !is_same_text(self.a, a, self.b, b) {
                return false;
            }
            known().insert((a.0, b.0));
        }
        last.store(b.0, Ordering::Relaxed);
        true
    }
}

/// Returns whether two strings have the same text; two writers may escape one text in different ways.
fn is_same_text(of_a: &HeapGraph, a: StringId, of_b: &HeapGraph, b: StringId) -> bool {
    let (of_a, of_b) = (of_a.strings(), of_b.strings());
    of_a.raw(a) == of_b.raw(b) || of_a.identity(a) == of_b.identity(b)
}

fn have_same_edges(names: &SameStrings<'_>, a: &HeapGraph, b: &HeapGraph, node: NodeOrdinal) -> bool {
    a.edge_range(node) == b.edge_range(node)
        && a.edges(node).all(|edge| {
            let has_same_name = match (a.edge_name(edge), b.edge_name(edge)) {
                (EdgeName::Text(a), EdgeName::Text(b)) => names.contains(a, b),
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
pub(crate) struct DistinctOf(pub Series);

impl Question for DistinctOf {
    type Answer = Distinct;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.0.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Distinct, Cancelled> {
        distinct(&snapshots_of(&self.0, needs), cancel)
    }
}
