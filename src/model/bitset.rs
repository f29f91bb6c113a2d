//! A fixed-size set of small integers, one bit each.

use super::HeapBytes;
use super::stored::stored;

/// A set over `0..len`.
#[derive(Clone, Debug, Default)]
pub struct BitSet {
    words: Vec<u64>,
    len: usize,
}

stored!(BitSet { words, len });

impl BitSet {
    /// Creates an empty set over `0..len`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Creates a set from its words. Bit `i` of the set is bit `i % 64` of word `i / 64`.
    #[must_use]
    pub fn from_words(words: Vec<u64>, len: usize) -> Self {
        debug_assert_eq!(words.len(), len.div_ceil(64));
        Self { words, len }
    }

    /// Returns the size of the range.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the range is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64] >> (index % 64) & 1 != 0
    }

    /// Adds `index`. Returns true if it was not in the set before.
    #[inline]
    pub fn insert(&mut self, index: usize) -> bool {
        let word = &mut self.words[index / 64];
        let bit = 1 << (index % 64);
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    #[inline]
    pub fn remove(&mut self, index: usize) {
        self.words[index / 64] &= !(1 << (index % 64));
    }

    /// Returns the number of integers in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        Self::count_in(&self.words)
    }

    /// Returns the number of integers in the words of a set.
    pub(crate) fn count_in(words: &[u64]) -> usize {
        words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Returns the words of the set, as for [`Self::from_words`].
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Returns whether the set has exactly one word per 64 integers, and no bits beyond the range.
    #[must_use]
    pub(crate) fn fits(&self) -> bool {
        let beyond = self.len % 64;
        self.words.len() == self.len.div_ceil(64)
            && (beyond == 0 || self.words.last().is_none_or(|&word| word >> beyond == 0))
    }

    /// Returns the integers in the set in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter_in(0..self.len)
    }

    /// Returns the integers of a range of the set in ascending order. The range starts at a multiple of 64, and ends at
    /// one or at the end of the set.
    pub(crate) fn iter_in(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = usize> + '_ {
        debug_assert!(range.start.is_multiple_of(64) && (range.end == self.len || range.end.is_multiple_of(64)));
        let first = range.start / 64;
        self.words[first..range.end.div_ceil(64)].iter().enumerate().flat_map(move |(at, &word)| {
            std::iter::successors((word != 0).then_some(word), |rest| {
                let next = rest & (rest - 1);
                (next != 0).then_some(next)
            })
            .map(move |rest| (first + at) * 64 + rest.trailing_zeros() as usize)
        })
    }
}

impl HeapBytes for BitSet {
    fn heap_bytes(&self) -> usize {
        self.words.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterating_returns_the_inserted_integers() {
        let mut set = BitSet::new(200);
        for index in [0, 1, 63, 64, 65, 128, 199] {
            assert!(set.insert(index));
            assert!(!set.insert(index));
        }
        set.remove(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 1, 63, 65, 128, 199]);
        assert_eq!(set.count(), 6);
        assert!(set.contains(65) && !set.contains(64));
    }
}
