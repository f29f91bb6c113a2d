//! Rows of the tables that only queries have: snapshots, edges, entries and findings.

use std::borrow::Cow;

use crate::export::{Cell, Column, Table, row_name};
use crate::findings::{Finding, Kind};
use crate::graph::EdgeName;
use crate::model::{EdgeIndex, NodeOrdinal};
use crate::query::{CollectionKind, node_label};
use crate::snapshot::Snapshot;

/// The number of characters after which names of rows may be cut, which [`row_name`] does.
pub(super) const NAME_LIMIT: usize = 4096;

/// A snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct SnapshotRow<'a> {
    pub(super) name: &'a str,
    pub(super) snapshot: &'a Snapshot,
    pub(super) unreachable_size: Option<u64>,
}

/// Open snapshots.
pub(super) struct Snapshots;

impl Table for Snapshots {
    type Row<'a> = SnapshotRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("file", "the name of the file", |row| row.name.into()),
        Column::<Self>::new("nodes", "the number of nodes", |row| row.snapshot.graph().node_count().into()),
        Column::<Self>::new("edges", "the number of references", |row| row.snapshot.graph().edge_count().into()),
        Column::<Self>::new("strings", "the number of strings in the file", |row| {
            row.snapshot.graph().strings().len().into()
        }),
        Column::<Self>::new("total_size", "the size of the whole heap in bytes", |row| {
            row.snapshot.total_size().into()
        }),
        Column::<Self>::new("unreachable_size", "the bytes of objects that no path from a root reaches", |row| {
            row.unreachable_size.into()
        }),
        Column::<Self>::new("program", "the program that wrote the file", |row| {
            row.snapshot.producer().program.name().into()
        }),
        Column::<Self>::new("version", "the version of the program, if it is known", |row| {
            row.snapshot.producer().version.as_deref().into()
        }),
    ];
}

/// A reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct EdgeRow<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) source: NodeOrdinal,
    pub(super) edge: EdgeIndex,
}

/// References.
pub(super) struct Edges;

impl Table for Edges {
    type Row<'a> = EdgeRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("from_id", "the id of the object that has the reference", |row| {
            row.snapshot.id(row.source).0.into()
        }),
        Column::<Self>::new("to_id", "the id of the object that it leads to", |row| {
            row.snapshot.id(row.snapshot.graph().edge_target(row.edge)).0.into()
        }),
        Column::<Self>::new("kind", "the kind of the reference, such as `property`, `element` or `context`", |row| {
            row_name(row.snapshot.graph().edge_kind_name(row.edge)).into()
        }),
        Column::<Self>::new("name", "the name of the reference, or the index of an element", |row| row.name().into()),
        Column::<Self>::new("position", "its position among the references of the object, from 0", |row| {
            (row.edge.index() - row.snapshot.graph().edge_range(row.source).start).into()
        }),
    ];
}

impl<'a> EdgeRow<'a> {
    /// Returns the name. As in all rows, a name of a megabyte is cut.
    fn name(&self) -> Cow<'a, str> {
        match self.snapshot.graph().edge_name(self.edge) {
            EdgeName::Index(index) => Cow::Owned(index.to_string()),
            EdgeName::Text(id) => match self.snapshot.graph().strings().prefix(id, NAME_LIMIT).0 {
                Cow::Borrowed(text) => row_name(text),
                Cow::Owned(text) => Cow::Owned(row_name(&text).into_owned()),
            },
        }
    }
}

/// The key or value of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Node(NodeOrdinal),
    /// The name of a property.
    Name(EdgeIndex),
    /// A number, which the snapshot does not contain.
    Unknown,
}

/// An entry of a collection.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryRow<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) owner: NodeOrdinal,
    pub(super) kind: CollectionKind,
    pub(super) key: Part,
    pub(super) value: Part,
}

/// Entries of collections.
pub(super) struct Entries;

impl Table for Entries {
    type Row<'a> = EntryRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("owner_id", "the id of the collection", |row| row.snapshot.id(row.owner).0.into()),
        Column::<Self>::new("kind", "`Map`, `Set`, `WeakMap/Set` or `Object as map`", |row| row.kind.label().into()),
        Column::<Self>::new("key", "the display name of the key; NULL if it is a number", |row| row.text(row.key)),
        Column::<Self>::new("key_id", "the id of the key, if it is an object", |row| row.id(row.key)),
        Column::<Self>::new("value", "the display name of the value; NULL for numbers and in Sets", |row| {
            row.text(row.value)
        }),
        Column::<Self>::new("value_id", "the id of the value", |row| row.id(row.value)),
    ];
}

impl EntryRow<'_> {
    fn text(&self, part: Part) -> Cell<'static> {
        match part {
            Part::Node(node) if self.snapshot.kind(node).is_string() => {
                row_name(&self.snapshot.display_name(node)).into_owned().into()
            }
            Part::Node(node) => node_label(self.snapshot, node).into(),
            Part::Name(edge) => row_name(&self.snapshot.edge_name(edge)).into_owned().into(),
            Part::Unknown => Cell::Missing,
        }
    }

    fn id(&self, part: Part) -> Cell<'static> {
        match part {
            Part::Node(node) => self.snapshot.id(node).0.into(),
            Part::Name(_) | Part::Unknown => Cell::Missing,
        }
    }
}

/// A finding about the last snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundRow<'a> {
    pub(super) rank: usize,
    pub(super) snapshot: &'a Snapshot,
    pub(super) finding: &'a Finding,
}

/// Findings.
pub(super) struct FoundRows;

impl Table for FoundRows {
    type Row<'a> = FoundRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("rank", "the position of the finding, from 1", |row| row.rank.into()),
        Column::<Self>::new("verdict", "`leak`, `likely` or `watch`", |row| row.finding.verdict.name().into()),
        Column::<Self>::new("kind", "`growth` or `accumulation`", |row| Kind::name(row.finding.kind).into()),
        Column::<Self>::new("pattern", "the name of the recognized structure, such as `timer`", |row| {
            row.finding.pattern.into()
        }),
        Column::<Self>::new("title", "the finding in a sentence", |row| row.finding.title.as_str().into()),
        Column::<Self>::new("explanation", "the explanation", |row| row.finding.explanation.as_str().into()),
        Column::<Self>::new("advice", "the usual fix", |row| row.finding.advice.as_deref().into()),
        Column::<Self>::new("holder", "the field that gathers the objects", |row| {
            row.finding.holder.label.as_str().into()
        }),
        Column::<Self>::new("holder_id", "the id of the object with the field", |row| {
            row.snapshot.id(row.finding.holder.node).0.into()
        }),
        Column::<Self>::new("holder_class", "the class of that object", |row| row.finding.holder.class.as_str().into()),
        Column::<Self>::new("member_class", "the class of the gathered objects", |row| {
            row.finding.member_class.as_str().into()
        }),
        Column::<Self>::new("members", "the number of gathered objects in the last snapshot", |row| {
            row.finding.members.last().copied().into()
        }),
        Column::<Self>::new("bytes", "the bytes that they retain in the last snapshot", |row| {
            row.finding.bytes.last().copied().into()
        }),
        Column::<Self>::new(
            "members_by_snapshot",
            "the number in each snapshot, the oldest first, as a JSON array",
            |row| array(&row.finding.members).into(),
        ),
        Column::<Self>::new(
            "bytes_by_snapshot",
            "the bytes in each snapshot, the oldest first, as a JSON array",
            |row| array(&row.finding.bytes).into(),
        ),
        Column::<Self>::new("share_of_growth", "the part of all growth, from 0 to 1", |row| {
            row.finding.share_of_growth.map_or(Cell::Missing, Cell::Percent)
        }),
        Column::<Self>::new("freed_if_emptied", "the bytes that would be freed if the holder were emptied", |row| {
            row.finding.freed_if_emptied.into()
        }),
        Column::<Self>::new("signature", "text that is equal for the same cause in another run", |row| {
            row.finding.signature.as_str().into()
        }),
    ];
}

/// Returns numbers as a JSON array.
fn array(numbers: &[u64]) -> String {
    format!("[{}]", numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(","))
}
