//! Ephemerons: the values of WeakMaps, which V8 writes as two edges with a telling name.
//!
//! `7 / part of key (Foo @1) -> value (Bar @2) pair in WeakMap (table @3)`: one such edge leads from the key and one from
//! the table to the value.

use std::collections::HashMap;
use std::io;

use crate::format::StringTable;
use crate::model::stored::{NotStored, Put, Stored, Take};
use crate::model::{BitSet, StringId};

/// What the name of an ephemeron edge says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ephemeron {
    /// Number of the pair: both edges of a pair have the same.
    pub pair: u32,
    /// Id of the WeakMap's table.
    pub table_id: u64,
}

/// The ephemeron names among all strings.
#[derive(Clone, Debug, Default)]
pub struct Ephemerons {
    by_string: HashMap<StringId, Ephemeron>,
    is_ephemeron: BitSet,
    pair_count: usize,
}

impl Stored for Ephemerons {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self { by_string, is_ephemeron, pair_count } = self;
        let mut entries: Vec<(StringId, Ephemeron)> =
            by_string.iter().map(|(&name, &ephemeron)| (name, ephemeron)).collect();
        entries.sort_unstable_by_key(|entry| entry.0);
        let names: Vec<StringId> = entries.iter().map(|entry| entry.0).collect();
        let pairs: Vec<u32> = entries.iter().map(|(_, Ephemeron { pair, .. })| *pair).collect();
        let tables: Vec<u64> = entries.iter().map(|(_, Ephemeron { table_id, .. })| *table_id).collect();
        names.store(to)?;
        pairs.store(to)?;
        tables.store(to)?;
        is_ephemeron.store(to)?;
        pair_count.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let (names, pairs, tables) = (Vec::<StringId>::load(from)?, Vec::<u32>::load(from)?, Vec::<u64>::load(from)?);
        if names.len() != pairs.len() || names.len() != tables.len() {
            return Err(NotStored::Damaged);
        }
        let ephemerons = pairs.into_iter().zip(tables).map(|(pair, table_id)| Ephemeron { pair, table_id });
        Ok(Self {
            by_string: names.into_iter().zip(ephemerons).collect(),
            is_ephemeron: Stored::load(from)?,
            pair_count: Stored::load(from)?,
        })
    }
}

impl Ephemerons {
    /// What the string says, if it names an ephemeron edge.
    #[inline]
    #[must_use]
    pub fn get(&self, name: StringId) -> Option<Ephemeron> {
        if self.by_string.is_empty() || !self.is_ephemeron.contains(name.0 as usize) {
            return None;
        }
        self.by_string.get(&name).copied()
    }

    /// Whether this is of a table of so many strings.
    pub(crate) fn fits(&self, strings: usize) -> bool {
        self.is_ephemeron.len() == strings
    }

    /// How many pairs there are; their numbers are below.
    #[must_use]
    pub fn pair_count(&self) -> usize {
        self.pair_count
    }
}

/// Finds the names of ephemeron edges, in one pass over the strings.
#[must_use]
pub fn ephemerons(strings: &StringTable) -> Ephemerons {
    let mut found = Ephemerons { is_ephemeron: BitSet::new(strings.len()), ..Ephemerons::default() };
    let mut pairs: HashMap<String, u32> = HashMap::new();
    for id in strings.ids() {
        let raw = strings.raw(id);
        if !raw.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'\\') || raw.len() < 60 {
            continue;
        }
        let text = strings.text(id);
        if let Some((pair, table_id)) = parse(&text) {
            #[expect(clippy::cast_possible_truncation, reason = "at most one pair a string")]
            let next = pairs.len() as u32;
            let pair = *pairs.entry(pair.to_owned()).or_insert(next);
            found.by_string.insert(id, Ephemeron { pair, table_id });
            found.is_ephemeron.insert(id.0 as usize);
        }
    }
    found.pair_count = pairs.len();
    found
}

/// The part that identifies the pair, and the id of the table.
fn parse(text: &str) -> Option<(&str, u64)> {
    let pair = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if pair.len() == text.len() || pair.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let inner = pair.strip_prefix(" / part of key (")?;
    let (inner, table) = inner.rsplit_once(" pair in WeakMap (table @")?;
    let table_id = table.strip_suffix(')').filter(|id| is_number(id))?;
    // Names of classes may contain anything, so any arrow with an id before it and one at the end will do.
    let separator = ") -> value (";
    let is_pair = inner.match_indices(separator).any(|(at, _)| {
        ends_with_id(&inner[..at]) && inner[at + separator.len()..].strip_suffix(')').is_some_and(ends_with_id)
    });
    // An id beyond 64 bits belongs to no table.
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
    fn only_whole_ephemeron_names_are_recognised() {
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
