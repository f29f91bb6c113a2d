//! Aligned text tables.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::model::human;

/// Rows of cells with a header. All columns but the last are right-aligned; the last is as wide as its cells.
#[derive(Debug)]
pub(super) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// The maximum number of characters of a name in a table.
const NAME_LIMIT: usize = 120;

impl Table {
    pub(super) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Writes the header and the rows.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let last = self.header.len() - 1;
        let column_width = |column: usize| {
            let cells = self.rows.iter().map(|row| width(&row[column]));
            cells.chain([width(self.header[column])]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..last).map(column_width).collect();
        let header: Vec<String> = self.header.iter().map(|&name| name.to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            for (cell, &column) in row.iter().zip(&widths) {
                // Formatting pads by characters, not by terminal columns.
                write!(out, "{:1$}{cell}  ", "", column.saturating_sub(width(cell)))?;
            }
            writeln!(out, "{}", row[last])?;
        }
        Ok(())
    }
}

/// Returns the width of a text in terminal columns: 2 for wide characters, 0 for combining ones.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns an address that is safe for a terminal, with the file and line at its end.
pub(super) fn address(text: &str) -> String {
    human::visible_ends(text, NAME_LIMIT).into_owned()
}

/// Returns a name that is safe for a terminal.
pub(super) fn name(text: &str) -> String {
    human::visible(text, NAME_LIMIT).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_the_width_of_characters_in_a_terminal() {
        let mut table = Table::new(&["Class", "Object"]);
        for class in ["Plain", "表データ", "e\u{301}te\u{301}", "👩‍🚀x"] {
            table.push(vec![class.to_owned(), "x".to_owned()]);
        }
        let mut out = Vec::new();
        table.write(&mut out).expect("memory can be written");
        let text = String::from_utf8(out).expect("UTF-8");
        let starts: Vec<usize> =
            text.lines().map(|line| width(line.rsplit_once("  ").expect("two columns").0)).collect();
        assert_eq!(starts, [8; 5], "{text}");
    }
}
