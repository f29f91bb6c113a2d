//! The vocabulary of Heapglass: identifiers, kinds, distances and the plain containers that all later stages share.
//!
//! A heap snapshot numbers nodes in three ways, which are three types here: [`NodeOrdinal`] (dense, `0..node_count`),
//! the raw node index of the file (ordinal × field count, which never leaves `format`), and [`ObjectId`] (the `@id`
//! shown to users).

mod bitset;
pub(crate) mod bounds;
mod call_tree;
mod cancel;
mod column;
pub(crate) mod convert;
mod csr;
mod first_table;
mod heap_bytes;
pub(crate) mod human;
pub(crate) mod js;
mod kinds;
mod memory;
mod memory_usage;
mod prefetch;
mod progress;
pub(crate) mod stored;

pub use bitset::BitSet;
pub use call_tree::CallFunction;
pub(crate) use call_tree::CallTree;
pub(crate) use cancel::Overflow;
pub(crate) use cancel::POLL_INTERVAL;
pub use cancel::{CancelToken, Cancelled};
pub(crate) use column::Column;
pub(crate) use csr::Csr;
pub(crate) use first_table::{FirstRow, FirstTable};
pub(crate) use heap_bytes::HeapBytes;
pub use kinds::{EdgeKind, NodeKind};
pub use memory::MemoryLimit;
pub(crate) use memory::Shortage;
pub(crate) use memory_usage::MemoryUsage;
pub(crate) use prefetch::prefetch;
pub(crate) use progress::Phase;
pub use progress::Progress;

use std::fmt;

use stored::stored_numbers;

/// Returns `a − b`, saturating at the bounds of `i64`: sizes in a file go up to 2⁶⁴ − 1.
#[must_use]
pub(crate) fn difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(if a > b { i64::MAX } else { i64::MIN })
}

/// An open snapshot or profile; never reused within one run of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SnapshotId(pub u32);

/// Position of a node in the file's node table: dense, `0..node_count`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct NodeOrdinal(pub u32);

/// Position of an edge in the file's edge table: dense, `0..edge_count`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EdgeIndex(pub u32);

/// Position of a string in the file's string table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct StringId(pub u32);

/// A class of one snapshot. It is meaningless in other snapshots (see `ClassKey` for that).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClassId(pub u32);

/// The id that the runtime gave an object, shown as `@123`. Stable only within one process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u64);

stored_numbers!(NodeOrdinal, StringId, Distance, NodeKind, EdgeKind);

impl NodeOrdinal {
    /// Returns the ordinal as an index into a column with one entry per node.
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl EdgeIndex {
    /// Returns the edge as an index into a column with one entry per edge.
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ClassId {
    /// Returns the class as an index into the class table.
    #[inline]
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// The distance of a node from the roots.
///
/// The encoding is DevTools': negative values are unreachable, values below [`Distance::SYSTEM_BASE`] are edges from a
/// user root, and higher values are reached only through system roots, with the number of edges added to the base.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct Distance(pub i32);

impl Distance {
    /// No path leads to the node.
    pub const NONE: Self = Self(-5);
    /// The base of system distances.
    pub const SYSTEM_BASE: i32 = 100_000_000;

    /// Returns the number of edges from a user root, if one reaches the node.
    #[inline]
    #[must_use]
    pub fn user(self) -> Option<u32> {
        (0..Self::SYSTEM_BASE).contains(&self.0).then_some(self.0.unsigned_abs())
    }

    /// Returns the number of edges beyond the base, if only system roots reach the node.
    #[inline]
    #[must_use]
    pub fn system(self) -> Option<u32> {
        (self.0 >= Self::SYSTEM_BASE).then(|| (self.0 - Self::SYSTEM_BASE).unsigned_abs())
    }
}

impl Distance {
    /// Returns whether the distance is possible in a graph with `nodes` nodes.
    pub(crate) fn fits(self, nodes: usize) -> bool {
        let hops = i64::from(self.0) - if self.0 >= Self::SYSTEM_BASE { i64::from(Self::SYSTEM_BASE) } else { 0 };
        self >= Self::NONE && usize::try_from(hops.max(0)).is_ok_and(|hops| hops <= nodes)
    }
}

impl fmt::Display for Distance {
    /// Shows the number of edges from a user root, or `−` like DevTools.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.user() {
            Some(hops) => write!(f, "{hops}"),
            None => f.write_str("−"),
        }
    }
}

/// The state of a DOM node (or a similar object): whether it is part of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Detachedness {
    /// Not a DOM node, or unknown.
    #[default]
    Unknown = 0,
    /// Part of a document.
    Attached = 1,
    /// No longer part of one.
    Detached = 2,
    /// A value that no known runtime writes.
    Other = 3,
}

impl Detachedness {
    /// Decodes the two low bits, which hold the state.
    #[inline]
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Unknown,
            1 => Self::Attached,
            2 => Self::Detached,
            _ => Self::Other,
        }
    }
}
