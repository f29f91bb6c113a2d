//! Aligned text tables.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::schema::{Column, Columns, Table};

/// Writes rows with a header. All columns but the last are right-aligned; the last is as wide as its cells.
///
/// The rows are created twice, first for the widths of the columns, so that a table of millions of rows needs no memory.
pub(crate) fn write_text<'a, T: Table>(
    columns: &Columns<T>,
    rows: impl Iterator<Item = T::Row<'a>> + Clone,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some((last, columns)) = columns.all().split_last() else { return Ok(()) };
    let shown = |column: &Column<T>, row: &T::Row<'a>| column.cell(row).shown(column.field.format);
    let mut widths: Vec<usize> = columns.iter().map(|column| width(column.field.header)).collect();
    for row in rows.clone() {
        for (widest, column) in widths.iter_mut().zip(columns) {
            *widest = width(&shown(column, &row)).max(*widest);
        }
    }
    // Formatting pads by characters, not by terminal columns.
    let padded = |out: &mut dyn Write, cell: &str, column: usize| {
        write!(out, "{:1$}{cell}  ", "", column.saturating_sub(width(cell)))
    };
    for (column, &width) in columns.iter().zip(&widths) {
        padded(out, column.field.header, width)?;
    }
    writeln!(out, "{}", last.field.header)?;
    for row in rows {
        for (column, &width) in columns.iter().zip(&widths) {
            padded(out, &shown(column, &row), width)?;
        }
        writeln!(out, "{}", shown(last, &row))?;
    }
    Ok(())
}

/// Returns the width of a text in terminal columns: 2 for wide characters, 0 for combining ones.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pairs;

    impl Table for Pairs {
        type Row<'a> = &'a str;
        const COLUMNS: &'static [Column<Self>] = &[
            Column::<Self>::text("class", "Class", |row| (*row).into()),
            Column::<Self>::text("object", "Object", |_| "x".into()),
        ];
    }

    #[test]
    fn columns_are_aligned_by_the_width_of_characters_in_a_terminal() {
        let rows = ["Plain", "表データ", "e\u{301}te\u{301}", "👩‍🚀x"];
        let mut out = Vec::new();
        write_text(&Columns::<Pairs>::named(&["class", "object"]), rows.into_iter(), &mut out)
            .expect("memory can be written");
        let text = String::from_utf8(out).expect("UTF-8");
        let starts: Vec<usize> =
            text.lines().map(|line| width(line.rsplit_once("  ").expect("two columns").0)).collect();
        assert_eq!(starts, [8; 5], "{text}");
    }
}
