//! Duplicate strings.

use super::schema::{Column, Table};
use crate::query::{StringGroup, string_facts};
use crate::snapshot::Snapshot;

/// The maximum number of bytes of a string's text.
const TEXT_LIMIT: usize = 10_000;

/// The maximum number of bytes of a text whose length is counted.
const COUNTED_LIMIT: usize = 1 << 20;

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

/// The columns of the SQL table `strings`.
pub(crate) const SQL_STRINGS: &[&str] =
    &["id", "text", "length", "copies", "shallow_size", "retained_size", "wasted_bytes", "truncated"];

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
        Column::<Self>::new("id", "the id of the first copy", |row| row.snapshot.id(row.group.first).0.into())
            .sql_only(),
        Column::<Self>::new("length", "the length in UTF-16 units, if it is known", |row| row.length().into())
            .sql_only(),
    ];
}

impl StringRow<'_> {
    /// Returns the length in UTF-16 units: as the file states it, or that of the text if the file has all of it.
    fn length(&self) -> Option<u64> {
        let facts = string_facts(self.snapshot, self.group.first);
        facts.length.or_else(|| {
            let (text, has_more) = self.snapshot.string_value(self.group.first, COUNTED_LIMIT);
            (!facts.is_cut && !has_more).then(|| text.encode_utf16().count() as u64)
        })
    }
}
