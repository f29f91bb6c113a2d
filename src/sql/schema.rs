//! The tables and functions of queries, with their documentation.

use std::fmt::Write as _;

use super::rows::{Edges, Entries, FoundRows, Snapshots};
use crate::export::{
    Cell, Classes, CollectionGroups, Column, Columns, Functions, Objects, SCRIPTS, SQL_NODES, SQL_STRINGS, ScriptRows,
    Strings, Table,
};

/// A table with its columns. The first column, `snapshot`, is the number of the snapshot.
pub(super) trait Described: 'static {
    type Rows: Table;
    const NAME: &'static str;
    const ABOUT: &'static str;
    /// The columns after `snapshot`.
    const COLUMNS: &'static [&'static str];
    /// Those of them that are text. The others are numbers.
    const TEXTS: &'static [&'static str];
    /// Those that are numbers with a fraction.
    const REALS: &'static [&'static str] = &[];

    fn columns() -> Columns<Self::Rows> {
        Columns::named(Self::COLUMNS)
    }
}

macro_rules! described {
    ($type:ident: $rows:ty, $name:literal, $about:literal, $columns:expr, $texts:expr $(, $reals:expr)?) => {
        #[derive(Debug)]
        pub(super) struct $type;

        impl Described for $type {
            type Rows = $rows;
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const COLUMNS: &'static [&'static str] = $columns;
            const TEXTS: &'static [&'static str] = $texts;
            $(const REALS: &'static [&'static str] = $reals;)?
        }
    };
}

described!(
    SnapshotTable: Snapshots, "snapshots", "the open snapshots, numbered in the order of the files",
    &["file", "nodes", "edges", "strings", "total_size", "unreachable_size", "program", "version"],
    &["file", "program", "version"]
);
described!(
    NodeTable: Objects, "nodes", "all nodes, also those without a size", SQL_NODES,
    &["kind", "name", "class", "url"]
);
described!(
    EdgeTable: Edges, "edges", "all references", &["from_id", "to_id", "kind", "name", "position"],
    &["kind", "name"]
);
described!(
    ClassTable: Classes, "classes", "the classes of `summary`, without objects that have no size",
    &["name", "script_id", "line", "column", "url", "count", "distance", "system_distance", "shallow_size", "retained_size"],
    &["name", "url"]
);
described!(
    StringTable: Strings, "strings", "the texts of strings, each once, truncated ones last", SQL_STRINGS,
    &["text"]
);
described!(
    ScriptTable: ScriptRows, "scripts", "the scripts of `scripts`", SCRIPTS,
    &["url", "script_ids", "package", "version"]
);
described!(
    AllocationTable: Functions, "allocations",
    "functions with the objects that they allocated, if the snapshot has allocation stacks",
    &["name", "url", "script_id", "line", "column", "live_count", "count", "live_size", "size"],
    &["name", "url"]
);
described!(
    FindingTable: FoundRows, "findings",
    "what gathers memory over all snapshots, or in a single one; the most important first",
    &[
        "rank", "verdict", "kind", "pattern", "title", "explanation", "advice", "holder", "holder_id", "holder_class",
        "member_class", "members", "bytes", "members_by_snapshot", "bytes_by_snapshot", "share_of_growth",
        "freed_if_emptied", "signature",
    ],
    &[
        "verdict", "kind", "pattern", "title", "explanation", "advice", "holder", "holder_class", "member_class",
        "members_by_snapshot", "bytes_by_snapshot", "signature",
    ],
    &["share_of_growth"]
);
described!(
    HolderTable: CollectionGroups, "holders", "large collections in each snapshot, by the field that holds them",
    &["holder", "kind", "count", "entries", "retained_size"],
    &["holder", "kind"]
);
described!(
    EntryTable: Entries, "entries",
    "the entries of Maps, Sets, WeakMaps and objects that V8 stores as dictionaries",
    &["owner_id", "kind", "key", "key_id", "value", "value_id"],
    &["kind", "key", "value"]
);

/// A table for the prompt, the window and the documentation.
#[derive(Clone, Debug)]
pub(crate) struct TableInfo {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) columns: Vec<ColumnInfo>,
}

/// The values of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ColumnKind {
    Integer,
    /// The id of an object.
    Id,
    Real,
    Text,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnInfo {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: ColumnKind,
}

impl ColumnKind {
    /// Returns the name of the type in SQL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Integer | Self::Id => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
        }
    }
}

/// Returns whether a column with this name contains ids of objects.
pub(super) fn is_id(name: &str) -> bool {
    name == "id" || (name.ends_with("_id") && name != "script_id")
}

/// Returns a number in the form of a table. Ids above 2⁶³ are negative, since they must stay different from each
/// other; other numbers must not become negative, so larger ones are the largest.
#[inline]
pub(crate) fn integer(cell: &Cell<'_>, kind: ColumnKind) -> Option<i64> {
    match *cell {
        Cell::Number(number) if kind == ColumnKind::Id => Some(number.cast_signed()),
        Cell::Number(number) => Some(super::data::size(number)),
        Cell::Signed(number) => Some(number),
        Cell::Distance(distance) => distance.user().map(i64::from),
        Cell::Flag(flag) => Some(flag.into()),
        Cell::Text(_) | Cell::Percent(_) | Cell::Missing => None,
    }
}

impl TableInfo {
    pub(super) fn of<D: Described>() -> Self {
        let snapshot =
            ColumnInfo { name: "snapshot", about: "the number of the snapshot, from 1", kind: ColumnKind::Integer };
        let described = |column: &&Column<D::Rows>| {
            let field = &column.field;
            let kind = match field.name {
                name if D::TEXTS.contains(&name) => ColumnKind::Text,
                name if D::REALS.contains(&name) => ColumnKind::Real,
                name if is_id(name) => ColumnKind::Id,
                _ => ColumnKind::Integer,
            };
            ColumnInfo { name: field.name, about: field.about, kind }
        };
        let columns = D::columns();
        let columns = std::iter::once(snapshot).chain(columns.all().iter().map(described));
        Self { name: D::NAME, about: D::ABOUT, columns: columns.collect() }
    }

    /// Returns the declaration of the table.
    pub(crate) fn declaration(&self) -> String {
        let column = |of: &ColumnInfo| format!("\"{}\" {}", of.name, of.kind.name());
        format!("CREATE TABLE {}({})", self.name, self.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    }
}

/// Returns all tables.
pub(crate) fn tables() -> Vec<TableInfo> {
    vec![
        TableInfo::of::<SnapshotTable>(),
        TableInfo::of::<NodeTable>(),
        TableInfo::of::<EdgeTable>(),
        TableInfo::of::<ClassTable>(),
        TableInfo::of::<StringTable>(),
        TableInfo::of::<ScriptTable>(),
        TableInfo::of::<AllocationTable>(),
        TableInfo::of::<FindingTable>(),
        TableInfo::of::<HolderTable>(),
        TableInfo::of::<EntryTable>(),
    ]
}

/// The functions beyond SQLite's own, with their meanings.
pub(crate) const FUNCTIONS: [(&str, &str); 4] = [
    (
        "path(id, snapshot)",
        "the shortest retaining path from a root to the object, as text. Pass `snapshot` if several are open: without it, the \
         first snapshot that has the id is used, also by the functions below",
    ),
    ("text(id, snapshot)", "the text of a string; NULL for other objects"),
    ("retains(a, b, snapshot)", "1 if deleting object a would free object b, otherwise 0"),
    ("regexp(pattern, text)", "1 if a regular expression matches, as in `name REGEXP '^Cart'`"),
];

/// Returns the tables with their columns as text.
#[must_use]
pub(crate) fn schema_text() -> String {
    let mut text = String::new();
    for table in tables() {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let _ = writeln!(text, "{} — {}\n  {}", table.name, table.about, names.join(", "));
    }
    for (function, about) in FUNCTIONS {
        let _ = writeln!(text, "{function} — {about}");
    }
    text
}

/// Returns the documentation of the tables and functions in Markdown.
#[must_use]
pub fn schema_markdown() -> String {
    let mut text = String::new();
    for table in tables() {
        let _ =
            writeln!(text, "\n### Table `{}`\n\nLists {}.\n\n| column | meaning |\n|---|---|", table.name, table.about);
        for column in &table.columns {
            let _ = writeln!(text, "| `{}` | {} |", column.name, column.about);
        }
    }
    let _ = writeln!(text, "\n### Functions\n\n| function | result |\n|---|---|");
    for (function, about) in FUNCTIONS {
        let _ = writeln!(text, "| `{function}` | {about} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_column_is_declared() {
        fn check<D: Described>() {
            assert_eq!(D::columns().all().len(), D::COLUMNS.len(), "{}", D::NAME);
            assert!(D::TEXTS.iter().chain(D::REALS).all(|name| D::COLUMNS.contains(name)), "{}", D::NAME);
            assert!(D::COLUMNS.len() < 64, "{}: ids are marked in one word", D::NAME);
        }
        check::<SnapshotTable>();
        check::<NodeTable>();
        check::<EdgeTable>();
        check::<ClassTable>();
        check::<StringTable>();
        check::<ScriptTable>();
        check::<AllocationTable>();
        check::<FindingTable>();
        check::<HolderTable>();
        check::<EntryTable>();
        assert!(
            tables().iter().all(|table| !table.about.is_empty() && table.columns.iter().all(|of| !of.about.is_empty()))
        );
    }
}
