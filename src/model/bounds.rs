//! Parallel checks that numbers read from a file are valid as indices.

use rayon::prelude::*;

/// Items checked per task.
const CHUNK: usize = 1 << 16;

/// Returns whether every index is below `limit`.
#[must_use]
pub(crate) fn are_below(indices: &[u32], limit: usize) -> bool {
    // Finding the maximum of a chunk needs no branch per item.
    indices.par_chunks(CHUNK).all(|chunk| chunk.iter().copied().max().is_none_or(|most| (most as usize) < limit))
}

/// Returns whether the numbers ascend (not strictly) from 0 to `end`.
#[must_use]
pub(crate) fn are_offsets(offsets: &[u32], end: usize) -> bool {
    offsets.first() == Some(&0)
        && offsets.last().is_some_and(|&last| last as usize == end)
        && ascends(offsets, |a, b| a <= b)
}

/// Returns whether each two neighbors are in order.
#[must_use]
pub(crate) fn ascends<T: Copy + Sync>(items: &[T], is_ordered: impl Fn(T, T) -> bool + Sync) -> bool {
    (0..items.len().div_ceil(CHUNK)).into_par_iter().all(|chunk| {
        // Includes the first item of the next chunk, so that every pair is checked.
        let part = &items[chunk * CHUNK..((chunk + 1) * CHUNK + 1).min(items.len())];
        part.windows(2).fold(true, |all, pair| all & is_ordered(pair[0], pair[1]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_or_out_of_order_are_found_at_any_position() {
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
