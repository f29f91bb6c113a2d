//! Ephemerons: the values of WeakMaps, which V8 writes as two edges with a structured name.
//!
//! `7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3)`: one such edge leads from the key to the
//! value, and one from the table to the value.

use memchr::memmem::Finder;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

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

/// The name of an ephemeron edge among the strings. Names sort by pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// Hash of the part of the name that both edges of the pair share. With 128 bits, different pairs have different
    /// ones, except in a file that was made for that.
    pair: u128,
    string: u32,
}

/// The part of a name between the key and the value.
const SEPARATOR: &str = ") -> value (";
/// Strings per task.
const CHUNK: usize = 1 << 14;

/// Finds the names of ephemeron edges in one pass over the strings.
#[must_use]
pub fn ephemerons(strings: &StringTable) -> Ephemerons {
    let separator = Finder::new(SEPARATOR);
    let name = |string: u32| {
        if !may_be_name(strings.raw(StringId(string))) {
            return None;
        }
        let text = strings.text(StringId(string));
        parse(&text, &separator).map(|(pair, _)| Name { pair: xxh3_128(pair.as_bytes()), string })
    };
    let chunks: Vec<Vec<Name>> = (0..strings.len().div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let strings = chunk * CHUNK..((chunk + 1) * CHUNK).min(strings.len());
            strings.filter_map(|string| name(convert::ordinal(string))).collect()
        })
        .collect();
    let mut names = chunks.concat();
    let mut found = Ephemerons { is_ephemeron: BitSet::new(strings.len()), ..Ephemerons::default() };
    if names.is_empty() {
        return found;
    }
    drop(chunks);
    names.par_sort_unstable();
    found.pairs = vec![0; strings.len()];
    let groups: Vec<&[Name]> = names.chunk_by(|one, other| one.pair == other.pair).collect();
    // At most one pair per string.
    let table_of = |group: &&[Name]| {
        parse(&strings.text(StringId(group[0].string)), &separator).map_or(0, |(_, table_id)| table_id)
    };
    found.tables = groups.par_iter().with_min_len(1 << 10).map(table_of).collect();
    for (pair, group) in (0..).zip(groups) {
        for name in group {
            found.is_ephemeron.insert(name.string as usize);
            found.pairs[name.string as usize] = pair;
        }
    }
    found
}

/// Returns whether the string, in the file's encoding, may be the name of an ephemeron edge: `7 / part …)`. The blank and
/// the last parenthesis may be escaped.
#[inline]
fn may_be_name(raw: &[u8]) -> bool {
    let starts = match raw.first() {
        Some(b'\\') => true,
        Some(b'0'..=b'9') => {
            raw.iter().find(|byte| !byte.is_ascii_digit()).is_some_and(|byte| matches!(byte, b' ' | b'\\'))
        }
        _ => false,
    };
    starts && raw.len() >= 60 && matches!(raw.last(), Some(b')' | b'9'))
}

/// Returns the part that identifies the pair, and the id of the table.
fn parse<'a>(text: &'a str, separator: &Finder<'_>) -> Option<(&'a str, u64)> {
    let pair = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if pair.len() == text.len() {
        return None;
    }
    let inner = pair.strip_prefix(" / part of key (")?;
    let (inner, table) = without_number(inner.strip_suffix(')')?)?;
    let inner = inner.strip_suffix(" pair in WeakMap (table @")?;
    let (value, _) = without_number(inner.strip_suffix(')')?)?;
    let value = value.strip_suffix(" @")?;
    // Class names may contain anything, so any arrow with an id before it is accepted.
    let is_after_id = |at: usize| without_number(&value[..at]).is_some_and(|(key, _)| key.ends_with(" @"));
    let is_pair = separator.find_iter(value.as_bytes()).any(is_after_id);
    // An id beyond 64 bits does not belong to a table.
    (is_pair && !has_line_end(pair)).then(|| (pair, table.parse().unwrap_or(u64::MAX)))
}

/// Returns the text before the digits at its end, and the digits, if it has any.
fn without_number(text: &str) -> Option<(&str, &str)> {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (before.len() < text.len()).then(|| text.split_at(before.len()))
}

/// Returns whether the text has a character that ends a line in JavaScript.
fn has_line_end(text: &str) -> bool {
    memchr::memchr3_iter(b'\n', b'\r', 0xe2, text.as_bytes())
        .any(|at| matches!(&text.as_bytes()[at..], [b'\n' | b'\r', ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..]))
}

#[cfg(test)]
mod tests {
    use super::{Finder, SEPARATOR};

    fn parse(text: &str) -> Option<(&str, u64)> {
        super::parse(text, &Finder::new(SEPARATOR))
    }

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
