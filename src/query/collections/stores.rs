//! The capacity of V8's backing stores, from their sizes.
//!
//! A store is an array with a header of two words; a word is 8 bytes, or 4 with compressed pointers. `OrderedHashMap`
//! and `OrderedHashSet` have three numbers, a number for each of 2ⁿ buckets, and two entries for each bucket; an entry
//! has three slots in a Map and two in a Set. `EphemeronHashTable` and `NameDictionary` have 2ⁿ entries of two and three
//! slots after a short header. Sources: V8's `ordered-hash-table.h`, `hash-table.h` and `dictionary.h`.

/// The words of a header before the slots.
const HEADER_WORDS: u64 = 2;
/// The bytes of a word, the usual size first.
const WORDS: [u64; 2] = [8, 4];

/// Returns the slots of a store with words of a size.
fn slots(store_bytes: u64, word_bytes: u64) -> Option<u64> {
    let words = store_bytes / word_bytes;
    (store_bytes.is_multiple_of(word_bytes)).then_some(words)?.checked_sub(HEADER_WORDS)
}

/// Returns `rest / unit` if that is a power of two of at least `least`.
fn power_of_two(rest: Option<u64>, unit: u64, least: u64) -> Option<u64> {
    let rest = rest?;
    let count = rest / unit;
    (rest.is_multiple_of(unit) && count.is_power_of_two() && count >= least).then_some(count)
}

/// The table of a Map or Set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Table {
    /// The slots of an entry: 3 in a Map, 2 in a Set.
    pub(super) entry_slots: u32,
    /// The position of the first slot of the first entry.
    pub(super) first: u32,
    pub(super) capacity: u32,
}

/// Decodes the table of a Map or Set.
pub(super) fn ordered_table(store_bytes: u64) -> Option<Table> {
    WORDS.iter().find_map(|&word| {
        let rest = slots(store_bytes, word)?.checked_sub(3);
        [3_u32, 2].into_iter().find_map(|entry_slots| {
            let buckets = power_of_two(rest, 1 + 2 * u64::from(entry_slots), 2)?;
            let buckets = u32::try_from(buckets).ok()?;
            Some(Table { entry_slots, first: 3 + buckets, capacity: buckets.checked_mul(2)? })
        })
    })
}

/// Returns the capacity of the table of a `WeakMap` or `WeakSet`.
pub(super) fn ephemeron_capacity(store_bytes: u64) -> Option<u32> {
    let of = |&word: &u64| power_of_two(slots(store_bytes, word)?.checked_sub(3), 2, 4);
    WORDS.iter().find_map(of).and_then(|capacity| u32::try_from(capacity).ok())
}

/// Returns the capacity of the properties of an object that is used as a map.
pub(super) fn dictionary_capacity(store_bytes: u64) -> Option<u32> {
    let of = |&word: &u64| {
        [5, 6].into_iter().find_map(|header| power_of_two(slots(store_bytes, word)?.checked_sub(header), 3, 16))
    };
    WORDS.iter().find_map(of).and_then(|capacity| u32::try_from(capacity).ok())
}

/// Returns the number of elements for which an array has slots; `None` if an index is outside of them.
pub(super) fn element_capacity(store_bytes: u64, largest_index: Option<u32>, word_bytes: u64) -> Option<u32> {
    let capacity = slots(store_bytes, word_bytes).and_then(|slots| u32::try_from(slots).ok())?;
    largest_index.is_none_or(|largest| largest < capacity).then_some(capacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_those_of_real_tables() {
        // Sizes from Node.js 20, with 37 entries.
        assert_eq!(ordered_table(1832), Some(Table { entry_slots: 3, first: 35, capacity: 64 }));
        assert_eq!(ordered_table(1320), Some(Table { entry_slots: 2, first: 35, capacity: 64 }));
        assert_eq!(ephemeron_capacity(1064), Some(64));
        assert_eq!(dictionary_capacity(1600), Some(64));
        assert_eq!(element_capacity(360, Some(36), 8), Some(43));
        // The same table with compressed pointers.
        assert_eq!(ordered_table(1832 / 2), Some(Table { entry_slots: 3, first: 35, capacity: 64 }));
        for bytes in [0, 8, 15, 16, 17, 24, u64::MAX] {
            assert_eq!((ordered_table(bytes), dictionary_capacity(bytes)), (None, None), "{bytes}");
        }
    }
}
