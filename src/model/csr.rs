//! Compressed sparse rows: many short lists in two arrays.

use std::ops::Range;

use super::bounds::{are_below, are_offsets};
use super::stored::stored;

/// A sequence of rows, each a slice of `items`. `offsets` has one entry more than the number of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Csr {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

stored!(Csr { offsets, items });

impl Csr {
    /// Creates the rows. `offsets` must ascend from 0 to `items.len()`.
    #[must_use]
    pub(crate) fn new(offsets: Vec<u32>, items: Vec<u32>) -> Self {
        debug_assert_eq!(offsets.last().map_or(0, |&end| end as usize), items.len());
        Self { offsets, items }
    }

    #[must_use]
    pub(crate) fn row_count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Returns the range of the row in `items`.
    #[inline]
    #[must_use]
    pub(crate) fn range(&self, row: usize) -> Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    /// Returns the row's items.
    #[inline]
    #[must_use]
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.items[self.range(row)]
    }

    /// Returns the number of items in the row.
    #[inline]
    #[must_use]
    pub(crate) fn row_len(&self, row: usize) -> usize {
        self.range(row).len()
    }

    #[must_use]
    pub(crate) fn items(&self) -> &[u32] {
        &self.items
    }

    /// Returns whether the offsets split `items` into `rows` rows and every item is below `limit`. Data read from a
    /// file may violate the contract of [`Self::new`].
    #[must_use]
    pub(crate) fn fits(&self, rows: usize, limit: usize) -> bool {
        self.offsets.len() == rows + 1 && are_offsets(&self.offsets, self.items.len()) && are_below(&self.items, limit)
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub(crate) fn heap_bytes(&self) -> usize {
        (self.offsets.capacity() + self.items.capacity()) * 4
    }
}
