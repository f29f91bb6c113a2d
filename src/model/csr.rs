//! Compressed sparse rows: many short lists in two arrays.

use std::ops::Range;

use super::bounds::{are_below, are_offsets};
use super::stored::stored;

/// For each row a slice of `items`; `offsets` has one entry more than there are rows.
#[derive(Clone, Debug, Default)]
pub struct Csr {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

stored!(Csr { offsets, items });

impl Csr {
    /// `offsets` ascends from 0 to `items.len()`.
    #[must_use]
    pub fn new(offsets: Vec<u32>, items: Vec<u32>) -> Self {
        debug_assert_eq!(offsets.last().map_or(0, |&end| end as usize), items.len());
        Self { offsets, items }
    }

    #[must_use]
    pub fn row_count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Where the row's items stand.
    #[inline]
    #[must_use]
    pub fn range(&self, row: usize) -> Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    /// The row's items.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.items[self.range(row)]
    }

    /// How many items the row has.
    #[inline]
    #[must_use]
    pub fn row_len(&self, row: usize) -> usize {
        self.range(row).len()
    }

    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    #[must_use]
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Whether the offsets cut `items` into so many rows, and every item is below `limit`: what was read from a file need not
    /// be what [`Self::new`] asks for.
    #[must_use]
    pub(crate) fn fits(&self, rows: usize, limit: usize) -> bool {
        self.offsets.len() == rows + 1 && are_offsets(&self.offsets, self.items.len()) && are_below(&self.items, limit)
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.offsets.capacity() + self.items.capacity()) * 4
    }
}
