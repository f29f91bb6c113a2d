//! Whether numbers that were read from a file can be used as indices. All cores look, so that it takes a moment only.

use rayon::prelude::*;

/// Items that are looked at in one task.
const CHUNK: usize = 1 << 16;

/// Whether every index is below `limit`.
#[must_use]
pub(crate) fn are_below(indices: &[u32], limit: usize) -> bool {
    // The largest of a chunk is found without a branch for each.
    indices.par_chunks(CHUNK).all(|chunk| chunk.iter().copied().max().is_none_or(|most| (most as usize) < limit))
}

/// Whether the numbers ascend from 0 to `end`, equal ones included.
#[must_use]
pub(crate) fn are_offsets(offsets: &[u32], end: usize) -> bool {
    offsets.first() == Some(&0)
        && offsets.last().is_some_and(|&last| last as usize == end)
        && ascends(offsets, |a, b| a <= b)
}

/// Whether each two neighbors are in order.
#[must_use]
pub(crate) fn ascends<T: Copy + Sync>(items: &[T], is_ordered: impl Fn(T, T) -> bool + Sync) -> bool {
    (0..items.len().div_ceil(CHUNK)).into_par_iter().all(|chunk| {
        // The first of the next chunk belongs to it, so that no pair is left out.
        let part = &items[chunk * CHUNK..((chunk + 1) * CHUNK + 1).min(items.len())];
        part.windows(2).fold(true, |all, pair| all & is_ordered(pair[0], pair[1]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_bounds_or_out_of_order_is_found_wherever_it_is() {
        let count = 3 * CHUNK + 5;
        let offsets: Vec<u32> = (0..).take(count).collect();
        assert!(are_offsets(&offsets, count - 1) && are_below(&offsets, count));
        assert!(!are_offsets(&offsets, count) && !are_below(&offsets, count - 1));
        assert!(!are_offsets(&[], 0) && are_offsets(&[0], 0) && are_below(&[], 0));
        for at in [1, CHUNK - 1, CHUNK, CHUNK + 1, count - 2] {
            let mut changed = offsets.clone();
            changed[at] = u32::MAX;
            assert!(!are_offsets(&changed, count - 1), "{at}");
            assert!(!are_below(&changed, count), "{at}");
        }
    }
}
