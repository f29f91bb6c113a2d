//! Parallel checks that numbers read from a file are valid as indices.

use rayon::prelude::*;

/// Items checked per task.
const CHUNK: usize = 1 << 16;

/// Returns whether every index is below `limit`.
#[must_use]
pub(crate) fn are_below(indices: &[u32], limit: usize) -> bool {
    let Ok(limit) = u32::try_from(limit) else { return true };
    all(indices, |_, index| index < limit)
}

/// Returns whether all items are valid, given their positions.
#[must_use]
pub(crate) fn all<T: Copy + Sync>(items: &[T], is_valid: impl Fn(usize, T) -> bool + Sync) -> bool {
    // Without a branch per item, most checks are vectorized.
    let is_chunk_valid = |(chunk, items): (usize, &[T])| {
        let first = chunk * CHUNK;
        items.iter().enumerate().fold(true, |all, (at, &item)| all & is_valid(first + at, item))
    };
    items.par_chunks(CHUNK).enumerate().all(is_chunk_valid)
}

/// Returns whether all pairs of the items at the same position are valid.
#[must_use]
pub(crate) fn all_pairs<A: Copy + Sync, B: Copy + Sync>(
    ones: &[A],
    others: &[B],
    is_valid: impl Fn(A, B) -> bool + Sync,
) -> bool {
    let are_valid = |(ones, others): (&[A], &[B])| {
        ones.iter().zip(others).fold(true, |all, (&one, &other)| all & is_valid(one, other))
    };
    ones.par_chunks(CHUNK).zip(others.par_chunks(CHUNK)).all(are_valid)
}

/// Returns the largest item.
#[must_use]
pub(crate) fn largest<T: Copy + Ord + Sync + Send>(items: &[T]) -> Option<T> {
    items.par_chunks(CHUNK).filter_map(|chunk| chunk.iter().copied().max()).max()
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
    fn an_invalid_item_is_found_at_any_position() {
        let items = vec![7_u8; 2 * CHUNK + 3];
        assert!(all(&items, |_, item| item == 7) && largest(&items) == Some(7) && largest::<u8>(&[]).is_none());
        for bad in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 2] {
            assert!(!all(&items, |at, _| at != bad), "{bad}");
            let mut changed = items.clone();
            changed[bad] = 9;
            assert_eq!(largest(&changed), Some(9), "{bad}");
            assert!(all_pairs(&items, &items, |one, other| one == other));
            assert!(!all_pairs(&items, &changed, |one, other| one == other), "{bad}");
        }
    }

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
