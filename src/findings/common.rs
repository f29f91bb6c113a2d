//! Objects that all snapshots of a series have.

use rayon::prelude::*;

use crate::model::{BitSet, CancelToken, Cancelled, NodeKind, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Bits of the largest table by id, in relation to the number of nodes. Larger ids are sorted instead.
const SPARSE: u64 = 256;

/// The ids of a snapshot's objects.
enum Ids {
    /// By id.
    Table(BitSet),
    /// Ascending.
    Sorted(Vec<u64>),
}

impl Ids {
    fn of(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let graph = snapshot.graph();
        let most = graph.nodes().map(|node| graph.id(node).0).max().unwrap_or(0);
        if most / SPARSE <= graph.node_count() as u64
            && let Ok(length) = usize::try_from(most + 1)
        {
            let mut table = BitSet::new(length);
            for (at, node) in graph.nodes().enumerate() {
                cancel.check_every(at)?;
                table.insert(usize::try_from(graph.id(node).0).unwrap_or(usize::MAX));
            }
            return Ok(Self::Table(table));
        }
        let mut ids: Vec<u64> = graph.nodes().map(|node| graph.id(node).0).collect();
        ids.par_sort_unstable();
        cancel.check()?;
        Ok(Self::Sorted(ids))
    }

    fn contains(&self, id: u64) -> bool {
        match self {
            Self::Table(table) => usize::try_from(id).is_ok_and(|id| id < table.len() && table.contains(id)),
            Self::Sorted(ids) => ids.binary_search(&id).is_ok(),
        }
    }
}

/// The nodes of one snapshot that others have, too, by ordinal.
#[derive(Debug)]
pub(super) struct Shared {
    /// The nodes that are in all snapshots.
    pub(super) all: BitSet,
    /// The nodes that are in the last snapshot.
    pub(super) last: BitSet,
}

/// Returns the shared nodes of each snapshot of a series. Objects are the same if their ids are.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn shared(series: &[&Snapshot], cancel: &CancelToken) -> Result<Vec<Shared>, Cancelled> {
    let ids: Vec<Ids> = series.par_iter().map(|snapshot| Ids::of(snapshot, cancel)).collect::<Result<_, _>>()?;
    let Some((last, earlier)) = ids.split_last() else { return Ok(Vec::new()) };
    let of = |(at, snapshot): (usize, &&Snapshot)| {
        let graph = snapshot.graph();
        let mut shared = Shared { all: BitSet::new(graph.node_count()), last: BitSet::new(graph.node_count()) };
        for node in graph.nodes() {
            cancel.check_every(node.index())?;
            let id = graph.id(node).0;
            if at == earlier.len() || last.contains(id) {
                shared.last.insert(node.index());
                let others = earlier.iter().enumerate().filter(|&(other, _)| other != at);
                if others.map(|(_, ids)| ids).all(|ids| ids.contains(id)) {
                    shared.all.insert(node.index());
                }
            }
        }
        Ok(shared)
    };
    series.par_iter().enumerate().map(of).collect()
}

/// Finds nodes of a snapshot by the ids of another one.
#[derive(Debug, Default)]
pub(super) struct ById(Vec<(u64, u32)>);

impl ById {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let graph = snapshot.graph();
        let mut ids: Vec<(u64, u32)> = graph.nodes().map(|node| (graph.id(node).0, node.0)).collect();
        ids.par_sort_unstable();
        Self(ids)
    }

    pub(super) fn find(&self, id: u64) -> Option<NodeOrdinal> {
        let at = self.0.partition_point(|&(of, _)| of < id);
        self.0.get(at).filter(|&&(of, _)| of == id).map(|&(_, node)| NodeOrdinal(node))
    }
}

/// One of this many objects is compared to see whether snapshots are of one process.
const SAMPLED: usize = 8;
/// The number of texts that decide alone.
const ENOUGH_TEXTS: u64 = 64;

/// Returns true if equal ids are equal objects in a snapshot and a later one. Texts of strings never change, so they
/// decide; if there are few, classes do.
#[must_use]
pub(super) fn is_one_process(earlier: &Snapshot, last: &Snapshot, by_id: &ById) -> bool {
    let (a, b) = (earlier.graph(), last.graph());
    let (mut texts, mut same_texts, mut classes, mut same_classes): (u64, u64, u64, u64) = (0, 0, 0, 0);
    for node in a.nodes().step_by(SAMPLED) {
        let Some(other) = by_id.find(a.id(node).0) else { continue };
        if a.kind(node) == NodeKind::STRING && b.kind(other) == NodeKind::STRING {
            texts += 1;
            same_texts += u64::from(a.strings().raw(a.name_id(node)) == b.strings().raw(b.name_id(other)));
        } else {
            classes += 1;
            same_classes += u64::from(earlier.class(node).name == last.class(other).name);
        }
    }
    if texts >= ENOUGH_TEXTS { same_texts * 100 >= texts * 99 } else { same_classes * 10 >= classes * 9 }
}
