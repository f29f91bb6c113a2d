//! Collections by holder over a series of snapshots.

use super::schema::{Column, Table};
use crate::query::{CollectionGroup, CollectionPoint};

/// A group of collections in one snapshot of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CollectionRow<'a> {
    pub(crate) group: &'a CollectionGroup,
    /// The number of the snapshot, from 1.
    pub(crate) snapshot: usize,
    pub(crate) point: CollectionPoint,
}

/// Collections by holder.
pub(crate) struct CollectionGroups;

/// The columns of the exported list.
pub(crate) const COLLECTIONS: &[&str] = &["holder", "kind", "snapshot", "count", "entries", "retained_size"];

impl Table for CollectionGroups {
    type Row<'a> = CollectionRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("holder", "the field that holds the collections", |row| row.group.holder.as_str().into()),
        Column::<Self>::new("kind", "the kind of the collections", |row| row.group.kind.label().into()),
        Column::<Self>::new("snapshot", "the number of the snapshot, from 1", |row| row.snapshot.into()),
        Column::<Self>::new("count", "the number of collections in this snapshot", |row| row.point.count.into()),
        Column::<Self>::new("entries", "the number of their entries that refer to objects or strings", |row| {
            row.point.entries.into()
        }),
        Column::<Self>::new("retained_size", "the bytes that would be freed if the collections were deleted", |row| {
            row.point.bytes.into()
        }),
    ];
}
