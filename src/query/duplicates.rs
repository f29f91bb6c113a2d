//! Duplicate strings.

use rayon::prelude::*;

use super::sorting::{Item, as_they_are, by_number, by_text, items, rows};
use super::strings_named;
use super::texts::Texts;
use crate::graph::HeapGraph;
use crate::model::{
    CancelToken, Cancelled, EdgeKind, HeapBytes, NodeKind, NodeOrdinal, POLL_INTERVAL, StringId, convert, js::parse_int,
};
use crate::snapshot::Snapshot;

/// Strings with the same text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StringGroup {
    /// The first copy in the file, whose value is shown for all.
    pub first: NodeOrdinal,
    pub count: u64,
    pub shallow_size: u64,
    /// The sum of retained sizes, as in DevTools: bytes count twice if one copy dominates another.
    pub retained_size: u64,
    /// The bytes that would be freed if only the copy with the largest retained size remained. Nothing counts twice.
    pub wasted_bytes: u64,
    /// True if the file has only the beginning of the text. Such strings are equal if their lengths and hashes are,
    /// too.
    pub truncated: bool,
    start: u32,
}

/// All groups, in the order of their first node in the file; truncated strings come last.
#[derive(Clone, Debug, Default)]
pub struct DuplicateStrings {
    pub groups: Vec<StringGroup>,
    /// The number of strings in all groups, and their bytes.
    pub string_count: u64,
    pub shallow_size: u64,
    pub retained_size: u64,
    pub wasted_bytes: u64,
    /// Ordinals, group by group, ascending within each.
    nodes: Vec<u32>,
}

impl DuplicateStrings {
    /// Returns the ordinals of the strings of a group, ascending.
    #[must_use]
    pub fn copies(&self, group: u32) -> &[u32] {
        self.groups.get(group as usize).map_or(&[], |group| {
            let start = group.start as usize;
            let end = start + convert::in_memory(group.count);
            &self.nodes[start..end]
        })
    }

    /// Returns the ordinals of all strings of all groups.
    #[must_use]
    pub fn nodes(&self) -> &[u32] {
        &self.nodes
    }
}

impl HeapBytes for DuplicateStrings {
    fn heap_bytes(&self) -> usize {
        self.nodes.capacity() * 4 + self.groups.capacity() * size_of::<StringGroup>()
    }
}

/// A string, preceded by the key that it shares with equal strings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    key: [u64; 2],
    is_truncated: bool,
    node: u32,
}

impl Candidate {
    fn is_equal(&self, other: &Self) -> bool {
        (self.key, self.is_truncated) == (other.key, other.is_truncated)
    }
}

/// Finds equal strings among those that have a size. Concatenated strings count, unless one of their parts is empty: V8
/// leaves such strings behind when it flattens them.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn duplicate_strings(snapshot: &Snapshot, cancel: &CancelToken) -> Result<DuplicateStrings, Cancelled> {
    grouped_strings(snapshot, 2, cancel)
}

/// As [`duplicate_strings`], but lists texts with at least `least` copies: with 1, all texts.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn grouped_strings(
    snapshot: &Snapshot,
    least: usize,
    cancel: &CancelToken,
) -> Result<DuplicateStrings, Cancelled> {
    let finder = Finder::new(snapshot, cancel)?;
    let count = u32::try_from(snapshot.graph().node_count()).unwrap_or(u32::MAX);
    let blocks: Vec<Vec<Candidate>> = (0..count.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            cancel.check()?;
            let nodes = block * BLOCK..(block + 1).saturating_mul(BLOCK).min(count);
            Ok(nodes.filter_map(|node| finder.candidate(NodeOrdinal(node))).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    drop(finder);
    let mut strings = blocks.concat();
    drop(blocks);
    cancel.check()?;
    strings.par_sort_unstable();
    cancel.check()?;
    let mut runs: Vec<&[Candidate]> = strings.chunk_by(Candidate::is_equal).filter(|run| run.len() >= least).collect();
    runs.par_sort_unstable_by_key(|run| (run[0].is_truncated, run[0].node));
    cancel.check()?;

    let mut found = DuplicateStrings::default();
    let groups: Vec<StringGroup> = runs.par_iter().map(|run| group(snapshot, run)).collect();
    for (at, (group, run)) in groups.into_iter().zip(runs).enumerate() {
        cancel.check_every(at)?;
        found.push(group, run);
    }
    Ok(found)
}

const BLOCK: u32 = convert::ordinal(POLL_INTERVAL);

/// Sums up the strings with one text.
fn group(snapshot: &Snapshot, run: &[Candidate]) -> StringGroup {
    let nodes = || run.iter().map(|string| NodeOrdinal(string.node));
    // Outermost first: a copy within the range of an earlier one is dominated by it.
    let mut subtrees: Vec<(u32, u32, u64)> = nodes()
        .map(|node| {
            let positions = snapshot.dominators().positions(node);
            (positions.start, positions.end, snapshot.retained_size(node))
        })
        .collect();
    subtrees.sort_unstable();
    let (mut freed, mut largest, mut end_of_last) = (0_u64, 0, 0);
    for (start, end, size) in subtrees {
        if start >= end_of_last {
            freed = freed.saturating_add(size);
            largest = largest.max(size);
            end_of_last = end;
        }
    }
    StringGroup {
        first: NodeOrdinal(run[0].node),
        count: run.len() as u64,
        shallow_size: nodes().fold(0, |sum: u64, node| sum.saturating_add(snapshot.shallow_size(node))),
        retained_size: nodes().fold(0, |sum: u64, node| sum.saturating_add(snapshot.retained_size(node))),
        wasted_bytes: freed - largest,
        truncated: run[0].is_truncated,
        start: 0,
    }
}

impl DuplicateStrings {
    fn push(&mut self, mut group: StringGroup, run: &[Candidate]) {
        group.start = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.extend(run.iter().map(|string| string.node));
        self.string_count += group.count;
        self.shallow_size = self.shallow_size.saturating_add(group.shallow_size);
        self.retained_size = self.retained_size.saturating_add(group.retained_size);
        self.wasted_bytes = self.wasted_bytes.saturating_add(group.wasted_bytes);
        self.groups.push(group);
    }
}

/// Classifies single strings.
struct Finder<'a> {
    snapshot: &'a Snapshot,
    texts: Texts<'a>,
    /// The edge names by which V8 marks truncated strings; empty if the file has none.
    truncated: Vec<StringId>,
    length: Vec<StringId>,
    hash: Vec<StringId>,
    value: Vec<StringId>,
}

impl<'a> Finder<'a> {
    fn new(snapshot: &'a Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let [truncated, length, hash, value] = strings_named(snapshot, ["truncated", "length", "hash", "value"]);
        Ok(Self { snapshot, texts: Texts::new(snapshot, cancel)?, truncated, length, hash, value })
    }

    /// Returns the string with its key; `None` if the node is not a string or does not count.
    fn candidate(&self, node: NodeOrdinal) -> Option<Candidate> {
        let kind = self.snapshot.kind(node);
        if !matches!(kind, NodeKind::STRING | NodeKind::CONCATENATED_STRING)
            || self.snapshot.shallow_size(node) == 0
            || self.texts.is_flat(node)
        {
            return None;
        }
        let mut key = self.texts.of(node).key();
        let is_truncated = self
            .internal(node, &self.truncated)
            .is_some_and(|flag| self.number(flag, "bool").as_deref() == Some("true"));
        if is_truncated {
            for name in [&self.length, &self.hash] {
                let number = self.internal(node, name).and_then(|node| self.number(node, "int"));
                mix(&mut key, number.and_then(|text| parse_int(&text)));
            }
        }
        Some(Candidate { key, is_truncated, node: node.0 })
    }

    fn internal(&self, node: NodeOrdinal, names: &[StringId]) -> Option<NodeOrdinal> {
        if names.is_empty() {
            return None;
        }
        let graph: &HeapGraph = self.snapshot.graph();
        let mut edges = graph.edges(node).filter(|&edge| graph.edge_kind(edge) == EdgeKind::INTERNAL);
        edges.find(|edge| names.contains(&StringId(graph.edge_names[edge.index()]))).map(|edge| graph.edge_target(edge))
    }

    /// Returns the text of a number's value, if V8 wrote numeric values.
    fn number(&self, node: NodeOrdinal, kind: &str) -> Option<String> {
        let graph = self.snapshot.graph();
        if graph.kind(node) != NodeKind::NUMBER || self.snapshot.raw_name(node) != kind {
            return None;
        }
        let value = self.internal(node, &self.value)?;
        Some(self.snapshot.raw_name(value).into_owned())
    }
}

/// Adds a number to the key.
fn mix(key: &mut [u64; 2], number: Option<i64>) {
    for (part, factor) in key.iter_mut().zip([0x9e37_79b9_7f4a_7c15_u64, 0xc2b2_ae3d_27d4_eb4f]) {
        for value in [number.map_or(0, i64::cast_unsigned), u64::from(number.is_some())] {
            *part = (part.rotate_left(29) ^ value).wrapping_mul(factor);
        }
    }
}

/// A sort key of groups.
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

impl GroupSort {
    /// Most wasted bytes first.
    pub const BY_WASTED_SIZE: Self = Self { key: GroupKey::Wasted, descending: true };
}

/// Returns the indices of the groups whose text contains `text`, ignoring case, in order; ties as in the file. Of a
/// very long text only the part that a name on screen can have is searched.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn duplicate_groups(
    strings: &DuplicateStrings,
    snapshot: &Snapshot,
    sort: GroupSort,
    text: &str,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let wanted = text.to_lowercase();
    let group = |row: u32| &strings.groups[row as usize];
    snapshot.expect_many_names();
    let value = |row: u32| snapshot.display_name(group(row).first);
    let mut found: Vec<u32> = (0..).take(strings.groups.len()).collect();
    if !wanted.is_empty() {
        let passes = |&row: &u32| value(row).to_lowercase().contains(&wanted);
        let blocks = found.par_chunks(1024).map(|rows| {
            cancel.check()?;
            Ok(rows.iter().copied().filter(passes).collect())
        });
        found = blocks.collect::<Result<Vec<Vec<u32>>, Cancelled>>()?.concat();
    }
    let mut items = items(&found);
    if sort.key == GroupKey::Value {
        by_text(&mut items, sort.descending, cancel, |item: Item| value(item.row), &as_they_are)?;
        return Ok(rows(&items));
    }
    let number = |item: Item| {
        let group = group(item.row);
        match sort.key {
            GroupKey::Count => group.count,
            GroupKey::ShallowSize => group.shallow_size,
            GroupKey::RetainedSize => group.retained_size,
            GroupKey::Value | GroupKey::Wasted => group.wasted_bytes,
        }
    };
    by_number(&mut items, sort.descending, cancel, number, &as_they_are)?;
    Ok(rows(&items))
}
