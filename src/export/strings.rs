//! Duplicate strings.

use super::schema::{Column, Table};
use crate::query::StringGroup;
use crate::snapshot::Snapshot;

/// The maximum number of bytes of a string's text.
const TEXT_LIMIT: usize = 10_000;

/// Strings with the same text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StringRow<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) group: &'a StringGroup,
}

/// Groups of duplicate strings.
pub(crate) struct Strings;

/// The columns of the exported list.
pub(crate) const STRINGS: &[&str] = &["text", "copies", "shallow_size", "retained_size", "wasted_bytes", "truncated"];

impl Table for Strings {
    type Row<'a> = StringRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("text", "the text, at most 10,000 bytes of it", |row| {
            row.snapshot.string_value(row.group.first, TEXT_LIMIT).0.into()
        }),
        Column::<Self>::new("copies", "the number of strings with this text", |row| row.group.count.into()),
        Column::<Self>::new("shallow_size", "the size of the copies themselves in bytes", |row| {
            row.group.shallow_size.into()
        }),
        Column::<Self>::new("retained_size", "the bytes that would be freed if they were deleted", |row| {
            row.group.retained_size.into()
        }),
        Column::<Self>::new("wasted_bytes", "the bytes that keeping a single copy would save", |row| {
            row.group.wasted_bytes.into()
        }),
        Column::<Self>::new("truncated", "true if the snapshot has only the beginning of the text", |row| {
            row.group.truncated.into()
        }),
    ];
}
