//! Source lines that fill a holder.

use serde::Serialize;

use super::cell::{Cell, Format};
use super::schema::{Column, Table};

/// A source line.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SiteRow<'a> {
    pub(crate) what: &'static str,
    pub(crate) url: &'a str,
    /// Lines and columns count from 1.
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) function: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
}

/// Source lines.
pub(crate) struct Sites;

/// The columns of a list of source lines.
pub(crate) const SITES: &[&str] = &["what", "url", "line", "column", "function", "text"];

impl Table for Sites {
    type Row<'a> = SiteRow<'a>;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::<Self>::new("what", "`adds`, `registers`, `creates` or `holder`", |row| row.what.into()),
        Column::<Self>::new("url", "the file or URL of the script", |row| row.url.into()),
        Column::<Self>::new("line", "the line, counted from 1", |row| u64::from(row.line).into())
            .shown_as("line", Format::Plain),
        Column::<Self>::new("column", "the column in UTF-16 units, counted from 1", |row| u64::from(row.column).into())
            .shown_as("column", Format::Plain),
        Column::<Self>::new("function", "the function that contains the line", |row| optional(row.function)),
        Column::<Self>::new("text", "the line, if the text of the script is at hand", |row| optional(row.text)),
    ];
}

fn optional(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Missing, Into::into)
}
