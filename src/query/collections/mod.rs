//! Collections: Maps, Sets, arrays, objects used as maps, lists of listeners, linked lists and typed arrays, grouped by
//! the field that holds them, with their entries in each snapshot of a series.
//!
//! Snapshots have no lengths. Entries are counted by references, so numbers do not count; the capacity follows from the
//! size of V8's backing store (`stores.rs`). Groups are matched by holder and kind, so they need no common ids.

mod chains;
mod lists;
mod names;
mod scan;
mod stores;

use std::collections::HashMap;

pub use lists::entries_of;
pub(crate) use lists::first_keys;
pub(crate) use lists::{CollectionSort, CollectionsKey, CollectionsOf, EntriesKey, ListedBy};
pub(crate) use lists::{is_map_key, keyed_collection};

use super::retained_together;
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal};
use crate::snapshot::Snapshot;

/// A group with fewer entries in every snapshot is left out.
const LEAST_ENTRIES: u64 = 16;
/// Typed arrays that retain fewer bytes are left out.
const LEAST_BYTES: u64 = 4096;

/// The kind of a collection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CollectionKind {
    Map,
    Set,
    WeakCollection,
    Array,
    /// An object whose properties are keys.
    Dictionary,
    Listeners,
    LinkedList,
    TypedArray,
}

impl CollectionKind {
    pub const ALL: [Self; 8] = [
        Self::Map,
        Self::Set,
        Self::WeakCollection,
        Self::Array,
        Self::Dictionary,
        Self::Listeners,
        Self::LinkedList,
        Self::TypedArray,
    ];

    /// Returns the name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Map => "Map",
            Self::Set => "Set",
            Self::WeakCollection => "WeakMap/Set",
            Self::Array => "Array",
            Self::Dictionary => "Object as map",
            Self::Listeners => "Listeners",
            Self::LinkedList => "Linked list",
            Self::TypedArray => "Typed array",
        }
    }
}

/// One collection object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Collection {
    pub node: NodeOrdinal,
    pub kind: CollectionKind,
    /// The entries with a reference to an object or a string.
    pub entries: u32,
    /// The number of entries for which the backing store has slots; `None` if it is unknown.
    pub capacity: Option<u32>,
}

/// The entries and bytes of a group in one snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CollectionPoint {
    /// The number of collections.
    pub count: u64,
    pub entries: u64,
    /// The retained size; what two of the collections share counts once.
    pub bytes: u64,
}

/// Collections that are held by the same field.
#[derive(Clone, Debug)]
pub struct CollectionGroup {
    /// The holder, such as `SessionCache.byId`.
    pub holder: String,
    pub kind: CollectionKind,
    /// Indices into [`Collections::members`] of those in the last snapshot, the one with the most entries first.
    pub members: Vec<u32>,
    /// By snapshot.
    pub points: Vec<CollectionPoint>,
    /// The sum of the known capacities in the last snapshot.
    pub capacity: u64,
}

impl CollectionGroup {
    #[must_use]
    pub fn last(&self) -> CollectionPoint {
        self.points.last().copied().unwrap_or_default()
    }

    /// Returns the growth of a number from the first to the last snapshot.
    #[must_use]
    pub fn grown(&self, of: impl Fn(&CollectionPoint) -> u64) -> i64 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return 0 };
        crate::model::difference(of(last), of(first))
    }
}

/// All collections of a series.
#[derive(Clone, Debug, Default)]
pub struct Collections {
    pub groups: Vec<CollectionGroup>,
    /// The collections of the last snapshot.
    pub members: Vec<Collection>,
    /// For each earlier snapshot, the entries of its collections by object id, ascending.
    earlier: Vec<Vec<(u64, u32)>>,
    /// True if equal ids are equal objects in all snapshots.
    pub ids_match: bool,
}

impl Collections {
    /// Returns the entries of a collection of the last snapshot in each earlier one; `None` where it did not exist.
    #[must_use]
    pub fn history(&self, id: u64) -> Vec<Option<u32>> {
        let in_one = |of: &Vec<(u64, u32)>| of.binary_search_by_key(&id, |&(of, _)| of).ok().map(|at| of[at].1);
        self.earlier.iter().map(in_one).collect()
    }
}

impl HeapBytes for Collections {
    fn heap_bytes(&self) -> usize {
        let of = |group: &CollectionGroup| {
            size_of::<CollectionGroup>() + group.holder.len() + 4 * group.members.len() + 24 * group.points.len()
        };
        self.groups.iter().map(of).sum::<usize>()
            + self.members.len() * size_of::<Collection>()
            + self.earlier.iter().map(|of| of.len() * 16).sum::<usize>()
    }
}

/// Finds the collections of a series, the oldest snapshot first.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn collections(snapshots: &[&Snapshot], ids_match: bool, cancel: &CancelToken) -> Result<Collections, Cancelled> {
    let Some((&last, earlier)) = snapshots.split_last() else { return Ok(Collections::default()) };
    let mut found = Collections { ids_match, ..Collections::default() };
    let mut groups: HashMap<(String, CollectionKind), CollectionGroup> = HashMap::new();
    for (at, &snapshot) in snapshots.iter().enumerate() {
        let all = scan::collections_in(snapshot, cancel)?;
        let mut nodes: HashMap<(String, CollectionKind), Vec<u32>> = HashMap::new();
        let names = names::holders(snapshot, &all, cancel)?;
        for (number, (collection, holder)) in (0_u32..).zip(all.iter().zip(names)) {
            let key = (holder, collection.kind);
            let group = groups.entry(key.clone()).or_insert_with(|| CollectionGroup {
                holder: key.0.clone(),
                kind: key.1,
                members: Vec::new(),
                points: vec![CollectionPoint::default(); snapshots.len()],
                capacity: 0,
            });
            let point = &mut group.points[at];
            point.count += 1;
            point.entries += u64::from(collection.entries);
            if at == earlier.len() {
                group.members.push(number);
                group.capacity += u64::from(collection.capacity.unwrap_or(0));
            }
            nodes.entry(key).or_default().push(collection.node.0);
        }
        #[expect(clippy::iter_over_hash_type, reason = "each group is written on its own")]
        for (key, group) in &mut groups {
            if let Some(nodes) = nodes.get(key) {
                group.points[at].bytes = retained_together(snapshot, nodes, cancel)?;
            }
        }
        if at == earlier.len() {
            found.members = all;
        } else {
            let mut ids: Vec<(u64, u32)> = all.iter().map(|of| (snapshot.id(of.node).0, of.entries)).collect();
            ids.sort_unstable();
            found.earlier.push(ids);
        }
    }
    found.groups = groups.into_values().filter(is_listed).collect();
    found.groups.sort_by(|a, b| (&a.holder, a.kind).cmp(&(&b.holder, b.kind)));
    let members = &found.members;
    for group in &mut found.groups {
        group.members.sort_by_key(|&member| {
            let of = &members[member as usize];
            (std::cmp::Reverse(of.entries), std::cmp::Reverse(last.retained_size(of.node)), of.node)
        });
    }
    Ok(found)
}

fn is_listed(group: &CollectionGroup) -> bool {
    let is_large = |point: &CollectionPoint| match group.kind {
        CollectionKind::TypedArray => point.bytes >= LEAST_BYTES,
        _ => point.entries >= LEAST_ENTRIES,
    };
    group.last().count > 0 && group.points.iter().any(is_large) || group.capacity >= 16 * LEAST_ENTRIES
}
