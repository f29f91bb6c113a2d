//! Classes of a snapshot.

use super::cell::{Cell, Format, name};
use super::position::Position;
use super::schema::{Column, Table};
use crate::analysis::Class;
use crate::query::{ClassTotals, Scripts};

/// A class, or several merged classes of a script that was loaded several times, with their sums.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassRow<'a> {
    pub(crate) class: &'a Class,
    pub(crate) scripts: &'a Scripts,
    pub(crate) joined_count: u32,
    pub(crate) totals: ClassTotals,
    /// The size of the whole heap in bytes.
    pub(crate) total_size: u64,
}

/// Classes.
pub(crate) struct Classes;

/// The columns of `summary` and of the exported list.
pub(crate) const CLASSES: &[&str] = &[
    "name",
    "script_id",
    "line",
    "column",
    "url",
    "joined_classes",
    "count",
    "distance",
    "system_distance",
    "shallow_size",
    "retained_size",
];

/// The columns of `summary` in text.
pub(crate) const CLASSES_TEXT: &[&str] =
    &["count", "distance", "shallow_size", "retained_size", "share", "constructor"];

impl Table for Classes {
    type Row<'a> = ClassRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("name", "the name of the class", |row| row.class.name.as_str().into()),
        Column::<Self>::new("script_id", "the id of the script that defines the constructor", |row| {
            row.at().map(|at| at.script_id).into()
        })
        .within("location", "script_id"),
        Column::<Self>::new("line", "the line of the constructor, from 0", |row| row.at().map(|at| at.line).into())
            .within("location", "line"),
        Column::<Self>::new("column", "the column of the constructor, from 0", |row| {
            row.at().map(|at| at.column).into()
        })
        .within("location", "column"),
        Column::<Self>::new("url", "the URL of the script, if the snapshot names it", |row| row.url().into())
            .within("location", "url")
            .json_only(),
        Column::<Self>::new(
            "joined_classes",
            "the number of classes that `--join-reloaded` merged into this one",
            |row| (row.joined_count > 1).then_some(row.joined_count).into(),
        )
        .json_only()
        .optional(),
        Column::<Self>::new("count", "the number of objects", |row| row.totals.count.into())
            .shown_as("Count", Format::Count),
        Column::<Self>::new(
            "distance",
            "the number of references on the shortest path from a user root to any of the objects",
            |row| row.totals.distance.into(),
        )
        .shown_as("Distance", Format::Plain),
        Column::<Self>::new(
            "system_distance",
            "the same from the runtime's own roots, if no user root reaches any of the objects",
            |row| row.totals.distance.system().into(),
        ),
        Column::<Self>::new("shallow_size", "the size of the objects themselves in bytes", |row| {
            row.totals.shallow_size.into()
        })
        .shown_as("Shallow", Format::Bytes),
        Column::<Self>::new("retained_size", "the bytes that would be freed if all of them were deleted", |row| {
            row.totals.retained_size.into()
        })
        .shown_as("Retained", Format::Bytes),
        Column::<Self>::text("share", "%", |row| Cell::Percent(row.share())),
        Column::<Self>::text("constructor", "Constructor", |row| row.constructor().into()),
    ];
}

impl ClassRow<'_> {
    fn at(&self) -> Option<crate::analysis::Location> {
        self.class.key.location
    }

    fn url(&self) -> Option<String> {
        Position::of_class(self.at(), self.joined_count, self.scripts)?.url
    }

    /// Returns the part of the heap that the class retains, in percent.
    fn share(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a percentage with one decimal")]
        let percent = self.totals.retained_size as f64 * 100.0 / self.total_size.max(1) as f64;
        percent
    }

    /// Returns the name of the class with its position.
    fn constructor(&self) -> String {
        let loads = if self.joined_count > 1 { format!(", {} loads", self.joined_count) } else { String::new() };
        let place = self.at().map_or_else(String::new, |at| format!("  ({}{loads})", self.scripts.short(at)));
        format!("{}{place}", name(&self.class.name))
    }
}
