//! The columns of tables of objects: every fact of an object that a table can show, and those that it shows at first.

use super::tree_table::{Column, ColumnRole};
use crate::query::{Sort, SortKey};
use crate::snapshot::Snapshot;

/// A column of a table of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Name,
    Id,
    Kind,
    Class,
    Source,
    Detached,
    Realm,
    /// The time of the allocation, if the snapshot has a timeline.
    Allocated,
    Distance,
    /// Retained size as a share of the parent row's.
    OfParent,
    Shallow,
    Retained,
    /// Retained size as a share of the snapshot.
    OfTotal,
}

/// The distance column.
pub(crate) const DISTANCE: Column = Column {
    title: "Distance",
    hint: "References on the shortest path from a root; − if no user root reaches the object",
    width: 86.0,
};
pub(crate) const SHALLOW: Column = Column {
    title: "Shallow size",
    hint: "Bytes of the object itself, including arrays and hidden parts that only it owns",
    width: 124.0,
};
pub(crate) const RETAINED: Column = Column {
    title: "Retained size",
    hint: "Bytes that would be freed with the object: its own and all that only it keeps alive",
    width: 134.0,
};

/// The columns that most tables show at first.
pub(crate) const FIELDS: &[Field] = &[Field::Name, Field::Distance, Field::Shallow, Field::Retained];

impl Field {
    const ALL: [Self; 13] = [
        Self::Name,
        Self::Id,
        Self::Kind,
        Self::Class,
        Self::Source,
        Self::Detached,
        Self::Realm,
        Self::Allocated,
        Self::Distance,
        Self::OfParent,
        Self::Shallow,
        Self::Retained,
        Self::OfTotal,
    ];

    /// Returns the columns of a table that shows the fields `shown` at first.
    #[must_use]
    pub(crate) fn available(snapshot: &Snapshot, shown: &[Self]) -> Vec<Self> {
        let is_available = |field: &Self| match field {
            Self::OfParent => shown.contains(field),
            Self::Allocated => !snapshot.graph().samples().is_empty(),
            _ => true,
        };
        Self::ALL.into_iter().filter(is_available).collect()
    }

    /// Returns the sort of a click on the header; `None` if rows cannot be sorted by the field.
    #[must_use]
    pub(crate) fn sort_key(self) -> Option<SortKey> {
        match self {
            Self::Name => Some(SortKey::Name),
            Self::Distance => Some(SortKey::Distance),
            Self::Shallow => Some(SortKey::ShallowSize),
            Self::Retained | Self::OfParent | Self::OfTotal => Some(SortKey::RetainedSize),
            _ => None,
        }
    }

    /// Returns the column; `first` is that of the names.
    #[must_use]
    pub(crate) fn column(self, first: Column) -> Column {
        let column = |title, hint, width| Column { title, hint, width };
        match self {
            Self::Name => first,
            Self::Id => column("Id", "The number of the object, the same in all snapshots of one process", 84.0),
            Self::Kind => column("Kind", "The kind of node that V8 wrote", 92.0),
            Self::Class => column("Class", "The constructor or group of the object", 140.0),
            Self::Source => column("Source", "The function, or the constructor of the object, in its script", 160.0),
            Self::Detached => column("Detached", "Attached if a DOM node is part of a document, detached if not", 80.0),
            Self::Realm => column("Realm", "The realm whose global object keeps the object alive", 120.0),
            Self::Allocated => column("Allocated", "The end of the interval in which the object was allocated", 90.0),
            Self::Distance => DISTANCE,
            Self::OfParent => column("Of parent", "Retained size as a share of the parent's retained size", 84.0),
            Self::Shallow => SHALLOW,
            Self::Retained => RETAINED,
            Self::OfTotal => column("Retained %", "Retained size as a share of the snapshot", 84.0),
        }
    }

    /// Returns the role of the column in a table that shows the fields `shown` at first.
    #[must_use]
    pub(crate) fn role(self, shown: &[Self]) -> ColumnRole {
        let role = match self {
            Self::Name => ColumnRole::names(),
            Self::Distance => ColumnRole::keep(60),
            Self::Shallow => ColumnRole::size(50),
            Self::Retained => ColumnRole::size(100),
            Self::OfParent => ColumnRole::keep(40),
            // The user asked for these.
            _ => ColumnRole::keep(90),
        };
        ColumnRole { starts_hidden: !shown.contains(&self), sorts: self.sort_key().is_some(), ..role }
    }
}

/// Returns the sort after a click on a column's header: reversed, or the most useful direction for a new column.
#[must_use]
pub(crate) fn clicked(sort: Sort, field: Field) -> Sort {
    let Some(key) = field.sort_key() else { return sort };
    let descending =
        if sort.key == key { !sort.descending } else { matches!(key, SortKey::ShallowSize | SortKey::RetainedSize) };
    Sort { key, descending }
}

/// Returns the index of the column that a sort belongs to, and whether it is descending.
#[must_use]
pub(crate) fn sorted_by(fields: &[Field], sort: Sort) -> (usize, bool) {
    let is_it = |field: &Field| match field {
        Field::OfParent | Field::OfTotal => false,
        field => field.sort_key() == Some(sort.key),
    };
    (fields.iter().position(is_it).unwrap_or(0), sort.descending)
}
