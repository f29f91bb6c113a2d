//! Strings that stand in memory more than once.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

use rayon::prelude::*;

use super::sorting::utf16_order;
use super::strings_that;
use crate::model::js::parse_int;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeKind, NodeKind, NodeOrdinal, POLL_INTERVAL, StringId};
use crate::snapshot::Snapshot;

/// Characters of a text that groups are sorted by.
const SORTED_CHARS: usize = 512;

/// Strings of one text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StringGroup {
    /// The first of them in the file; its value stands for all.
    pub first: NodeOrdinal,
    pub count: u64,
    pub shallow_size: u64,
    pub retained_size: u64,
    /// Retained bytes of all but one, taken as equally large: what would be saved if there were one.
    pub wasted_bytes: u64,
    /// Whether the file has only the beginning of the text. Such strings are equal if their lengths and hashes are too.
    pub truncated: bool,
    start: u32,
}

/// All groups, in the order in which the file's nodes meet them.
#[derive(Clone, Debug, Default)]
pub struct DuplicateStrings {
    pub groups: Vec<StringGroup>,
    /// Strings in all groups together, and their bytes.
    pub string_count: u64,
    pub shallow_size: u64,
    pub retained_size: u64,
    pub wasted_bytes: u64,
    /// Ordinals, group by group, ascending within each.
    nodes: Vec<u32>,
}

impl DuplicateStrings {
    /// Ordinals of the strings of a group, ascending.
    #[must_use]
    pub fn copies(&self, group: u32) -> &[u32] {
        self.groups.get(group as usize).map_or(&[], |group| {
            let start = group.start as usize;
            #[expect(clippy::cast_possible_truncation, reason = "no more than there are nodes")]
            let end = start + group.count as usize;
            &self.nodes[start..end]
        })
    }

    /// Ordinals of all strings of all groups.
    #[must_use]
    pub fn nodes(&self) -> &[u32] {
        &self.nodes
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.nodes.capacity() * 4 + self.groups.capacity() * size_of::<StringGroup>()
    }
}

/// What equal strings have in common: a hash of 128 bits, in which two different texts do not meet.
type Key = (u64, u64);

/// Finds strings of equal text among those that have a size. Concatenated strings count, unless one of their two parts is
/// empty: V8 leaves those behind when it makes one string of the parts.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn duplicate_strings(snapshot: &Snapshot, cancel: &CancelToken) -> Result<DuplicateStrings, Cancelled> {
    let finder = Finder::new(snapshot);
    let count = u32::try_from(snapshot.graph().node_count()).unwrap_or(u32::MAX);
    let blocks: Vec<Vec<(Key, bool, u32)>> = (0..count.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            cancel.check()?;
            let nodes = block * BLOCK..(block + 1).saturating_mul(BLOCK).min(count);
            Ok(nodes.filter_map(|node| finder.key(NodeOrdinal(node)).map(|(key, cut)| (key, cut, node))).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    let mut strings = blocks.concat();
    cancel.check()?;
    strings.par_sort_unstable();
    cancel.check()?;
    let mut runs: Vec<&[(Key, bool, u32)]> =
        strings.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|run| run.len() > 1).collect();
    // Strings that are whole come first, then by the first of each group.
    runs.par_sort_unstable_by_key(|run| (run[0].1, run[0].2));
    let mut found = DuplicateStrings::default();
    for (at, run) in runs.into_iter().enumerate() {
        cancel.check_every(at)?;
        found.push(snapshot, run);
    }
    Ok(found)
}

#[expect(clippy::cast_possible_truncation, reason = "a small constant")]
const BLOCK: u32 = POLL_INTERVAL as u32;

impl DuplicateStrings {
    fn push(&mut self, snapshot: &Snapshot, run: &[(Key, bool, u32)]) {
        let start = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let count = run.len() as u64;
        let (mut shallow_size, mut retained_size) = (0, 0);
        for &(_, _, node) in run {
            self.nodes.push(node);
            shallow_size += snapshot.shallow_size(NodeOrdinal(node));
            retained_size += snapshot.retained_size(NodeOrdinal(node));
        }
        let wasted_bytes = retained_size - retained_size / count;
        let first = NodeOrdinal(run[0].2);
        let truncated = run[0].1;
        self.groups.push(StringGroup { first, count, shallow_size, retained_size, wasted_bytes, truncated, start });
        self.string_count += count;
        self.shallow_size += shallow_size;
        self.retained_size += retained_size;
        self.wasted_bytes += wasted_bytes;
    }
}

/// Looks at single strings.
struct Finder<'a> {
    snapshot: &'a Snapshot,
    /// Names of the edges that V8 tells of cut strings with, where the file has them.
    truncated: BitSet,
    length: BitSet,
    hash: BitSet,
    value: BitSet,
    /// Whether the file tells of cut strings at all.
    tells_cuts: bool,
}

impl<'a> Finder<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let named = |name: &'static str| strings_that(snapshot, |text| text == name);
        let truncated = named("truncated");
        let tells_cuts = truncated.count() > 0;
        let (length, hash, value) = (named("length"), named("hash"), named("value"));
        Self { snapshot, truncated, length, hash, value, tells_cuts }
    }

    /// What the string has in common with its equals, and whether the file has only its beginning; `None` for what is no
    /// string or does not count.
    fn key(&self, node: NodeOrdinal) -> Option<(Key, bool)> {
        let snapshot = self.snapshot;
        let graph = snapshot.graph();
        let kind = graph.kind(node);
        if !matches!(kind, NodeKind::STRING | NodeKind::CONCATENATED_STRING) || snapshot.shallow_size(node) == 0 {
            return None;
        }
        let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
        hashers[1].write_u8(1);
        let mut write = |bytes: &[u8]| hashers.iter_mut().for_each(|hasher| hasher.write(bytes));
        if kind == NodeKind::STRING {
            write(&graph.strings().identity(graph.name_id(node)));
        } else {
            if self.is_flat(node) {
                return None;
            }
            write(&snapshot.string_identity(node));
        }
        let flag = self.tells_cuts.then(|| self.internal(node, &self.truncated)).flatten();
        let is_cut = flag.is_some_and(|flag| self.number(flag, "bool").as_deref() == Some("true"));
        if is_cut {
            for name in [&self.length, &self.hash] {
                let number = self.internal(node, name).and_then(|node| self.number(node, "int"));
                let number = number.and_then(|text| parse_int(&text));
                write(&number.map_or([0xff; 9], |number| {
                    let mut bytes = [0; 9];
                    bytes[..8].copy_from_slice(&number.to_le_bytes());
                    bytes
                }));
            }
        }
        let [a, b] = hashers.map(|hasher| hasher.finish());
        Some(((a, b), is_cut))
    }

    /// Whether one of the two parts of a concatenated string is empty.
    fn is_flat(&self, node: NodeOrdinal) -> bool {
        let (graph, known) = (self.snapshot.graph(), self.snapshot.known());
        graph.edges(node).any(|edge| {
            let name = StringId(graph.edge_names[edge.index()]);
            graph.edge_kind(edge) == EdgeKind::INTERNAL
                && (known.first.contains(name) || known.second.contains(name))
                && self.snapshot.display_name(graph.edge_target(edge)).is_empty()
        })
    }

    fn internal(&self, node: NodeOrdinal, names: &BitSet) -> Option<NodeOrdinal> {
        let graph = self.snapshot.graph();
        let is_it = |edge: &crate::model::EdgeIndex| {
            graph.edge_kind(*edge) == EdgeKind::INTERNAL && names.contains(graph.edge_names[edge.index()] as usize)
        };
        graph.edges(node).find(is_it).map(|edge| graph.edge_target(edge))
    }

    /// The text of a number's value, as V8 writes numbers where it writes their values.
    fn number(&self, node: NodeOrdinal, kind: &str) -> Option<String> {
        let graph = self.snapshot.graph();
        if graph.kind(node) != NodeKind::NUMBER || self.snapshot.raw_name(node) != kind {
            return None;
        }
        let value = self.internal(node, &self.value)?;
        Some(self.snapshot.raw_name(value).into_owned())
    }
}

/// What groups are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GroupKey {
    Value,
    Count,
    ShallowSize,
    RetainedSize,
    Wasted,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroupSort {
    pub key: GroupKey,
    pub descending: bool,
}

/// Indices of the groups whose text contains `text` in any case, in order; ties as in the file.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn duplicate_groups(
    strings: &DuplicateStrings,
    snapshot: &Snapshot,
    sort: GroupSort,
    text: &str,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let wanted = text.to_lowercase();
    let groups = &strings.groups;
    let mut rows: Vec<u32> = Vec::new();
    for (row, group) in (0_u32..).zip(groups) {
        cancel.check_every(row as usize)?;
        if wanted.is_empty() || snapshot.display_name(group.first).to_lowercase().contains(&wanted) {
            rows.push(row);
        }
    }
    let directed = |order: Ordering| if sort.descending { order.reverse() } else { order };
    if sort.key == GroupKey::Value {
        let mut texts: Vec<(String, u32)> = rows
            .into_par_iter()
            .map(|row| (snapshot.string_value(groups[row as usize].first, SORTED_CHARS).0.into_owned(), row))
            .collect();
        cancel.check()?;
        texts.par_sort_by(|a, b| directed(utf16_order(&a.0, &b.0)).then(a.1.cmp(&b.1)));
        return Ok(texts.into_iter().map(|(_, row)| row).collect());
    }
    let number = |row: u32| {
        let group = &groups[row as usize];
        match sort.key {
            GroupKey::Count => group.count,
            GroupKey::ShallowSize => group.shallow_size,
            GroupKey::RetainedSize => group.retained_size,
            _ => group.wasted_bytes,
        }
    };
    rows.par_sort_by(|&a, &b| directed(number(a).cmp(&number(b))).then(a.cmp(&b)));
    Ok(rows)
}
