//! Ephemerons: the values of WeakMaps, which V8 writes as two edges with a structured name.
//!
//! `7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3)`: one such edge leads from the key to the
//! value, and one from the table to the value.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

use foldhash::quality::FixedState;
use rayon::prelude::*;

use crate::format::StringTable;
use crate::model::stored::stored;
use crate::model::{BitSet, HeapBytes, StringId, convert};

/// The parsed name of an ephemeron edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ephemeron {
    /// Number of the pair, which both of its edges share.
    pub pair: u32,
    /// Id of the WeakMap's table.
    pub table_id: u64,
}

/// The ephemeron names among all strings, parsed in advance: a program may have a million, and every edge is checked.
#[derive(Clone, Debug, Default)]
pub struct Ephemerons {
    is_ephemeron: BitSet,
    /// The pair's number, by string. Arbitrary for other strings; empty if there are no pairs.
    pairs: Vec<u32>,
    /// The table's id, by number of the pair.
    tables: Vec<u64>,
}

stored!(Ephemerons { is_ephemeron, pairs, tables });

impl Ephemerons {
    /// Returns the parsed name if the string is the name of an ephemeron edge.
    #[inline]
    #[must_use]
    pub fn get(&self, name: StringId) -> Option<Ephemeron> {
        if self.pairs.is_empty() || !self.is_ephemeron.contains(name.0 as usize) {
            return None;
        }
        let pair = self.pairs[name.0 as usize];
        Some(Ephemeron { pair, table_id: self.tables[pair as usize] })
    }

    /// Returns whether this belongs to a table of `strings` strings.
    pub(crate) fn fits(&self, strings: usize) -> bool {
        self.is_ephemeron.len() == strings
            && self.is_ephemeron.fits()
            && (self.pairs.is_empty() || self.pairs.len() == strings)
            && self
                .is_ephemeron
                .iter()
                .all(|string| self.pairs.get(string).is_some_and(|&pair| (pair as usize) < self.tables.len()))
    }

    /// Returns the number of pairs. All pair numbers are below it.
    #[must_use]
    pub fn pair_count(&self) -> usize {
        self.tables.len()
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.pairs.capacity() * 4 + self.tables.capacity() * 8 + self.is_ephemeron.heap_bytes()
    }
}

/// The name of an ephemeron edge among the strings.
struct Name<'a> {
    /// Hash of `pair`, which distinguishes most names.
    hash: u64,
    /// The part of the name that both edges of the pair share.
    pair: Cow<'a, str>,
    string: StringId,
    table_id: u64,
}

/// Finds the names of ephemeron edges in one pass over the strings.
#[must_use]
pub fn ephemerons(strings: &StringTable) -> Ephemerons {
    let hasher = FixedState::default();
    let name = |string: StringId| {
        let raw = strings.raw(string);
        if !raw.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'\\') || raw.len() < 60 {
            return None;
        }
        let (pair, table_id) = match strings.text(string) {
            Cow::Borrowed(text) => parse(text).map(|(pair, table_id)| (Cow::Borrowed(pair), table_id)),
            Cow::Owned(text) => parse(&text).map(|(pair, table_id)| (Cow::Owned(pair.to_owned()), table_id)),
        }?;
        Some(Name { hash: hasher.hash_one(pair.as_bytes()), pair, string, table_id })
    };
    let mut names: Vec<Name<'_>> =
        (0..strings.len()).into_par_iter().filter_map(|string| name(StringId(convert::ordinal(string)))).collect();
    // The names of a pair become adjacent.
    names.par_sort_unstable_by(|one, other| {
        let by_pair = one.hash.cmp(&other.hash).then_with(|| one.pair.cmp(&other.pair));
        by_pair.then(one.string.0.cmp(&other.string.0))
    });
    let mut found = Ephemerons { is_ephemeron: BitSet::new(strings.len()), ..Ephemerons::default() };
    if !names.is_empty() {
        found.pairs = vec![0; strings.len()];
    }
    for group in names.chunk_by(|one, other| one.hash == other.hash && one.pair == other.pair) {
        // At most one pair per string.
        let pair = u32::try_from(found.tables.len()).unwrap_or(u32::MAX);
        found.tables.push(group[0].table_id);
        for name in group {
            found.is_ephemeron.insert(name.string.0 as usize);
            found.pairs[name.string.0 as usize] = pair;
        }
    }
    found
}

/// Returns the part that identifies the pair, and the id of the table.
fn parse(text: &str) -> Option<(&str, u64)> {
    let pair = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if pair.len() == text.len() || pair.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let inner = pair.strip_prefix(" / part of key (")?;
    let (inner, table) = inner.rsplit_once(" pair in WeakMap (table @")?;
    let table_id = table.strip_suffix(')').filter(|id| is_number(id))?;
    // Class names may contain anything, so any arrow with an id before it and one at the end is accepted.
    let separator = ") -> value (";
    let is_pair = inner.match_indices(separator).any(|(at, _)| {
        ends_with_id(&inner[..at]) && inner[at + separator.len()..].strip_suffix(')').is_some_and(ends_with_id)
    });
    // An id beyond 64 bits does not belong to a table.
    is_pair.then(|| (pair, table_id.parse().unwrap_or(u64::MAX)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_with_id(text: &str) -> bool {
    text.rsplit_once(" @").is_some_and(|(_, id)| is_number(id))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_complete_ephemeron_names_are_recognized() {
        let name = "7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3)";
        assert_eq!(parse(name), Some((&name[1..], 3)));
        let nested = "0 / part of key (a) -> value (b @1) -> value ( @22) pair in WeakMap (table @12345)";
        assert_eq!(parse(nested), Some((&nested[1..], 12_345)));
        for bad in [
            " / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3)",
            "7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3) ",
            "7 / part of key (Foo @1) -> value (Bar) pair in WeakMap (table @3)",
            "7 / part of key (Fo\no @1) -> value (Bar @2) pair in WeakMap (table @3)",
            "7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @)",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
