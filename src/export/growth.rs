//! Classes over a series of snapshots.

use super::schema::{Column, Table};
use crate::query::{GrownClass, Point};

/// A class in one snapshot of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrowthRow<'a> {
    pub(crate) class: &'a GrownClass,
    /// The number of the snapshot, from 1.
    pub(crate) snapshot: usize,
    pub(crate) point: Point,
}

/// Classes over time.
pub(crate) struct GrownClasses;

/// The columns of the exported list.
pub(crate) const GROWTH: &[&str] =
    &["class", "pattern", "new_count", "survivor_count", "snapshot", "count", "shallow_size", "retained_size"];

impl Table for GrownClasses {
    type Row<'a> = GrowthRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("class", "the name of the class", |row| row.class.name.as_str().into()),
        Column::<Self>::new("pattern", "how the class grows over the series", |row| row.class.pattern.label().into()),
        Column::<Self>::new(
            "new_count",
            "the number of objects in the last snapshot that are not in the first",
            |row| row.class.new_count.into(),
        ),
        Column::<Self>::new(
            "survivor_count",
            "the number of these objects that are also in an earlier snapshot",
            |row| row.class.survivor_count.into(),
        ),
        Column::<Self>::new("snapshot", "the number of the snapshot, from 1", |row| row.snapshot.into()),
        Column::<Self>::new("count", "the number of objects in this snapshot", |row| row.point.count.into()),
        Column::<Self>::new("shallow_size", "the size of these objects themselves in bytes", |row| {
            row.point.shallow_size.into()
        }),
        Column::<Self>::new("retained_size", "the bytes that would be freed if they were deleted", |row| {
            row.point.retained_size.into()
        }),
    ];
}
