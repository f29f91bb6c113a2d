//! Objects, alone or at the end of a reference.

use std::borrow::Cow;

use super::cell::{Format, name, row_name};
use super::schema::{Column, Table};
use crate::analysis::Location;
use crate::graph::EdgeName;
use crate::model::{EdgeIndex, NodeOrdinal, StringId};
use crate::query::{Place, Scripts, node_label};
use crate::snapshot::Snapshot;

/// An object, with the reference that led to it in lists of references.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectRow<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) node: NodeOrdinal,
    pub(crate) edge: Option<EdgeIndex>,
    /// The level in a tree of retainers.
    pub(crate) depth: Option<usize>,
    /// In a tree of retainers, true if the object is already on the path.
    pub(crate) is_cycle: Option<bool>,
    pub(crate) location: Lookup,
    /// For the URLs of locations, if a list has them.
    pub(crate) scripts: Option<&'a Scripts>,
}

/// The source position of an object. Lists of all objects find it without a search.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lookup {
    Later,
    Done(Option<Location>),
}

/// Objects, and references to or from one.
pub(crate) struct Objects;

/// The columns of a list of objects.
pub(crate) const OBJECTS: &[&str] =
    &["id", "name", "class", "distance", "system_distance", "unreachable", "shallow_size", "retained_size"];

/// The columns of a list of references.
pub(crate) const REFERENCES: &[&str] = &[
    "edge",
    "edge_kind",
    "id",
    "name",
    "class",
    "distance",
    "system_distance",
    "unreachable",
    "shallow_size",
    "retained_size",
];

/// The columns of a tree of retainers.
pub(crate) const RETAINERS: &[&str] = &[
    "depth",
    "edge",
    "edge_kind",
    "id",
    "name",
    "class",
    "distance",
    "system_distance",
    "unreachable",
    "shallow_size",
    "retained_size",
    "cycle",
];

/// The columns of `nodes`.
pub(crate) const NODES: &[&str] = &[
    "id",
    "kind",
    "name",
    "class",
    "shallow_size",
    "retained_size",
    "distance",
    "system_distance",
    "dominator_id",
    "detachedness",
    "edge_count",
    "retainer_count",
];

/// The columns of the SQL table `nodes`.
pub(crate) const SQL_NODES: &[&str] = &[
    "id",
    "kind",
    "name",
    "class",
    "self_size",
    "shallow_size",
    "retained_size",
    "distance",
    "system_distance",
    "dominator_id",
    "detachedness",
    "edge_count",
    "retainer_count",
    "reachable",
    "script_id",
    "url",
    "line",
    "column",
];

/// The columns of a list of objects in text.
pub(crate) const OBJECTS_TEXT: &[&str] = &["id", "distance", "shallow_size", "retained_size", "class", "object"];

/// The columns of a list of references in text.
pub(crate) const REFERENCES_TEXT: &[&str] = &["shallow_size", "retained_size", "reference"];

impl Table for Objects {
    type Row<'a> = ObjectRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("depth", "the number of references between this object and the requested one", |row| {
            row.depth.into()
        })
        .csv_only(),
        Column::<Self>::new("edge", "the name of the reference, or the index of an element", |row| {
            row.edge_name().into()
        })
        .within("edge", "name")
        .optional(),
        Column::<Self>::new("edge_kind", "the kind of the reference, such as `property` or `context`", |row| {
            row.edge_kind().into()
        })
        .within("edge", "kind")
        .optional(),
        Column::<Self>::new("id", "the id of the object, which search and other tools accept as `@id`", |row| {
            row.snapshot.id(row.node).0.into()
        })
        .shown_as("Id", Format::Id),
        Column::<Self>::new("kind", "the kind of the node, such as `object`, `closure` or `string`", |row| {
            row_name(row.snapshot.graph().kind_name(row.node)).into()
        }),
        Column::<Self>::new(
            "name",
            "the display name: the class of an object, the name of a function, the text of a string",
            |row| row.snapshot.display_name(row.node).into(),
        ),
        Column::<Self>::new("class", "the name of its class", |row| {
            row_name(&row.snapshot.class(row.node).name).into()
        })
        .shown_as("Class", Format::ShortName),
        Column::<Self>::new("distance", "the number of references from a user root", |row| {
            row.snapshot.distance(row.node).into()
        })
        .shown_as("Distance", Format::Plain),
        Column::<Self>::new(
            "system_distance",
            "the same from the runtime's own roots, if no user root reaches it",
            |row| row.snapshot.distance(row.node).system().into(),
        ),
        Column::<Self>::new("unreachable", "`true` if no path from a root leads to it; otherwise omitted", |row| {
            row.snapshot.is_unreachable(row.node).then_some(true).into()
        })
        .json_only()
        .optional(),
        Column::<Self>::new("shallow_size", "the size of the object itself in bytes", |row| {
            row.snapshot.shallow_size(row.node).into()
        })
        .shown_as("Shallow", Format::Bytes),
        Column::<Self>::new("retained_size", "the bytes that would be freed if it were deleted", |row| {
            row.snapshot.retained_size(row.node).into()
        })
        .shown_as("Retained", Format::Bytes),
        Column::<Self>::new("dominator_id", "the id of its dominator", |row| {
            row.snapshot.id(row.snapshot.dominators().dominator(row.node)).0.into()
        }),
        Column::<Self>::new("detachedness", "0 unknown, 1 attached, 2 detached", |row| {
            u32::from(row.snapshot.detachedness(row.node) as u8).into()
        }),
        Column::<Self>::new("edge_count", "the number of references from it", |row| {
            row.snapshot.graph().edges(row.node).len().into()
        }),
        Column::<Self>::new("retainer_count", "the number of references to it, including weak ones", |row| {
            row.snapshot.graph().retainer_count(row.node).into()
        }),
        Column::<Self>::new("cycle", "true if the object is already on the path, which ends here", |row| {
            row.is_cycle.into()
        })
        .optional(),
        Column::<Self>::new("self_size", "the size of the node in the file in bytes", |row| {
            row.snapshot.self_size(row.node).into()
        })
        .sql_only(),
        Column::<Self>::new("reachable", "1 if a path from a root leads to it, otherwise 0", |row| {
            (!row.snapshot.is_unreachable(row.node)).into()
        })
        .sql_only(),
        Column::<Self>::new("script_id", "the id of the script that defines the function or class", |row| {
            row.location().map(|at| at.script_id).into()
        })
        .sql_only(),
        Column::<Self>::new("url", "the URL of that script, if the snapshot names it", |row| {
            row.place().and_then(|at| at.url).into()
        })
        .sql_only(),
        Column::<Self>::new("line", "the line of the function or constructor, from 0", |row| {
            row.place().map(|at| at.line).into()
        })
        .sql_only(),
        Column::<Self>::new("column", "the column of the function or constructor, from 0", |row| {
            row.place().map(|at| at.column).into()
        })
        .sql_only(),
        Column::<Self>::text("object", "Object", |row| name(&node_label(row.snapshot, row.node)).into()),
        Column::<Self>::text("reference", "Edge", |row| format!("{} → {}", row.edge_label(), row.label()).into()),
    ];
}

impl<'a> ObjectRow<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, node: NodeOrdinal) -> Self {
        Self { snapshot, node, edge: None, depth: None, is_cycle: None, location: Lookup::Later, scripts: None }
    }

    /// Creates a row for the object that an edge leads to.
    pub(crate) fn target(snapshot: &'a Snapshot, edge: EdgeIndex) -> Self {
        Self { edge: Some(edge), ..Self::new(snapshot, snapshot.graph().edge_target(edge)) }
    }

    /// Creates a row for the object that has an edge.
    pub(crate) fn source(snapshot: &'a Snapshot, edge: EdgeIndex) -> Self {
        Self { edge: Some(edge), ..Self::new(snapshot, snapshot.graph().edge_source(edge)) }
    }

    /// Returns the object in DevTools' notation with its id, safe for a terminal.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", node_label(self.snapshot, self.node), self.snapshot.id(self.node))
    }

    /// Returns the name and kind of the edge, safe for a terminal.
    pub(crate) fn edge_label(&self) -> String {
        let (Some(edge), Some(kind)) = (self.edge_name(), self.edge_kind()) else { return String::new() };
        format!("{} ({})", name(&edge), name(&kind))
    }

    /// Returns the edge name as DevTools shows it, cut as in every row.
    fn edge_name(&self) -> Option<String> {
        let name = |edge| match self.snapshot.graph().edge_name(edge) {
            EdgeName::Index(index) => index.to_string(),
            EdgeName::Text(id) => row_string(self.snapshot, id),
        };
        self.edge.map(name)
    }

    /// Returns the source position of a function, or of the constructor of an object.
    fn location(&self) -> Option<Location> {
        match self.location {
            Lookup::Later => self.snapshot.location(self.node),
            Lookup::Done(location) => location,
        }
    }

    /// Returns that position as written, with the URL of its script.
    fn place(&self) -> Option<Place<'a>> {
        let (location, scripts) = (self.location()?, self.scripts?);
        Some(scripts.place(location))
    }

    fn edge_kind(&self) -> Option<Cow<'a, str>> {
        self.edge.map(|edge| row_name(self.snapshot.graph().edge_kind_name(edge)))
    }
}

/// Returns a string of the file as a name for a row.
pub(crate) fn row_string(snapshot: &Snapshot, id: StringId) -> String {
    row_name(&snapshot.graph().strings().prefix(id, super::cell::ROW_NAME_LIMIT).0).into_owned()
}
