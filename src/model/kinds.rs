//! Kinds of nodes and edges: V8's as constants, followed by unknown kinds that a file declares.

use super::convert;

/// The kind of a node. Values below [`NodeKind::FIRST_UNKNOWN`] are V8's. Higher ones index the graph's list of unknown
/// kinds, which keeps the file's names for them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct NodeKind(pub u8);

/// The kind of an edge, with unknown kinds as for [`NodeKind`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub struct EdgeKind(pub u8);

const NODE_KIND_NAMES: [&str; 15] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
];

const EDGE_KIND_NAMES: [&str; 8] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak", "invisible"];

impl NodeKind {
    pub const HIDDEN: Self = Self(0);
    pub const ARRAY: Self = Self(1);
    pub const STRING: Self = Self(2);
    pub const OBJECT: Self = Self(3);
    pub const CODE: Self = Self(4);
    pub const CLOSURE: Self = Self(5);
    pub const REGEXP: Self = Self(6);
    pub const NUMBER: Self = Self(7);
    pub const NATIVE: Self = Self(8);
    pub const SYNTHETIC: Self = Self(9);
    pub const CONCATENATED_STRING: Self = Self(10);
    pub const SLICED_STRING: Self = Self(11);
    pub const SYMBOL: Self = Self(12);
    pub const BIGINT: Self = Self(13);
    pub const OBJECT_SHAPE: Self = Self(14);
    /// The first value of an unknown kind.
    pub const FIRST_UNKNOWN: u8 = convert::byte(NODE_KIND_NAMES.len());

    /// Returns the known kind with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        position(&NODE_KIND_NAMES, name).map(Self)
    }

    /// Returns the kind's name, or `None` for an unknown kind.
    #[must_use]
    pub fn known_name(self) -> Option<&'static str> {
        NODE_KIND_NAMES.get(usize::from(self.0)).copied()
    }

    /// Returns whether the node is a string of any representation.
    #[inline]
    #[must_use]
    pub fn is_string(self) -> bool {
        matches!(self, Self::STRING | Self::CONCATENATED_STRING | Self::SLICED_STRING)
    }
}

impl EdgeKind {
    pub const CONTEXT: Self = Self(0);
    pub const ELEMENT: Self = Self(1);
    pub const PROPERTY: Self = Self(2);
    pub const INTERNAL: Self = Self(3);
    pub const HIDDEN: Self = Self(4);
    pub const SHORTCUT: Self = Self(5);
    pub const WEAK: Self = Self(6);
    pub const INVISIBLE: Self = Self(7);
    /// The first value of an unknown kind.
    pub const FIRST_UNKNOWN: u8 = convert::byte(EDGE_KIND_NAMES.len());

    /// Returns the known kind with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        position(&EDGE_KIND_NAMES, name).map(Self)
    }

    /// Returns the kind's name, or `None` for an unknown kind.
    #[must_use]
    pub fn known_name(self) -> Option<&'static str> {
        EDGE_KIND_NAMES.get(usize::from(self.0)).copied()
    }

    /// Returns whether the edge's name column holds a number instead of a string id.
    #[inline]
    #[must_use]
    pub fn has_numeric_name(self) -> bool {
        matches!(self, Self::ELEMENT | Self::HIDDEN)
    }
}

fn position(names: &[&str], name: &str) -> Option<u8> {
    names.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok())
}
