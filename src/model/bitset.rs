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
    /// An empty set over `0..len`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// A set from its words, bit `i` of the set being bit `i % 64` of word `i / 64`.
    #[must_use]
    pub fn from_words(words: Vec<u64>, len: usize) -> Self {
        debug_assert_eq!(words.len(), len.div_ceil(64));
        Self { words, len }
    }

    /// How many integers the set ranges over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the range itself is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64] >> (index % 64) & 1 != 0
    }

    /// Adds `index`; true if it was not in the set before.
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

    /// How many integers are in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has a word for every 64 integers and none beyond the last.
    #[must_use]
    pub(crate) fn fits(&self) -> bool {
        let beyond = self.len % 64;
        self.words.len() == self.len.div_ceil(64)
            && (beyond == 0 || self.words.last().is_none_or(|&word| word >> beyond == 0))
    }

    /// The integers in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            std::iter::successors((word != 0).then_some(word), |rest| {
                let next = rest & (rest - 1);
                (next != 0).then_some(next)
            })
            .map(move |rest| at * 64 + rest.trailing_zeros() as usize)
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
    fn iterating_gives_back_what_was_inserted() {
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
