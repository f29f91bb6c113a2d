//! Ignored retainers: distances as if some objects held nothing.

use std::collections::HashSet;

use rayon::prelude::*;

use super::question::{Needs, Question};
use crate::analysis::distances_avoiding;
use crate::model::{
    BitSet, CancelToken, Cancelled, Distance, EdgeIndex, EdgeKind, HeapBytes, NodeOrdinal, POLL_INTERVAL, SnapshotId,
    StringId,
};
use crate::snapshot::Snapshot;

/// The distances of a snapshot in which no edge leads to the ignored nodes.
#[derive(Clone, Debug)]
pub struct RetainerDistances {
    /// By ordinal, encoded as [`Distance`].
    pub distances: Vec<i32>,
    pub ignored: BitSet,
    /// The nodes that only the ignored nodes keep alive, themselves included: those that had a distance and lost it.
    pub lost_count: u64,
    /// Their shallow sizes in bytes.
    pub lost_size: u64,
    /// Values of WeakMaps whose key or table is unreachable: (value, pair).
    broken_pairs: HashSet<(u32, u32)>,
}

impl RetainerDistances {
    /// The offset that DevTools adds to the distance of unreachable nodes, to sort them last.
    pub const UNREACHABLE_BASE: i32 = 200_000_000;

    /// Returns the distance of a node or, if it is unreachable, its old one plus [`Self::UNREACHABLE_BASE`].
    #[must_use]
    pub fn of_node(&self, snapshot: &Snapshot, node: NodeOrdinal) -> Distance {
        let distance = self.distances[node.index()];
        if distance == Distance::NONE.0 {
            Distance(snapshot.distance(node).0.max(0).saturating_add(Self::UNREACHABLE_BASE))
        } else {
            Distance(distance)
        }
    }

    /// Returns the distance of the retainer that `edge` starts from. One half of a WeakMap's pair keeps nothing alive
    /// without the other.
    #[must_use]
    pub fn of(&self, snapshot: &Snapshot, edge: EdgeIndex, source: NodeOrdinal) -> Distance {
        let graph = snapshot.graph();
        if !self.broken_pairs.is_empty()
            && graph.edge_kind(edge) == EdgeKind::INTERNAL
            && let Some(ephemeron) = snapshot.ephemerons().get(StringId(graph.edge_names[edge.index()]))
            && self.broken_pairs.contains(&(graph.edge_target(edge).0, ephemeron.pair))
        {
            return Distance(Self::UNREACHABLE_BASE);
        }
        self.of_node(snapshot, source)
    }
}

impl HeapBytes for RetainerDistances {
    fn heap_bytes(&self) -> usize {
        self.distances.capacity() * 4 + self.ignored.heap_bytes() + self.broken_pairs.capacity() * 16
    }
}

/// Computes the distances without the ignored nodes.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn retainer_distances(
    snapshot: &Snapshot,
    ignored: &[NodeOrdinal],
    cancel: &CancelToken,
) -> Result<RetainerDistances, Cancelled> {
    let graph = snapshot.graph();
    let mut set = BitSet::new(graph.node_count());
    for node in ignored {
        set.insert(node.index());
    }
    let distances = distances_avoiding(graph, snapshot.known(), snapshot.ephemerons(), Some(&set), cancel)?;
    let (mut lost_count, mut lost_size) = (0, 0);
    let mut broken_pairs = HashSet::new();
    let has_pairs = snapshot.ephemerons().pair_count() > 0;
    let blocks: Vec<Vec<u32>> = distances
        .par_chunks(POLL_INTERVAL)
        .enumerate()
        .map(|(block, distances)| {
            cancel.check()?;
            let first = u32::try_from(block * POLL_INTERVAL).unwrap_or(u32::MAX);
            let lost = (first..).zip(distances).filter(|(_, distance)| **distance == Distance::NONE.0);
            Ok(lost.map(|(node, _)| node).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    for (at, node) in blocks.concat().into_iter().map(NodeOrdinal).enumerate() {
        cancel.check_every(at)?;
        if snapshot.distance(node) != Distance::NONE {
            lost_count += 1;
            lost_size = u64::saturating_add(lost_size, snapshot.shallow_size(node));
        }
        for edge in graph.edges(node).filter(|_| has_pairs) {
            if graph.edge_kind(edge) == EdgeKind::INTERNAL
                && let Some(ephemeron) = snapshot.ephemerons().get(StringId(graph.edge_names[edge.index()]))
            {
                broken_pairs.insert((graph.edge_target(edge).0, ephemeron.pair));
            }
        }
    }
    Ok(RetainerDistances { distances, ignored: set, lost_count, lost_size, broken_pairs })
}

/// Asks for the distances without some retainers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DistancesWithout {
    pub snapshot: SnapshotId,
    /// Ascending.
    pub ignored: Vec<NodeOrdinal>,
}

impl Question for DistancesWithout {
    type Answer = RetainerDistances;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RetainerDistances, Cancelled> {
        retainer_distances(needs.snapshot(self.snapshot), &self.ignored, cancel)
    }
}
