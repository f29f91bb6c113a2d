//! Classes of a comparison.

use super::cell::Format;
use super::position::Position;
use super::schema::{Column, Table};
use crate::analysis::Location;
use crate::query::{ComparedClass, Scripts};

/// A class of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ComparisonRow<'a> {
    pub(crate) class: &'a ComparedClass,
    /// The scripts of the base and of the current snapshot, for JSON.
    pub(crate) scripts: Option<&'a [Scripts; 2]>,
}

/// Classes with allocated or freed objects.
pub(crate) struct ComparedClasses;

/// The columns of `compare`.
pub(crate) const COMPARISON: &[&str] = &[
    "name",
    "script_id",
    "line",
    "column",
    "url",
    "joined_classes",
    "new",
    "deleted",
    "delta",
    "allocated_size",
    "freed_size",
    "size_delta",
    "base_retained_size",
    "current_retained_size",
];

/// The columns that the exported list has in addition.
pub(crate) const RETAINED_DELTA: &[&str] = &["retained_delta"];

/// The columns of `compare` in text.
pub(crate) const COMPARISON_TEXT: &[&str] = &[
    "new",
    "deleted",
    "delta",
    "allocated_size",
    "freed_size",
    "size_delta",
    "base_retained_size",
    "current_retained_size",
    "name",
];

impl Table for ComparedClasses {
    type Row<'a> = ComparisonRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("name", "the name of the class", |row| row.class.name.as_str().into())
            .shown_as("Constructor", Format::Name),
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
            |row| (row.class.joined_count > 1).then_some(row.class.joined_count).into(),
        )
        .json_only()
        .optional(),
        Column::<Self>::new("new", "the number of objects that are only in the current snapshot", |row| {
            row.class.new_count.into()
        })
        .shown_as("New", Format::Count),
        Column::<Self>::new("deleted", "the number of objects that are only in the base", |row| {
            row.class.deleted_count.into()
        })
        .shown_as("Deleted", Format::Count),
        Column::<Self>::new("delta", "new minus deleted objects", |row| row.class.delta().into())
            .shown_as("Delta", Format::Count),
        Column::<Self>::new("allocated_size", "the bytes of the new objects", |row| row.class.allocated_size.into())
            .shown_as("Allocated", Format::Bytes),
        Column::<Self>::new("freed_size", "the bytes of the deleted objects", |row| row.class.freed_size.into())
            .shown_as("Freed", Format::Bytes),
        Column::<Self>::new("size_delta", "allocated minus freed bytes", |row| row.class.size_delta().into())
            .shown_as("Size delta", Format::Bytes),
        Column::<Self>::new("base_retained_size", "the retained size of the class in the base", |row| {
            row.class.base_retained_size.into()
        })
        .shown_as("Retained before", Format::Bytes),
        Column::<Self>::new("current_retained_size", "the retained size of the class in the current snapshot", |row| {
            row.class.current_retained_size.into()
        })
        .shown_as("Retained now", Format::Bytes),
        Column::<Self>::new("retained_delta", "the growth of the retained size; only in exported lists", |row| {
            row.class.retained_delta().into()
        }),
    ];
}

impl ComparisonRow<'_> {
    fn at(&self) -> Option<Location> {
        self.class.key.location
    }

    fn url(&self) -> Option<String> {
        // A class in both snapshots has the same script in both.
        let scripts = &self.scripts?[usize::from(self.class.current_class.is_some())];
        Position::of_class(self.at(), self.class.joined_count, scripts)?.url
    }
}
