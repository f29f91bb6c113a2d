//! Sets of nodes that pass a test.

use rayon::prelude::*;

use super::strings_that;
use crate::model::{BitSet, CancelToken, Cancelled, NodeOrdinal, POLL_INTERVAL, convert};
use crate::snapshot::Snapshot;

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
                let node = NodeOrdinal(convert::ordinal(first + at * 64 + bit));
                *word |= u64::from(test(node)) << bit;
            }
        }
        Ok(())
    })?;
    Ok(BitSet::from_words(words, count))
}

/// Returns the contexts of closures.
pub(super) fn contexts(snapshot: &Snapshot, cancel: &CancelToken) -> Result<BitSet, Cancelled> {
    let names = strings_that(snapshot, |text| text == "system / Context" || text.starts_with("system / Context / "));
    let graph = snapshot.graph();
    that(snapshot, cancel, |node| names.contains(graph.name_id(node).0 as usize) && !snapshot.is_renamed(node))
}
