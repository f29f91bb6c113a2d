//! Indexes of one snapshot: nodes by id, and nodes in groups of a class or a kind.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::{CancelToken, Cancelled, NodeOrdinal, convert};
use crate::snapshot::Snapshot;

/// The longest bucket that is searched from its start.
const SHORT: usize = 16;

/// Nodes by id. Ids are spread over buckets by their high bits; equal ids are in the order of the file.
#[derive(Debug)]
pub(super) struct IdIndex {
    shift: u32,
    /// The start of each bucket in `nodes`, followed by the end of the last one.
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl IdIndex {
    pub(super) fn new(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let graph = snapshot.graph();
        let largest = graph.nodes().map(|node| graph.id(node).0).max().unwrap_or(0);
        let wanted = (graph.node_count() as u64 / 4).max(1);
        let shift = (0..64).find(|shift| largest >> shift <= wanted).unwrap_or(63);
        let bucket = |node: NodeOrdinal| convert::ordinal(in_bucket(graph.id(node).0, shift));
        let Groups { starts, mut nodes } =
            Groups::new(graph.node_count(), in_bucket(largest, shift) + 1, cancel, bucket)?;
        // A few large ids may leave most others in one bucket.
        let mut rest = nodes.as_mut_slice();
        let mut long = Vec::new();
        for pair in starts.windows(2) {
            let (bucket, after) = rest.split_at_mut((pair[1] - pair[0]) as usize);
            if bucket.len() > SHORT {
                long.push(bucket);
            }
            rest = after;
        }
        long.into_par_iter()
            .for_each(|bucket| bucket.par_sort_unstable_by_key(|&node| (graph.id(NodeOrdinal(node)), node)));
        Ok(Self { shift, starts, nodes })
    }

    /// Returns the nodes with an id, in the order of the file.
    pub(super) fn find(&self, snapshot: &Snapshot, id: u64) -> Vec<u32> {
        let bucket = in_bucket(id, self.shift);
        let Some(&end) = self.starts.get(bucket + 1) else { return Vec::new() };
        let bucket = &self.nodes[self.starts[bucket] as usize..end as usize];
        let id_of = |node: u32| snapshot.id(NodeOrdinal(node)).0;
        if bucket.len() > SHORT {
            let first = bucket.partition_point(|&node| id_of(node) < id);
            return bucket[first..].iter().copied().take_while(|&node| id_of(node) == id).collect();
        }
        bucket.iter().copied().filter(|&node| id_of(node) == id).collect()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        (self.starts.capacity() + self.nodes.capacity()) * 4
    }
}

fn in_bucket(id: u64, shift: u32) -> usize {
    usize::try_from(id >> shift).unwrap_or(usize::MAX - 1)
}

/// Nodes by a small number, such as the rank of their class. Those with the same number are in the order of the file.
#[derive(Debug)]
pub(super) struct Groups {
    /// The start of each group in `nodes`, followed by the end of the last one.
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Groups {
    /// Sorts `nodes` nodes by `group`, which is below `groups`.
    pub(super) fn new(
        nodes: usize,
        groups: usize,
        cancel: &CancelToken,
        group: impl Fn(NodeOrdinal) -> u32,
    ) -> Result<Self, Cancelled> {
        let all = || (0..convert::ordinal(nodes)).map(NodeOrdinal);
        let mut starts = vec![0_u32; groups + 1];
        for node in all() {
            cancel.check_every(node.index())?;
            starts[group(node) as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut sorted = vec![0; nodes];
        for node in all() {
            cancel.check_every(node.index())?;
            let at = &mut next[group(node) as usize];
            sorted[*at as usize] = node.0;
            *at += 1;
        }
        Ok(Self { starts, nodes: sorted })
    }

    /// Returns the positions of a group in [`Self::nodes`].
    pub(super) fn range(&self, group: usize) -> Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }

    /// Returns all nodes, group by group.
    pub(super) fn nodes(&self) -> &[u32] {
        &self.nodes
    }

    pub(super) fn heap_bytes(&self) -> usize {
        (self.starts.capacity() + self.nodes.capacity()) * 4
    }
}

/// Names in the order in which SQLite sorts them, each once, with the rank of the name of each number of each snapshot.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    names: Vec<String>,
    /// By snapshot and by number.
    ranks: Vec<Vec<u32>>,
}

impl Ranks {
    /// Creates the ranks; `names` has the names of each snapshot by number.
    pub(super) fn new(names: &[Vec<String>]) -> Self {
        let mut all: Vec<String> = names.iter().flatten().cloned().collect();
        all.sort_unstable();
        all.dedup();
        let rank = |name: &String| convert::ordinal(all.binary_search(name).unwrap_or(0));
        let ranks = names.iter().map(|names| names.iter().map(rank).collect()).collect();
        Self { names: all, ranks }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns the rank of a name.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok().map(convert::ordinal)
    }

    /// Returns the rank of the name of each number of a snapshot.
    pub(super) fn of(&self, file: usize) -> &[u32] {
        &self.ranks[file]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_the_order_of_the_file() {
        let group = |node: NodeOrdinal| [2, 0, 2, 1, 0][node.index()];
        let groups = Groups::new(5, 4, &CancelToken::new(), group).expect("not cancelled");
        assert_eq!(groups.nodes(), [1, 4, 3, 0, 2]);
        assert_eq!((0..4).map(|at| groups.range(at)).collect::<Vec<_>>(), [0..2, 2..3, 3..5, 5..5]);
    }

    #[test]
    fn ranks_are_common_to_all_snapshots() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let ranks = Ranks::new(&[names(&["b", "a", "b"]), names(&["c", "a"])]);
        assert_eq!((ranks.len(), ranks.of(0), ranks.of(1)), (3, &[1, 0, 1][..], &[2, 0][..]));
        assert_eq!((ranks.find("c"), ranks.find("d")), (Some(2), None));
    }
}
